"""Members, workspaces, tokens and clients, by their services."""

from datetime import timedelta
from typing import Any

import pytest
from django.db import connection, transaction
from django.utils import timezone

from governance.domain import ConflictError, ForbiddenError, InvalidError, Role
from governance.models import AuditEvent, AuditPayload, Membership, PersonToken
from governance.selectors.principals import actor_of_token
from governance.services.clients import change_client, create_client
from governance.services.forgetting import forget_expired
from governance.services.members import AlreadyMemberError, LastAdminError, add_member, change_member
from governance.services.tokens import issue_person_token
from governance.services.workspaces import SlugTakenError, create_workspace
from tests.conftest import House, leave_workspace


def actions() -> list[str]:
    return list(AuditEvent.objects.order_by("id").values_list("action", flat=True))


def audited_text() -> str:
    return "".join(bytes(payload.body).decode() for payload in AuditPayload.objects.all())


def test_a_workspace_begins_with_its_admin(db: None) -> None:
    workspace, admin = create_workspace(
        slug="north",
        name="North",
        admin_email="Ada@Example.com",
        admin_name="Ada",
        admin_password="a long enough one",
    )

    member = Membership.objects.select_related("user").get()
    assert (member.workspace_id, member.role, member.user.email) == (workspace.id, "admin", "ada@example.com")
    assert member.user.check_password("a long enough one")
    assert (admin.role, admin.id, admin.pseudonym) == (Role.ADMIN, member.user_id, member.pseudonym)
    assert actions() == ["workspace.created", "member.added"]
    assert "a long enough one" not in audited_text()


def test_an_address_is_taken_across_workspaces(house: House) -> None:
    with pytest.raises(SlugTakenError), transaction.atomic():
        create_workspace(slug=house.other_workspace.slug, name="Again")


@pytest.mark.parametrize("slug", ["", "Not Good", "-x", "x" * 64])
def test_an_address_has_a_form(db: None, slug: str) -> None:
    with pytest.raises(InvalidError) as caught, transaction.atomic():
        create_workspace(slug=slug, name="X")

    assert caught.value.extra == {"field": "slug"}


def test_a_weak_password_is_refused(db: None) -> None:
    with pytest.raises(InvalidError, match="too short"), transaction.atomic():
        create_workspace(
            slug="north", name="North", admin_email="a@example.com", admin_name="A", admin_password="short"
        )


def test_an_account_of_another_workspace_joins_as_it_is(house: House) -> None:
    before = house.outsider.password

    member = add_member(
        actor=house.actor(house.admin),
        email=house.outsider.email.upper(),
        name="Ignored",
        role=Role.LEAD,
        password="another password",
    )

    house.outsider.refresh_from_db()
    assert member.user == house.outsider
    assert house.outsider.password == before


def test_a_member_is_added_once_and_resumed_later(house: House) -> None:
    admin = house.actor(house.admin)
    with pytest.raises(AlreadyMemberError), transaction.atomic():
        add_member(actor=admin, email=house.reviewer.email, name="X", role=Role.LEAD)
    member = change_member(actor=admin, membership=house.membership(house.reviewer), is_active=False)

    resumed = add_member(actor=admin, email=house.reviewer.email, name="X", role=Role.LEAD)

    assert resumed.id == member.id
    assert (resumed.role, resumed.is_active) == ("lead", True)


@pytest.mark.parametrize("role", [role for role in Role if role is not Role.ADMIN])
def test_only_an_admin_manages_members(house: House, role: Role) -> None:
    actor = house.actor(house.people[role.value])

    with pytest.raises(ForbiddenError), transaction.atomic():
        add_member(actor=actor, email="new@example.com", name="New", role=Role.REVIEWER)
    with pytest.raises(ForbiddenError), transaction.atomic():
        change_member(actor=actor, membership=house.membership(house.lead), role=Role.ADMIN)


@pytest.mark.parametrize("change", [{"role": Role.OWNER}, {"is_active": False}])
def test_the_last_admin_stays(house: House, change: dict[str, Any]) -> None:
    with pytest.raises(LastAdminError), transaction.atomic():
        change_member(actor=house.actor(house.admin), membership=house.membership(house.admin), **change)


