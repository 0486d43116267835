"""Two items that differ in their fate alone, under a blind review: nothing that a claimant can reach tells them apart.

One twin was accepted automatically, the other stayed below the threshold; both were drawn. Every route is asked, with every
id that belongs to them, as everybody who may claim in their queue, before, while and after they hold the reviews.
"""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from enum import Enum
from typing import Any

import pytest
from django.db import transaction
from django.test import Client

from governance.models import Delivery
from review import consumers
from review.domain.states import ItemState
from review.models import Item, Queue, Review
from review.services.claim import claim_reviews
from review.services.sweep import sweep_workspace
from routing.models import Contract, Workflow
from routing.services.releases import propose
from tests.certified import certificate_row
from tests.conftest import House, leave_workspace
from tests.delivering import endpoint_of, publish
from tests.factories import INPUT_SCHEMA
from tests.review.api.test_roles import EXPECTED
from tests.review.services.test_datasets import freeze
from tests.review.services.test_loop import decide
from tests.routing.services.test_replay import replayed
from tests.test_authorisation import API, PAGES, WORKSPACE, walk

# Two labels that models suggest and one that nobody does: wherever labels are listed, all three stand equally often.
SUGGESTED, CONTROL = {"zanzibar": 0.9713, "quokka": 0.4137}, "okapi"
SCORES = re.compile(
    r"0?\.971|0?\.413|0?\.414|97[.,]1|41[.,][34]|\b(?:97|41)(?:&nbsp;|\s|\u00a0)?%|0?\.4863|0?\.0713|\.97\b|\.41\b"
)
FATES = re.compile(r"\b(?:below_threshold|auto_accept|calibration|disposition|drawn|suggestion_shown)\b")
CLAIMANTS = ["reviewer", "colleague", "lead", "owner", "admin"]


class Kind(Enum):
    """What an address tells of."""

    TWIN = "one item, its review or what came of it: answered alike for both twins"
    LIST = "many items, each by itself: it names both twins or neither, and says nothing of their fate"
    TOTAL = "many items in one number"
    PLAIN = "no item"


