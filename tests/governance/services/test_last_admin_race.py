"""Two admins who remove each other at the same moment: one of them stays."""

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

from django.db import connection, transaction

from governance.domain import Actor, Role
from governance.models import Membership
from governance.selectors.principals import actor_of_membership
from governance.selectors.scope import enter_workspace
from governance.services.members import LastAdminError, add_member, change_member
from governance.services.workspaces import create_workspace


def test_of_two_admins_who_remove_each_other_one_stays(live_db: None) -> None:
    with transaction.atomic():
        workspace, first = create_workspace(slug="north", name="North", admin_email="a@example.com", admin_name="A")
        other = add_member(actor=first, email="b@example.com", name="B", role=Role.ADMIN)
        mine = Membership.objects.get(pseudonym=first.pseudonym)
        second = actor_of_membership(other)
    together = Barrier(2)

    def remove(actor: Actor, membership: Membership) -> bool:
        try:
            with transaction.atomic():
                enter_workspace(workspace.id)
                together.wait(timeout=10)
                change_member(actor=actor, membership=membership, is_active=False)
        except LastAdminError:
            return False
        finally:
            connection.close()
        return True

    with ThreadPoolExecutor(2) as pool:
        outcomes = list(pool.map(remove, [first, second], [other, mine]))

    assert sorted(outcomes) == [False, True]
