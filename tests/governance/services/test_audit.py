"""The audit trail: what is refused, what is committed to, and streams without gaps."""

import hashlib
import json
from collections.abc import Callable
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from django.db import DatabaseError, connection, transaction
from django.utils import timezone
from structlog.contextvars import bound_contextvars

from governance import actions as governance_actions
from governance import strict_json
from governance.actions import action_named, register
from governance.domain import SYSTEM_PSEUDONYM, Actor, system_actor, uuid7
from governance.models import AuditEvent, AuditPayload, AuditStream
from governance.services import audit
from review.domain.states import DecisionAction
from review.models import Item, Review
from review.services.claim import claim_reviews
from review.services.queues import create_queue, set_queue_members
from review.services.reopen import release_review
from review.services.sweep import sweep_workspace
from review.services.undo import undo_decision
from review.services.withdraw import withdraw_item
from routing.models import Workflow
from routing.services.workflows import pause_workflow
from tests.conftest import House, build_house
from tests.invariants import broken, unproven
from tests.review.services.test_loop import decide
from tests.threads import together

pytestmark = pytest.mark.services

ACTION = governance_actions.MEMBER_CHANGED


def write(actor: Actor, stream_id: UUID, **data: Any) -> None:
    audit.record(actor=actor, action=ACTION, stream=("member", stream_id), data=data)


def body_of(event: AuditEvent) -> dict[str, Any]:
    body: dict[str, Any] = json.loads(bytes(AuditPayload.objects.get(event_id=event.id).body))
    return body


def test_an_event_has_its_actor_its_place_and_a_committed_payload(house: House) -> None:
    actor, stream_id, correlation = house.actor(house.owner), uuid7(), uuid7()
    with bound_contextvars(correlation_id=str(correlation)):
        write(actor, stream_id, role="lead", is_active=True)
    event = AuditEvent.objects.get(stream_id=stream_id)
    assert (event.stream_kind, event.stream_seq, event.action) == ("member", 1, ACTION)
    assert (event.actor_kind, event.actor_pseudonym) == ("person", actor.pseudonym)
    assert (event.correlation_id, event.workspace_id) == (correlation, house.workspace.id)
    assert (event.schema_version, event.mac) == (1, None)
    payload = AuditPayload.objects.get(event_id=event.id)
    assert bytes(payload.body) == b'{"is_active":true,"role":"lead"}'
    assert bytes(event.commitment) == hashlib.sha256(bytes(payload.salt) + bytes(payload.body)).digest()


def test_equal_events_have_unequal_commitments(house: House) -> None:
    """Else whoever guesses a payload could prove the guess from the header alone."""
    actor, stream_id = house.actor(house.owner), uuid7()
    write(actor, stream_id, role="lead")
    write(actor, stream_id, role="lead")
    first, second = AuditEvent.objects.filter(stream_id=stream_id)
    assert bytes(first.commitment) != bytes(second.commitment)
    assert (first.stream_seq, second.stream_seq) == (1, 2)


def test_an_unknown_action_is_refused_and_nothing_written(house: House) -> None:
    before = AuditEvent.objects.count()
    with pytest.raises(LookupError, match=r"member\.vanished"):
        audit.record(actor=house.actor(house.owner), action="member.vanished", stream=("member", uuid7()), data={})
    assert AuditEvent.objects.count() == before
    assert not AuditStream.objects.filter(kind="member").exists()


def test_an_undeclared_key_is_refused(house: House) -> None:
    with pytest.raises(ValueError, match="email"):
        write(house.actor(house.owner), uuid7(), role="lead", email="a@example.com")
    with pytest.raises(ValueError, match="note"):
        audit.body(governance_actions.WORKSPACE_CREATED, {"note": 1})


def test_an_action_is_declared_once() -> None:
    with pytest.raises(ValueError, match="declared twice"):
        register(ACTION, "Again")


def test_personal_keys_are_among_the_declared_ones() -> None:
    for name, found in governance_actions._actions.items():
        assert found.pii <= found.keys, name
        assert "." in name
        assert found.title


