"""Asking colleagues and giving them work, over HTTP."""

import json
from typing import Any

import pytest

from governance.domain import Role
from governance.models import AuditEvent, AuditPayload, Notice
from governance.services.members import change_member
from review.models import LateAnswer, Queue, QueueMember, Review
from review.services.sweep import sweep_once, sweep_workspace
from tests.conftest import House
from tests.factories import QueueFactory, WorkflowFactory
from tests.invariants import broken
from tests.review.api.conftest import Api, claim_one, decide, statements

NOBODY = "01890000-0000-7000-8000-000000000000"


def last_event(house: House, item_id: Any) -> tuple[str, dict[str, Any]]:
    house.enter()
    event = AuditEvent.objects.filter(stream_id=item_id).order_by("-stream_seq")[0]
    return event.action, json.loads(bytes(AuditPayload.objects.get(event_id=event.id).body))


def pseudonym(house: House, name: str) -> str:
    return str(house.actor(house.people[name]).pseudonym)


def ids(house: House, *names: str) -> list[str]:
    return [str(house.people[name].id) for name in names]


def assign(client: Any, review_id: Any, person: Any) -> Any:
    body = {"person": None if person is None else str(person)}
    return client.post(f"/api/v1/reviews/{review_id}/assign/", body, format="json")


def test_an_escalation_says_queue_and_whom_it_asks(house: House, api: Api) -> None:
    QueueFactory.create(workspace=house.workspace, workflow=house.workflow, key="night", name="Night")
    (item_id,) = house.in_review("one")
    client = api(house.reviewer)
    review = claim_one(client)
    asked = ids(house, "lead", "colleague")
    answer = decide(
        client, review, action="escalate", queue="night", mentions=asked, note="Is this a refund?", reason_code="hard"
    )

    assert (answer.status_code, answer.json()["decision"]) == (200, None)
    action, data = last_event(house, item_id)
    assert (action, data["queue"], data["note"]) == ("review.escalated", "night", "Is this a refund?")
    assert data["mentions"] == [pseudonym(house, "lead"), pseudonym(house, "colleague")]
    assert Review.objects.get().queue.key == "night"
    assert broken() == {}
    told = api(house.lead).get("/api/v1/notices/").json()
    (notice,) = told["notices"]
    external_id = review["item"]["external_id"]
    assert notice["text"] == f"Reviewer Person asks you about item {external_id} in Night: Is this a refund?"
    assert (notice["kind"], notice["about"]) == ("mention", {"kind": "item", "id": str(item_id)})
    assert (told["unread"], notice["read_at"]) == (1, None)


def test_an_escalation_that_asks_costs_one_statement_more(house: House, api: Api) -> None:
    house.in_review("one", "two", "three")
    client = api(house.reviewer)
    decide(client, claim_one(client), action="escalate")
    counted = []
    for more in ({}, {"mentions": ids(house, "lead", "owner")}):
        review = claim_one(client)
        with statements() as found:
            assert decide(client, review, action="escalate", **more).status_code == 200
        counted.append(len(found))

    assert counted[1] == counted[0] + 1


def test_the_same_escalation_twice_tells_once_and_another_one_is_late(house: House, api: Api) -> None:
    house.in_review("one")
    client = api(house.reviewer)
    review = claim_one(client)
    body = {"action": "escalate", "queue": "escalations", "mentions": ids(house, "lead")}
    first, again = decide(client, review, **body), decide(client, review, **body)
    other = decide(client, review, **(body | {"mentions": ids(house, "owner")}))

    assert (first.status_code, again.status_code) == (200, 200)
    assert (other.status_code, other.json()["code"]) == (409, "stale_fence")
    assert other.json()["kept"]["mentions"] == ids(house, "owner")
    house.enter()
    assert Notice.objects.count() == 1
    assert LateAnswer.objects.get().body["queue"] == "escalations"


@pytest.mark.parametrize(
    ("more", "pointer"),
    [
        ({"queue": "no-such"}, "/queue"),
        ({"queue": "elsewhere"}, "/queue"),
        ({"queue": "triage"}, "/queue"),
        ({"mentions": [NOBODY]}, "/mentions/0"),
        ({"mentions": ["lead", "auditor"]}, "/mentions/1"),
        ({"mentions": ["outsider"]}, "/mentions/0"),
    ],
)
def test_an_escalation_to_nowhere_or_nobody_is_422_and_changes_nothing(
    house: House, api: Api, more: dict[str, Any], pointer: str
) -> None:
    elsewhere = WorkflowFactory.create(workspace=house.workspace, key="another", name="Another")
    QueueFactory.create(workspace=house.workspace, workflow=elsewhere, key="elsewhere", name="Elsewhere")
    house.in_review("one")
    client = api(house.reviewer)
    review = claim_one(client)
    if "mentions" in more:
        more = {"mentions": [str(house.people[n].id) if n in house.people else n for n in more["mentions"]]}
    answer = decide(client, review, action="escalate", **more)

    assert (answer.status_code, answer.json()["code"], answer.json()["pointer"]) == (422, "invalid", pointer)
    house.enter()
    assert Review.objects.get().state == "leased"
    assert Notice.objects.count() == 0