READ: dict[str, Kind] = {
    "me": Kind.PLAIN,
    "preferences": Kind.PLAIN,
    "workflows": Kind.PLAIN,
    "workflow": Kind.PLAIN,
    "workflow-templates": Kind.PLAIN,
    "workflow-replays": Kind.TOTAL,
    "replay": Kind.TOTAL,
    "replay-flips": Kind.LIST,
    "workflow-sample": Kind.TOTAL,
    "workflow-tuner": Kind.TOTAL,
    "workflow-assumptions": Kind.PLAIN,
    "workflow-budgets": Kind.TOTAL,
    "workflow-drift": Kind.TOTAL,
    "workflow-proposals": Kind.TOTAL,
    "proposal": Kind.TOTAL,
    "policy-versions": Kind.PLAIN,
    "policy-version": Kind.PLAIN,
    "policy-diff": Kind.PLAIN,
    "certificates": Kind.PLAIN,
    "certificate": Kind.PLAIN,
    "items": Kind.LIST,
    "item": Kind.TWIN,
    "item-trail": Kind.TWIN,
    "dead-letters": Kind.LIST,
    "attachment": Kind.PLAIN,
    "queues": Kind.TOTAL,
    "board": Kind.TOTAL,
    "people": Kind.PLAIN,
    "notices": Kind.LIST,
    "review-context": Kind.TWIN,
    "webhooks": Kind.PLAIN,
    "webhook": Kind.PLAIN,
    "webhook-deliveries": Kind.LIST,
    "delivery": Kind.LIST,
    "events": Kind.LIST,
    "datasets": Kind.PLAIN,
    "dataset-download": Kind.LIST,
    # Pages, by their route.
    "": Kind.PLAIN,
    "queues/": Kind.TOTAL,
    "work/": Kind.TOTAL,
    "work/<slug:queue_key>/": Kind.TOTAL,
    "items/": Kind.LIST,
    "items/<uuid:item_id>/": Kind.TWIN,
    "workflows/": Kind.TOTAL,
    "workflows/<slug:key>/": Kind.TOTAL,
    "workflows/<slug:key>/replay/": Kind.TOTAL,
    "workflows/<slug:key>/sample/": Kind.TOTAL,
    "workflows/<slug:key>/thresholds/": Kind.TOTAL,
    "workflows/<slug:key>/budgets/": Kind.TOTAL,
    "workflows/<slug:key>/drift/": Kind.TOTAL,
    "workflows/<slug:key>/versions/": Kind.TOTAL,
    "workflows/<slug:key>/versions/<uuid:version_id>/code/": Kind.PLAIN,
    "proposals/<uuid:proposal_id>/": Kind.TOTAL,
    "certificates/": Kind.PLAIN,
    "certificates/<uuid:certificate_id>/": Kind.PLAIN,
    "dead/": Kind.LIST,
    "notices/": Kind.LIST,
    "deliveries/": Kind.LIST,
    "deliveries/<uuid:delivery_id>/": Kind.LIST,
    "datasets/": Kind.PLAIN,
    "datasets/<uuid:dataset_id>/": Kind.LIST,
    "datasets/<uuid:dataset_id>/download/": Kind.LIST,
}
SOON = "2100-01-01T00:00:00Z"
# What is sent about one item or review, and has to be taken or refused alike for both twins.
SENT: dict[str, dict[str, Any]] = {
    "item-withdraw": {},
    "item-amend": {"label": CONTROL, "reason_code": "wrong"},
    "item-replay": {},
    "item-to-people": {},
    "item-reveal": {"pointers": ["/email"], "reason_code": "needed"},
    "review-renew": {},
    "review-release": {},
    "review-snooze": {"until": SOON},
    "review-draft": {"label": CONTROL, "note": "half"},
    "review-decide": {"action": "correct", "label": CONTROL},
    "review-assign": {"person": None},
    "review-take-back": {},
    "reviews-bulk": {"action": "reject"},
    "decision-undo": {},
}
# Answers that reviewers try out to learn something; each is refused alike, or recorded alike.
PROBES: list[dict[str, Any]] = [
    {"action": "accept"},
    *({"action": "accept", "label": label} for label in (*SUGGESTED, CONTROL)),
    *({"action": "correct", "label": label} for label in SUGGESTED),
    {"action": "reject"},
    {"action": "skip", "reason_code": "cannot_tell"},
    {"action": "escalate", "reason_code": "unsure"},
]
# Takes things in, hands things out or sets things up; tells of no item that is there, or is asked below.
NOT_ABOUT_ONE = {
    "workflow-items", "workflow-batch", "dead-letters-replay", "dead-letters-to-people", "attachments", "claim",
    "queue-claim", "queue-pause", "preferences", "workflow-stop", "workflow-resume", "notices-read", "webhooks", "webhook",
    "webhook-rotate", "webhook-ping", "webhook-replay", "delivery-replay", "datasets",
    "workflow-replays",
    "workflow-sample",
    "sample-window-try-again",
    "certificate-withdraw",
    "workflow-assumptions", "workflow-budgets", "budget", "budget-restore",
    "workflow-proposals", "policy-return", "proposal-approve", "proposal-refuse", "proposal-withdraw", "proposal-stage",
    "proposal-finish", "proposal-roll-back",
}  # fmt: skip
FILTERS = [
    {},
    *({"state": state.value} for state in ItemState),
    *({"label": label} for label in (*SUGGESTED, CONTROL)),
    {"q": "lighthouse"},
    *({"q": "lighthouse", "state": state} for state in ("resolved", "in_review")),
    {"workflow": "support-triage", "label": "zanzibar"},
]


