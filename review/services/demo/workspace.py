"""Setting the demo workspace up, once: a second call finds it and changes nothing."""

import random
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from django.db import transaction
from django.utils import timezone

from governance.domain import Actor, NotFoundError, Role
from governance.selectors.principals import actor_of_membership
from governance.selectors.scope import enter_workspace, enter_workspace_by_slug
from governance.services.members import add_member
from governance.services.workspaces import create_workspace
from review.models import Queue
from review.services.demo import contracts
from review.services.demo.history import Past, play_day, send
from review.services.demo.invoices import invoices
from review.services.demo.messages import Message, messages
from review.services.intake import Submission
from review.services.queues import change_queue
from review.services.setup import QueueSpec, label_schema, set_up_workflow
from review.services.templates import create_template
from routing.backends.training import TrainedModel, digit_scans, train_digits, train_text
from routing.selectors.workflows import access_workflow
from routing.services.sample_plan import Promise, set_plan

SLUG = "demo"
SUPPORT = "support-triage"
DIGITS = "digit-reading"
INVOICES = "invoice-check"
_WEEKS = 3
_OPEN_SUPPORT = 60
# So many scans, again and again with a little noise, that a threshold for them can be certified.
_DIGITS_KINDS = 240
_DIGITS_PAST = 720
_DIGITS_DRAWN = 0.5
_DIGITS_TARGET = 0.02
_UNDO_S = 30
_PEOPLE: dict[Role, tuple[str, str]] = {
    Role.OWNER: ("Olga Lindqvist", "owner@demo.example"),
    Role.LEAD: ("Lena Brandt", "lead@demo.example"),
    Role.REVIEWER: ("Jonas Weir", "reviewer@demo.example"),
    Role.AUDITOR: ("Marek Nowak", "auditor@demo.example"),
    Role.INTEGRATOR: ("Ines Duarte", "integrator@demo.example"),
}
_COLLEAGUE = ("Amara Osei", "amara@demo.example")
_ADMIN = ("Ada Moreau", "admin@demo.example")


@dataclass(frozen=True, slots=True)
class Login:
    """A demo person's way in."""

    role: str
    email: str
    password: str


def set_up_demo() -> list[Login]:
    """Make the demo workspace and return its logins; an empty list where it exists already."""
    with transaction.atomic():
        if _exists():
            return []
        logins, cast = _people()
        support = _support_workflow(cast, messages())
        digits = _digits_workflow(cast)
        _invoices_workflow(cast)
    chance = random.Random(7)  # noqa: S311 - the same history every time
    waiting_support = _play_support(cast, support, chance)
    waiting_digits = _play_digits(cast, digits, chance)
    _begin_to_work(cast)
    _send_waiting(cast, SUPPORT, waiting_support, chance)
    _send_waiting(cast, DIGITS, waiting_digits, chance)
    _send_waiting(cast, INVOICES, invoices(timezone.now()), chance)
    return logins


def _exists() -> bool:
    try:
        enter_workspace_by_slug(SLUG)
    except NotFoundError:
        return False
    return True


@dataclass(frozen=True, slots=True)
class _Cast:
    admin: Actor
    owner: Actor
    lead: Actor
    reviewers: list[Actor]
    integrator: Actor

    @property
    def workers(self) -> list[UUID]:
        return [actor.id for actor in (*self.reviewers, self.lead) if actor.id]


def _people() -> tuple[list[Login], _Cast]:
    password = secrets.token_urlsafe(9)
    name, email = _ADMIN
    workspace, admin = create_workspace(
        slug=SLUG,
        name="Larkfield (demo)",
        is_demo=True,
        admin_email=email,
        admin_name=name,
        admin_password=password,
    )
    enter_workspace(workspace.id)
    logins = [Login(Role.ADMIN.value, email, password)]
    actors: dict[str, Actor] = {}
    for role, (name, email) in [*_PEOPLE.items(), (Role.REVIEWER, _COLLEAGUE)]:
        password = secrets.token_urlsafe(9)
        membership = add_member(actor=admin, email=email, name=name, role=role, password=password)
        actors[email] = actor_of_membership(membership)
        logins.append(Login(role.value, email, password))
    return logins, _Cast(
        admin=admin,
        owner=actors[_PEOPLE[Role.OWNER][1]],
        lead=actors[_PEOPLE[Role.LEAD][1]],
        reviewers=[actors[_PEOPLE[Role.REVIEWER][1]], actors[_COLLEAGUE[1]]],
        integrator=actors[_PEOPLE[Role.INTEGRATOR][1]],
    )


def _support_workflow(cast: _Cast, written: Sequence[Message]) -> list[Message]:
    """Train on half of the messages, set the workflow up, and return the other half."""
    training = [message for message in written if message.trains]
    model = train_text(
        [message.text for message in training],
        [message.label for message in training],
        pointers=("/subject", "/body"),
        test_share=0.15,
        temperature_share=0.2,
    )
    workflow = set_up_workflow(
        actor=cast.owner,
        key=SUPPORT,
        name="Support triage",
        input_schema=contracts.SUPPORT_INPUT,
        output_schema=label_schema(contracts.SUPPORT_LABELS),
        queues=[
            QueueSpec(
                key="support-triage", name="Support triage", members=cast.workers, sla_s=8 * 3600, undo_window_s=0
            ),
            QueueSpec(key="complaints", name="Complaints", members=cast.workers, sla_s=4 * 3600, undo_window_s=0),
            QueueSpec(key="high-value", name="High value", members=cast.workers, sla_s=2 * 3600, undo_window_s=0),
            QueueSpec(key="escalations", name="Escalations", role=Role.LEAD.value, sla_s=24 * 3600, undo_window_s=0),
        ],
        model_name="triage",
        model=model,
        policy_body=contracts.SUPPORT_POLICY,
        draw_rate=0.06,
    )
    for template in contracts.SUPPORT_TEMPLATES:
        create_template(actor=cast.owner, workflow_id=workflow.id, **template)
    return [message for message in written if not message.trains]


