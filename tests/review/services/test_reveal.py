"""Masked content for people, and the recorded looks at it."""

import json
from dataclasses import replace
from typing import Any
from uuid import UUID

import pytest
from django.db import transaction

from governance.domain import Actor, ActorKind, ConflictError, ForbiddenError, InvalidError, NotFoundError, uuid7
from governance.models import AuditEvent, AuditPayload
from governance.selectors.scope import enter_workspace
from review.domain.reveal_reasons import RevealReason
from review.models import ItemPayload
from review.selectors.item_detail import access_item, access_trail
from review.selectors.item_search import ItemQuery, find_items
from review.services.intake import Submission, receive_items
from review.services.reveal import reveal_fields
from routing.models import Workflow
from routing.selectors.workflows import access_workflow
from tests.conftest import House
from tests.invariants import broken

EMAIL = "ann.secret@example.com"
NEEDED = RevealReason.NEEDED_TO_DECIDE


def send(house: House, confidence: float = 0.5, **content: Any) -> UUID:
    """Take in an item with a sensitive field and route it; return its id."""
    (receipt,) = receive_items(
        actor=house.actor(house.integrator),
        workflow=access_workflow(house.workflow.key),
        submissions=[
            Submission(
                external_id=f"x-{uuid7()}",
                payload={"text": "Where is it?", "email": EMAIL} | content,
                predictions=[{"label": "billing", "confidence": confidence}],
            )
        ],
    )
    assert receipt.item_id is not None, receipt.refusal
    house.route()
    return receipt.item_id


def reveal(actor: Actor, item_id: UUID, *places: str, reason: RevealReason = NEEDED, note: str = "") -> dict[str, Any]:
    return reveal_fields(actor=actor, item_id=item_id, pointers=places or ("/email",), reason=reason, note=note)


def looks() -> list[dict[str, Any]]:
    """Return what the trails keep of every look, oldest first."""
    events = AuditEvent.objects.filter(action="item.revealed").order_by("id")
    return [json.loads(bytes(AuditPayload.objects.get(event_id=event.id).body)) for event in events]


@pytest.mark.parametrize("role", ["reviewer", "lead", "owner", "admin", "auditor", "integrator"])
def test_whoever_sees_an_item_as_a_person_sees_it_masked(house: House, role: str) -> None:
    item = access_item(house.actor(house.people[role]), send(house))

    assert item.payload == {"text": "Where is it?", "email": None}
    assert item.masked == ("/email",)


def test_a_client_sees_it_whole(house: House) -> None:
    client = replace(house.actor(house.integrator), kind=ActorKind.CLIENT)
    item = access_item(client, send(house))

    assert item.payload == {"text": "Where is it?", "email": EMAIL}
    assert item.masked == ()


def test_a_look_returns_the_value_and_is_recorded_without_it(house: House) -> None:
    item_id = send(house)
    reviewer = house.actor(house.reviewer)

    assert reveal(reviewer, item_id, note="the carrier asks") == {"/email": EMAIL}
    assert looks() == [{"note": "the carrier asks", "pointers": ["/email"], "reason_code": "needed_to_decide"}]
    assert AuditEvent.objects.get(action="item.revealed").actor_pseudonym == reviewer.pseudonym
    assert broken() == {}


def test_every_look_is_an_event_and_a_place_that_is_named_twice_is_one(house: House) -> None:
    item_id = send(house)
    reveal(house.actor(house.reviewer), item_id, "/email", "/email")
    reveal(house.actor(house.lead), item_id)

    assert [look["pointers"] for look in looks()] == [["/email"], ["/email"]]
    assert broken() == {}


def test_what_is_not_masked_is_not_revealed(house: House) -> None:
    item_id = send(house)
    with pytest.raises(InvalidError) as refused, transaction.atomic():
        reveal(house.actor(house.reviewer), item_id, "/email", "/text", "/nothing", "email", "")

    assert [error["pointer"] for error in refused.value.extra["errors"]] == [f"/pointers/{n}" for n in range(1, 5)]
    assert refused.value.extra["masked"] == ["/email"]
    assert EMAIL not in json.dumps(refused.value.extra)
    assert looks() == []


@pytest.mark.parametrize("places", [[], [f"/{n}" for n in range(51)]], ids=["none", "too many"])
def test_a_look_names_some_places(house: House, places: list[str]) -> None:
    item_id = send(house)
    with pytest.raises(InvalidError), transaction.atomic():
        reveal_fields(actor=house.actor(house.reviewer), item_id=item_id, pointers=places, reason=NEEDED)


@pytest.mark.parametrize("note", ["", "  "])
def test_another_reason_needs_a_note(house: House, note: str) -> None:
    item_id = send(house)
    with pytest.raises(InvalidError) as refused, transaction.atomic():
        reveal(house.actor(house.reviewer), item_id, reason=RevealReason.OTHER, note=note)
    assert refused.value.extra == {"pointer": "/note"}

    assert reveal(house.actor(house.reviewer), item_id, reason=RevealReason.OTHER, note="asked by phone")


def test_a_client_reveals_nothing(house: House) -> None:
    item_id = send(house)
    with pytest.raises(ForbiddenError), transaction.atomic():
        reveal(replace(house.actor(house.integrator), kind=ActorKind.CLIENT), item_id)


def test_an_item_of_another_workspace_is_not_there(house: House) -> None:
    item_id = send(house)
    outsider = house.actor(house.outsider)
    enter_workspace(house.other_workspace.id)
    with pytest.raises(NotFoundError), transaction.atomic():
        reveal(outsider, item_id)
    with pytest.raises(NotFoundError), transaction.atomic():
        reveal(outsider, uuid7())


def test_of_an_erased_item_there_is_nothing_to_reveal(house: House) -> None:
    item_id = send(house)
    ItemPayload.objects.filter(item_id=item_id).delete()
    with pytest.raises(ConflictError), transaction.atomic():
        reveal(house.actor(house.reviewer), item_id)


def test_a_blind_review_is_no_obstacle_and_stays_blind(house: House) -> None:
    Workflow.objects.filter(id=house.workflow.id).update(draw_rate=1.0)
    item_id = send(house)
    reviewer = house.actor(house.reviewer)

    assert reveal(reviewer, item_id) == {"/email": EMAIL}
    assert access_item(reviewer, item_id).fate is None
    assert access_trail(reviewer, item_id) is None
    assert access_trail(house.actor(house.auditor), item_id) is not None


def test_a_payload_without_the_field_hides_nothing(house: House) -> None:
    (item_id,) = house.in_review("no address here")

    assert access_item(house.actor(house.reviewer), item_id).masked == ()


def test_a_search_finds_no_item_by_what_is_sensitive_in_it(house: House) -> None:
    """Whoever could guess a word and be told that it is there would need no reveal."""
    item = send(house)
    actor = house.actor(house.reviewer)
    found = [[one.id for one in find_items(actor, ItemQuery(words=words)).items] for words in ("where is it", EMAIL)]
    assert found == [[item], []]