@dataclass
class Twins:
    """Both items, and everything that has an id because of them; their names are those of the labels in SUGGESTED."""

    house: House
    items: dict[str, Item] = field(default_factory=dict)
    fences: dict[str, int] = field(default_factory=dict)
    found: list[str] = field(default_factory=list)
    decisions: dict[str, str] = field(default_factory=dict)

    def review(self, label: str) -> Review:
        """Return the blind review of a twin."""
        self.house.enter()
        return Review.objects.filter(item=self.items[label]).latest("round")

    def names(self, label: str) -> dict[str, str]:
        """Return what a twin is called, and what it is called when it is compared."""
        item, review = self.items[label], self.review(label)
        named = {str(item.id): "ITEM", item.external_id: "EXTERNAL", str(review.id): "REVIEW"}
        return named | ({self.decisions[label]: "DECISION"} if label in self.decisions else {})

    def ids(self, label: str) -> dict[str, str]:
        """Return what stands in addresses for a twin."""
        review = str(self.review(label).id)
        own = {"<uuid:item_id>": str(self.items[label].id), "<uuid:review_id>": review}
        return own | {"<uuid:decision_id>": self.decisions.get(label, review)}


@pytest.fixture
def drawing(house: House, monkeypatch: pytest.MonkeyPatch) -> House:
    """The cast, where everything is drawn, under a contract with the labels of the twins."""
    monkeypatch.setattr("governance.views.access.lacks_second_factor", lambda _membership: False)
    monkeypatch.setattr("governance.api.authentication.lacks_second_factor", lambda _membership: False)
    labels = [*SUGGESTED, CONTROL]
    contract = Contract.objects.create(
        workspace=house.workspace,
        workflow=house.workflow,
        version="2.0.0",
        input_schema=INPUT_SCHEMA,
        output_schema={
            "type": "object",
            "properties": {"label": {"type": "string", "enum": labels}},
            "required": ["label"],
            "additionalProperties": False,
        },
    )
    Workflow.objects.filter(id=house.workflow.id).update(contract=contract, draw_rate=1.0)
    house.queue.role = "lead"  # and so owners and admins may claim as well
    house.queue.allows_bulk = True
    house.queue.save()
    endpoint_of(house)
    return house


@pytest.fixture
def twins(drawing: House) -> Twins:
    """Two drawn items that went different ways, and everything that follows from that."""
    return two_items(drawing, {label: label for label in SUGGESTED})


@pytest.fixture
def disputed(drawing: House) -> Twins:
    """Twins with the same label by the model, which a colleague has answered otherwise: others are asked about both."""
    first, said = drawing.actor(drawing.people["colleague"]), "quokka"
    made = two_items(drawing, dict.fromkeys(SUGGESTED, "zanzibar"))
    Queue.objects.update(undo_window_s=0)
    for review in claim_reviews(actor=first, count=2):
        decide(first, review, label=said)
    sweep_workspace(drawing.workspace.id)
    drawing.enter()
    publish(drawing)
    Queue.objects.update(undo_window_s=30)
    assert [made.review(name).kind for name in SUGGESTED] == ["adjudication", "adjudication"]
    return made


def two_items(house: House, labels: dict[str, str]) -> Twins:
    """Take both twins in, the model's label for each as given, and let everything follow."""
    made = Twins(house)
    for name, confidence in SUGGESTED.items():
        (item_id,) = house.in_review("the lighthouse keeper wrote", label=labels[name], confidence=confidence)
        made.items[name] = Item.objects.get(id=item_id)
    assert [item.state for item in made.items.values()] == ["resolved", "in_review"]
    publish(house)
    freeze(house)
    replayed(house, {"default_threshold": 0.3, "queue": "triage"})
    certificate_row(house)
    propose(
        actor=house.actor(house.owner),
        workflow=house.workflow,
        body={"default_threshold": 0.3, "queue": "triage"},
        reason="Try it",
    )
    return made


def every_call() -> set[str]:
    return {name for name, method in EXPECTED if method != "GET"}


def test_every_address_is_classified() -> None:
    assert {name for name, method in EXPECTED if method == "GET"} | set(PAGES) == set(READ)
    assert every_call() == set(SENT) | NOT_ABOUT_ONE


def routes() -> dict[str, str]:
    by_name = {str(pattern.name): route for route, pattern in walk() if route.startswith(API)}
    return by_name | {page: WORKSPACE + page for page in PAGES}


