"""The administration: one workspace, by role, through services."""

import json
from typing import Any

import pytest
from django.contrib import admin
from django.test import Client
from django.urls import reverse

from governance.models import ApiClient, AuditEvent, Invitation, Membership, WebhookEndpoint
from governance.services.clients import create_client
from governance.services.private_hosts import add_private_host
from review.models import Queue
from routing.models import Contract, PolicyVersion, Workflow
from tests.conftest import House, leave_workspace
from tests.delivering import endpoint_of
from tests.factories import INPUT_SCHEMA, OUTPUT_SCHEMA, POLICY_BODY

REGISTERED = sorted(admin.site._registry, key=lambda model: model._meta.label)


def signed_in(house: House, role: str) -> Client:
    browser = Client()
    browser.force_login(house.people[role])
    home = house.other_workspace if role == "outsider" else house.workspace
    leave_workspace()
    session = browser.session
    session["workspace"] = home.slug
    session.save()
    return browser


def url(model: Any, view: str = "changelist", *args: Any) -> str:
    return reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_{view}", args=args)


def text(answer: Any) -> str:
    assert answer.status_code == 200, answer.status_code
    return str(answer.content.decode())


def test_only_what_is_scoped_is_registered() -> None:
    names = {model._meta.label for model in REGISTERED}

    assert names == {
        "governance.ApiClient",
        "governance.AuditEvent",
        "governance.Invitation",
        "governance.Membership",
        "governance.PrivateHost",
        "governance.WebhookEndpoint",
        "governance.Workspace",
        "review.AnswerTemplate",
        "review.Dataset",
        "review.Queue",
        "routing.Contract",
        "routing.Model",
        "routing.ModelVersion",
        "routing.Policy",
        "routing.PolicyVersion",
        "routing.Workflow",
    }


@pytest.mark.parametrize("role", ["owner", "admin"])
def test_owner_and_admin_come_in(house: House, role: str) -> None:
    page = text(signed_in(house, role).get("/admin/"))

    assert house.workspace.name in page
    assert ("Members" in page) == (role == "admin")


@pytest.mark.parametrize("role", ["reviewer", "lead", "auditor", "integrator"])
def test_other_roles_stay_outside(house: House, role: str) -> None:
    assert signed_in(house, role).get("/admin/").status_code == 403


def test_the_login_is_the_one_login(house: House) -> None:
    leave_workspace()

    assert Client().get("/admin/")["Location"] == "/accounts/login/?next=/admin/"
    assert Client().get("/admin/login/")["Location"].startswith("/accounts/login/")


def test_without_a_workspace_one_chooses_first(house: House) -> None:
    browser = Client()
    browser.force_login(house.owner)
    session = browser.session
    session["workspace"] = "nowhere"
    session.save()
    leave_workspace()

    assert browser.get("/admin/")["Location"] == "/w/"


@pytest.mark.parametrize("model", REGISTERED, ids=lambda model: model._meta.model_name)
def test_every_list_and_row_opens_and_nothing_is_deleted(house: House, model: Any) -> None:
    house.enter()
    create_client(actor=house.actor(house.owner), name="Shop")
    add_private_host(actor=house.actor(house.admin), host="models.internal", port=8080)
    endpoint_of(house)
    browser = signed_in(house, "admin")

    assert browser.get(url(model)).status_code == 200
    house.enter()
    row = model._default_manager.first()
    assert row is not None or model._meta.model_name in {"answertemplate", "dataset", "invitation"}
    rows = [row] if row is not None else []
    opened = [browser.get(url(model, "change", one.pk)).status_code for one in rows]
    deleted = [browser.post(url(model, "delete", one.pk), {"post": "yes"}).status_code for one in rows]
    assert opened == [200 for _ in rows]
    assert deleted == [403 for _ in rows]
    # What makes a secret asks for the password first.
    assert browser.get(url(model, "add")).status_code in ({302} if model is WebhookEndpoint else {200, 403})


