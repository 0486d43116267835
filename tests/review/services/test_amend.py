"""Amending an outcome that has left: a successor leaves, what was said stays, and the observation follows."""

from collections.abc import Callable
from typing import Any
from uuid import UUID

import pytest
from django.db import connection, transaction

from governance.domain import ConflictError, ForbiddenError, InvalidError, NotFoundError, StaleStateError, uuid7
from governance.models import AuditEvent, OutboxMessage
from governance.services.relay import publish_batch
from review.domain.errors import NothingToAmendError, UndoWindowClosedError, UnknownLabelError
from review.models import Decision, Item, Outcome, Queue
from review.selectors.item_detail import access_item
from review.services.amend import KEEP, Amendment, amend_item
from review.services.claim import claim_reviews
from review.services.sweep import sweep_workspace
from review.services.undo import undo_decision
from review.services.withdraw import withdraw_item
from routing.models import Observation, Workflow
from tests.conftest import House, build_house
from tests.invariants import broken
from tests.review.services.test_datasets import freeze, rows_of
from tests.review.services.test_loop import decide
from tests.threads import together

pytestmark = pytest.mark.services


def accepted(house: House) -> UUID:
    """An item that was accepted automatically, without people."""
    return house.in_review("pay", confidence=0.95)[0]


def answered(house: House, draw_rate: float = 0.0) -> UUID:
    """An item that a reviewer answered with `delivery`, and that has left."""
    Workflow.objects.filter(id=house.workflow.id).update(draw_rate=draw_rate)
    Queue.objects.update(undo_window_s=0)
    (item_id,) = house.in_review("pay")
    (review,) = claim_reviews(actor=house.actor(house.reviewer), count=1)
    decide(house.actor(house.reviewer), review, fields={"urgent": True})
    assert Item.objects.get(id=item_id).state == "resolved"
    return item_id


def amend(house: House, item_id: UUID, who: str = "lead", **wanted: Any) -> Amendment:
    return amend_item(actor=house.actor(house.people[who]), item_id=item_id, **({"label": "other"} | wanted))


def test_an_amended_outcome_leaves_behind_the_one_that_it_takes_the_place_of(house: House) -> None:
    item_id = answered(house)
    before = Outcome.objects.get()

    amendment = amend(house, item_id, reason_code="mistaken", note="the customer called")

    item = Item.objects.get(id=item_id)
    outcome = Outcome.objects.get(id=item.outcome_id)
    assert item.state == "resolved"
    assert (outcome.id, outcome.source, outcome.label) == (amendment.outcome_id, "amended", "other")
    assert (outcome.supersedes, outcome.amended_by) == (before.id, house.actor(house.lead).pseudonym)
    assert (outcome.reason_code, outcome.note, outcome.fields) == ("mistaken", "the customer called", {"urgent": True})
    first, second = OutboxMessage.objects.order_by("due_at")
    assert (first.type, second.type) == ("item.resolved", "item.amended")
    assert second.data == {
        "item": str(item_id),
        "external_id": item.external_id,
        "workflow": house.workflow.key,
        "outcome": str(outcome.id),
        "label": "other",
        "fields": {"urgent": True},
        "source": "amended",
        "supersedes": {"outcome": str(before.id), "label": "delivery", "fields": {"urgent": True}},
    }
    event = AuditEvent.objects.filter(stream_id=item_id).latest("stream_seq")
    assert (event.action, event.actor_pseudonym) == ("item.amended", house.actor(house.lead).pseudonym)
    assert broken() == {}


def test_the_item_shows_every_answer_it_ever_gave(house: House) -> None:
    item_id = answered(house)
    amend(house, item_id)
    amend(house, item_id, label="billing", note="after all")
    fate = access_item(house.actor(house.lead), item_id).fate
    assert fate is not None
    assert fate.outcome is not None
    assert (fate.outcome.label, fate.outcome.note) == ("billing", "after all")
    assert [(one.label, one.source) for one in fate.earlier_outcomes] == [("other", "amended"), ("delivery", "human")]
    assert fate.earlier_outcomes[-1].decision_id == Decision.objects.get().id
    assert broken() == {}


def test_the_observation_of_a_human_answer_follows_and_keeps_its_chance_and_time(house: House) -> None:
    item_id = answered(house)
    before = Observation.objects.get()
    assert (before.label, before.wrong, before.inclusion_probability) == ("delivery", True, 1)
    amend(house, item_id, label="billing")
    after = Observation.objects.get(item_id=item_id)
    assert (after.label, after.wrong, after.inclusion_probability, after.source) == ("billing", False, 1, "review")
    assert (after.occurred_at, after.closed_at) == (before.occurred_at, before.occurred_at)
    assert broken() == {}