class Visitor:
    """A person with a browser, whose every answer is looked through."""

    def __init__(self, twins: Twins, who: str) -> None:
        self.twins, self.house, self.who = twins, twins.house, who
        self.client = Client()
        self.client.force_login(self.house.people[who])
        self.common = ids_of_everything(self.house)
        self.routes = routes()

    def call(
        self, method: str, path: str, body: Any = None, *, keeps: bool = False, query: dict[str, str] | None = None
    ) -> tuple[int, str]:
        """Call once, in a transaction of its own whose changes are kept only on demand."""
        with transaction.atomic():
            leave_workspace()
            headers = {"Aios-Workspace": self.house.workspace.slug}
            if method == "GET":
                answer = self.client.get(path, query, headers=headers)
            else:
                answer = self.client.generic(method, path, json.dumps(body), "application/json", headers=headers)
            told = b"".join(answer.streaming_content) if answer.streaming else answer.content
            transaction.set_rollback(not keeps)
        self.house.enter()
        assert answer.status_code < 500, (self.who, method, path, told[:500])
        return answer.status_code, told.decode("utf-8", "surrogateescape")

    def address(self, name: str, label: str | None = None) -> str:
        route = self.routes[name]
        for placeholder, value in (self.common | (self.twins.ids(label) if label else {})).items():
            route = route.replace(placeholder, value)
        assert "<" not in route, route
        return f"/{route}"

    def compare(self, name: str, method: str, bodies: dict[str, Any]) -> None:
        """Do the same to both twins, and find the same."""
        found = {}
        for label in SUGGESTED:
            status, text = self.call(method, self.address(name, label), bodies.get(label))
            found[label] = (status, normal(text, self.twins.names(label)))
            sent = bodies.get(label, {})
            self.twins.found += leaks(found[label][1], f"{name} {method} {sent}", sent=sent.get("label"))
        one, other = found.values()
        if one != other:
            self.twins.found.append(f"{name} {method} {bodies.get('zanzibar')}: {difference(one, other)}")

    def post_forms(self) -> None:
        """Send what the page of failed items sends, about items that have not failed; then read what it says."""
        for action in ("replay", "people", "withdraw"):
            found = []
            for label in SUGGESTED:
                with transaction.atomic():
                    leave_workspace()
                    form = {"action": action, "item": str(self.twins.items[label].id)}
                    answer = self.client.post(self.address("dead/"), form, follow=True)
                    transaction.set_rollback(True)
                self.house.enter()
                found.append((answer.status_code, normal(answer.content.decode(), self.twins.names(label))))
            if found[0] != found[1]:
                self.twins.found.append(f"dead/ POST {action}: {difference(*found)}")

    def read_everything(self) -> None:
        """Fetch every address that there is."""
        for name, kind in READ.items():
            if kind is Kind.TWIN:
                self.compare(name, "GET", {})
                continue
            for query in FILTERS if name in ("items", "items/") else [{}]:
                _status, text = self.call("GET", self.address(name), query=query)
                is_plain = kind in (Kind.PLAIN, Kind.TOTAL)
                self.twins.found += leaks(text, f"{name} {query}", is_plain=is_plain, sent=query.get("label"))
                named = [item.external_id in text or str(item.id) in text for item in self.twins.items.values()]
                if named[0] != named[1]:
                    self.twins.found.append(f"{name} {query} names one of the twins")


def ids_of_everything(house: House) -> dict[str, str]:
    from review.models import Dataset
    from routing.models import Certificate, PolicyProposal, Replay
    from tests.test_authorisation import WebhookEndpoint

    house.enter()
    endpoint = str(WebhookEndpoint.objects.get().id)
    return {
        "<slug:workspace>": house.workspace.slug,
        "<key:workflow_key>": house.workflow.key,
        "<slug:key>": house.workflow.key,
        "<key:queue_key>": house.queue.key,
        "<slug:queue_key>": house.queue.key,
        "<uuid:dataset_id>": str(Dataset.objects.get().id),
        "<uuid:certificate_id>": str(Certificate.objects.get().id),
        "<uuid:replay_id>": str(Replay.objects.get().id),
        "<uuid:proposal_id>": str(PolicyProposal.objects.earliest("id").id),
        "<uuid:version_id>": str(PolicyProposal.objects.earliest("id").version_id),
        "<int:number>": "1",
        "<uuid:delivery_id>": str(Delivery.objects.earliest("id").id),  # of the twin that was accepted
        "<uuid:webhook_id>": endpoint,
        "<uuid:endpoint_id>": endpoint,
        "<sha256:sha256>": "0" * 64,
    }