@pytest.mark.parametrize("model", REGISTERED, ids=lambda model: model._meta.model_name)
def test_another_workspaces_rows_do_not_exist(house: House, model: Any) -> None:
    house.enter()
    create_client(actor=house.actor(house.owner), name="Shop")
    add_private_host(actor=house.actor(house.admin), host="models.internal", port=8080)
    endpoint_of(house)
    row = model._default_manager.first()
    rows = [row] if row is not None else []
    browser = signed_in(house, "outsider")

    assert [browser.get(url(model, "change", one.pk)).status_code for one in rows] == [302 for _ in rows]
    leave_workspace()
    assert house.workspace.name not in text(browser.get(url(model)))


@pytest.mark.parametrize("model", [Membership, Invitation])
def test_an_owner_does_not_manage_members(house: House, model: Any) -> None:
    assert signed_in(house, "owner").get(url(model)).status_code == 403


def test_an_admin_changes_a_role(house: House) -> None:
    membership = house.membership(house.reviewer)
    browser = signed_in(house, "admin")

    browser.post(url(Membership, "change", membership.pk), {"role": "lead", "is_active": "on"})

    house.enter()
    membership.refresh_from_db()
    assert membership.role == "lead"
    assert AuditEvent.objects.filter(action="member.changed").count() == 1


def test_a_refusal_of_the_service_is_shown_in_the_form(house: House) -> None:
    membership = house.membership(house.admin)
    browser = signed_in(house, "admin")

    page = text(browser.post(url(Membership, "change", membership.pk), {"role": "lead", "is_active": "on"}))

    assert "Make somebody else an admin first" in page
    house.enter()
    membership.refresh_from_db()
    assert membership.role == "admin"


def test_an_invitation_shows_its_link_once(house: House) -> None:
    browser = signed_in(house, "admin")

    page = text(browser.post(url(Invitation, "add"), {"email": "n@example.com", "role": "lead"}, follow=True))

    assert "/invitations/" in page
    assert "/invitations/" not in text(browser.get(url(Invitation)))


def test_a_clients_secret_is_shown_once(house: House) -> None:
    browser = signed_in(house, "owner")

    page = text(browser.post(url(ApiClient, "add"), {"name": "Shop", "role": "integrator"}, follow=True))

    assert "client_secret: " in page
    assert "client_secret" not in text(browser.get(url(ApiClient)))
    house.enter()
    client = ApiClient.objects.get()
    assert client.authorization_grant_type == "client-credentials"
    assert "client_secret" not in text(browser.get(url(ApiClient, "change", client.pk)))


def test_a_contract_is_added_once_and_read_afterwards(house: House) -> None:
    browser = signed_in(house, "owner")
    asked = {
        "workflow": str(house.workflow.pk),
        "version": "1.1.0",
        "input_schema": json.dumps(INPUT_SCHEMA),
        "output_schema": json.dumps(OUTPUT_SCHEMA),
    }

    broken = text(browser.post(url(Contract, "add"), asked | {"input_schema": '{"type": "string"}'}))
    added = browser.post(url(Contract, "add"), asked)

    assert "The type must be object." in broken
    assert added.status_code == 302
    house.enter()
    contract = Contract.objects.get(version="1.1.0")
    assert browser.post(url(Contract, "change", contract.pk), asked | {"version": "9.0.0"}).status_code == 403
    browser.post(url(Contract), {"action": "put_in_force", "_selected_action": [str(contract.pk)]})
    house.enter()
    house.workflow.refresh_from_db()
    assert house.workflow.contract_id == contract.id