def test_an_admin_may_go_when_another_stays(house: House) -> None:
    admin = house.actor(house.admin)
    change_member(actor=admin, membership=house.membership(house.owner), role=Role.ADMIN)

    gone = change_member(actor=admin, membership=house.membership(house.admin), is_active=False)

    assert not gone.is_active
    assert actions()[-2:] == ["member.changed", "member.changed"]


def test_an_admin_whose_account_is_closed_does_not_count(house: House) -> None:
    admin = house.actor(house.admin)
    change_member(actor=admin, membership=house.membership(house.owner), role=Role.ADMIN)
    house.owner.is_active = False
    house.owner.save()

    with pytest.raises(LastAdminError), transaction.atomic():
        change_member(actor=admin, membership=house.membership(house.admin), role=Role.REVIEWER)


def test_nothing_changed_is_not_an_event(house: House) -> None:
    before = len(actions())

    change_member(actor=house.actor(house.admin), membership=house.membership(house.lead), role=Role.LEAD)

    assert len(actions()) == before


def test_tokens_end_with_the_membership(house: House) -> None:
    admin, membership = house.actor(house.admin), house.membership(house.reviewer)
    token = issue_person_token(actor=admin, membership=membership)
    actor = actor_of_token(token)

    change_member(actor=admin, membership=membership, is_active=False)

    assert actor is not None
    assert actor.id == house.reviewer.id
    assert actor_of_token(token) is None
    assert not PersonToken.objects.exists()
    assert token not in audited_text()


def test_a_token_for_oneself_or_by_an_admin(house: House) -> None:
    membership = house.membership(house.reviewer)

    assert issue_person_token(actor=house.actor(house.reviewer), membership=membership)
    with pytest.raises(ForbiddenError), transaction.atomic():
        issue_person_token(actor=house.actor(house.lead), membership=membership)


@pytest.mark.parametrize("days", [-1, 366])
def test_a_token_has_a_bounded_life(house: House, days: int) -> None:
    with pytest.raises(InvalidError), transaction.atomic():
        issue_person_token(
            actor=house.actor(house.admin),
            membership=house.membership(house.reviewer),
            expires_at=timezone.now() + timedelta(days=days),
        )


def test_an_ended_membership_gets_no_token(house: House) -> None:
    admin = house.actor(house.admin)
    ended = change_member(actor=admin, membership=house.membership(house.reviewer), is_active=False)

    with pytest.raises(ConflictError), transaction.atomic():
        issue_person_token(actor=admin, membership=ended)


def test_a_clients_secret_is_seen_once(house: House) -> None:
    created = create_client(actor=house.actor(house.owner), name="Shop")

    created.client.refresh_from_db()
    assert created.secret not in created.client.client_secret
    assert created.secret not in audited_text()
    assert created.client.role == "integrator"
    assert actions()[-1] == "client.created"


def test_a_machine_never_reviews(house: House) -> None:
    with pytest.raises(InvalidError), transaction.atomic():
        create_client(actor=house.actor(house.owner), name="Bot", role=Role.REVIEWER)


def test_a_stopped_client_keeps_its_secret(house: House) -> None:
    owner = house.actor(house.owner)
    client = create_client(actor=owner, name="Shop").client
    client.refresh_from_db()
    secret = client.client_secret

    changed = change_client(actor=owner, client=client, is_active=False, role=Role.AUDITOR)

    changed.refresh_from_db()
    assert (changed.is_active, changed.role, changed.client_secret) == (False, "auditor", secret)


def test_what_has_expired_is_forgotten_in_every_workspace(house: House) -> None:
    token = issue_person_token(actor=house.actor(house.admin), membership=house.membership(house.reviewer))
    PersonToken.objects.update(expires_at=timezone.now() - timedelta(days=2))
    leave_workspace()
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO django_session (session_key, session_data, expire_date) VALUES ('old', '', now() - interval '1 h')",
        )

    assert forget_expired() == 2

    house.enter()
    assert actor_of_token(token) is None
    assert not PersonToken.objects.exists()