@pytest.mark.parametrize(
    ("more", "pointer"),
    [
        ({"action": "accept", "queue": "escalations"}, "/queue"),
        ({"action": "skip", "mentions": [NOBODY]}, "/mentions"),
        ({"action": "escalate", "mentions": [NOBODY] * 11}, "/mentions"),
        ({"action": "escalate", "mentions": ["x"]}, "/mentions/0"),
        ({"action": "escalate", "mentions": NOBODY}, "/mentions"),
        ({"action": "escalate", "queue": 1}, "/queue"),
    ],
)
def test_what_is_no_escalation_takes_neither(house: House, api: Api, more: dict[str, Any], pointer: str) -> None:
    house.in_review("one")
    client = api(house.reviewer)
    answer = decide(client, claim_one(client), **more)

    assert (answer.status_code, answer.json()["code"]) == (422, "invalid_fields")
    assert [error["pointer"] for error in answer.json()["errors"]] == [pointer]


def test_a_removed_member_can_not_be_asked(house: House, api: Api) -> None:
    house.in_review("one")
    client = api(house.reviewer)
    review = claim_one(client)
    change_member(actor=house.actor(house.admin), membership=house.membership(house.colleague), is_active=False)

    assert decide(client, review, action="escalate", mentions=ids(house, "colleague")).status_code == 422


@pytest.mark.parametrize("confidence", [0.99, 0.3])
def test_a_notice_about_a_blind_item_tells_nothing_of_it(blind_house: House, api: Api, confidence: float) -> None:
    (item_id,) = blind_house.in_review("one", confidence=confidence)
    client = api(blind_house.reviewer)
    decide(client, claim_one(client), action="escalate", mentions=ids(blind_house, "lead"))
    told = api(blind_house.lead).get("/api/v1/notices/")

    (notice,) = told.json()["notices"]
    assert set(notice) == {"id", "kind", "from_name", "text", "about", "created_at", "read_at"}
    assert notice["about"]["id"] == str(item_id)
    for word in ("calibration", "blind", "resolved", "in_review", "billing", "Billing", str(confidence)):
        assert word not in told.content.decode(), word


def test_notices_are_read_one_by_one_or_all(house: House, api: Api) -> None:
    house.in_review("one", "two", "three")
    client, lead = api(house.reviewer), api(house.lead)
    for _ in range(3):
        decide(client, claim_one(client), action="escalate", mentions=ids(house, "lead"))
    first = lead.get("/api/v1/notices/").json()["notices"][0]

    assert lead.post("/api/v1/notices/read/", {"ids": []}, format="json").json() == {"read": 0, "unread": 3}
    assert lead.post("/api/v1/notices/read/", {"ids": [first["id"]]}, format="json").json() == {"read": 1, "unread": 2}
    assert len(lead.get("/api/v1/notices/", {"unread": "1"}).json()["notices"]) == 2
    assert client.post("/api/v1/notices/read/", {}, format="json").json() == {"read": 0, "unread": 0}
    assert lead.post("/api/v1/notices/read/", {}, format="json").json() == {"read": 2, "unread": 0}
    assert lead.get("/api/v1/notices/", {"unread": "1"}).json() == {"notices": [], "next_before": None, "unread": 0}


@pytest.mark.parametrize("query", [{"unread": "maybe"}, {"before": "x"}])
def test_a_question_for_other_notices_is_422(house: House, api: Api, query: dict[str, str]) -> None:
    assert api(house.lead).get("/api/v1/notices/", query).status_code == 422


def test_people_are_those_who_may_review(house: House, api: Api) -> None:
    people = api(house.reviewer).get("/api/v1/people/").json()["people"]

    names = [person["name"] for person in people]
    assert names == sorted(names, key=str.lower)
    assert {person["role"] for person in people} == {"reviewer", "lead", "owner", "admin"}
    assert {"id": str(house.lead.id), "name": "Lead Person", "initials": "LP", "role": "lead"} in people


def test_an_assigned_review_goes_to_that_person_alone(house: House, api: Api) -> None:
    (item_id,) = house.in_review("one")
    review_id = Review.objects.get().id
    answer = assign(api(house.lead), review_id, house.colleague.id)

    assert answer.json()["assigned_to"]["name"] == house.colleague.name
    assert last_event(house, item_id) == (
        "review.assigned",
        {"person": pseudonym(house, "colleague"), "review": str(review_id)},
    )
    claim = {"count": 1}
    assert api(house.reviewer).post("/api/v1/claim/", claim, format="json").json() == {"reviews": []}
    (notice,) = api(house.colleague).get("/api/v1/notices/").json()["notices"]
    assert (notice["kind"], notice["from_name"]) == ("assignment", "Lead Person")
    assert claim_one(api(house.colleague))["id"] == str(review_id)
    assert broken() == {}


