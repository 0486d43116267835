"""Releases over the API: the steps, who may take them, and what a bad body is told."""

from typing import Any

import pytest
import yaml

from governance.models import Workspace
from routing.models import PolicyProposal, Workflow
from tests.conftest import House
from tests.review.api.conftest import Api

WORKFLOW = "/api/v1/workflows/support-triage/"
LAXER = {"default_threshold": 0.8, "queue": "triage"}
SOME_ID = "01890000-0000-7000-8000-000000000000"


def propose(client: Any, **body: Any) -> Any:
    content = {"reason": "fewer reviews"} | (body or {"body": LAXER})
    return client.post(f"{WORKFLOW}proposals/", content, format="json")


def step(client: Any, proposal: Any, act: str, **body: Any) -> Any:
    return client.post(f"/api/v1/proposals/{proposal['id']}/{act}/", body, format="json")


def ask_for_approval(house: House) -> None:
    Workspace.objects.filter(id=house.workspace.id).update(approves_policies=True)


def test_a_release_from_proposal_to_force(house: House, api: Api) -> None:
    ask_for_approval(house)
    owner, admin = api(house.owner), api(house.admin)
    made = propose(owner, body=LAXER, preview={"kind": "tuner", "note": "n = 300"})
    assert made.status_code == 201
    proposal = made.json()
    assert (proposal["state"], proposal["number"], proposal["base_number"]) == ("proposed", 2, 1)
    assert (proposal["waits_for_approval"], proposal["can"]) == (True, ["withdraw"])
    assert proposal["changes"] == [
        {
            "pointer": "/default_threshold",
            "before": 0.9,
            "after": 0.8,
            "was_there": True,
            "is_there": True,
            "effect": "looser",
        }
    ]
    assert proposal["proposed_by"]["name"] == house.owner.name
    assert admin.get(f"/api/v1/proposals/{proposal['id']}/").json()["can"] == ["approve", "refuse"]

    early = step(owner, proposal, "stage", share=0.05)
    assert (early.status_code, early.json()["code"]) == (409, "approval_needed")
    own = step(owner, proposal, "approve")
    assert (own.status_code, own.json()["code"]) == (403, "own_proposal")

    approved = step(admin, proposal, "approve").json()
    assert (approved["state"], approved["approved_by"]["name"]) == ("approved", house.admin.name)
    for share in (0.05, 0.25, 1):
        staged = step(owner, proposal, "stage", share=share).json()
        assert (staged["state"], staged["share"], staged["can"]) == ("staged", share, ["stage", "finish", "roll-back"])
    done = step(owner, proposal, "finish").json()
    assert (done["state"], done["can"]) == ("full", [])
    versions = owner.get(f"{WORKFLOW}policy-versions/").json()["versions"]
    assert [(one["number"], one["in_force"], one["was_in_force"]) for one in versions] == [
        (2, True, True),
        (1, False, True),
    ]


def test_proposals_are_listed_newest_first(house: House, api: Api) -> None:
    owner = api(house.owner)
    first = propose(owner).json()
    step(owner, first, "withdraw")
    last = propose(owner, body=LAXER | {"default_threshold": 0.7}).json()

    answer = api(house.auditor).get(f"{WORKFLOW}proposals/").json()

    assert answer["approval_asked"] is False
    assert [(one["id"], one["state"], one["can"]) for one in answer["proposals"]] == [
        (last["id"], "proposed", []),
        (first["id"], "withdrawn", []),
    ]


def test_refusing_and_rolling_back_say_why(house: House, api: Api) -> None:
    owner, admin = api(house.owner), api(house.admin)
    refused = step(admin, propose(owner).json(), "refuse", reason="too early").json()
    assert (refused["state"], refused["end_reason"]) == ("refused", "too early")

    proposal = propose(owner, body=LAXER).json()
    step(owner, proposal, "stage", share=0.25)
    rolled = step(admin, proposal, "roll-back", reason="wrong labels").json()
    assert (rolled["state"], rolled["end_reason"]) == ("rolled_back", "wrong labels")
    again = step(admin, proposal, "roll-back", reason="again")
    assert (again.status_code, again.json()["code"]) == (409, "proposal_state")


def test_return_at_once_and_as_a_proposal(house: House, api: Api) -> None:
    owner, admin = api(house.owner), api(house.admin)
    for threshold in (0.8, 0.7):
        step(owner, propose(owner, body=LAXER | {"default_threshold": threshold}).json(), "finish")
    ask_for_approval(house)

    waiting = owner.post(f"{WORKFLOW}policy-versions/1/return/", {"reason": "x"}, format="json").json()
    at_once = owner.post(f"{WORKFLOW}policy-versions/2/return/", {"reason": "x"}, format="json").json()

    assert (waiting["kind"], waiting["state"], waiting["waits_for_approval"]) == ("return", "proposed", True)
    assert (at_once["kind"], at_once["state"]) == ("return", "full")
    outdated = step(admin, waiting, "approve")
    assert (outdated.status_code, outdated.json()["code"]) == (409, "proposal_outdated")
    never = propose(owner, body=LAXER | {"default_threshold": 0.6}).json()["number"]
    answer = owner.post(f"{WORKFLOW}policy-versions/{never}/return/", {"reason": "x"}, format="json")
    assert (answer.status_code, answer.json()["code"]) == (409, "never_in_force")