def difference(one: tuple[int, str], other: tuple[int, str]) -> str:
    """Return where two answers part."""
    if one[0] != other[0]:
        return f"{one[0]} {one[1][:300]!r} and {other[0]} {other[1][:300]!r}"
    at = next((n for n, (a, b) in enumerate(zip(one[1], other[1], strict=False)) if a != b), 0)
    return f"{one[1][max(0, at - 60) : at + 80]!r} and {other[1][max(0, at - 60) : at + 80]!r}"


MOVING = [
    (re.compile(r"<time\b.*?</time>", re.DOTALL), "(time)"),
    (re.compile(r'(name="csrf(?:-token|middlewaretoken)" (?:content|value)=")[^"]+'), r"\1"),
    (re.compile(r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(?:\.\d+)?(?:Z|\+00:00)?"), "(moment)"),
    (re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}"), "(id)"),
]


def normal(text: str, names: dict[str, str]) -> str:
    """Return an answer without what is different in any two answers."""
    for name, word in names.items():
        text = text.replace(name, word)
    for pattern, word in MOVING:
        text = pattern.sub(word, text)
    return text


def leaks(text: str, where: str, *, is_plain: bool = False, sent: object = None) -> Iterator[str]:
    """Yield each score, suggested label or word of their fate that an answer holds; a label that was sent may come back."""
    text = normal(text, {})
    counts = {label: text.lower().count(label) for label in (*SUGGESTED, CONTROL) if label != sent}
    if len(set(counts.values())) > 1:
        yield f"{where}: a label stands there more often than the others, {counts}"
    for pattern in (SCORES,) if is_plain else (SCORES, FATES):
        if found := pattern.search(text):
            yield f"{where}: {text[max(0, found.start() - 120) : found.end() + 40]!r}"


def bodies_of(twins: Twins, name: str) -> Iterator[dict[str, Any]]:
    """Yield what is sent to both twins, each under the fence that its holder knows."""
    for body in PROBES if name == "review-decide" else [SENT[name]]:
        yield {label: body | own_facts(twins, name, label) for label in SUGGESTED}


def own_facts(twins: Twins, name: str, label: str) -> dict[str, Any]:
    if name == "reviews-bulk":
        return {"reviews": [str(twins.review(label).id)]}
    is_under_fence = name in {"review-renew", "review-release", "review-snooze", "review-draft", "review-decide"}
    return {"fence": twins.fences.get(label, 1)} if is_under_fence else {}


@pytest.mark.parametrize("who", CLAIMANTS)
def test_nothing_tells_the_twins_apart(twins: Twins, who: str) -> None:
    visitor = Visitor(twins, who)
    visitor.read_everything()
    visitor.post_forms()
    send_everything(visitor)

    claimed: dict[str, str] = {}
    for _once in SUGGESTED:
        status, text = visitor.call("POST", "/api/v1/claim/", {"count": 1}, keeps=True)
        assert status == 200, text
        (review,) = json.loads(text)["reviews"]
        label = next(key for key, item in twins.items.items() if str(item.id) == review["item"]["id"])
        twins.fences[label] = review["fence"]
        claimed[label] = normal(text, twins.names(label))
        twins.found += leaks(claimed[label], "claim")
    assert claimed["zanzibar"] == claimed["quokka"]
    visitor.read_everything()
    send_everything(visitor)

    answers = {}
    for label in SUGGESTED:
        body = {"fence": twins.fences[label], "action": "correct", "label": CONTROL, "active_ms": 900}
        _status, text = visitor.call("POST", visitor.address("review-decide", label), body, keeps=True)
        twins.decisions[label] = json.loads(text)["decision"]["id"]
        answers[label] = normal(text, twins.names(label))
    assert answers["zanzibar"] == answers["quokka"]
    for name in ("item", "item-trail", "items/<uuid:item_id>/", "review-context"):
        visitor.compare(name, "GET", {})
    send_everything(visitor)

    assert twins.found == [], "\n".join(twins.found)


@pytest.mark.parametrize("who", [who for who in CLAIMANTS if who != "colleague"])
def test_nothing_tells_disputed_twins_apart(disputed: Twins, who: str) -> None:
    """An adjudication shows two answers; of what became of the item, whose answer is whose and how sure the model was, nothing."""
    visitor = Visitor(disputed, who)
    visitor.read_everything()
    send_everything(visitor)

    claimed: dict[str, str] = {}
    for _once in SUGGESTED:
        _status, text = visitor.call("POST", "/api/v1/claim/", {"count": 1}, keeps=True)
        (review,) = json.loads(text)["reviews"]
        name = next(key for key, item in disputed.items.items() if str(item.id) == review["item"]["id"])
        disputed.fences[name] = review["fence"]
        options = review.pop("options")
        assert sorted(option["label"] for option in options) == ["quokka", "zanzibar"]
        assert [sorted(option) for option in options] == [["label", "title"]] * 2
        assert (review["adjudication"], review["blind"], review["suggestion"]) == (True, True, None)
        claimed[name] = normal(json.dumps(review), disputed.names(name))
        disputed.found += leaks(claimed[name], "claim")
    assert claimed["zanzibar"] == claimed["quokka"]
    visitor.read_everything()
    send_everything(visitor)

    answers = {}
    for name in SUGGESTED:
        body = {"fence": disputed.fences[name], "action": "correct", "label": CONTROL, "active_ms": 900}
        _status, text = visitor.call("POST", visitor.address("review-decide", name), body, keeps=True)
        disputed.decisions[name] = json.loads(text)["decision"]["id"]
        answers[name] = normal(text, disputed.names(name))
    assert answers["zanzibar"] == answers["quokka"]
    for page in ("item", "item-trail", "items/<uuid:item_id>/", "review-context"):
        visitor.compare(page, "GET", {})

    assert disputed.found == [], "\n".join(disputed.found)


def test_nobody_else_learns_of_a_disagreement_before_they_are_asked(drawing: House) -> None:
    """Between the end of the first answer's undo window and the sweeper, who might be asked next knows as little as after it."""
    first = drawing.actor(drawing.people["colleague"])
    made = two_items(drawing, dict.fromkeys(SUGGESTED, "zanzibar"))
    Queue.objects.update(undo_window_s=0)
    for review in claim_reviews(actor=first, count=2):
        decide(first, review, label="quokka")
    visitor = Visitor(made, "reviewer")
    for page in ("item", "item-trail", "items/<uuid:item_id>/"):
        visitor.compare(page, "GET", {})
    assert made.found == []


def send_everything(visitor: Visitor) -> None:
    """Send whatever can be sent about one of the twins; nothing of it is kept."""
    methods = {name: method for name, method in EXPECTED if method != "GET"}
    for name in SENT:
        for bodies in bodies_of(visitor.twins, name):
            visitor.compare(name, methods[name], bodies)


@pytest.mark.parametrize("who", CLAIMANTS)
def test_counts_that_are_pushed_tell_nothing(twins: Twins, who: str) -> None:
    leave_workspace()
    admission = consumers.admit(twins.house.people[who].id, twins.house.workspace.slug)
    assert admission is not None
    told = json.dumps(admission.queues, default=str)

    assert list(leaks(told, "socket")) == []
    assert not [item for item in twins.items.values() if str(item.id) in told or item.external_id in told]


def test_the_twins_are_told_apart_by_those_who_never_claim(twins: Twins) -> None:
    visitor = Visitor(twins, "auditor")
    visitor.read_everything()

    told_by = {finding.split(" ")[0].rstrip(":") for finding in twins.found}
    assert {"items", "item", "item-trail", "items/", "items/<uuid:item_id>/", "delivery", "events"} <= told_by
