"""create_workspace and issue_token."""

import json
from io import StringIO

import pytest
from django.core.management import CommandError, call_command

from governance.models import Invitation, Membership, User
from governance.selectors.principals import actor_of_token
from governance.selectors.scope import enter_workspace_by_slug
from tests.conftest import House, leave_workspace


def run(*words: str) -> str:
    out = StringIO()
    call_command(*words, stdout=out)
    return out.getvalue()


def test_a_first_workspace_with_an_invitation(db: None) -> None:
    answer = json.loads(run("create_workspace", "--slug", "north", "--admin-email", "a@example.com", "--json"))

    enter_workspace_by_slug("north")
    assert answer["invitation"].startswith("http://testserver/invitations/")
    assert Invitation.objects.get().role == "admin"
    assert not Membership.objects.exists()


def test_a_first_workspace_with_a_password(db: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AIOS_ADMIN_PASSWORD", "quite a long one")

    printed = run("create_workspace", "--slug", "north", "--admin-email", "a@example.com", "--password")

    enter_workspace_by_slug("north")
    assert "http://testserver/accounts/login/" in printed
    assert "quite a long one" not in printed
    assert User.objects.get().check_password("quite a long one")
    assert Membership.objects.get().role == "admin"


def test_a_taken_address_is_told(house: House) -> None:
    with pytest.raises(CommandError, match="address"):
        run("create_workspace", "--slug", house.workspace.slug, "--admin-email", "a@example.com")


def test_a_token_for_a_member(house: House) -> None:
    leave_workspace()

    token = run("issue_token", "--as", house.lead.email.upper(), "--workspace", house.workspace.slug).strip()

    leave_workspace()
    actor = actor_of_token(token)
    assert actor is not None
    assert (actor.id, actor.workspace_id) == (house.lead.id, house.workspace.id)


def test_the_only_workspace_need_not_be_named(house: House) -> None:
    leave_workspace()

    answer = json.loads(run("issue_token", "--as", house.outsider.email, "--json"))

    assert answer["workspace"] == house.other_workspace.slug


@pytest.mark.parametrize(
    "words",
    [
        ["--as", "nobody@example.com"],
        ["--as", "nobody@example.com", "--workspace", "nowhere"],
    ],
)
def test_whoever_is_no_member_gets_no_token(house: House, words: list[str]) -> None:
    leave_workspace()

    with pytest.raises(CommandError, match=r"There is no (member|workspace)"):
        run("issue_token", *words)


def test_an_outsider_gets_no_token_here(house: House) -> None:
    leave_workspace()

    with pytest.raises(CommandError, match="There is no member"):
        run("issue_token", "--as", house.outsider.email, "--workspace", house.workspace.slug)
