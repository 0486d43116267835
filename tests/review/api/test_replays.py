"""The time machine over HTTP: who may ask, what is refused and how, and what a blind review keeps back."""

import csv
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from governance.models import Workspace
from review.models import Item, Review
from routing.models import Replay, RoutingDecision, Workflow
from routing.services.replay_run import run_replay
from tests.conftest import House
from tests.review.api.conftest import Api, claim_one, decide

LAXER = {"default_threshold": 0.4, "queue": "triage"}
STRICTER = {"default_threshold": 0.99, "queue": "triage"}
PATH = "/api/v1/workflows/support-triage/replays/"


def period() -> dict[str, str]:
    now = timezone.now()
    return {"from": (now - timedelta(days=7)).isoformat(), "until": (now + timedelta(minutes=1)).isoformat()}


def asked(client: Any, **body: Any) -> Any:
    return client.post(PATH, period() | body, format="json")


def done(house: House, api: Api, body: dict[str, Any] = LAXER, **more: Any) -> str:
    """Ask for a replay, let it be carried out, and return its id."""
    answer = asked(api(house.owner), body=body, **more)
    assert answer.status_code == 202, answer.content
    replay_id = answer.json()["id"]
    assert run_replay(workspace_id=house.workspace.id, replay_id=Replay.objects.get(id=replay_id).id)
    house.enter()
    return str(replay_id)


def flips(client: Any, replay_id: str, **query: Any) -> dict[str, Any]:
    answer = client.get(f"/api/v1/replays/{replay_id}/flips/", query)
    assert answer.status_code == 200, answer.content
    return dict(answer.json())


def test_a_replay_is_asked_for_carried_out_and_read(house: House, api: Api) -> None:
    house.in_review("one", "two", confidence=0.5)
    house.in_review("three", confidence=0.3)
    head = asked(api(house.owner), body=LAXER).json()
    assert (head["state"], head["workflow"], head["base"]["number"]) == ("waiting", "support-triage", 1)
    assert head["requested_by"]["name"] == house.owner.name
    assert api(house.owner).get(f"/api/v1/replays/{head['id']}/").json()["result"] is None

    replay_id = done(house, api)
    told = api(house.lead).get(f"/api/v1/replays/{replay_id}/").json()
    assert (told["state"], told["total"], told["replayed"], told["body"]) == ("done", 3, 3, LAXER)
    result = told["result"]
    assert (result["items"], result["to_auto"], result["to_people"]) == (3, 2, 0)
    assert result["base"] == {"auto": 0, "review": 3, "escalate": 0}
    assert [row["id"] for row in api(house.auditor).get(PATH).json()["replays"]] == [replay_id, head["id"]]

    page = flips(api(house.lead), replay_id)
    assert (page["count"], page["next"], len(page["flips"])) == (2, None, 2)
    flip = page["flips"][0]
    assert (flip["from"], flip["to"], flip["said"], flip["label"], flip["confidence"]) == (
        "people",
        "auto",
        "none",
        "billing",
        0.5,
    )


