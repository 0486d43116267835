"""The sample's plan and state over the API and on its page."""

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client

from routing.models import SamplePlan, SampleWindow, Workflow
from routing.selectors.days import today
from tests.certified import certify
from tests.conftest import House, leave_workspace
from tests.drawn import draw_rows, route_rows
from tests.review.api.conftest import Api

SAMPLE = "/api/v1/workflows/support-triage/sample/"
DAY = timedelta(days=1)
BY_HAND = {"target": 0.02, "every_days": 7, "rate": 0.1}


def put(api: Api, house: House, who: str = "owner", **body: Any) -> Any:
    return api(house.people[who]).put(SAMPLE, BY_HAND | body, format="json")


def test_without_a_plan_there_is_only_what_is_drawn(house: House, api: Api) -> None:
    state = api(house.lead).get(SAMPLE).json()
    assert (state["plan"], state["needed"], state["windows"], state["rate"]) == (None, None, [], 0)
    assert state["workflow"] == {"key": "support-triage", "name": "Support triage"}


def test_a_plan_is_stored_and_its_first_window_fixed(house: House, api: Api) -> None:
    answer = put(api, house)
    assert answer.status_code == 200, answer.content
    state = answer.json()
    assert state["plan"] == {
        "target": 0.02, "delta": 0.05, "every_days": 7, "mode": "by_hand", "starts_on": (today() + DAY).isoformat(),
    }  # fmt: skip
    assert state["rate"] == 0.1
    (window,) = state["windows"]
    assert (window["state"], window["first_day"], window["last_day"]) == (
        "open", (today() + DAY).isoformat(), (today() + 7 * DAY).isoformat(),
    )  # fmt: skip
    assert (window["answers"], window["preview"]) == (None, None)
    house.enter()
    assert Workflow.objects.get(id=house.workflow.id).draw_rate == 0.1


def test_a_computed_rate_follows_from_the_items_that_come(house: House, api: Api) -> None:
    route_rows(house, [0.95] * 1000)
    answer = api(house.owner).put(SAMPLE, {"target": 0.02, "every_days": 7}, format="json").json()
    assert answer["plan"]["mode"] == "computed"
    assert answer["rate"] == pytest.approx(313 / 7000)
    assert answer["needed"]["answers"] == 313
    assert answer["needed"]["is_possible"] is True


def test_a_window_that_runs_shows_its_days_and_a_preview(house: House, api: Api) -> None:
    put(api, house)
    house.enter()
    SampleWindow.objects.update(first_day=today() - 3 * DAY, last_day=today() + 3 * DAY)
    SamplePlan.objects.update(starts_on=today() - 3 * DAY)
    at = route_rows(house, [0.99], occurred_at=_noon(3))[0].occurred_at
    draw_rows(house, 200, occurred_at=at)
    draw_rows(house, 5, occurred_at=at + DAY, open_=[2])
    leave_workspace()
    (window,) = api(house.auditor).get(SAMPLE).json()["windows"]
    assert (window["answers"]["drawn"], window["answers"]["answered"], window["answers"]["unadjudicated"]) == (
        205,
        205,
        1,
    )
    assert window["answers"]["held_by"] == (today() - 2 * DAY).isoformat()
    assert [day["is_complete"] for day in window["answers"]["days"]] == [True, False]
    preview = window["preview"]
    assert (preview["is_certificate"], preview["reason"], preview["n"], preview["wrong"]) == (False, "", 200, 0)
    assert (preview["threshold"], preview["coverage"]) == (0.99, 1.0)
    assert preview["bound"] <= 0.02