def test_an_automatic_answer_that_is_amended_is_observed_by_nobody_knows_what_chance(house: House) -> None:
    item_id = accepted(house)
    amend(house, item_id)
    observation = Observation.objects.get(item_id=item_id)
    assert (observation.source, observation.inclusion_probability) == ("review", None)
    assert (observation.label, observation.wrong) == ("other", True)
    amend(house, item_id, label="billing")
    observation.refresh_from_db()
    assert (observation.label, observation.wrong, observation.inclusion_probability) == ("billing", False, None)
    assert broken() == {}


def test_a_drawn_answer_that_is_amended_to_differ_is_open_again_until_it_is_adjudicated(house: House) -> None:
    item_id = answered(house, draw_rate=1.0)
    with pytest.raises(ConflictError, match="does not review it"), transaction.atomic():
        amend(house, item_id, who="lead", label="other")
    amend(house, item_id, who="owner", label="other")
    observation = Observation.objects.get(item_id=item_id)
    assert (observation.source, observation.inclusion_probability) == ("calibration", 1)
    assert (observation.label, observation.wrong, observation.closed_at) == ("other", None, None)
    amend(house, item_id, who="owner", label="billing")
    observation.refresh_from_db()
    assert (observation.wrong, observation.closed_at is None) == (False, False)
    assert broken() == {}


def test_a_drawn_item_that_nobody_has_answered_blind_stays_out_of_the_sample(house: House) -> None:
    """Only whoever will not be asked may amend it; the blind answer that follows is the observation."""
    Workflow.objects.filter(id=house.workflow.id).update(draw_rate=1.0)
    Queue.objects.update(role="", undo_window_s=0)
    item_id = accepted(house)
    with pytest.raises(ConflictError, match="does not review it"), transaction.atomic():
        amend(house, item_id, who="lead")
    amend(house, item_id, who="owner")
    assert not Observation.objects.exists()
    assert broken() == {}
    (review,) = claim_reviews(actor=house.actor(house.reviewer), count=1)
    decide(house.actor(house.reviewer), review, label="delivery")
    observation = Observation.objects.get()
    assert (observation.source, observation.label) == ("calibration", "delivery")
    assert Outcome.objects.get(id=Item.objects.get(id=item_id).outcome_id).label == "other"
    assert broken() == {}


def test_repeating_an_amendment_returns_the_stored_one(house: House) -> None:
    item_id = answered(house)
    before = Outcome.objects.get().id
    first = amend(house, item_id, note="because")
    assert amend(house, item_id, note="because") == first
    assert amend(house, item_id, note="because", supersedes=before) == first
    assert Outcome.objects.count() == 2
    assert AuditEvent.objects.filter(action="item.amended").count() == 1
    for other in ({"who": "owner", "note": "because"}, {"note": "another"}, {"note": "because", "reason_code": "x"}):
        with pytest.raises(NothingToAmendError), transaction.atomic():
            amend(house, item_id, **other)
    assert broken() == {}


def test_an_amendment_of_an_outcome_that_was_amended_since_is_stale(house: House) -> None:
    item_id = answered(house)
    seen = Outcome.objects.get().id
    amend(house, item_id)
    with pytest.raises(StaleStateError), transaction.atomic():
        amend(house, item_id, who="owner", label="billing", supersedes=seen)
    assert broken() == {}


def test_what_is_not_given_stays_and_no_label_means_that_none_applies(house: House) -> None:
    item_id = answered(house)
    assert amend(house, item_id, label=KEEP, fields={"urgent": False}).label == "delivery"
    amendment = amend(house, item_id, label=None)
    assert (amendment.label, amendment.fields) == (None, {})
    assert Observation.objects.get().label is None
    assert broken() == {}


REFUSED: list[tuple[dict[str, Any], type[Exception]]] = [
    ({"label": "no_such"}, UnknownLabelError),
    ({"label": ""}, UnknownLabelError),
    ({"fields": {"no_such": 1}}, InvalidError),
    ({"label": "delivery"}, NothingToAmendError),
    ({"note": "x" * 4001}, InvalidError),
    ({"who": "reviewer"}, ForbiddenError),
    ({"who": "auditor"}, ForbiddenError),
    ({"who": "integrator"}, ForbiddenError),
]


