"""Drift: windows held against the reference, the levels they lead to, and what follows."""

import json
from datetime import timedelta
from typing import Any

import numpy as np
import pytest
from django.utils import timezone

from governance.domain import system_actor
from governance.models import AuditEvent, AuditPayload, Notice
from routing.models import DriftReference, DriftWindow, Model, ModelVersion, SamplePlan
from routing.selectors.restrictions import running_limits
from routing.selectors.workflows import access_workflow
from routing.services import drift
from routing.services.drift import look_for_drift
from tests.conftest import House
from tests.drawn import answer_rows, route_rows

REFERENCE, WINDOW = 1_000, 500
LABELS = ("billing", "delivery", "other")


def usual(n: int, seed: int = 0) -> dict[str, Any]:
    """Return n items as the reference has them."""
    random = np.random.default_rng(seed)
    return {
        "confidences": random.beta(8, 2, n),
        "labels": LABELS,
        "input_length": random.integers(20, 200, n),
        "known_share": random.beta(9, 1, n),
    }


def less_sure(n: int, by: float) -> dict[str, Any]:
    """Return n items of which a share gets confidences of the lower half."""
    items = usual(n, seed=1)
    low = int(n * by)
    items["confidences"][:low] = np.linspace(0.2, 0.6, low)
    return items


def look(house: House) -> None:
    """Look until there is nothing left to look at."""
    facts = access_workflow(house.workflow.key)
    while look_for_drift(actor=system_actor(house.workspace.id), workflow=facts):
        pass


def windows() -> list[DriftWindow]:
    return list(DriftWindow.objects.order_by("number"))


def watched(house: House, *stretches: dict[str, Any]) -> list[DriftWindow]:
    """Route a reference and these windows, look after each, and return the windows."""
    route_rows(house, **usual(REFERENCE))
    look(house)
    for stretch in stretches:
        route_rows(house, **stretch)
        look(house)
    return windows()


CLEAN, BAD, WORST = usual(WINDOW, seed=2), less_sure(WINDOW, 0.22), less_sure(WINDOW, 0.9)


def told(action: str) -> list[dict[str, Any]]:
    events = AuditEvent.objects.filter(action=action).order_by("id")
    return [json.loads(bytes(AuditPayload.objects.get(event_id=event.id).body)) for event in events]


def test_a_reference_takes_a_thousand_items_and_a_window_five_hundred(house: House) -> None:
    route_rows(house, **usual(REFERENCE - 1))
    look(house)
    assert not DriftReference.objects.exists()
    route_rows(house, [0.9], input_length=[50], known_share=[1.0])
    look(house)
    reference = DriftReference.objects.get()
    assert (reference.n, sum(reference.body["labels"].values())) == (REFERENCE, REFERENCE)
    assert set(reference.body["numbers"]) == {"confidence", "input_length", "known_share"}
    route_rows(house, **usual(WINDOW - 1, seed=2))
    look(house)
    assert not windows()
    route_rows(house, [0.9], input_length=[50], known_share=[1.0])
    look(house)
    (window,) = windows()
    assert (window.number, window.n, window.level) == (1, WINDOW, "none")
    assert window.first_id > reference.last_id


def test_what_looks_the_same_is_no_drift(house: House) -> None:
    found = watched(house, *(usual(WINDOW, seed=seed) for seed in range(2, 6)))
    assert [window.level for window in found] == ["none"] * 4
    assert max(window.worst_psi for window in found) < 0.1
    for window in found:
        assert set(window.measures) == {"confidence", "labels", "input_length", "known_share"}
        assert all({"psi", "statistic", "p_value", "n", "counts"} == set(one) for one in window.measures.values())
    assert not running_limits(house.workflow.id)


@pytest.mark.parametrize(
    ("changed", "measure"),
    [
        ({"labels": ("other",)}, "labels"),
        ({"input_length": np.full(WINDOW, 900)}, "input_length"),
        ({"known_share": np.full(WINDOW, 0.3)}, "known_share"),
        ({"confidences": np.full(WINDOW, 0.4)}, "confidence"),
    ],
    ids=["labels", "length", "vocabulary", "confidence"],
)
def test_each_measure_alone_sends_everything_to_people(house: House, changed: dict[str, Any], measure: str) -> None:
    (window,) = watched(house, CLEAN | changed)
    assert window.measures[measure]["psi"] > 0.35
    assert window.measures[measure]["p_value"] < 1e-6
    assert window.measures[measure]["statistic"] > 0.5
    (running,) = running_limits(house.workflow.id)
    assert (running.cause, running.effect) == ("drift", "people")
    assert told("drift.alarm")[0]["measure"] == measure