def test_a_policy_is_drafted_and_activated_after_a_question(house: House) -> None:
    browser = signed_in(house, "owner")
    asked = {"workflow": str(house.workflow.pk), "policy_name": "standard", "note": "lower"}
    wrong = json.dumps(POLICY_BODY | {"queue": "nowhere"})

    refused = text(browser.post(url(PolicyVersion, "add"), asked | {"body": wrong}))
    browser.post(url(PolicyVersion, "add"), asked | {"body": json.dumps(POLICY_BODY | {"default_threshold": 0.7})})

    assert "/queue: there is no queue" in refused
    house.enter()
    version = PolicyVersion.objects.get(number=2)
    choice = {"action": "activate", "_selected_action": [str(version.pk)]}
    question = text(browser.post(url(PolicyVersion), choice))
    house.enter()
    house.workflow.refresh_from_db()
    assert "Activate this policy version?" in question
    assert house.workflow.policy_version_id != version.id
    browser.post(url(PolicyVersion), choice | {"confirmed": "yes"})
    house.enter()
    house.workflow.refresh_from_db()
    assert house.workflow.policy_version_id == version.id


def test_a_workflow_is_paused_and_activated_by_actions(house: House) -> None:
    browser = signed_in(house, "owner")
    chosen = {"_selected_action": [str(house.workflow.pk)]}

    browser.post(url(Workflow), chosen | {"action": "pause"})
    house.enter()
    paused = Workflow.objects.get().state
    browser.post(url(Workflow), chosen | {"action": "activate"})
    house.enter()

    assert (paused, Workflow.objects.get().state) == ("paused", "active")


def test_a_new_workflow_says_what_it_lacks(house: House) -> None:
    browser = signed_in(house, "owner")
    asked = {
        "key": "returns",
        "name": "Returns",
        "fallback": "people",
        "escalation_role": "lead",
        "escalation_queue": "escalations",
        "draw_rate": "0.05",
        "uncertified": "keep",
        "hold_s": "0",
        "max_attempts": "5",
    }
    assert browser.post(url(Workflow, "add"), asked).status_code == 302
    assert "has this key" in text(browser.post(url(Workflow, "add"), asked))
    house.enter()
    workflow = Workflow.objects.get(key="returns")

    page = text(
        browser.post(url(Workflow), {"action": "activate", "_selected_action": [str(workflow.pk)]}, follow=True),
    )

    assert "Before it can take items it needs: a contract, a queue" in page


def test_a_queue_is_changed_with_its_members(house: House) -> None:
    browser = signed_in(house, "owner")
    asked = {
        "name": "Night",
        "role": "lead",
        "people": [str(house.reviewer.pk)],
        "undo_window_s": "10",
        "lease_s": "300",
        "sla_s": "60",
        "step_s": "60",
    }

    page = text(browser.get(url(Queue, "change", house.queue.pk)))
    saved = browser.post(url(Queue, "change", house.queue.pk), asked)

    assert house.outsider.name not in page
    assert saved.status_code == 302
    house.enter()
    house.queue.refresh_from_db()
    assert (house.queue.name, house.queue.key, list(house.queue.members.all())) == ("Night", "triage", [house.reviewer])


def test_a_stranger_is_no_queue_member(house: House) -> None:
    browser = signed_in(house, "owner")
    asked = {
        "name": "X",
        "people": [str(house.outsider.pk)],
        "undo_window_s": "1",
        "lease_s": "300",
        "sla_s": "60",
        "step_s": "60",
    }

    assert "Select a valid choice" in text(browser.post(url(Queue, "change", house.queue.pk), asked))


def test_events_of_items_are_not_listed(house: House) -> None:
    house.enter()
    house.in_review("Where is my parcel?")
    assert AuditEvent.objects.filter(stream_kind="item").exists()
    item_event = AuditEvent.objects.filter(stream_kind="item")[0]
    create_client(actor=house.actor(house.owner), name="Shop")
    browser = signed_in(house, "owner")

    page = text(browser.get(url(AuditEvent)))

    assert "API client created" in page
    assert "Received" not in page
    leave_workspace()
    assert browser.get(url(AuditEvent, "change", item_event.pk)).status_code == 302
