"""Who is calling: from a bearer token or a browser session to an actor inside one workspace."""

import hashlib
from dataclasses import dataclass
from uuid import UUID

from governance.domain import Actor, ActorKind, Role
from governance.models import Membership
from governance.statements import fetch, fetch_one

_BEARER_SQL = "SELECT * FROM aios_enter_by_token(%(digest)s::bytea)"
# One statement both finds the memberships and enters the workspace: it counts on every request.
_MEMBERSHIPS_SQL = """
SELECT m.*, CASE WHEN m.slug = %(slug)s::text OR (%(slug)s::text IS NULL AND count(*) OVER () = 1)
                 THEN set_config('app.workspace', m.workspace_id::text, true) END IS NOT NULL AS entered
  FROM aios_memberships_of(%(user_id)s::uuid) m"""


@dataclass(frozen=True, slots=True)
class MembershipFacts:
    """A person's place in one workspace, as seen from outside it."""

    workspace_id: UUID
    slug: str
    workspace_name: str
    is_demo: bool
    role: Role
    pseudonym: UUID
    membership_id: UUID
    user_id: UUID
    name: str
    email: str
    password: str
    entered: bool

    def actor(self) -> Actor:
        """Return the person as an actor in this workspace."""
        return Actor(
            kind=ActorKind.PERSON,
            workspace_id=self.workspace_id,
            pseudonym=self.pseudonym,
            id=self.user_id,
            role=self.role,
            name=self.name,
        )


def token_digest(token: str) -> bytes:
    """Return what is stored of a bearer token."""
    return hashlib.sha256(token.encode()).digest()


def actor_of_token(token: str) -> Actor | None:
    """Return whom a bearer token stands for and enter its workspace; none if the token is not valid."""
    row = fetch_one(_BEARER_SQL, {"digest": token_digest(token)})
    if row is None:
        return None
    return Actor(
        kind=ActorKind(row["kind"]),
        workspace_id=row["workspace_id"],
        pseudonym=row["pseudonym"],
        id=row["user_id"],
        role=Role(row["role"]),
        name=row["name"],
    )


def memberships_of(user_id: UUID, *, enter: str | None) -> list[MembershipFacts]:
    """Return a person's memberships and enter the workspace of that address (or the only one there is)."""
    rows = fetch(_MEMBERSHIPS_SQL, {"user_id": user_id, "slug": enter})
    return [MembershipFacts(**(row | {"role": Role(row["role"]), "user_id": user_id})) for row in rows]


def actor_of_membership(membership: Membership) -> Actor:
    """Return a member as an actor in the membership's workspace."""
    return Actor(
        kind=ActorKind.PERSON,
        workspace_id=membership.workspace_id,
        pseudonym=membership.pseudonym,
        id=membership.user_id,
        role=Role(membership.role),
        name=membership.user.name,
    )


def people_with_role(*roles: str) -> list[Actor]:
    """Return the entered workspace's active members with one of the roles, as actors, oldest first."""
    found = Membership.objects.select_related("user").filter(role__in=roles, is_active=True, user__is_active=True)
    return [actor_of_membership(membership) for membership in found.order_by("created_at", "id")]
