"""Coming in by invitation."""

import re
from datetime import timedelta
from typing import Any

import pytest
from django.core import mail
from django.db import connection, transaction
from django.utils import timezone

from governance.domain import ForbiddenError, InvalidError, Role
from governance.models import AuditEvent, AuditPayload, Invitation, Membership, User
from governance.services.invitations import InvitationSpentError, accept_invitation, invite
from governance.services.members import AlreadyMemberError, change_member
from tests.conftest import House, build_house, leave_workspace

PASSWORD = "quite a long one"


def token_of(link: str) -> str:
    found = re.fullmatch(r"http://testserver/invitations/([\w-]{43})/", link)
    assert found
    return found[1]


def invited(house: House, email: str = "new@example.com", role: Role = Role.REVIEWER) -> str:
    """Invite and leave, as the person who follows the link finds it."""
    token = token_of(invite(actor=house.actor(house.admin), email=email, role=role).link)
    leave_workspace()
    return token


def test_the_link_goes_by_mail_after_commit(house: House, django_capture_on_commit_callbacks: Any) -> None:
    with django_capture_on_commit_callbacks(execute=True):
        sent = invite(actor=house.actor(house.admin), email=" New@Example.com ", role=Role.OWNER)
        assert mail.outbox == []

    (message,) = mail.outbox
    assert message.to == ["new@example.com"]
    assert house.workspace.name in message.subject
    assert sent.link in message.body
    assert "72 hours" in message.body


def test_a_mail_server_that_is_away_does_not_undo_the_invitation(
    live_db: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_arguments: Any) -> None:
        raise ConnectionRefusedError

    monkeypatch.setattr("governance.services.invitations.send_mail", refuse)
    with transaction.atomic():
        house = build_house()
        admin = house.actor(house.admin)
    with transaction.atomic():
        house.enter()
        invite(actor=admin, email="new@example.com", role=Role.REVIEWER)

    with transaction.atomic():
        house.enter()
        assert Invitation.objects.filter(email="new@example.com").exists()


def test_only_a_hash_of_the_token_is_kept(house: House) -> None:
    token = invited(house)
    house.enter()

    with connection.cursor() as cursor:
        cursor.execute("SELECT (SELECT jsonb_agg(i)::text FROM governance_invitation i)")
        (stored,) = cursor.fetchone()
    audited = "".join(bytes(payload.body).decode() for payload in AuditPayload.objects.all())
    assert token not in stored
    assert token not in audited


def test_a_new_person_joins_once(house: House) -> None:
    token = invited(house, role=Role.LEAD)

    joined = accept_invitation(token=token, name="New Person", password=PASSWORD)

    member = Membership.objects.select_related("user").get(user__email="new@example.com")
    assert joined.membership == member
    assert joined.is_new_person
    assert (member.role, member.workspace_id, member.user.name) == ("lead", house.workspace.id, "New Person")
    assert member.user.check_password(PASSWORD)
    event = AuditEvent.objects.order_by("id").last()
    assert event is not None
    assert (event.action, event.actor_pseudonym) == ("member.joined", member.pseudonym)
    leave_workspace()
    with pytest.raises(InvitationSpentError), transaction.atomic():
        accept_invitation(token=token, name="Somebody else", password=PASSWORD)


def test_an_expired_or_invented_link_leads_nowhere(house: House) -> None:
    token = invited(house)
    house.enter()
    Invitation.objects.update(expires_at=timezone.now() - timedelta(hours=1))
    leave_workspace()

    for wrong in (token, "x" * 43, ""):
        with pytest.raises(InvitationSpentError), transaction.atomic():
            accept_invitation(token=wrong, name="New", password=PASSWORD)
    assert not User.objects.filter(email="new@example.com").exists()


def test_a_second_invitation_ends_the_first(house: House) -> None:
    first = invited(house)
    second = invited(house)

    with pytest.raises(InvitationSpentError), transaction.atomic():
        accept_invitation(token=first, name="New", password=PASSWORD)
    assert accept_invitation(token=second, name="New", password=PASSWORD)


def test_a_weak_password_is_refused_with_reasons(house: House) -> None:
    with pytest.raises(InvalidError, match="too short") as caught, transaction.atomic():
        accept_invitation(token=invited(house), name="New", password="short")

    assert caught.value.extra == {"field": "password"}


def test_an_account_is_proved_by_its_password(house: House) -> None:
    token = invited(house, email=house.outsider.email)

    with pytest.raises(InvalidError, match="enter its password"), transaction.atomic():
        accept_invitation(token=token, name="Thief", password=PASSWORD)
    joined = accept_invitation(token=token, name="Ignored", password="correct horse")

    house.outsider.refresh_from_db()
    assert joined.membership.user == house.outsider
    assert not joined.is_new_person
    assert house.outsider.check_password("correct horse")
    assert house.outsider.name != "Ignored"


def test_a_closed_account_stays_closed(house: House) -> None:
    token = invited(house, email=house.outsider.email)
    house.outsider.is_active = False
    house.outsider.save()

    with pytest.raises(ForbiddenError), transaction.atomic():
        accept_invitation(token=token, name="X", password="correct horse")


def test_members_are_not_invited(house: House) -> None:
    with pytest.raises(AlreadyMemberError), transaction.atomic():
        invite(actor=house.actor(house.admin), email=house.lead.email.upper(), role=Role.OWNER)


def test_whoever_left_can_be_invited_back(house: House) -> None:
    change_member(actor=house.actor(house.admin), membership=house.membership(house.lead), is_active=False)

    joined = accept_invitation(
        token=invited(house, email=house.lead.email, role=Role.REVIEWER),
        name="",
        password="correct horse",
    )

    assert (joined.membership.role, joined.membership.is_active) == ("reviewer", True)


@pytest.mark.parametrize("role", [role for role in Role if role is not Role.ADMIN])
def test_only_an_admin_invites(house: House, role: Role) -> None:
    with pytest.raises(ForbiddenError), transaction.atomic():
        invite(actor=house.actor(house.people[role.value]), email="x@example.com", role=Role.REVIEWER)


@pytest.mark.parametrize("email", ["", "nobody", "a@b", "a\n@example.com"])
def test_an_address_has_to_be_one(house: House, email: str) -> None:
    with pytest.raises(InvalidError), transaction.atomic():
        invite(actor=house.actor(house.admin), email=email, role=Role.REVIEWER)