def test_flips_are_filtered_and_come_page_by_page(house: House, api: Api) -> None:
    house.in_review("a", "b", "c", confidence=0.5, label="billing", segment="vip")
    house.in_review("d", confidence=0.6, label="delivery")
    (escalated,) = house.in_review("e", confidence=0.3, value=900.0)
    reviewer = api(house.reviewer)
    decide(reviewer, claim_one(reviewer), action="correct", label="other")
    decide(reviewer, claim_one(reviewer), action="accept")
    rules = [{"kind": "value_above", "limit": 500, "to": "escalate"}]
    replay_id = done(house, api, LAXER | {"rules": rules})
    lead = api(house.lead)

    found = {
        name: flips(lead, replay_id, **query)["count"]
        for name, query in {
            "all": {},
            "auto": {"to": "auto"},
            "people": {"to": "people"},
            "escalate": {"to": "escalate"},
            "billing": {"label": "billing"},
            "unlabelled": {"label": "-"},
            "vip": {"segment": "vip"},
            "no segment": {"segment": ""},
            "same": {"answer": "same"},
            "other": {"answer": "other"},
            "none": {"answer": "none"},
        }.items()
    }
    assert found == {
        "all": 5,
        "auto": 4,
        "people": 0,
        "escalate": 1,
        "billing": 4,
        "unlabelled": 0,
        "vip": 3,
        "no segment": 2,
        "same": 1,
        "other": 1,
        "none": 3,
    }
    (other,) = flips(lead, replay_id, answer="other")["flips"]
    assert (other["said"], other["answer"]) == ("other", "other")
    first = flips(lead, replay_id, count=3)
    rest = flips(lead, replay_id, count=3, after=first["next"])
    ids = [flip["item"]["id"] for page in (first, rest) for flip in page["flips"]]
    assert (len(first["flips"]), len(set(ids)), rest["next"]) == (3, 5, None)
    assert ids[0] == str(escalated)
    one = flips(lead, replay_id, external_id=first["flips"][0]["item"]["external_id"])
    assert [flip["item"]["id"] for flip in one["flips"]] == [str(escalated)]
    result = lead.get(f"/api/v1/replays/{replay_id}/").json()["result"]
    assert result["to_auto_known"] == {"same": 1, "other": 1}


def test_a_version_is_replayed_against_what_happened(house: House, api: Api) -> None:
    house.in_review("one", confidence=0.95)
    version = house.workflow.policy_version_id
    answer = asked(api(house.owner), policy_version=str(version), base="history")
    assert (answer.status_code, answer.json()["base"]) == (202, None)
    against = asked(api(house.owner), body=LAXER, base=str(version))
    assert against.json()["base"]["id"] == str(version)


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        ({}, 422, "invalid_fields"),
        ({"body": LAXER, "policy_version": "01890000-0000-7000-8000-000000000000"}, 422, "invalid_fields"),
        ({"policy_version": None}, 422, "invalid_fields"),
        ({"policy_version": "01890000-0000-7000-8000-000000000000"}, 404, "not_found"),
        ({"body": LAXER, "base": "01890000-0000-7000-8000-000000000000"}, 404, "not_found"),
        ({"body": LAXER, "base": 3}, 422, "invalid_fields"),
        ({"body": LAXER, "base": None}, 422, "invalid_fields"),
        ({"body": {"default_threshold": 2, "queue": "triage"}}, 422, "configuration_invalid"),
        (
            {"body": {"default_threshold": 0.5, "queue": "triage", "label_thresholds": {"x": 1}}},
            422,
            "configuration_invalid",
        ),
        ({"body": LAXER, "from": "2020-01-01T00:00:00Z"}, 422, "invalid"),
        ({"body": LAXER, "until": "2020-01-01T00:00:00Z"}, 422, "invalid"),
        ({"body": LAXER, "until": "yesterday"}, 422, "invalid_fields"),
        ({"body": LAXER, "more": 1}, 422, "invalid_fields"),
    ],
)
def test_what_cannot_be_replayed_is_refused(
    house: House, api: Api, body: dict[str, Any], status: int, code: str
) -> None:
    answer = asked(api(house.owner), **body)
    assert (answer.status_code, answer.json()["code"]) == (status, code), answer.content
    assert not Replay.objects.exists()


@pytest.mark.parametrize(
    "query",
    [{"to": "nowhere"}, {"answer": "x"}, {"after": "-1"}, {"count": "0"}, {"count": "9999"}, {"label": "a\x00"}],
)
def test_a_filter_that_means_nothing_is_refused(house: House, api: Api, query: dict[str, str]) -> None:
    replay_id = done(house, api)
    answer = api(house.lead).get(f"/api/v1/replays/{replay_id}/flips/", query)
    assert (answer.status_code, answer.json()["code"]) == (422, "invalid_fields")


