"""The tuner over HTTP: figures at any threshold, what is recommended, refused and why, and what is stored."""

import json
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from governance.domain import uuid7
from governance.models import AuditEvent, AuditPayload
from routing.models import Assumptions, DriftWindow, Observation, SampleWindow
from routing.selectors.tuner import forget_materials
from tests.conftest import House
from tests.review.api.conftest import Api, statements
from tests.scored import answer, store_scored

TUNER = "/api/v1/workflows/support-triage/tuner/"
ASSUMPTIONS = "/api/v1/workflows/support-triage/assumptions/"
UNTOUCHED = {
    "currency": "EUR",
    "review_cost": 1,
    "wrong_cost": 25,
    "review_minutes": 0.5,
    "items_a_day": None,
    "human_error": None,
}


def ask(api: Api, house: House, **parameters: Any) -> dict[str, Any]:
    answered = api(house.owner).get(TUNER, parameters)
    assert answered.status_code == 200, answered.content
    found: dict[str, Any] = answered.json()
    return found


def is_sentence(text: str) -> bool:
    return (text[0].isupper() or text[0].isdigit()) and text.endswith(".") and "%(" not in text and "None" not in text


def test_a_clean_sample_certifies_a_threshold_which_then_is_the_draft(house: House, api: Api) -> None:
    store_scored(house, 700, wrong=40)
    found = ask(api, house, target=0.02)
    assert found["reasons"] == []
    certified = found["certified"]
    assert certified["keeps"]
    assert certified["bound"] <= 0.02
    assert found["verdict"]["use"] == certified["threshold"]
    drafted = ask(api, house, target=0.02, threshold=certified["threshold"])
    assert drafted["draft"] == certified
    assert drafted["verdict"] | {"text": ""} == {"tone": "good", "title": "Keeps 2\u00a0%", "text": "", "use": None}
    assert drafted["body"]["default_threshold"] == certified["threshold"]
    assert drafted["active"]["number"] == 1


def test_laxer_than_certified_is_told_with_its_numbers(house: House, api: Api) -> None:
    store_scored(house, 700, wrong=100)
    found = ask(api, house, target=0.02, threshold=0.61)
    draft = found["draft"]
    assert found["verdict"]["tone"] == "warn"
    assert f"{draft['k']} wrong in {draft['n']} still allow" in found["verdict"]["text"]
    assert is_sentence(found["verdict"]["text"])
    assert found["preview"] == "No window of the sample is open: plan one on the page “Sample” to get a certificate."


def test_what_has_not_changed_is_left_out_for_who_knows_it(house: House, api: Api) -> None:
    store_scored(house, 400)
    found = ask(api, house)
    again = ask(api, house, known=found["basis"], threshold=0.7)
    assert again["basis"] == found["basis"]
    assert "curve" not in again
    assert "curve" in ask(api, house, known=found["basis"], target=0.05)
    assert "curve" in ask(api, house, known=found["basis"], label="billing:0.7")


def test_own_thresholds_of_labels_are_drafted_and_taken_away(house: House, api: Api) -> None:
    store_scored(house, 400)
    found = ask(api, house, label=["billing:never", "delivery:0.95"])
    assert found["body"]["label_thresholds"] == {"billing": None, "delivery": 0.95}
    rows = {row["label"]: row for row in found["labels"]}
    assert rows["billing"]["n"] == 0
    assert rows["delivery"]["has_own"]
    assert found["draft"]["automatic"] < found["active"]["automatic"]
    assert ask(api, house, label="billing:")["body"]["label_thresholds"] == {}


def test_money_and_hours_follow_what_is_assumed(house: House, api: Api) -> None:
    store_scored(house, 400)
    usual = ask(api, house, items_a_day=1000, review_cost=1, minutes=6, sample_rate=0)
    assert usual["draft"]["reviews"] == pytest.approx(1000 * (1 - usual["draft"]["automatic"]))
    assert usual["draft"]["hours"] == pytest.approx(usual["draft"]["reviews"] / 10)
    least, most = usual["reviews_range"]
    assert least < usual["draft"]["reviews"] < most
    assert ask(api, house, review_cost=1, wrong_cost=25)["cost_optimal"]["threshold"] == 0.96
    assert ask(api, house, review_cost=1, wrong_cost=25, human_error=0.02)["cost_optimal"]["threshold"] == 0.94


def test_an_item_whose_blind_review_is_open_is_in_no_figure(house: House, api: Api) -> None:
    store_scored(house, 400)
    before = ask(api, house, items_a_day=1000)
    store_scored(house, 1, answered=False, days_ago=0)
    after = ask(api, house, items_a_day=1000)
    assert after["drawn"] == 401
    assert (after["scored"], after["draft"], after["scale"]) == (before["scored"], before["draft"], before["scale"])


