"""Certificates: from windows that are over and complete, by the answers of the sample alone."""

import hashlib
from datetime import UTC, datetime, time

import pytest
from django.utils import timezone

from governance import strict_json
from governance.models import AuditEvent
from routing.domain.bounds import cp_upper
from routing.models import Certificate, Observation, PolicyVersion, RoutingDecision, SampleWindow, Workflow
from routing.selectors.days import today
from tests.conftest import House
from tests.drawn import answer_rows, route_rows
from tests.invariants import unproven
from tests.routing.services.windows import DAY, certified, close, drawn, noon, window


@pytest.mark.services
def test_a_window_that_is_over_and_complete_is_certified(house: House) -> None:
    certificate = certified(house)
    assert (certificate.n, certificate.wrong, certificate.attempt, certificate.delta) == (320, 2, 1, 0.05)
    assert certificate.bound == pytest.approx(cp_upper(2, 320, 0.05))
    assert certificate.bound <= certificate.target == 0.02
    assert (certificate.number, certificate.coverage, certificate.threshold) == (1, 1.0, 0.99)
    assert certificate.window.state == "certified"
    assert certificate.issued_by_id == house.owner.id
    assert certificate.details["model"] == "triage 1"
    assert certificate.details["by_label"] == [
        {"label": "billing", "n": 320, "wrong": 2, "bound": pytest.approx(0.0195, abs=2e-4), "own": False}
    ]
    event = AuditEvent.objects.get(action="certificate.issued")
    assert event.stream_id == house.workflow.id
    close(house)
    assert Certificate.objects.count() == 1
    assert unproven() == []


def test_it_holds_for_two_windows_after_its_own(house: House) -> None:
    certificate = certified(house)
    assert certificate.expires_at == datetime.combine(today() + 14 * DAY, time.min, tzinfo=UTC)


def test_the_data_hash_can_be_made_again_from_the_rows(house: House) -> None:
    certificate = certified(house)
    wrong = dict(Observation.objects.values_list("item_id", "wrong"))
    rows = [[row.id, row.confidence, row.label, wrong[row.item_id]] for row in RoutingDecision.objects.order_by("id")]
    assert certificate.data_sha256 == hashlib.sha256(strict_json.canonical(rows)).hexdigest()


def test_a_window_that_runs_is_left_alone(house: House) -> None:
    window(house, first=-3, last=3)
    drawn(house, days_ago=1)
    close(house)
    assert SampleWindow.objects.get().state == "open"


def test_a_window_waits_for_its_last_answers_and_adjudications(house: House) -> None:
    window(house)
    rows = drawn(house, open_=[5])
    drawn(house, 10, days_ago=2, wrong=[])
    close(house)
    assert SampleWindow.objects.get(number=1).state == "open"
    Observation.objects.filter(item_id=rows[5].item_id).update(wrong=False, closed_at=timezone.now())
    close(house)
    assert SampleWindow.objects.get(number=1).state == "certified"


def test_an_item_that_nobody_answered_holds_the_window_back(house: House) -> None:
    window(house)
    drawn(house)
    route_rows(house, [0.99], drawn=True, occurred_at=noon(today() - 2 * DAY))
    close(house)
    assert SampleWindow.objects.get(number=1).state == "open"


def test_what_stays_open_for_a_whole_window_more_ends_it_before_that_day(house: House) -> None:
    window(house, first=-15, last=-9)
    drawn(house, days_ago=14)
    route_rows(house, [0.99] * 5, drawn=True, occurred_at=noon(today() - 12 * DAY))
    drawn(house, 50, days_ago=10, wrong=range(50))
    close(house)
    certificate = Certificate.objects.get()
    assert (certificate.n, certificate.wrong) == (320, 2)
    assert certificate.details["last_day"] == (today() - 13 * DAY).isoformat()
    assert unproven() == []


def test_a_tenth_of_the_target_may_stay_open_and_counts_as_wrong(house: House) -> None:
    window(house)
    drawn(house, 999, wrong=[])
    route_rows(house, [0.99], drawn=True, occurred_at=noon(today() - 3 * DAY))
    close(house)
    certificate = Certificate.objects.get()
    assert (certificate.n, certificate.wrong) == (1000, 1)
    assert certificate.details["open_counted_wrong"] == 1


def test_only_the_sample_counts_whatever_else_was_routed(house: House) -> None:
    window(house)
    rows = drawn(house)
    undrawn = route_rows(house, [0.99] * 400, occurred_at=noon(today() - 3 * DAY))
    answer_rows(undrawn, wrong=range(400))
    Observation.objects.filter(item_id__in=[row.item_id for row in undrawn]).update(source="review")
    close(house)
    assert Certificate.objects.get().n == len(rows)


def test_the_policys_rules_apply_first_and_flags_too(house: House) -> None:
    standard = PolicyVersion.objects.get(id=house.workflow.policy_version_id).policy
    body = {
        "default_threshold": 0.9,
        "queue": "triage",
        "rules": [{"kind": "label_in", "labels": ["other"], "to": "review"}],
    }
    version = PolicyVersion.objects.create(workspace=house.workspace, policy=standard, number=2, body=body)
    Workflow.objects.update(policy_version=version)
    window(house)
    drawn(house)
    drawn(house, 200, labels=("other",), wrong=range(200))
    drawn(house, 200, flags=["instruction_like"], wrong=range(200))
    close(house)
    certificate = Certificate.objects.get()
    assert (certificate.n, certificate.wrong) == (320, 2)
    assert certificate.coverage == pytest.approx(320 / 720)
    assert certificate.policy_version_id == version.id


def test_a_looser_threshold_is_certified_where_the_answers_bear_it(house: House) -> None:
    window(house)
    drawn(house, 400, wrong=[])
    rows = route_rows(house, [0.6] * 400, drawn=True, disposition="review", occurred_at=noon(today() - 3 * DAY))
    answer_rows(rows, wrong=range(200))
    close(house)
    assert Certificate.objects.get().threshold == 0.99


def test_items_drawn_at_a_higher_rate_do_not_count_for_more(house: House) -> None:
    window(house)
    drawn(house, 4000, days_ago=4, draw_probability=0.4, wrong=range(0, 4000, 4))
    drawn(house, 1000, days_ago=3, draw_probability=0.1, wrong=[])
    close(house)
    found = SampleWindow.objects.get(number=1)
    assert found.state == "refused"
    assert found.refusal["drawn"] == 5000
    assert 1800 < found.refusal["counted"] < 2200
