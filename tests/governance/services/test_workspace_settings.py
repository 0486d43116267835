"""What holds in all of a workspace: whether a second person approves policies."""

import json

import pytest
from django.db import transaction

from governance.domain import ForbiddenError, Role
from governance.models import AuditEvent, AuditPayload, Membership, Workspace
from governance.services.workspaces import NobodyElseError, change_workspace
from routing.models import PolicyProposal, PolicyVersion, Workflow
from routing.services.config import add_policy_version
from tests.conftest import House
from tests.governance.admin.test_admin import signed_in, text, url


def asks(house: House) -> bool:
    return Workspace.objects.get(id=house.workspace.id).approves_policies


def test_an_admin_says_so_and_the_trail_keeps_it(house: House) -> None:
    for wanted in (True, True, False):
        change_workspace(actor=house.actor(house.admin), approves_policies=wanted)
        assert asks(house) is wanted

    events = AuditEvent.objects.filter(action="workspace.changed").order_by("id")
    bodies = [json.loads(bytes(AuditPayload.objects.get(event_id=event.id).body)) for event in events]
    assert [body["changes"]["approves_policies"] for body in bodies] == [[False, True], [True, False]]


@pytest.mark.parametrize("role", [role for role in Role if role is not Role.ADMIN])
def test_nobody_else_does(house: House, role: Role) -> None:
    with pytest.raises(ForbiddenError), transaction.atomic():
        change_workspace(actor=house.actor(house.people[role.value]), approves_policies=True)

    assert not asks(house)


def test_it_is_not_asked_for_where_there_is_no_second_person(house: House) -> None:
    Membership.objects.filter(user=house.owner).update(is_active=False)
    with pytest.raises(NobodyElseError, match="somebody else an owner"):
        change_workspace(actor=house.actor(house.admin), approves_policies=True)


def test_it_is_said_in_the_administration(house: House) -> None:
    browser = signed_in(house, "admin")
    page = text(browser.get(url(Workspace, "change", house.workspace.id)))
    assert "second person approves policies" in page

    answer = browser.post(url(Workspace, "change", house.workspace.id), {"approves_policies": "on"})

    assert answer.status_code == 302
    house.enter()
    assert asks(house)
    assert house.other_workspace.name not in text(browser.get(url(Workspace)))


def test_the_administration_activates_nothing_that_a_second_person_approves(house: House) -> None:
    owner = house.actor(house.owner)
    body = {"default_threshold": 0.8, "queue": "triage"}
    draft = add_policy_version(actor=owner, workflow=house.workflow, body=body, queue_keys=["triage"])
    change_workspace(actor=house.actor(house.admin), approves_policies=True)
    browser = signed_in(house, "owner")
    chosen = {"action": "activate", "_selected_action": [str(draft.id)]}

    asked = text(browser.post(url(PolicyVersion), chosen))
    done = browser.post(url(PolicyVersion), chosen | {"confirmed": "yes", "reason": "x"}, follow=True)

    assert "can&#x27;t be activated here" in asked
    assert "a second person approves policies. Propose standard v2" in text(done)
    house.enter()
    assert Workflow.objects.get(id=house.workflow.id).policy_version_id == house.workflow.policy_version_id


def test_a_reason_given_in_the_administration_is_kept(house: House) -> None:
    owner = house.actor(house.owner)
    body = {"default_threshold": 0.8, "queue": "triage"}
    draft = add_policy_version(actor=owner, workflow=house.workflow, body=body, queue_keys=["triage"])
    chosen = {"action": "activate", "_selected_action": [str(draft.id)], "confirmed": "yes", "reason": "fewer reviews"}

    signed_in(house, "owner").post(url(PolicyVersion), chosen)

    house.enter()
    kept = PolicyProposal.objects.get()
    assert (kept.version_id, kept.state, kept.kind, kept.reason) == (draft.id, "full", "at_once", "fewer reviews")