def test_nothing_drawn_is_refused(house: House, api: Api) -> None:
    store_scored(house, 50, drawn=False)
    found = ask(api, house)
    assert found["reasons"] == ["no_sample", "nothing_scored"]
    assert found["certified"] is None
    assert 0 < found["draft"]["automatic"] < 1
    assert found["draft"]["cost"] is None


def test_too_few_answers_say_how_many_more(house: House, api: Api) -> None:
    store_scored(house, 261, wrong=1)
    found = ask(api, house, target=0.01, items_a_day=3000)
    assert found["reasons"] == ["too_few"]
    assert found["missing"]["count"] == 212
    assert (
        found["missing"]["sentence"]
        == "212 more sample answers would likely certify 1\u00a0% (473 in all, with 1 wrong)."
    )


def test_ways_out_count_days_at_the_sample_rate(house: House, api: Api) -> None:
    store_scored(house, 261, wrong=1)
    found = ask(api, house, target=0.01, items_a_day=3000, sample_rate=0.02)
    ways = {way["kind"]: way for way in found["ways"]}
    assert ways["raise"]["title"] == "Sample 6\u00a0% instead of 2\u00a0%"
    assert "€\u00a0" in ways["raise"]["note"]
    assert "60.0 answers a day" in ways["wait"]["note"]
    assert ways["promise"]["target"] == 0.02


def test_another_model_version_in_chosen_days_is_left_out_or_where_it_came_between_refused(
    house: House, api: Api
) -> None:
    store_scored(house, 20, days_ago=5, model_version_id=uuid7())
    store_scored(house, 700, wrong=40, days_ago=2)
    since = (timezone.now() - timedelta(days=10)).date().isoformat()
    usual, chosen = ask(api, house), ask(api, house, since=since)
    assert usual["reasons"] == chosen["reasons"] == []
    for name in ("threshold", "automatic", "n", "k", "bound"):
        assert usual["certified"][name] == chosen["certified"][name]
    # The version in charge had been there before: its earlier answers belong to the chosen days.
    store_scored(house, 20, days_ago=7)
    assert ask(api, house)["reasons"] == []
    found = ask(api, house, since=since)
    assert found["reasons"] == ["mixed_models"]
    assert "20 of the sample" in found["refusal"]["text"]


def test_a_drift_alarm_in_the_days_is_refused(house: House, api: Api) -> None:
    store_scored(house, 700, wrong=40)
    at = timezone.now() - timedelta(days=1)
    DriftWindow.objects.create(
        workspace=house.workspace,
        workflow=house.workflow,
        model_version_id=house.workflow.model_version_id,
        number=1,
        n=500,
        first_id=1,
        last_id=500,
        first_at=at,
        last_at=at,
        measures={},
        worst_psi=0.4,
        level="people",
    )
    forget_materials()
    assert ask(api, house)["reasons"] == ["drift_alarm"]


def test_no_complete_day_is_refused_and_what_is_answered_is_still_drawn(house: House, api: Api) -> None:
    store_scored(house, 30, answered=False, days_ago=3)
    rows = store_scored(house, 400, answered=False, days_ago=1)
    answer(house, rows)
    found = ask(api, house)
    assert found["reasons"] == ["no_closed_cohort"]
    assert "30 items drawn" in found["refusal"]["text"]
    assert found["curve"]["n"][-1] == 400


def test_hard_items_of_an_open_day_hold_the_end_back(house: House, api: Api) -> None:
    store_scored(house, 500, days_ago=5)
    rows = store_scored(house, 100, answered=False, days_ago=3)
    answer(house, rows[:50])
    store_scored(house, 500, days_ago=2)
    found = ask(api, house)
    assert found["answers"] == 500
    assert {one["check"]: one["held"] for one in found["checks"]}["cohorts"] == "warn"


def test_people_who_are_overruled_more_often_than_the_target_are_a_reason(house: House, api: Api) -> None:
    rows = store_scored(house, 700, wrong=40)
    overruled = [row.item_id for row in rows[:21]]
    Observation.objects.filter(item_id__in=overruled).update(first_label="other", asked_again_at=timezone.now())
    forget_materials()
    found = ask(api, house, target=0.02)
    assert found["reasons"] == ["below_human_error"]
    assert "21 of 700" in found["refusal"]["text"]
    assert ask(api, house, target=0.04)["reasons"] == []


