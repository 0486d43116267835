"""Who gets in, into which workspace, and what those who do not are told."""

import pytest
from django.contrib.auth import HASH_SESSION_KEY
from pytest_django import Settings
from rest_framework.test import APIClient

from governance.domain import Role
from governance.models import Membership, PersonToken
from governance.selectors.scope import enter_workspace
from tests.conftest import House, leave_workspace
from tests.factories import MembershipFactory
from tests.review.api.conftest import Api

QUEUES = "/api/v1/queues/"


def browser_of(house: House, name: str = "reviewer") -> APIClient:
    client = APIClient()
    client.force_login(getattr(house, name))
    leave_workspace()
    return client


def test_without_credentials_the_answer_is_401_with_a_challenge(house: House) -> None:
    answer = APIClient().get(QUEUES)

    assert (answer.status_code, answer.json()["code"]) == (401, "not_authenticated")
    assert answer["WWW-Authenticate"] == 'Bearer realm="api"'
    assert answer["Content-Type"] == "application/problem+json"


@pytest.mark.parametrize("header", ["Bearer nonsense", "Bearer ", "Basic abc", "Bearer \x7f\xff", "x" * 5000])
def test_a_wrong_token_is_401(house: House, header: str) -> None:
    answer = APIClient().get(QUEUES, HTTP_AUTHORIZATION=header)

    assert (answer.status_code, answer.json()["code"]) == (401, "authentication_failed")


def test_a_token_that_has_expired_is_401(house: House, api: Api) -> None:
    client = api(house.reviewer)
    PersonToken.objects.update(expires_at="2020-01-01T00:00:00Z")

    assert client.get(QUEUES).status_code == 401


def test_a_member_who_was_deactivated_is_out_by_token_and_by_session(house: House, api: Api) -> None:
    client, browser = api(house.reviewer), APIClient()
    browser.force_login(house.reviewer)
    Membership.objects.filter(user=house.reviewer).update(is_active=False)
    leave_workspace()

    assert client.get(QUEUES).status_code == 401
    assert browser.get(QUEUES).status_code == 401


def test_a_session_with_one_membership_needs_no_header(house: House) -> None:
    answer = browser_of(house).get(QUEUES)

    assert answer.status_code == 200
    assert [queue["key"] for queue in answer.json()["queues"]] == ["triage"]


def test_a_changed_password_ends_the_session(house: House) -> None:
    browser = browser_of(house)
    house.reviewer.set_password("another horse")
    house.reviewer.save()

    assert browser.get(QUEUES).status_code == 401


def test_a_session_made_under_a_former_secret_key_stays_valid(house: House, settings: Settings) -> None:
    former = settings.SECRET_KEY
    browser = browser_of(house)
    session = browser.session
    assert session[HASH_SESSION_KEY]
    settings.SECRET_KEY = "a-new-key-" + "y" * 50

    assert browser.get(QUEUES).status_code == 401
    settings.SECRET_KEY_FALLBACKS = [former]
    assert browser.get(QUEUES).status_code == 200


@pytest.mark.parametrize("slug", ["no-such-place", "", "%"])
def test_another_workspace_is_404_for_a_session(house: House, slug: str) -> None:
    answer = browser_of(house).get(QUEUES, HTTP_AIOS_WORKSPACE=slug or house.other_workspace.slug)

    assert (answer.status_code, answer.json()["code"]) == (404, "not_found")


def test_another_workspace_is_404_for_a_token(house: House, api: Api) -> None:
    client = api(house.reviewer)

    assert client.get(QUEUES, HTTP_AIOS_WORKSPACE=house.workspace.slug).status_code == 200
    assert client.get(QUEUES, HTTP_AIOS_WORKSPACE=house.other_workspace.slug).status_code == 404


def test_with_several_memberships_the_header_says_which(house: House) -> None:
    enter_workspace(house.other_workspace.id)
    MembershipFactory.create(workspace=house.other_workspace, user=house.lead, role=Role.ADMIN.value)
    house.enter()
    browser = browser_of(house, "lead")

    unsaid = browser.get(QUEUES)
    here = browser.get(QUEUES, HTTP_AIOS_WORKSPACE=house.workspace.slug)
    there = browser.get(QUEUES, HTTP_AIOS_WORKSPACE=house.other_workspace.slug)

    assert (unsaid.status_code, unsaid.json()["code"]) == (400, "workspace_needed")
    assert sorted(unsaid.json()["workspaces"]) == sorted([house.workspace.slug, house.other_workspace.slug])
    assert len(here.json()["queues"]) == 2
    assert there.json() == {"queues": []}


def test_a_role_that_asks_for_a_second_factor_does_not_get_in_without_one(house: House, settings: Settings) -> None:
    settings.AIOS_REQUIRE_MFA = True

    owner, reviewer = browser_of(house, "owner").get(QUEUES), browser_of(house).get(QUEUES)

    assert (owner.status_code, owner.json()["code"]) == (403, "second_factor_needed")
    assert reviewer.status_code == 200