def _digits_workflow(cast: _Cast) -> TrainedModel:
    model = train_digits()
    labels = {str(digit): str(digit) for digit in range(10)}
    set_up_workflow(
        actor=cast.owner,
        key=DIGITS,
        name="Digit reading",
        input_schema=contracts.DIGITS_INPUT,
        output_schema=label_schema(labels),
        queues=[
            QueueSpec(key="paper-slips", name="Paper slips", members=cast.workers, sla_s=12 * 3600, undo_window_s=0),
            QueueSpec(
                key="unreadable", name="Unreadable slips", role=Role.LEAD.value, sla_s=24 * 3600, undo_window_s=0
            ),
        ],
        escalation_queue="unreadable",
        model_name="digits",
        model=model,
        policy_body=contracts.DIGITS_POLICY,
        draw_rate=_DIGITS_DRAWN,
    )
    return model


def _invoices_workflow(cast: _Cast) -> None:
    """Invoices come with what a reader at the sender's made of them; nothing in them hurries."""
    set_up_workflow(
        actor=cast.owner,
        key=INVOICES,
        name="Supplier invoices",
        input_schema=contracts.INVOICE_INPUT,
        output_schema=contracts.INVOICE_OUTPUT,
        queues=[QueueSpec(key="invoices", name="Supplier invoices", members=cast.workers, sla_s=72 * 3600)],
        model_name="papers",
        policy_body=contracts.INVOICE_POLICY,
        draw_rate=0.05,
    )


def _play_support(cast: _Cast, fresh: Sequence[Message], chance: random.Random) -> list[Past]:
    items = [Past(_support_submission(n, message), message.label) for n, message in enumerate(fresh)]
    _play_weeks(cast, SUPPORT, items[:-_OPEN_SUPPORT], list(contracts.SUPPORT_LABELS), chance)
    return items[-_OPEN_SUPPORT:]


def _play_digits(cast: _Cast, model: TrainedModel, chance: random.Random) -> list[Past]:
    scans = digit_scans()
    rows = [scans[row] for row in model.test_rows]
    past, waiting = rows[:_DIGITS_KINDS], rows[_DIGITS_KINDS:]
    again = [(_noisy(pixels, chance), label) for pixels, label in past * (_DIGITS_PAST // len(past) - 1)]
    items = [Past(_digit_submission(n, pixels), label) for n, (pixels, label) in enumerate([*past, *again])]
    _play_weeks(cast, DIGITS, items, [str(digit) for digit in range(10)], chance)
    first = len(items)
    return [Past(_digit_submission(first + n, pixels), label) for n, (pixels, label) in enumerate(waiting)]


def _noisy(pixels: list[list[int]], chance: random.Random) -> list[list[int]]:
    """Return the scan as a scanner would see it once more: some grey values off by one."""
    return [[min(16, max(0, grey + chance.choice((-1, 0, 0, 0, 1)))) for grey in row] for row in pixels]


def _begin_to_work(cast: _Cast) -> None:
    """Let answers be taken back from now on, and promise what the digits' sample shows."""
    with transaction.atomic():
        enter_workspace(cast.owner.workspace_id)
        for queue in Queue.objects.filter(undo_window_s=0):
            change_queue(actor=cast.owner, queue=queue, undo_window_s=_UNDO_S)
        promise = Promise(target=_DIGITS_TARGET, delta=0.05, every_days=14, mode="by_hand", rate=0.05)
        set_plan(actor=cast.owner, workflow=access_workflow(DIGITS), promise=promise)


def _send_waiting(cast: _Cast, workflow: str, items: Sequence[Past], chance: random.Random) -> None:
    """Send what is to wait in the queues when the product is first opened: most of it recent, some of it late."""
    now = timezone.now()
    for item in items:
        item.submission.occurred_at = now - timedelta(minutes=chance.expovariate(1 / 100))
    send(sender=cast.integrator, workflow_key=workflow, submissions=[item.submission for item in items])


def _play_weeks(
    cast: _Cast, workflow: str, items: Sequence[Past], labels: Sequence[str], chance: random.Random
) -> None:
    """Spread items over the days of past weeks, more of them on working days, and let the bots answer."""
    midnight = timezone.now().replace(hour=8, minute=0, second=0, microsecond=0)
    days = [midnight - timedelta(days=back) for back in range(_WEEKS * 7, 0, -1)]
    weights = [1.0 if day.weekday() < 5 else 0.25 for day in days]  # noqa: PLR2004 - Saturday and Sunday
    placed = sorted(chance.choices(range(len(days)), weights=weights, k=len(items)))
    for index, day in enumerate(days):
        todays = [item for item, at in zip(items, placed, strict=True) if at == index]
        if todays:
            play_day(
                sender=cast.integrator,
                reviewers=[*cast.reviewers, cast.lead],
                workflow_key=workflow,
                day=day,
                items=todays,
                labels=labels,
                chance=chance,
            )


def _support_submission(number: int, message: Message) -> Submission:
    return Submission(
        external_id=f"LF-{20417 + number}",
        payload=message.payload,
        value=message.value,
        segment="private" if message.payload["channel"] != "form" else "web form",
    )


def _digit_submission(number: int, pixels: list[list[int]]) -> Submission:
    return Submission(
        external_id=f"slip-{4100 + number}", payload={"pixels": pixels, "form": f"Paper slip {4100 + number}"}
    )