def table(client: Any, replay_id: str, **query: Any) -> list[dict[str, str]]:
    answer = client.get(f"/api/v1/replays/{replay_id}/flips/download/", query)
    assert answer.status_code == 200, answer.content
    assert answer["Content-Type"] == "text/csv; charset=utf-8"
    assert answer["Content-Disposition"].startswith('attachment; filename="support-triage-replay-')
    return list(csv.DictReader(b"".join(answer.streaming_content).decode().splitlines()))


def test_the_table_holds_what_the_list_holds(house: House, api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("review.selectors.flips._PER_EXPORTED_PAGE", 2)
    house.in_review("one", "two", "three", confidence=0.5, value=12.5)
    house.in_review("four", label="delivery", confidence=0.6)
    lead, replay_id = api(house.lead), done(house, api)

    rows, listed = table(lead, replay_id), flips(lead, replay_id)["flips"]
    assert list(rows[0]) == [
        "item_id", "external_id", "occurred_at", "label", "confidence", "value", "segment", "from", "to", "said", "answer",
    ]  # fmt: skip
    assert [row["item_id"] for row in rows] == [flip["item"]["id"] for flip in listed]
    assert [row["label"] for row in table(lead, replay_id, label="delivery")] == ["delivery"]
    last = rows[-1]
    assert (last["confidence"], last["value"], last["from"], last["to"], last["said"], last["answer"]) == (
        "0.5", "12.5", "people", "auto", "none", "",
    )  # fmt: skip


def test_no_cell_of_the_table_is_a_formula(house: House, api: Api) -> None:
    (item_id,) = house.in_review("one", confidence=0.5)
    Item.objects.filter(id=item_id).update(external_id="=HYPERLINK(1)")
    replay_id = done(house, api)
    assert [row["external_id"] for row in table(api(house.lead), replay_id)] == ["'=HYPERLINK(1)"]


@pytest.mark.parametrize("query", [{"format": "xls"}, {"to": "nowhere"}])
def test_a_table_that_there_is_not_is_refused(house: House, api: Api, query: dict[str, str]) -> None:
    answer = api(house.lead).get(f"/api/v1/replays/{done(house, api)}/flips/download/", query)
    assert (answer.status_code, answer.json()["code"]) == (422, "invalid_fields")


def test_the_same_key_starts_one_replay(house: House, api: Api) -> None:
    client = api(house.owner)
    body = period() | {"body": LAXER}
    made = [client.post(PATH, body, format="json", HTTP_IDEMPOTENCY_KEY="once").json()["id"] for _each in range(2)]
    assert made[0] == made[1]
    assert Replay.objects.count() == 1


def test_another_workspace_sees_nothing(house: House, api: Api) -> None:
    house.in_review("one", confidence=0.5)
    replay_id = done(house, api)
    outsider = api(house.outsider)
    address = f"/api/v1/replays/{replay_id}/"
    for path in (address, f"{address}flips/", PATH):
        assert outsider.get(path).status_code == 404


def test_no_sum_tells_anything_of_an_item_under_blind_review(house: House, api: Api) -> None:
    """Whoever chooses a period of one item, or holds two periods against each other, reads that item in the sums."""
    Workflow.objects.filter(id=house.workflow.id).update(draw_rate=1.0)
    house.queue.role = "lead"
    house.queue.save()
    Workspace.objects.filter(id=house.workspace.id).update(is_demo=True)
    twins = [
        house.in_review("x", confidence=0.95, label="delivery", segment="vip")[0],
        house.in_review("x", confidence=0.3, label="other", occurred_at=timezone.now() - timedelta(hours=30))[0],
    ]
    other_side = {"default_threshold": 0.2, "label_thresholds": {"delivery": None}, "queue": "triage"}

    def told(item_id: Any, base: str) -> dict[str, Any]:
        at = RoutingDecision.objects.get(item_id=item_id).occurred_at
        moment = {"from": at.isoformat(), "until": (at + timedelta(microseconds=1)).isoformat()}
        seen = api(house.lead).get(f"/api/v1/replays/{done(house, api, other_side, base=base, **moment)}/").json()
        return {name: seen["result"][name] for name in seen["result"] if name != "seconds"} | {"total": seen["total"]}

    for base in ("active", "history"):
        first, second = (told(item_id, base) for item_id in twins)
        assert first == second
        assert (first["items"], first["left_out"], first["total"]) == (0, 1, 0)

    reviewer = api(house.lead)
    for _each in twins:
        decide(reviewer, claim_one(reviewer), action="correct", label="delivery")
    # An answer that can be undone is none yet, and a disagreement waits for a second person.
    house.queue.undo_window_s = 600
    house.queue.save()
    assert [told(item_id, "active")["items"] for item_id in twins] == [0, 0]
    house.queue.undo_window_s = 0
    house.queue.save()
    agreed, disputed = (told(item_id, "active") for item_id in twins)
    assert (agreed["items"], agreed["left_out"]) == (1, 0)
    assert (disputed["items"], disputed["left_out"]) == (0, 1)


@pytest.mark.parametrize("who", ["lead", "owner", "admin"])
def test_whoever_may_claim_learns_nothing_of_an_item_under_blind_review(house: House, api: Api, who: str) -> None:
    """Drawn items of both fates are in no list, under no filter and in no number of a filter; later they are."""
    Workflow.objects.filter(id=house.workflow.id).update(draw_rate=1.0)
    house.queue.role = "lead"
    house.queue.save()
    accepted, doubted = (house.in_review("x", confidence=score, label="delivery")[0] for score in (0.95, 0.5))
    Workflow.objects.filter(id=house.workflow.id).update(draw_rate=0.0)
    (open_one,) = house.in_review("y", confidence=0.5)
    both_ways = {"default_threshold": 0.4, "label_thresholds": {"delivery": None}, "queue": "triage"}
    tightened = done(house, api, both_ways)
    loosened = done(house, api, LAXER)
    client, auditor = api(getattr(house, who)), api(house.auditor)
    queries: list[dict[str, str]] = [{}, {"label": "delivery"}, {"to": "auto"}, {"to": "people"}, {"answer": "none"}]

    for replay_id in (tightened, loosened):
        for query in queries:
            page = flips(client, replay_id, **query)
            assert {flip["item"]["id"] for flip in page["flips"]} <= {str(open_one)}
            assert page["count"] == len(page["flips"])
            assert {row["item_id"] for row in table(client, replay_id, **query)} <= {str(open_one)}
    # A replay is for all who may see it: nobody finds there what one of them may not know.
    assert {flip["item"]["id"] for flip in flips(auditor, loosened)["flips"]} == {str(open_one)}

    Review.objects.filter(kind="calibration").update(state="cancelled")
    house.enter()
    tightened, loosened = done(house, api, both_ways), done(house, api, LAXER)
    assert str(accepted) in {flip["item"]["id"] for flip in flips(client, tightened)["flips"]}
    assert str(doubted) in {row["item_id"] for row in table(auditor, loosened)}
    # Where it is drawn upon again it is in the list of the replay that knows it, and kept back from whoever may be asked.
    Review.objects.filter(kind="calibration").update(state="open")
    house.enter()
    assert str(accepted) not in {flip["item"]["id"] for flip in flips(client, tightened)["flips"]}
    assert str(accepted) in {flip["item"]["id"] for flip in flips(auditor, tightened)["flips"]}


def test_a_reviewer_has_no_time_machine(house: House, api: Api) -> None:
    replay_id = done(house, api)
    address = f"/api/v1/replays/{replay_id}/"
    for path in (PATH, address, f"{address}flips/"):
        assert api(house.reviewer).get(path).status_code == 403
    assert asked(api(house.lead), body=LAXER).status_code == 403


@pytest.mark.parametrize(("who", "status"), [("outsider", 404), ("reviewer", 403)])
def test_the_table_is_for_whoever_sees_the_list(house: House, api: Api, who: str, status: int) -> None:
    replay_id = done(house, api)
    assert api(house.people[who]).get(f"/api/v1/replays/{replay_id}/flips/download/").status_code == status