def test_a_model_without_texts_is_held_against_what_it_has(house: House) -> None:
    route_rows(house, np.full(REFERENCE, 0.5))
    look(house)
    route_rows(house, np.full(WINDOW, 0.5))
    look(house)
    route_rows(house, np.full(WINDOW, 0.9))
    look(house)
    same, other = windows()
    assert set(same.measures) == {"confidence", "labels"}
    assert (same.worst_psi < 0.1, other.level) == (True, "people")


def test_one_bad_window_is_waited_out_and_two_lead_to_people_where_nothing_is_promised(house: House) -> None:
    first, second = watched(house, BAD, BAD)
    assert 0.2 < first.worst_psi <= 0.35
    assert [first.level, second.level] == ["none", "raised"]
    (running,) = running_limits(house.workflow.id)
    assert running.effect == "people"


def test_two_bad_windows_raise_the_threshold_to_half_the_target(house: House) -> None:
    SamplePlan.objects.create(
        workspace=house.workspace, workflow=house.workflow, target=0.1, starts_on="2026-01-01", every_days=14
    )
    items = usual(REFERENCE)
    drawn = route_rows(house, **items, drawn=True, occurred_at=timezone.now() - timedelta(minutes=1, days=1))
    answer_rows(drawn, wrong=np.flatnonzero(items["confidences"] < 0.92).tolist())
    look(house)
    for _window in range(2):
        route_rows(house, **BAD)
        look(house)
    (running,) = running_limits(house.workflow.id)
    assert (running.cause, running.effect) == ("drift", "min_threshold")
    # The policy's own threshold is 0.9.
    assert 0.91 < (running.min_threshold or 0) < 0.925
    assert f"Nothing below {running.min_threshold:.4f} is automatic" in Notice.objects.filter(kind="alarm")[0].text

    # Two more send everything to people.
    for _window in range(2):
        route_rows(house, **BAD)
        look(house)
    (running,) = running_limits(house.workflow.id)
    assert (windows()[-1].level, running.effect, running.min_threshold) == ("people", "people", None)


def test_three_clean_windows_end_it_and_fewer_do_not(house: House) -> None:
    found = watched(house, WORST, CLEAN, CLEAN)
    assert [window.level for window in found] == ["people"] * 3
    assert running_limits(house.workflow.id)
    route_rows(house, **CLEAN)
    look(house)
    assert windows()[-1].level == "none"
    assert not running_limits(house.workflow.id)
    assert told("drift.ended")[0]["before"] == "people"
    assert Notice.objects.filter(kind="alarm", person=house.owner).count() == 2


def test_an_alarm_voids_certificates_and_tells_the_owners(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    voided: list[dict[str, Any]] = []
    monkeypatch.setattr(drift, "void_certificates", lambda **facts: voided.append(facts))
    watched(house, BAD, BAD, BAD, BAD)
    assert [facts["cause"] for facts in voided] == ["drift", "drift"]
    assert {notice.person_id for notice in Notice.objects.filter(kind="alarm")} == {house.owner.id, house.admin.id}
    assert [event["level"] for event in told("drift.alarm")] == ["raised", "people"]


def test_looking_twice_records_nothing_twice(house: House) -> None:
    watched(house, WORST)
    look(house)
    assert (len(windows()), Notice.objects.filter(person=house.owner).count()) == (1, 1)


def test_a_new_model_version_has_a_reference_of_its_own_and_keeps_the_limit(house: House) -> None:
    watched(house, WORST)
    newer = ModelVersion.objects.create(
        workspace=house.workspace, model=Model.objects.get(workflow=house.workflow), version="2", backend="external"
    )
    house.workflow.model_version = newer
    house.workflow.save()
    route_rows(house, **less_sure(REFERENCE, 0.9))
    look(house)
    assert DriftReference.objects.filter(model_version_id=newer.id).exists()
    assert running_limits(house.workflow.id)
    for _window in range(3):
        route_rows(house, **less_sure(WINDOW, 0.9))
        look(house)
    assert [window.level for window in DriftWindow.objects.filter(model_version_id=newer.id).order_by("number")] == [
        "people",
        "people",
        "none",
    ]
    assert not running_limits(house.workflow.id)


def test_failures_belong_to_no_window(house: House) -> None:
    watched(house)
    route_rows(house, [0.9] * WINDOW, labels=[None])
    look(house)
    assert not windows()
