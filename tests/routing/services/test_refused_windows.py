"""Windows that bring no certificate, and why; another attempt at one."""

import pytest
from django.db import transaction
from django.utils import timezone

from governance.domain import ConflictError, ForbiddenError, NotFoundError, uuid7
from governance.models import AuditEvent, Notice
from routing.models import Certificate, DriftWindow, Observation, SampleWindow, Workflow
from routing.selectors.days import today
from routing.services.certificates import try_again
from tests.conftest import House
from tests.drawn import route_rows
from tests.invariants import unproven
from tests.routing.services.windows import DAY, drawn, noon, refusal_of


def test_too_few_answers_are_refused_with_how_many_are_missing(house: House) -> None:
    drawn(house, 100, wrong=[])
    found = refusal_of(house)
    assert (found["reason"], found["n"], found["missing"]) == ("too_few", 100, 49)
    assert Notice.objects.filter(person=house.owner, text__contains="49 more answers").exists()
    assert AuditEvent.objects.filter(action="sample.window_refused").count() == 1
    assert unproven() == []


def test_a_model_that_is_wrong_where_it_is_surest_is_refused(house: House) -> None:
    drawn(house, 400, wrong=range(0, 400, 4))
    assert refusal_of(house)["reason"] == "first_point_fails"


def test_nothing_drawn_is_refused(house: House) -> None:
    assert refusal_of(house)["reason"] == "no_sample"


def test_two_model_versions_in_one_window_are_refused(house: House) -> None:
    drawn(house)
    drawn(house, 1, model_version_id=uuid7())
    assert refusal_of(house)["reason"] == "mixed_models"


def test_a_drift_alarm_is_refused(house: House) -> None:
    drawn(house)
    DriftWindow.objects.create(
        workspace=house.workspace, workflow=house.workflow, model_version_id=house.workflow.model_version_id, number=1,
        n=500, first_id=1, last_id=2, first_at=timezone.now(), last_at=timezone.now(), measures={}, worst_psi=0.4,
        level="people",
    )  # fmt: skip
    assert refusal_of(house)["reason"] == "drift_alarm"


def test_a_window_none_of_whose_days_was_ever_complete_is_refused(house: House) -> None:
    route_rows(house, [0.99] * 400, drawn=True, occurred_at=noon(today() - 15 * DAY))
    assert refusal_of(house, first=-15, last=-9)["reason"] == "no_closed_cohort"


def test_a_target_below_what_people_get_wrong_is_refused(house: House) -> None:
    rows = drawn(house, wrong=[])
    overruled = [row.item_id for row in rows[:20]]
    Observation.objects.filter(item_id__in=overruled).update(first_label="other", asked_again_at=timezone.now())
    assert refusal_of(house)["reason"] == "below_human_error"


def test_without_a_policy_there_is_nothing_to_certify(house: House) -> None:
    drawn(house)
    Workflow.objects.update(policy_version=None)
    assert refusal_of(house)["reason"] == "no_policy"


def test_another_attempt_on_the_same_answers_is_tested_more_strictly(house: House) -> None:
    drawn(house, 300, wrong=[])
    found = refusal_of(house, target=0.009)
    assert found["reason"] == "too_few"
    SampleWindow.objects.filter(number=1).update(target=0.02)
    again = try_again(actor=house.actor(house.owner), workflow=house.workflow, number=1)
    assert (again.attempt, again.state) == (2, "certified")
    certificate = Certificate.objects.get()
    assert (certificate.attempt, certificate.delta) == (2, 0.05 / 4)
    assert AuditEvent.objects.filter(action="sample.window_tried_again").count() == 1
    with pytest.raises(ConflictError), transaction.atomic():
        try_again(actor=house.actor(house.owner), workflow=house.workflow, number=1)
    with pytest.raises(NotFoundError), transaction.atomic():
        try_again(actor=house.actor(house.owner), workflow=house.workflow, number=9)
    with pytest.raises(ForbiddenError), transaction.atomic():
        try_again(actor=house.actor(house.lead), workflow=house.workflow, number=1)


def test_a_third_attempt_pays_half_of_the_second(house: House) -> None:
    drawn(house, 160, wrong=[])
    refusal_of(house, target=0.01)
    for _attempt in range(2):
        SampleWindow.objects.filter(number=1).update(target=0.02)
        try_again(actor=house.actor(house.owner), workflow=house.workflow, number=1)
    found = SampleWindow.objects.get(number=1)
    # 160 clean answers do for 2 % at 95 % (149), and not at 98.75 % (217) or 99.4 %.
    assert (found.attempt, found.state) == (3, "refused")
