"""One workspace of a round: people with tokens, workflows with short leases, queues."""

from functools import cache
from typing import Any

from governance.domain import Actor, Role
from governance.models import Membership
from governance.selectors.principals import actor_of_membership
from governance.services.members import add_member
from governance.services.tokens import issue_person_token
from governance.services.workspaces import create_workspace
from review.services.setup import QueueSpec, label_schema, set_up_workflow
from routing.backends.training import TrainedModel, train_text
from tests.torture.cast import LABELS, Cast, Flow, Member
from tests.torture.plan import LEASE_S, UNDO_S

_INPUT: dict[str, Any] = {
    "$schema": "https://json-schema.org/draft/2020-12/schema",
    "type": "object",
    "properties": {"text": {"type": "string", "minLength": 1, "maxLength": 20000, "x-view": "text"}},
    "required": ["text"],
    "additionalProperties": False,
}
_TEXTS = {
    "billing": ["the invoice is wrong", "I was charged twice", "refund my payment", "the card was debited"],
    "delivery": ["the parcel is late", "where is my order", "the courier lost it", "it never arrived"],
    "other": ["how do I change my name", "please call me back", "your shop is lovely", "a question on colours"],
}


def make_workspace(cast: Cast, slug: str, *, reviewers: int) -> dict[Role, Actor]:
    """Store the workspace and write its people and workflows into the cast; return its admin and its owner."""
    workspace, admin = create_workspace(
        slug=slug, name=slug.title(), admin_email=f"admin@{slug}.example", admin_name="Ada"
    )
    cast.workspaces[slug] = str(workspace.id)
    roles = [Role.REVIEWER] * reviewers + [Role.LEAD, Role.OWNER, *[Role.INTEGRATOR] * 2]
    people = [_member(cast, admin, slug, number, role) for number, role in enumerate(roles)]
    owner = next(actor_of_membership(member) for member in people if member.role == Role.OWNER)
    hands = [member.user_id for member in people if member.role == Role.REVIEWER]
    # The last reviewer works a queue of their own: whoever claims there again gets the review that they lost.
    _workflow(cast, owner, slug, "supplied", members=hands[:-1])
    _workflow(cast, owner, slug, "alone", members=hands[-1:])
    _workflow(cast, owner, slug, "trained", members=hands[:-1])
    _workflow(cast, owner, slug, "remote", members=hands[:-1])
    _workflow(cast, owner, slug, "trap", members=hands[:-1])
    return {Role.ADMIN: admin, Role.OWNER: owner}


def _member(cast: Cast, admin: Actor, slug: str, number: int, role: Role) -> Membership:
    name = f"{slug}-{role.value}-{number}"
    member = add_member(actor=admin, email=f"{name}@{slug}.example", name=name, role=role)
    token = issue_person_token(actor=admin, membership=member)
    cast.members.append(Member(name, role.value, slug, token, str(member.user_id)))
    return member


def _workflow(cast: Cast, owner: Actor, slug: str, kind: str, *, members: list[Any]) -> None:
    set_up_workflow(
        actor=owner,
        key=kind,
        name=kind.title(),
        input_schema=_INPUT,
        output_schema=label_schema(LABELS),
        queues=[
            QueueSpec(key=kind, name=kind.title(), members=members, lease_s=LEASE_S, undo_window_s=UNDO_S),
            QueueSpec(
                key=f"{kind}-escalations",
                name="Escalations",
                role=Role.LEAD.value,
                lease_s=LEASE_S,
                undo_window_s=UNDO_S,
            ),
        ],
        # A small model is never very sure; an external one as sure as it likes.
        policy_body={"default_threshold": 0.5 if kind == "trained" else 0.9, "queue": kind},
        # A model that fails is asked again; one that must not be reached at all leaves its items to people.
        fallback="wait" if kind == "remote" else "people",
        escalation_queue=f"{kind}-escalations",
        model_name=kind,
        model=_model() if kind == "trained" else None,
    )
    cast.flows.append(Flow(kind, slug, kind))


@cache
def _model() -> TrainedModel:
    rows = [(text, label) for label, texts in _TEXTS.items() for text in texts for _ in range(2)]
    return train_text([text for text, _ in rows], [label for _, label in rows], test_share=0.0)
