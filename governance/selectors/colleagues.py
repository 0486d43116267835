"""Who may be asked: the people of the workspace who review."""

from dataclasses import dataclass
from uuid import UUID

from governance.domain import Actor, ActorKind, Capability, Role, roles_with
from governance.selectors.names import initials_of
from governance.statements import fetch, fetch_one

_COLLEAGUES_SQL = """
SELECT u.id, u.name, u.email, m.role
  FROM governance_membership m JOIN governance_user u ON u.id = m.user_id
 WHERE m.is_active AND u.is_active AND m.role = ANY(%(roles)s::text[])
 ORDER BY lower(u.name), u.id"""

_COLLEAGUE_SQL = """
SELECT m.workspace_id, m.pseudonym, m.role, u.id, u.name
  FROM governance_membership m JOIN governance_user u ON u.id = m.user_id
 WHERE m.is_active AND u.is_active AND m.role = ANY(%(roles)s::text[]) AND u.id = %(person)s::uuid"""


@dataclass(frozen=True, slots=True)
class Colleague:
    """A member who may review."""

    id: UUID
    name: str
    initials: str
    role: str


def colleagues() -> list[Colleague]:
    """Return the entered workspace's active members who may review, by name; one statement."""
    found = []
    for row in fetch(_COLLEAGUES_SQL, {"roles": roles_with(Capability.REVIEW)}):
        email = row.pop("email")
        name = row["name"] or email.split("@")[0]
        found.append(Colleague(**(row | {"name": name, "initials": initials_of(name)})))
    return found


def colleague_as_actor(person: UUID) -> Actor | None:
    """Return an active member who may review, as an actor; none where the person is nobody of the kind."""
    row = fetch_one(_COLLEAGUE_SQL, {"roles": roles_with(Capability.REVIEW), "person": person})
    return None if row is None else Actor(**(row | {"kind": ActorKind.PERSON, "role": Role(row["role"])}))