def test_a_payload_that_has_no_canonical_form_is_refused(house: House) -> None:
    with pytest.raises(strict_json.JsonRefused):
        write(house.actor(house.owner), uuid7(), role=float("nan"))


def test_an_event_is_gone_with_the_change_it_tells_of(house: House) -> None:
    stream_id = uuid7()
    with transaction.atomic():
        write(house.actor(house.owner), stream_id, role="lead")
        transaction.set_rollback(True)
    assert not AuditEvent.objects.filter(stream_id=stream_id).exists()
    write(house.actor(house.owner), stream_id, role="lead")
    assert AuditEvent.objects.get(stream_id=stream_id).stream_seq == 1


def test_the_system_is_an_actor_of_its_own(house: House) -> None:
    stream_id = uuid7()
    write(system_actor(house.workspace.id), stream_id, role="lead")
    event = AuditEvent.objects.get(stream_id=stream_id)
    assert (event.actor_kind, event.actor_pseudonym) == ("system", SYSTEM_PSEUDONYM)


def whole_loop(house: House) -> None:
    """Let every service of the loop write what it writes."""
    reviewer, lead, owner = (house.actor(house.people[name]) for name in ("reviewer", "lead", "owner"))
    house.in_review("sure", confidence=0.99)
    house.in_review("to be skipped \u00e9\u20ac\U0001f600", value=1e21, subject="someone", segment="vip")
    (review,) = claim_reviews(actor=reviewer, count=1)
    decide(reviewer, review, action=DecisionAction.SKIP, label=None, note='quo"te\n', reason_code="unsure")
    (review,) = claim_reviews(actor=house.actor(house.colleague), count=1)
    decide(house.actor(house.colleague), review, action=DecisionAction.ESCALATE, label=None)
    (review,) = claim_reviews(actor=lead, count=1, queue_key="escalations")
    release_review(actor=lead, review_id=review.id, fence=review.fence)
    (review,) = claim_reviews(actor=lead, count=1, queue_key="escalations")
    decided = decide(lead, review, label="other", note="a note", fields={"urgent": True}, active_ms=1500)
    again = undo_decision(actor=lead, decision_id=decided.decision_id)  # type: ignore[union-attr,arg-type]
    decide(lead, again, action=DecisionAction.REJECT, label=None)
    Item.objects.filter(state="held").update(available_at="2020-01-01T00:00Z")
    house.in_review("left alone")
    claim_reviews(actor=reviewer, count=1)
    Review.objects.filter(state="leased").update(lease_until="2020-01-01T00:00Z")
    (stuck,) = house.receive("stuck")
    Item.objects.filter(id=stuck).update(state="predicting", lease_until="2020-01-01T00:00Z", fence=1, attempts=1)
    sweep_workspace(house.workspace.id)
    house.enter()
    withdraw_item(actor=owner, item_id=stuck)
    Workflow.objects.filter(id=house.workflow.id).update(fallback="wait", max_attempts=2)
    (bad,) = house.in_review("bad", label="no_such")
    Item.objects.filter(id=bad).update(available_at=timezone.now() - timedelta(hours=1))
    house.route()
    queue = create_queue(actor=owner, workflow_id=house.workflow.id, key="spare", name="Spare")
    set_queue_members(actor=owner, queue=queue, people=[house.reviewer.id])
    pause_workflow(actor=owner, workflow=house.workflow)


WRITTEN = {
    "item.received",
    "item.routed",
    "item.postponed",
    "item.died",
    "item.withdrawn",
    "item.resolved",
    "review.claimed",
    "review.released",
    "review.expired",
    "review.skipped",
    "review.escalated",
    "decision.made",
    "decision.undone",
    "queue.created",
    "queue.members_changed",
    "workflow.paused",
}


