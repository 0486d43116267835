"""Coming in by the browser."""

from typing import Any

import pytest
from allauth.mfa.models import Authenticator
from django.test import Client
from django.urls import reverse

from governance.domain import Role
from governance.models import Membership, User
from governance.services.invitations import invite
from governance.services.members import add_member, change_member
from tests.conftest import House, leave_workspace

PASSWORD = "quite a long one"


@pytest.fixture
def browser(house: House) -> Client:
    """A browser that nobody has signed in with."""
    leave_workspace()
    return Client()


def sign_in(browser: Client, person: User, password: str = "correct horse") -> Any:
    leave_workspace()
    return browser.post(reverse("account_login"), {"login": person.email, "password": password})


def address(house: House, name: str = "queues", slug: str | None = None) -> str:
    return reverse(f"review:{name}", kwargs={"workspace": slug or house.workspace.slug})


def test_a_member_signs_in(house: House, browser: Client) -> None:
    answer = sign_in(browser, house.reviewer)

    assert (answer.status_code, answer["Location"]) == (302, "/")
    leave_workspace()
    assert browser.get("/", follow=True).redirect_chain[-1][0] == address(house)


def test_a_wrong_password_stays_outside(house: House, browser: Client) -> None:
    assert sign_in(browser, house.reviewer, "wrong").status_code == 200
    assert "_auth_user_id" not in browser.session


def test_whoever_belongs_nowhere_stays_outside(house: House, browser: Client) -> None:
    house.enter()
    change_member(actor=house.actor(house.admin), membership=house.membership(house.lead), is_active=False)

    answer = sign_in(browser, house.lead)

    assert answer["Location"] == reverse("account_inactive")
    assert "_auth_user_id" not in browser.session


def test_a_superuser_may_sign_in_without_a_membership(browser: Client) -> None:
    root = User.objects.create_user("root@example.com", PASSWORD, name="Root", is_superuser=True)

    assert sign_in(browser, root, PASSWORD)["Location"] == "/"
    leave_workspace()
    answer = browser.get("/w/")
    assert "no workspace yet" in answer.content.decode()


def test_sign_up_is_closed(browser: Client) -> None:
    answer = browser.post("/accounts/signup/", {"email": "x@example.com", "password1": PASSWORD})

    assert not User.objects.filter(email="x@example.com").exists()
    assert answer.status_code == 200


def test_with_several_workspaces_one_chooses(house: House, browser: Client) -> None:
    house.enter()
    add_member(actor=house.actor(house.admin), email=house.outsider.email, name="", role=Role.LEAD)
    sign_in(browser, house.outsider)
    leave_workspace()

    assert browser.get("/")["Location"] == reverse("governance:pick_workspace")
    leave_workspace()
    page = browser.get(reverse("governance:pick_workspace")).content.decode()
    assert house.workspace.name in page
    assert house.other_workspace.name in page


def test_an_invited_person_joins_and_is_in(house: House, browser: Client) -> None:
    house.enter()
    link = invite(actor=house.actor(house.admin), email="new@example.com", role=Role.REVIEWER).link
    leave_workspace()

    page = browser.get(link)
    assert house.workspace.name in page.content.decode()
    assert page["Referrer-Policy"] == "no-referrer"
    leave_workspace()
    weak = browser.post(link, {"name": "New", "password": "short"})
    assert "too short" in weak.content.decode()
    leave_workspace()
    answer = browser.post(link, {"name": "New", "password": PASSWORD})

    assert answer["Location"] == "/"
    assert browser.session["_auth_user_id"] == str(User.objects.get(email="new@example.com").pk)
    leave_workspace()
    spent = browser.get(link)
    assert spent.status_code == 404
    assert "This invitation can" in spent.content.decode()


def test_somebody_with_an_account_joins_and_signs_in_as_usual(house: House, browser: Client) -> None:
    house.enter()
    link = invite(actor=house.actor(house.admin), email=house.outsider.email, role=Role.REVIEWER).link
    leave_workspace()

    answer = browser.post(link, {"name": "X", "password": "correct horse"})

    assert answer["Location"] == reverse("account_login")
    assert "_auth_user_id" not in browser.session
    house.enter()
    assert Membership.objects.filter(user=house.outsider).exists()


def test_nobody_signed_in_is_sent_to_the_login_and_back(house: House, browser: Client) -> None:
    answer = browser.get(address(house))

    assert answer["Location"] == f"/accounts/login/?next={address(house)}"


def test_a_fragment_sends_the_whole_page_to_the_login(house: House, browser: Client) -> None:
    answer = browser.get(address(house), headers={"HX-Request": "true"})

    assert (answer.status_code, answer["HX-Redirect"]) == (204, "/accounts/login/")


@pytest.mark.parametrize("slug", ["other", "unknown"])
def test_another_workspace_does_not_exist(house: House, browser: Client, slug: str) -> None:
    browser.force_login(house.owner)
    leave_workspace()

    answer = browser.get(address(house, slug=house.other_workspace.slug if slug == "other" else "nowhere"))

    assert answer.status_code == 404


def test_a_page_for_another_role_is_refused(house: House, browser: Client) -> None:
    browser.force_login(house.reviewer)
    leave_workspace()

    assert browser.get(address(house, "datasets")).status_code == 403


def test_a_membership_that_ends_shuts_the_door_at_once(house: House, browser: Client) -> None:
    browser.force_login(house.reviewer)
    house.enter()
    change_member(actor=house.actor(house.admin), membership=house.membership(house.reviewer), is_active=False)
    leave_workspace()

    assert browser.get(address(house)).status_code == 404


@pytest.mark.parametrize("role", ["owner", "auditor", "admin"])
def test_these_roles_set_up_a_second_factor_first(house: House, browser: Client, settings: Any, role: str) -> None:
    settings.AIOS_REQUIRE_MFA = True
    person = house.people[role]
    browser.force_login(person)
    leave_workspace()
    assert browser.get(address(house, "items"))["Location"] == reverse("mfa_activate_totp")

    Authenticator.objects.create(user=person, type=Authenticator.Type.RECOVERY_CODES, data={})
    leave_workspace()
    assert browser.get(address(house, "items")).status_code == 302
    Authenticator.objects.create(user=person, type=Authenticator.Type.TOTP, data={})
    leave_workspace()
    assert browser.get(address(house, "items")).status_code == 200


def test_others_and_the_demo_need_no_second_factor(house: House, browser: Client, settings: Any) -> None:
    settings.AIOS_REQUIRE_MFA = True
    browser.force_login(house.lead)
    leave_workspace()
    assert browser.get(address(house, "items")).status_code == 200
    house.enter()
    house.workspace.is_demo = True
    house.workspace.save()
    browser.force_login(house.owner)
    leave_workspace()
    assert browser.get(address(house, "items")).status_code == 200