def test_an_assignment_said_twice_is_one_and_taken_back_is_everybodys(house: House, api: Api) -> None:
    (item_id,) = house.in_review("one")
    lead, review_id = api(house.lead), Review.objects.get().id
    for _ in range(2):
        assert assign(lead, review_id, house.colleague.id).status_code == 200
    assert Notice.objects.count() == 1
    assert AuditEvent.objects.filter(action="review.assigned").count() == 1

    assert assign(lead, review_id, None).json()["assigned_to"] is None
    assert last_event(house, item_id) == ("review.assigned", {"person": None, "review": str(review_id)})
    assert claim_one(api(house.reviewer))["id"] == str(review_id)


def test_who_gives_themselves_work_is_not_told_of_it(house: House, api: Api) -> None:
    house.in_review("one")
    assert assign(api(house.lead), Review.objects.get().id, house.lead.id).status_code == 200
    assert Notice.objects.count() == 0


def test_what_somebody_holds_is_left_to_them(house: House, api: Api) -> None:
    house.in_review("one")
    review = claim_one(api(house.reviewer))
    lead = api(house.lead)
    for person in (house.colleague.id, None):
        answer = assign(lead, review["id"], person)
        assert (answer.status_code, answer.json()["code"]) == (409, "review_not_open")
        assert answer.json()["detail"].startswith("Reviewer Person holds this review now.")
    assert assign(lead, review["id"], house.reviewer.id).status_code == 200
    decide(api(house.reviewer), review, action="accept")
    assert assign(lead, review["id"], house.reviewer.id).json()["code"] == "review_not_open"


@pytest.mark.parametrize(
    ("who", "code"),
    [
        ("owner", "cannot_review"),
        ("auditor", "invalid"),
        ("outsider", "invalid"),
        ("skipper", "cannot_review"),
    ],
)
def test_only_who_would_be_handed_a_review_is_given_it(house: House, api: Api, who: str, code: str) -> None:
    house.in_review("one")
    Review.objects.update(skipped_by=[house.colleague.id])
    person = house.colleague if who == "skipper" else house.people[who]
    answer = assign(api(house.lead), Review.objects.get().id, person.id)

    assert (answer.status_code, answer.json()["code"], answer.json()["pointer"]) == (422, code, "/person")
    house.enter()
    assert Review.objects.get().assigned_to is None


def test_a_paused_queue_still_takes_assignments_and_no_review_is_404(house: House, api: Api) -> None:
    house.in_review("one")
    Queue.objects.update(is_paused=True)
    lead = api(house.lead)

    assert assign(lead, Review.objects.get().id, house.colleague.id).status_code == 200
    assert assign(lead, NOBODY, house.colleague.id).status_code == 404
    for body in ({}, {"person": "x"}, {"person": 5}, {"person": None, "more": 1}):
        house.enter()
        answer = lead.post(f"/api/v1/reviews/{Review.objects.get().id}/assign/", body, format="json")
        assert (answer.status_code, answer.json()["code"]) == (422, "invalid_fields"), body


@pytest.mark.parametrize("action", ["skip", "escalate"])
def test_who_passes_on_what_they_were_given_gives_it_to_everybody(house: House, api: Api, action: str) -> None:
    house.in_review("one")
    assign(api(house.lead), Review.objects.get().id, house.colleague.id)
    client = api(house.colleague)
    decide(client, claim_one(client), action=action, reason_code="hard")

    assert claim_one(api(house.lead))


@pytest.mark.parametrize("why", ["left", "taken out", "demoted"])
def test_what_was_given_to_somebody_who_has_gone_is_everybodys(house: House, api: Api, why: str) -> None:
    (item_id,) = house.in_review("one")
    assign(api(house.lead), Review.objects.get().id, house.colleague.id)
    house.enter()
    assert sweep_workspace(house.workspace.id) == 0
    match why:
        case "taken out":
            QueueMember.objects.filter(user=house.colleague).delete()
        case "left":
            membership = house.membership(house.colleague)
            change_member(actor=house.actor(house.admin), membership=membership, is_active=False)
        case _:
            membership = house.membership(house.colleague)
            change_member(actor=house.actor(house.admin), membership=membership, role=Role.AUDITOR)
    assert sweep_once() >= 1
    action, data = last_event(house, item_id)

    assert (action, data["person"]) == ("review.assigned", None)
    assert broken() == {}
    assert claim_one(api(house.reviewer))