@pytest.mark.parametrize(("wanted", "error"), REFUSED)
def test_an_amendment_is_held_to_contract_and_role(
    house: House, wanted: dict[str, Any], error: type[Exception]
) -> None:
    item_id = answered(house)
    with pytest.raises(error), transaction.atomic():
        amend(house, item_id, **wanted)
    assert Outcome.objects.count() == 1
    assert broken() == {}


def test_only_what_is_resolved_is_amended(house: House) -> None:
    (in_review,) = house.in_review("one")
    with pytest.raises(ConflictError, match="only a resolved one"), transaction.atomic():
        amend(house, in_review)
    (review,) = claim_reviews(actor=house.actor(house.reviewer), count=1)
    decide(house.actor(house.reviewer), review)
    with pytest.raises(ConflictError, match="undo it instead"), transaction.atomic():
        amend(house, in_review)
    withdraw_item(actor=house.actor(house.integrator), item_id=in_review)
    with pytest.raises(ConflictError, match="withdrawn"), transaction.atomic():
        amend(house, in_review)
    with pytest.raises(NotFoundError), transaction.atomic():
        amend(house, uuid7())


def test_what_was_amended_is_neither_withdrawn_nor_undone(house: House) -> None:
    """Even where somebody lengthens the undo window afterwards."""
    item_id = answered(house)
    amend(house, item_id)
    Queue.objects.update(undo_window_s=3600)
    with pytest.raises(UndoWindowClosedError), transaction.atomic():
        undo_decision(actor=house.actor(house.reviewer), decision_id=Decision.objects.get().id)
    with pytest.raises(ConflictError), transaction.atomic():
        withdraw_item(actor=house.actor(house.integrator), item_id=item_id)
    assert broken() == {}


def test_datasets_hold_the_amended_answer_and_what_the_reviewer_had_said(house: House) -> None:
    item_id, automatic = answered(house), accepted(house)
    before = freeze(house)
    amend(house, item_id, label="billing", reason_code="mistaken")
    amend(house, automatic, label="other")
    assert rows_of(before)[0]["label"] == "delivery"
    after = freeze(house)
    amend(house, item_id, label="other", note="again")
    rows = {row["item_id"]: row for row in rows_of(after)}
    assert after.row_count == len(rows) == 2
    decided, unseen = rows[str(item_id)], rows[str(automatic)]
    assert (decided["label"], decided["decision_label"], decided["amended"]) == ("billing", "delivery", True)
    assert (decided["wrong"], decided["reason_code"], decided["inclusion_probability"]) == (False, "mistaken", 1)
    assert (unseen["label"], unseen["decision_label"], unseen["amended"]) == ("other", None, True)
    assert (unseen["wrong"], unseen["inclusion_probability"], unseen["source"]) == (True, None, "review")
    assert (unseen["action"], unseen["reviewer"], unseen["suggestion_shown"], unseen["decision_id"]) == (None,) * 4
    assert unseen["decided_at"]


@pytest.fixture
def stored(live_db: None) -> House:
    """The cast, committed."""
    with transaction.atomic():
        return build_house()


def within(house: House, work: Callable[[], Any]) -> Any:
    with transaction.atomic():
        house.enter()
        return work()


@pytest.mark.parametrize("seed", range(3))
def test_of_two_amendments_at_once_one_wins_and_the_other_is_stale(
    stored: House, monkeypatch: pytest.MonkeyPatch, seed: int
) -> None:
    """Both have seen the same outcome; neither is silently overwritten."""
    item_id = within(stored, lambda: answered(stored))
    seen = within(stored, lambda: Outcome.objects.get().id)
    labels = ["billing", "other"] * 4
    people = ["lead", "owner", "admin", "lead", "owner", "admin", "lead", "owner"]
    actors = within(stored, lambda: {name: stored.actor(stored.people[name]) for name in people})

    def job(who: str, label: str) -> Callable[[], Amendment]:
        return lambda: within(
            stored,
            lambda: amend_item(actor=actors[who], item_id=item_id, label=label, note=who, supersedes=seen),
        )

    results = together([job(who, label) for who, label in zip(people, labels, strict=True)])

    won = {result.outcome_id for result in results if isinstance(result, Amendment)}
    assert len(won) == 1
    assert all(isinstance(result, Amendment | StaleStateError) for result in results), results
    with transaction.atomic():
        stored.enter()
        assert Item.objects.get(id=item_id).outcome_id in won
        assert Outcome.objects.count() == OutboxMessage.objects.count() == 2
        assert broken() == {}


