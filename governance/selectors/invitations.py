"""Invitations, known by their secret alone."""

from uuid import UUID

from governance.models import Invitation
from governance.selectors.principals import token_digest
from governance.statements import fetch_one


def enter_by_invitation(token: str) -> UUID | None:
    """Enter the workspace that an open invitation leads to and return the invitation's id; none if it is not open."""
    row = fetch_one("SELECT aios_enter_by_invitation(%(digest)s::bytea) AS id", {"digest": token_digest(token)})
    return row["id"] if row else None


def open_invitation(token: str) -> Invitation | None:
    """Return the open invitation of a link, with its workspace, and enter that; none if it can't be used."""
    invitation_id = enter_by_invitation(token)
    if invitation_id is None:
        return None
    return Invitation.objects.select_related("workspace").filter(id=invitation_id).first()
