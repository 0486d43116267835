"""Stopping and resuming a workflow's automation: once, with a reason, by whom it may be."""

import json

import pytest
from django.db import IntegrityError, transaction

from governance.domain import ForbiddenError, InvalidError
from governance.models import AuditEvent, AuditPayload
from routing.models import Restriction
from routing.services.restrictions import NotStoppedError, ReasonMissingError, resume_automation, stop_automation
from tests.conftest import House

pytestmark = pytest.mark.services


def told(action: str) -> dict[str, object]:
    event = AuditEvent.objects.get(action=action)
    data: dict[str, object] = json.loads(bytes(AuditPayload.objects.get(event_id=event.id).body))
    return data


def test_a_stop_is_a_restriction_with_its_reason_and_an_audit_event(house: House) -> None:
    stop = stop_automation(actor=house.actor(house.lead), workflow=house.workflow, reason="  wrong\n labels ")

    running = Restriction.objects.get()
    assert (running.effect, running.cause, running.reason, running.lifted_at) == (
        "people",
        "stop",
        "wrong labels",
        None,
    )
    assert (stop.id, stop.since, stop.is_new) == (running.id, running.since, True)
    assert told("workflow.stopped") == {
        "key": "support-triage",
        "reason": "wrong labels",
        "restriction": str(running.id),
    }


def test_stopping_twice_is_one_stop(house: House) -> None:
    lead = house.actor(house.lead)
    first = stop_automation(actor=lead, workflow=house.workflow, reason="wrong labels")
    second = stop_automation(actor=house.actor(house.owner), workflow=house.workflow, reason="another reason")

    assert (second.id, second.since, second.is_new) == (first.id, first.since, False)
    assert Restriction.objects.get().reason == "wrong labels"
    assert AuditEvent.objects.filter(action="workflow.stopped").count() == 1


def test_the_database_keeps_a_second_running_stop_out(house: House) -> None:
    stop_automation(actor=house.actor(house.lead), workflow=house.workflow, reason="wrong labels")
    with pytest.raises(IntegrityError, match="one_running_stop"), transaction.atomic():
        Restriction.objects.create(
            workspace=house.workspace, workflow=house.workflow, effect="people", cause="stop", reason="again"
        )


def test_an_owner_resumes_and_it_can_be_stopped_anew(house: House) -> None:
    lead, owner = house.actor(house.lead), house.actor(house.owner)
    first = stop_automation(actor=lead, workflow=house.workflow, reason="wrong labels")
    lifted_at = resume_automation(actor=owner, workflow=house.workflow, reason="model replaced")

    assert Restriction.objects.get().lifted_at == lifted_at > first.since
    assert told("workflow.resumed")["reason"] == "model replaced"
    assert stop_automation(actor=lead, workflow=house.workflow, reason="again").is_new


def test_resuming_what_is_not_stopped_is_refused(house: House) -> None:
    with pytest.raises(NotStoppedError), transaction.atomic():
        resume_automation(actor=house.actor(house.owner), workflow=house.workflow, reason="why not")


def test_other_limits_are_not_lifted_with_the_stop(house: House) -> None:
    budget = Restriction.objects.create(
        workspace=house.workspace, workflow=house.workflow, effect="people", cause="budget", reason="spent"
    )
    stop_automation(actor=house.actor(house.lead), workflow=house.workflow, reason="wrong labels")
    resume_automation(actor=house.actor(house.owner), workflow=house.workflow, reason="model replaced")

    assert list(Restriction.objects.filter(lifted_at__isnull=True)) == [budget]


@pytest.mark.parametrize("role", ["reviewer", "auditor", "integrator"])
def test_only_who_leads_may_stop(house: House, role: str) -> None:
    with pytest.raises(ForbiddenError), transaction.atomic():
        stop_automation(actor=house.actor(house.people[role]), workflow=house.workflow, reason="wrong labels")
    assert not Restriction.objects.exists()


def test_a_lead_may_not_resume(house: House) -> None:
    stop_automation(actor=house.actor(house.lead), workflow=house.workflow, reason="wrong labels")
    with pytest.raises(ForbiddenError), transaction.atomic():
        resume_automation(actor=house.actor(house.lead), workflow=house.workflow, reason="model replaced")


def test_a_reason_is_said_and_short(house: House) -> None:
    lead = house.actor(house.lead)
    with pytest.raises(ReasonMissingError), transaction.atomic():
        stop_automation(actor=lead, workflow=house.workflow, reason=" \n ")
    with pytest.raises(InvalidError), transaction.atomic():
        stop_automation(actor=lead, workflow=house.workflow, reason="x" * 301)
    assert not Restriction.objects.exists()