def test_a_refused_window_says_why_and_can_be_tried_again(house: House, api: Api) -> None:
    put(api, house)
    house.enter()
    SampleWindow.objects.update(first_day=today() - 7 * DAY, last_day=today() - DAY)
    SamplePlan.objects.update(starts_on=today() - 7 * DAY)
    draw_rows(house, 100, occurred_at=_noon(3))
    again = f"{SAMPLE}windows/1/try-again/"
    owner = api(house.owner)
    assert owner.post(again).json()["code"] == "window_not_refused"
    house.enter()
    from routing.services.certificates import close_windows

    close_windows(actor=house.actor(house.owner), workflow=house.workflow)
    leave_workspace()
    first = owner.get(SAMPLE).json()["windows"][-1]
    assert (first["state"], first["refusal"]["reason"], first["refusal"]["missing"]) == ("refused", "too_few", 49)
    assert "49 more answers would likely do" in first["refusal"]["text"]
    assert api(house.lead).post(again).status_code == 403
    second = owner.post(again).json()["windows"][-1]
    assert (second["state"], second["attempt"]) == ("refused", 2)
    assert owner.post(f"{SAMPLE}windows/99/try-again/").status_code == 404


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        ({"target": None}, "/target"),
        ({"target": "much"}, "/target"),
        ({"target": 0.9}, "/target"),
        ({"every_days": 0}, "/every_days"),
        ({"every_days": "often"}, "/every_days"),
        ({"delta": 0}, "/delta"),
        ({"rate": 2}, "/rate"),
        ({"mode": "guessed"}, "/mode"),
        ({"mode": "computed"}, "/rate"),
        ({"starts_on": "soon"}, "/starts_on"),
        ({"starts_on": "2020-01-01"}, "/starts_on"),
        ({"what": 1}, "/what"),
    ],
    ids=lambda one: one if isinstance(one, str) else "-".join(f"{name}-{value}" for name, value in one.items()),
)
def test_a_plan_that_can_not_be_is_refused_with_its_place(
    house: House, api: Api, body: dict[str, Any], pointer: str
) -> None:
    answer = put(api, house, **body)
    assert 400 <= answer.status_code < 500
    told = answer.json()
    pointers = [error["pointer"] for error in told.get("errors", [])] or [told["pointer"]]
    assert pointers == [pointer]
    house.enter()
    assert not SamplePlan.objects.exists()


def test_a_promise_beyond_the_items_that_come_is_refused_with_what_would_do(house: House, api: Api) -> None:
    route_rows(house, [0.95] * 50)
    answer = api(house.owner).put(SAMPLE, {"target": 0.02, "every_days": 1}, format="json")
    assert (answer.status_code, answer.json()["code"], answer.json()["days"]) == (422, "plan_not_possible", 7)


@pytest.mark.parametrize("who", ["reviewer", "integrator"])
def test_whoever_does_not_see_workflows_sees_no_sample(house: House, api: Api, who: str) -> None:
    assert api(house.people[who]).get(SAMPLE).status_code == 403


def test_another_workspace_has_no_such_sample(house: House, api: Api) -> None:
    assert api(house.outsider).get(SAMPLE).status_code == 404


@pytest.fixture
def browser(house: House, monkeypatch: pytest.MonkeyPatch) -> Client:
    monkeypatch.setattr("governance.views.access.lacks_second_factor", lambda _membership: False)
    client = Client()
    client.force_login(house.owner)
    return client


def test_the_page_plans_and_shows_windows_and_refusals(house: House, browser: Client) -> None:
    page = f"/w/{house.workspace.slug}/workflows/support-triage/sample/"
    assert "Nothing is planned yet" in browser.get(page).content.decode()
    form = {"target": "2", "every_days": "7", "delta": "0.05", "mode": "by_hand", "rate": "12.5"}
    refused = browser.post(f"{page}plan/", form | {"rate": ""})
    assert "Say which share is drawn" in refused.content.decode()
    impossible = browser.post(f"{page}plan/", form | {"mode": "computed"})
    assert "set the share by hand" in impossible.content.decode()
    done = browser.post(f"{page}plan/", form, follow=True)
    assert "The first window has not begun" in done.content.decode()
    house.enter()
    assert Workflow.objects.get(id=house.workflow.id).draw_rate == 0.125


def test_the_page_of_a_certified_workflow_leads_to_its_certificate(house: House, browser: Client) -> None:
    certificate = certify(house)
    leave_workspace()
    text = browser.get(f"/w/{house.workspace.slug}/workflows/support-triage/sample/").content.decode()
    assert f"/certificates/{certificate.id}/" in text
    assert "Preview, not a certificate" in text
    assert "Nothing that the model in charge answered in these days was drawn" in text


def _noon(days_ago: int) -> Any:
    from django.utils import timezone

    return (timezone.now() - days_ago * DAY).replace(hour=12, minute=0, second=0, microsecond=0)