def test_every_event_of_the_loop_is_declared_canonical_and_committed_to(house: House) -> None:
    """Those whose bodies are put together in SQL as well."""
    whole_loop(house)
    assert set(AuditEvent.objects.values_list("action", flat=True)) == WRITTEN
    assert unproven() == []
    assert broken() == {}
    for event in AuditEvent.objects.all():
        assert body_of(event).keys() <= action_named(event.action).keys


def test_a_changed_body_is_no_longer_what_was_committed_to(house: House) -> None:
    """The proof of the test above: it finds a forged row."""
    house.receive("one")
    event = AuditEvent.objects.get()
    payload = AuditPayload.objects.get(event_id=event.id)
    forged = bytes(payload.body).replace(b'"flags":[]', b'"flags":[""]')
    assert hashlib.sha256(bytes(payload.salt) + forged).digest() != bytes(event.commitment)


def test_headers_say_nothing_of_the_content(house: House) -> None:
    whole_loop(house)
    with connection.cursor() as cursor:
        cursor.execute("SELECT string_agg(e::text, ' ') FROM governance_auditevent e")
        (headers,) = cursor.fetchone()
    for secret in ("a note", "someone", "billing", "x-01"):
        assert secret not in headers


def test_pseudonyms_stand_for_people(house: House) -> None:
    whole_loop(house)
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT string_agg(e::text || encode(p.body, 'escape'), ' ') FROM governance_auditevent e"
            " JOIN governance_auditpayload p ON p.event_id = e.id"
        )
        (everything,) = cursor.fetchone()
    for person in house.people.values():
        assert person.email not in everything
        assert person.name not in everything


def test_eight_writers_of_one_stream_leave_no_gap(live_db: None) -> None:
    with transaction.atomic():
        house = build_house()
        actor = house.actor(house.owner)
    stream_id, each = uuid7(), 25

    def job(number: int) -> Callable[[], None]:
        def work() -> None:
            for turn in range(each):
                with transaction.atomic():
                    house.enter()
                    write(actor, stream_id, role=f"{number}")
                    # Some change their mind: what they counted is given back with the rest.
                    transaction.set_rollback(turn % 5 == 4)

        return work

    results = together([job(number) for number in range(8)])

    assert results == [None] * 8
    with transaction.atomic():
        house.enter()
        numbers = list(
            AuditEvent.objects.filter(stream_id=stream_id).order_by("id").values_list("stream_seq", flat=True)
        )
        assert sorted(numbers) == list(range(1, 8 * each * 4 // 5 + 1))
        assert AuditStream.objects.get(stream_id=stream_id).last_seq == len(numbers)
        assert unproven() == []


def test_an_items_stream_has_no_gap_under_eight_writers(live_db: None) -> None:
    with transaction.atomic():
        house = build_house()
        (item_id,) = house.in_review("one")
        actors = [house.actor(house.people[name]) for name in ("reviewer", "colleague", "lead", "reviewer")] * 2

    def job(actor: Actor) -> Callable[[], None]:
        def work() -> None:
            for _ in range(15):
                with transaction.atomic():
                    house.enter()
                    claimed = claim_reviews(actor=actor, count=1)
                for review in claimed:
                    with transaction.atomic():
                        house.enter()
                        release_review(actor=actor, review_id=review.id, fence=review.fence)

        return work

    assert together([job(actor) for actor in actors]) == [None] * 8
    with transaction.atomic():
        house.enter()
        assert Item.objects.get(id=item_id).event_count > 2
        assert broken() == {}


def test_what_was_written_can_not_be_changed_by_those_who_wrote_it(house: House) -> None:
    """The whole matrix of tables and verbs stands in test_append_only; this is the row that was just written."""
    stream_id = uuid7()
    write(house.actor(house.owner), stream_id, role="lead")
    for statement in (
        "UPDATE governance_auditevent SET action = 'x' WHERE stream_id = %s",
        "DELETE FROM governance_auditevent WHERE stream_id = %s",
        "INSERT INTO governance_auditevent SELECT * FROM governance_auditevent WHERE stream_id = %s",
    ):
        with pytest.raises(DatabaseError), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(statement, [stream_id])
