"""Drift over the API."""

import numpy as np

from governance.domain import system_actor
from routing.selectors.workflows import access_workflow
from routing.services.drift import look_for_drift
from tests.conftest import House
from tests.drawn import route_rows
from tests.review.api.conftest import Api

DRIFT = "/api/v1/workflows/support-triage/drift/"


def look(house: House) -> None:
    while look_for_drift(actor=system_actor(house.workspace.id), workflow=access_workflow(house.workflow.key)):
        pass


def test_before_the_reference_it_says_how_much_is_missing(house: House, api: Api) -> None:
    route_rows(house, [0.9] * 30)
    answer = api(house.lead).get(DRIFT).json()
    assert (answer["level"], answer["reference"], answer["have"], answer["need"]) == ("none", None, 30, 1000)
    assert answer["limits"] == {"bad": 0.2, "worst": 0.35, "clean": 0.1}


def test_it_tells_of_windows_levels_and_what_they_led_to(house: House, api: Api) -> None:
    random = np.random.default_rng(0)
    route_rows(house, random.beta(8, 2, 1_000), labels=["billing", "delivery"])
    look(house)
    route_rows(house, np.full(520, 0.4), labels=["other"])
    look(house)
    answer = api(house.auditor).get(DRIFT).json()
    assert (answer["level"], answer["have"], answer["need"]) == ("people", 20, 500)
    assert (answer["limit"]["effect"], answer["limit"]["min_threshold"]) == ("people", None)
    (window,) = answer["windows"]
    assert (window["number"], window["n"], window["level"]) == (1, 500, "people")
    assert window["measures"]["labels"]["counts"] == {"other": 500}
    reference = answer["reference"]
    assert (reference["n"], reference["labels"]) == (1000, {"billing": 500, "delivery": 500})
    assert set(reference["numbers"]["confidence"]) == {"n", "edges", "counts"}
    assert sum(reference["numbers"]["confidence"]["counts"]) == 1000
    assert answer["bad_in_a_row"] == 1


def test_who_sees_no_workflows_sees_no_drift(house: House, api: Api) -> None:
    assert api(house.reviewer).get(DRIFT).status_code == 403
    assert api(house.owner).get("/api/v1/workflows/no-such/drift/").status_code == 404