def test_every_refusal_is_a_readable_sentence(house: House, api: Api) -> None:
    texts = []
    texts.append(ask(api, house)["refusal"])
    store_scored(house, 5, answered=False, days_ago=0)
    texts.append(ask(api, house)["refusal"])
    store_scored(house, 20, days_ago=4)
    texts.append(ask(api, house)["refusal"])
    store_scored(house, 600, wrong=300, days_ago=4, confidences=[0.9] * 600)
    texts.append(ask(api, house)["refusal"])
    assert len({text["text"] for text in texts}) == len(texts)
    assert all(is_sentence(text["text"]) for text in texts)


def test_an_open_window_gives_target_and_level_and_says_when_it_is_tested(house: House, api: Api) -> None:
    store_scored(house, 700, wrong=40)
    today = timezone.now().date()
    SampleWindow.objects.create(
        workspace=house.workspace,
        workflow=house.workflow,
        number=3,
        first_day=today - timedelta(days=9),
        last_day=today + timedelta(days=4),
        target=0.03,
        delta=0.05,
        attempt=2,
    )
    forget_materials()
    found = ask(api, house)
    assert (found["target"], found["delta"]) == (0.03, 0.0125)
    assert found["preview"].startswith("Window 3 ends on ")
    assert "attempt 2" in found["preview"]


@pytest.mark.parametrize(
    ("parameters", "pointer"),
    [
        ({"target": "0"}, "/target"),
        ({"target": "much"}, "/target"),
        ({"delta": "1"}, "/delta"),
        ({"threshold": "1.2"}, "/threshold"),
        ({"threshold": "nan"}, "/threshold"),
        ({"label": "billing"}, "/label"),
        ({"label": "elsewhere:0.5"}, "/label"),
        ({"label": "billing:2"}, "/label"),
        ({"minutes": "-1"}, "/minutes"),
        ({"items_a_day": "1e99"}, "/items_a_day"),
        ({"human_error": "2"}, "/human_error"),
        ({"since": "yesterday"}, "/since"),
        ({"since": "2000-01-01"}, "/since"),
        ({"until": "2026-02-30"}, "/until"),
        ({"loudness": "11"}, "/loudness"),
    ],
)
def test_a_question_that_cannot_be_is_refused_with_its_place(
    house: House, api: Api, parameters: dict[str, str], pointer: str
) -> None:
    answered = api(house.owner).get(TUNER, parameters)
    assert answered.status_code == 422
    assert answered.json()["errors"][0]["pointer"] == pointer


def test_moving_the_threshold_reads_no_items_again(house: House, api: Api) -> None:
    store_scored(house, 50)
    client = api(house.owner)
    client.get(TUNER)
    with statements() as found:
        assert client.get(TUNER, {"threshold": "0.7"}).status_code == 200
    assert not [text for text in found if "routing_routingdecision" in text or "routing_observation" in text]


def test_assumptions_are_stored_by_who_may_and_leave_a_trace(house: House, api: Api) -> None:
    assert api(house.auditor).get(ASSUMPTIONS).json() == UNTOUCHED
    wanted = UNTOUCHED | {"currency": "CHF", "review_cost": 2.5, "items_a_day": 3000, "human_error": 0.01}
    owner = api(house.owner)
    assert owner.put(ASSUMPTIONS, wanted, format="json").json() == wanted
    owner.put(ASSUMPTIONS, wanted, format="json")
    assert owner.get(ASSUMPTIONS).json() == wanted
    assert ask(api, house)["assumptions"]["items_a_day"] == 3000
    events = AuditEvent.objects.filter(action="assumptions.set").values_list("id", flat=True)
    bodies = [json.loads(bytes(one.body)) for one in AuditPayload.objects.filter(event_id__in=list(events))]
    assert [body["changes"]["currency"] for body in bodies] == [{"before": "EUR", "after": "CHF"}]
    assert api(house.lead).put(ASSUMPTIONS, wanted, format="json").status_code == 403


@pytest.mark.parametrize(
    ("member", "value"),
    [
        ("currency", "euro"),
        ("review_cost", -1),
        ("wrong_cost", "25"),
        ("items_a_day", 1.5),
        ("human_error", 1.5),
        ("tips", 1),
    ],
)
def test_assumptions_that_cannot_be_are_refused(house: House, api: Api, member: str, value: object) -> None:
    answered = api(house.owner).put(ASSUMPTIONS, {member: value}, format="json")
    assert answered.status_code == 422
    assert answered.json()["errors"][0]["pointer"] == f"/{member}"
    assert not Assumptions.objects.exists()


def test_another_workspace_has_no_such_workflow(house: House, api: Api) -> None:
    assert api(house.outsider).get(TUNER).status_code == 404
    assert api(house.outsider).put(ASSUMPTIONS, {}, format="json").status_code == 404
