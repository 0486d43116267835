"""Limits that follow from measurements: one a cause and part, seen at once by whoever carries routing out."""

import json
from typing import Any

import pytest
from django.db import transaction

from governance.domain import ForbiddenError, system_actor
from governance.models import AuditEvent, AuditPayload
from governance.selectors.scope import enter_workspace
from routing.models import Restriction, RestrictionCause, RestrictionEffect
from routing.selectors.restrictions import running_limits, running_restrictions
from routing.selectors.suggestions import predictions_for
from routing.services.limit_rows import ReasonMissingError
from routing.services.limits import Limited, lift, limit
from routing.services.restrictions import stop_automation
from tests.conftest import House, build_house
from tests.threads import together

PEOPLE, HIGHER = RestrictionEffect.PEOPLE, RestrictionEffect.MIN_THRESHOLD
BUDGET, DRIFT = RestrictionCause.BUDGET, RestrictionCause.DRIFT


def told(action: str) -> list[dict[str, object]]:
    events = AuditEvent.objects.filter(action=action).order_by("id")
    return [json.loads(bytes(AuditPayload.objects.get(event_id=event.id).body)) for event in events]


def limited(house: House, **over: Any) -> Limited:
    facts: dict[str, Any] = {
        "workflow": house.workflow,
        "cause": BUDGET,
        "effect": PEOPLE,
        "reason": "3 of 40 were wrong",
    }
    return limit(actor=system_actor(house.workspace.id), **(facts | over))


def test_a_limit_covers_its_part_and_is_in_the_trail(house: House) -> None:
    made = limited(house, segment="vip", value_above=1000.0)
    (running,) = running_restrictions(house.workflow.id)
    assert (running.effect, running.cause, running.segment, running.value_above) == ("people", "budget", "vip", 1000.0)
    assert running_limits(house.workflow.id)[0].value_above == 1000.0
    (event,) = told("workflow.limited")
    assert event["restriction"] == str(made.id)
    assert (event["cause"], event["effect"], event["segment"], event["value_above"]) == (
        "budget",
        "people",
        "vip",
        1000.0,
    )


def test_the_same_limit_again_changes_nothing(house: House) -> None:
    first, second = limited(house), limited(house, reason="4 of 41 were wrong")
    assert (first.is_new, second.is_new, second.id) == (True, False, first.id)
    assert Restriction.objects.count() == len(told("workflow.limited")) == 1


def test_a_stricter_one_takes_the_place_of_the_one_before(house: House) -> None:
    raised = limited(house, cause=DRIFT, effect=HIGHER, min_threshold=0.97)
    stopped = limited(house, cause=DRIFT)
    (running,) = running_restrictions(house.workflow.id)
    assert (running.effect, running.min_threshold) == ("people", None)
    assert stopped.is_new
    assert Restriction.objects.get(id=raised.id).lifted_at is not None
    assert told("workflow.limited")[1]["before"] == str(raised.id)


def test_causes_and_parts_are_limited_apart(house: House) -> None:
    for part in ({}, {"segment": "vip"}, {"value_above": 1000.0}, {"cause": DRIFT}):
        assert limited(house, **part).is_new
    stop_automation(actor=house.actor(house.lead), workflow=house.workflow, reason="wrong labels")
    assert len(running_restrictions(house.workflow.id)) == 5

    actor = system_actor(house.workspace.id)
    assert lift(actor=actor, workflow=house.workflow, cause=BUDGET, value_above=1000.0, reason="restored")
    assert not lift(actor=actor, workflow=house.workflow, cause=BUDGET, value_above=1000.0, reason="restored")
    left = {(one.cause, one.segment, one.value_above) for one in running_restrictions(house.workflow.id)}
    assert left == {("budget", "", None), ("budget", "vip", None), ("drift", "", None), ("stop", "", None)}
    assert [event["value_above"] for event in told("workflow.limit_lifted")] == [1000.0]


def test_a_threshold_belongs_to_the_limit_that_raises_it(house: House) -> None:
    with pytest.raises(ValueError, match="threshold"), transaction.atomic():
        limited(house, effect=HIGHER)
    with pytest.raises(ValueError, match="threshold"), transaction.atomic():
        limited(house, min_threshold=0.9)
    with pytest.raises(ReasonMissingError), transaction.atomic():
        limited(house, reason=" ")
    assert not Restriction.objects.exists()


@pytest.mark.parametrize("role", ["reviewer", "lead", "auditor", "integrator"])
def test_only_who_configures_limits_and_lifts(house: House, role: str) -> None:
    actor = house.actor(house.people[role])
    with pytest.raises(ForbiddenError), transaction.atomic():
        limit(actor=actor, workflow=house.workflow, cause=BUDGET, effect=PEOPLE, reason="why not")
    with pytest.raises(ForbiddenError), transaction.atomic():
        lift(actor=actor, workflow=house.workflow, cause=BUDGET, reason="why not")


def test_a_costly_item_goes_to_people_and_says_why(house: House) -> None:
    limited(house, value_above=1000.0)
    cheap, costly = house.receive("a", confidence=0.99, value=10.0) + house.receive("b", confidence=0.99, value=2000.0)
    house.route()
    found = {key: (one.disposition, one.reason) for key, one in predictions_for([cheap, costly]).items()}
    assert found[cheap][0] == "auto_accept"
    assert found[costly] == ("review", {"cause": "budget"})


def test_two_at_once_are_one(live_db: None) -> None:
    with transaction.atomic():
        house = build_house()

    def limit_it() -> Limited:
        with transaction.atomic():
            enter_workspace(house.workspace.id)
            return limited(house)

    made = together([limit_it, limit_it])
    assert sorted(one.is_new for one in made if isinstance(one, Limited)) == [False, True]
    with transaction.atomic():
        house.enter()
        assert len(running_restrictions(house.workflow.id)) == 1
