"""Two items that differ in their fate alone, under a blind review: nothing that a claimant can reach tells them apart.

One twin was accepted automatically, the other stayed below the threshold; both were drawn. Every route is asked, with every
id that belongs to them, as everybody who may claim in their queue, before, while and after they hold the reviews.
"""

import json
from collections.abc import Iterator
from enum import Enum
from typing import Any

import pytest

from review import consumers
from review.domain.states import ItemState
from review.models import Queue
from review.services.claim import claim_reviews
from review.services.sweep import sweep_workspace
from routing.models import Contract, Workflow
from tests.conftest import House, leave_workspace
from tests.delivering import endpoint_of, publish
from tests.factories import INPUT_SCHEMA
from tests.review.api.test_roles import EXPECTED
from tests.review.api.twins import CONTROL, SUGGESTED, Twins, two_items
from tests.review.api.visitor import Visitor, leaks, normal
from tests.review.services.test_loop import decide
from tests.test_authorisation import PAGES

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
    "replay-flips-download": Kind.LIST,
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


def every_call() -> set[str]:
    return {name for name, method in EXPECTED if method != "GET"}


def test_every_address_is_classified() -> None:
    assert {name for name, method in EXPECTED if method == "GET"} | set(PAGES) == set(READ)
    assert every_call() == set(SENT) | NOT_ABOUT_ONE


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
    read_everything(visitor)
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
    read_everything(visitor)
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
    read_everything(visitor)
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
    read_everything(visitor)
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


def read_everything(visitor: Visitor) -> None:
    """Fetch every address that there is."""
    for name, kind in READ.items():
        if kind is Kind.TWIN:
            visitor.compare(name, "GET", {})
            continue
        for query in FILTERS if name in ("items", "items/") else [{}]:
            _status, text = visitor.call("GET", visitor.address(name), query=query)
            is_plain = kind in (Kind.PLAIN, Kind.TOTAL)
            visitor.twins.found += leaks(text, f"{name} {query}", is_plain=is_plain, sent=query.get("label"))
            named = [item.external_id in text or str(item.id) in text for item in visitor.twins.items.values()]
            if named[0] != named[1]:
                visitor.twins.found.append(f"{name} {query} names one of the twins")


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
    read_everything(visitor)

    told_by = {finding.split(" ")[0].rstrip(":") for finding in twins.found}
    assert {"items", "item", "item-trail", "items/", "items/<uuid:item_id>/", "delivery", "events"} <= told_by
