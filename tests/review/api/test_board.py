"""The board over HTTP: what it tells, what can be done on it, and how each refusal reads."""

from typing import Any

import pytest

from governance.models import AuditEvent
from review.models import Review
from routing.models import Restriction, Workflow
from tests.conftest import House, leave_workspace
from tests.review.api.conftest import Api, claim_one, decide, statements


def post(client: Any, path: str, **body: Any) -> Any:
    return client.post(f"/api/v1/{path}", body, format="json")


def test_the_board_tells_queues_people_holds_and_stops(house: House, api: Api) -> None:
    house.in_review("one", "two", "three")
    held = claim_one(api(house.reviewer))
    reviewer = api(house.reviewer)
    decide(reviewer, claim_one(reviewer), action="correct", label="other")
    post(api(house.lead), "workflows/support-triage/stop/", reason="wrong labels")
    told = api(house.lead).get("/api/v1/board/").json()

    queue = next(one for one in told["queues"] if one["key"] == "triage")
    assert (queue["depth"], queue["arrivals"], queue["completions"], queue["balance"]) == (1, 3, 1, 2)
    assert (len(queue["arrived"]), sum(queue["arrived"]), queue["decided"][-1]) == (12, 3, 1)
    assert queue["present"] == [house.reviewer.name]
    assert queue["forecast"]["outlook"] == "clear_by"
    assert queue["forecast"]["clear_at"] > told["at"]
    (work,) = told["held"]
    assert (work["review"], work["person"], work["person_name"]) == (
        held["id"],
        str(house.reviewer.id),
        house.reviewer.name,
    )
    person = next(one for one in told["people"] if one["id"] == str(house.reviewer.id))
    assert (person["decided_today"], person["holds"], person["overturn_shown"]) == (1, 1, {"k": 0, "n": 0})
    (stop,) = told["stops"]
    assert (stop["workflow"]["key"], stop["reason"], stop["latency_s"], stop["held"]) == (
        "support-triage",
        "wrong labels",
        0,
        0,
    )


def test_the_board_takes_at_most_six_statements(house: House, api: Api) -> None:
    house.in_review("one", "two", "three")
    client = api(house.lead)
    client.get("/api/v1/board/")
    leave_workspace()
    with statements() as found:
        assert client.get("/api/v1/board/").status_code == 200
    assert len(found) <= 6, found


def test_a_board_tells_neither_kind_nor_draw_nor_state_of_an_item(house: House, api: Api) -> None:
    """A drawn item that was accepted and one that was not read the same here."""
    Workflow.objects.filter(id=house.workflow.id).update(draw_rate=1.0)
    house.in_review("accepted", confidence=0.99)
    house.in_review("asked", confidence=0.5)
    Review.objects.update(due_at="2020-01-01T00:00:00Z", rank_at="2020-01-01T00:00:00Z")
    answer = api(house.lead).get("/api/v1/board/")
    told = answer.json()

    assert [sorted(one) for one in told["overdue"]] == [
        sorted(
            "review item external_id queue due_at person person_name since lease_until".split()  # noqa: SIM905
        )
    ] * 2
    for word in (b"calibration", b"auto_accept", b"resolved", b"in_review", b"drawn", b"billing"):
        assert word not in answer.content


def test_stop_and_resume(house: House, api: Api) -> None:
    lead, owner = api(house.lead), api(house.owner)
    first = post(lead, "workflows/support-triage/stop/", reason="wrong labels").json()
    again = post(lead, "workflows/support-triage/stop/", reason="wrong labels").json()
    assert (first["is_new"], again["is_new"], first["since"]) == (True, False, again["since"])
    assert post(lead, "workflows/support-triage/resume/", reason="a").status_code == 403
    resumed = post(owner, "workflows/support-triage/resume/", reason="model replaced")
    assert resumed.json()["resumed_at"] > first["since"]
    refused = post(owner, "workflows/support-triage/resume/", reason="model replaced")
    assert (refused.status_code, refused.json()["code"]) == (409, "not_stopped")
    assert Restriction.objects.count() == 1


@pytest.mark.parametrize(
    ("path", "body"),
    [
        pytest.param("workflows/support-triage/stop/", {}, id="stop"),
        pytest.param("workflows/support-triage/stop/", {"reason": ""}, id="stop-empty"),
        pytest.param("workflows/support-triage/stop/", {"reason": "x" * 301}, id="stop-long"),
        pytest.param("workflows/support-triage/stop/", {"reason": "a\x07b"}, id="stop-control"),
        pytest.param("workflows/support-triage/stop/", {"reason": ["a"]}, id="stop-list"),
        pytest.param("workflows/support-triage/resume/", {}, id="resume"),
        pytest.param("queues/triage/pause/", {"paused": True}, id="pause"),
    ],
)
def test_a_missing_or_bad_reason_is_pointed_at(house: House, api: Api, path: str, body: Any) -> None:
    answer = post(api(house.owner), path, **body)
    assert answer.status_code == 422
    assert [error["pointer"] for error in answer.json()["errors"]] == ["/reason"]
    assert not Restriction.objects.exists()


def test_a_reason_of_blanks_is_none(house: House, api: Api) -> None:
    answer = post(api(house.lead), "workflows/support-triage/stop/", reason="   ")
    assert (answer.status_code, answer.json()["code"]) == (422, "reason_missing")


@pytest.mark.parametrize("paused", ["yes", 1, None], ids=str)
def test_paused_is_true_or_false(house: House, api: Api, paused: Any) -> None:
    answer = post(api(house.lead), "queues/triage/pause/", paused=paused, reason="a")
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["pointer"] == "/paused"


def test_a_queue_is_paused_and_opened(house: House, api: Api) -> None:
    lead = api(house.lead)
    assert post(lead, "queues/triage/pause/", paused=True, reason="a").json() == {"key": "triage", "is_paused": True}
    assert post(lead, "queues/triage/pause/", paused=False, reason="b").json() == {"key": "triage", "is_paused": False}
    missing = post(lead, "queues/no-such/pause/", paused=True, reason="a")
    assert (missing.status_code, missing.json()["code"]) == (404, "no_such_queue")


def test_a_review_is_taken_back_once_and_its_late_answer_is_kept(house: House, api: Api) -> None:
    house.in_review("one")
    reviewer, lead = api(house.reviewer), api(house.lead)
    review = claim_one(reviewer)
    path = f"reviews/{review['id']}/take-back/"

    assert post(lead, path).json() == {"taken_back": True}
    assert post(lead, path).json()["code"] == "not_held"
    assert post(lead, path, surprise=1).status_code == 422
    late = decide(reviewer, review, action="correct", label="other")
    assert (late.status_code, late.json()["code"]) == (409, "stale_fence")
    assert late.json()["kept"]["label"] == "other"
    assert AuditEvent.objects.filter(action="review.taken_back").count() == 1


def test_what_is_not_there_is_not_found(house: House, api: Api) -> None:
    lead = api(house.lead)
    assert post(lead, "workflows/no-such/stop/", reason="a").status_code == 404
    assert post(lead, "reviews/01890000-0000-7000-8000-000000000000/take-back/").status_code == 404