def test_an_amendment_sent_many_times_at_once_is_recorded_once(stored: House) -> None:
    item_id = within(stored, lambda: answered(stored))
    lead = within(stored, lambda: stored.actor(stored.lead))
    results = together(
        [lambda: within(stored, lambda: amend_item(actor=lead, item_id=item_id, label="other"))] * 8,
    )
    assert [result for result in results if not isinstance(result, Amendment)] == []
    assert len({result.outcome_id for result in results if isinstance(result, Amendment)}) == 1
    with transaction.atomic():
        stored.enter()
        assert Outcome.objects.count() == 2
        assert broken() == {}


def test_amending_and_answering_blind_at_once_leave_one_observation(stored: House) -> None:
    """The blind answer comes while somebody else amends what was delivered."""

    def scene() -> tuple[UUID, Any]:
        Workflow.objects.filter(id=stored.workflow.id).update(draw_rate=1.0)
        Queue.objects.update(role="", undo_window_s=0)
        item_id = accepted(stored)
        (review,) = claim_reviews(actor=stored.actor(stored.reviewer), count=1)
        return item_id, review

    item_id, review = within(stored, scene)
    owner, reviewer = within(stored, lambda: (stored.actor(stored.owner), stored.actor(stored.reviewer)))
    results = together(
        [
            lambda: within(stored, lambda: amend_item(actor=owner, item_id=item_id, label="other")),
            lambda: within(stored, lambda: decide(reviewer, review, label="delivery")),
        ]
    )
    assert not [result for result in results if isinstance(result, Exception)], results
    with transaction.atomic():
        stored.enter()
        assert Observation.objects.get().source == "calibration"
        assert {rule for rule in broken() if "last answer" not in rule} == set()


def publish(house: House) -> int:
    return publish_batch(house.workspace.id)


def held_and_due(house: House) -> UUID:
    """An item whose window has closed, before the sweeper came by."""
    (item_id,) = house.in_review("pay")
    (review,) = claim_reviews(actor=house.actor(house.reviewer), count=1)
    decide(house.actor(house.reviewer), review)
    with connection.cursor() as cursor:
        cursor.execute("UPDATE review_item SET available_at = now() - interval '1 s' WHERE id = %s", [item_id])
        cursor.execute("UPDATE governance_outboxmessage SET due_at = now() - interval '1 s'")
    return item_id


def test_what_was_published_is_not_withdrawn_even_while_it_is_held(stored: House) -> None:
    item_id = within(stored, lambda: held_and_due(stored))
    assert publish(stored) == 1
    with pytest.raises(ConflictError, match="has left"):
        within(stored, lambda: withdraw_item(actor=stored.actor(stored.integrator), item_id=item_id))
    with pytest.raises(ConflictError, match="undo it"):
        within(stored, lambda: amend(stored, item_id))
    sweep_workspace(stored.workspace.id)
    within(stored, lambda: amend(stored, item_id))
    assert publish(stored) == 1
    with transaction.atomic():
        stored.enter()
        assert broken() == {}


@pytest.mark.parametrize("way", ["withdraw", "undo"])
@pytest.mark.parametrize("relay_first", [True, False])
def test_taking_back_and_publishing_at_once_do_not_both_happen(stored: House, way: str, relay_first: bool) -> None:
    """Thirty items, the relay in the middle of them; whatever was published stays decided, whatever was taken back never left."""
    actor = within(stored, lambda: stored.actor(stored.integrator))
    reviewer = within(stored, lambda: stored.actor(stored.reviewer))
    for _ in range(10):
        item_id = within(stored, lambda: held_and_due(stored))
        decision = within(stored, lambda: Decision.objects.order_by("-recorded_at")[0].id)

        def take_back(item_id: UUID = item_id, decision: UUID = decision) -> Any:
            if way == "withdraw":
                return within(stored, lambda: withdraw_item(actor=actor, item_id=item_id))
            return within(stored, lambda: undo_decision(actor=reviewer, decision_id=decision))

        jobs = [lambda: publish(stored), take_back]
        together(jobs if relay_first else jobs[::-1])
        with transaction.atomic():
            stored.enter()
            is_published = OutboxMessage.objects.filter(stream_id=item_id, published_seq__isnull=False).exists()
            is_there = OutboxMessage.objects.filter(stream_id=item_id).exists()
            state = Item.objects.get(id=item_id).state
            assert (state, is_there) == (("held", True) if is_published else (_after(way), False))
            assert broken() == {}
            if state == "in_review":
                withdraw_item(actor=actor, item_id=item_id)


def _after(way: str) -> str:
    return "withdrawn" if way == "withdraw" else "in_review"