def test_a_version_as_code_is_proposed_again_and_compared(house: House, api: Api) -> None:
    owner = api(house.owner)
    version = owner.get(f"{WORKFLOW}policy-versions/1/").json()
    assert version["body"] == {"default_threshold": 0.9, "queue": "triage"}
    changed = version["code"].replace("default_threshold: 0.9", "default_threshold: 0.95")

    made = propose(owner, code=changed).json()

    assert (made["number"], made["changes"][0]["effect"]) == (2, "tighter")
    there = owner.get(f"{WORKFLOW}policy-versions/1/diff/?to=2").json()
    assert (there["before"]["number"], there["after"]["number"]) == (1, 2)
    assert there["changes"] == made["changes"]
    back = owner.get(f"{WORKFLOW}policy-versions/2/diff/").json()
    assert [one["effect"] for one in back["changes"]] == ["looser"]


def test_bad_code_is_told_with_line_and_pointer(house: House, api: Api) -> None:
    code = yaml.safe_dump({"workflow": "support-triage", "body": {"default_threshold": 0.9, "queue": "nowhere"}})
    answer = propose(api(house.owner), code=code)

    assert (answer.status_code, answer.json()["code"]) == (422, "configuration_invalid")
    (error,) = answer.json()["errors"]
    assert (error["pointer"], error["line"]) == ("/body/queue", 3)
    other = propose(api(house.owner), code=code.replace("support-triage", "returns"))
    assert (other.status_code, other.json()["errors"][0]["pointer"]) == (422, "/workflow")


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        ({}, ""),
        ({"body": LAXER, "policy_version": SOME_ID}, ""),
        ({"body": LAXER, "reason": ""}, "/reason"),
        ({"body": LAXER, "reason": "x" * 301}, "/reason"),
        ({"body": "a text"}, "/body"),
        ({"body": LAXER, "replay": "no id"}, "/replay"),
        ({"body": LAXER, "more": 1}, "/more"),
        ({"body": LAXER | {"default_threshold": 2}}, "/default_threshold"),
    ],
    ids=lambda value: str(value)[:50] if isinstance(value, dict) else None,
)
def test_a_bad_proposal_is_refused_where_it_is_wrong(
    house: House, api: Api, body: dict[str, Any], pointer: str
) -> None:
    answer = api(house.owner).post(f"{WORKFLOW}proposals/", {"reason": "x"} | body, format="json")

    assert 400 <= answer.status_code < 500
    assert answer.json()["errors"][0]["pointer"] == pointer
    assert not PolicyProposal.objects.exists()


@pytest.mark.parametrize("share", [None, 0, 0.5, "5", True])
def test_a_stage_is_one_of_three(house: House, api: Api, share: Any) -> None:
    owner = api(house.owner)
    answer = step(owner, propose(owner).json(), "stage", share=share)

    assert (answer.status_code, answer.json()["errors"][0]["pointer"]) == (422, "/share")
    assert Workflow.objects.get(id=house.workflow.id).candidate_version_id is None


@pytest.mark.parametrize("number", ["9", "0"])
def test_a_version_that_there_is_not(house: House, api: Api, number: str) -> None:
    owner = api(house.owner)
    for path in ("", "diff/", "diff/?to=1"):
        assert owner.get(f"{WORKFLOW}policy-versions/{number}/{path}").status_code == 404
    assert owner.get(f"{WORKFLOW}policy-versions/1/diff/?to={number}").status_code == 404
    assert owner.get(f"{WORKFLOW}policy-versions/1/diff/?to=x").status_code == 422


def test_the_same_proposal_sent_twice_is_one(house: House, api: Api) -> None:
    owner = api(house.owner)
    content = {"reason": "x", "body": LAXER}
    answers = [
        owner.post(f"{WORKFLOW}proposals/", content, format="json", headers={"Idempotency-Key": "k"}) for _ in range(2)
    ]

    assert answers[0].content == answers[1].content
    assert PolicyProposal.objects.count() == 1


@pytest.mark.parametrize("who", ["reviewer", "lead", "auditor", "integrator"])
def test_other_roles_take_no_step(house: House, api: Api, who: str) -> None:
    proposal = propose(api(house.owner)).json()
    client = api(house.people[who])
    for act in ("approve", "refuse", "withdraw", "stage", "finish", "roll-back"):
        assert step(client, proposal, act, reason="x").status_code == 403
    assert propose(client).status_code == 403
    sees = client.get(f"/api/v1/proposals/{proposal['id']}/").status_code
    assert sees == (200 if who in {"lead", "auditor"} else 403)


def test_another_workspace_finds_none_of_it(house: House, api: Api) -> None:
    proposal = propose(api(house.owner)).json()
    outsider = api(house.outsider)
    assert outsider.get(f"/api/v1/proposals/{proposal['id']}/").status_code == 404
    assert step(outsider, proposal, "finish").status_code == 404
    house.enter()
    assert PolicyProposal.objects.get().state == "proposed"
