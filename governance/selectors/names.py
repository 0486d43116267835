"""Who is behind the pseudonyms of the trail, as far as the workspace still knows."""

from collections.abc import Iterable
from uuid import UUID

from governance.statements import fetch, fetch_one

_NAMES_SQL = """
SELECT m.pseudonym, u.name FROM governance_membership m JOIN governance_user u ON u.id = m.user_id
 WHERE m.pseudonym = ANY(%(pseudonyms)s::uuid[])
UNION ALL
SELECT c.pseudonym, c.name FROM governance_apiclient c WHERE c.pseudonym = ANY(%(pseudonyms)s::uuid[])"""

_PERSON_SQL = """
SELECT u.name FROM governance_membership m JOIN governance_user u ON u.id = m.user_id WHERE m.user_id = %(person)s::uuid LIMIT 1"""


def names_of(pseudonyms: Iterable[UUID]) -> dict[UUID, str]:
    """Return the names of members and API clients by pseudonym, in one statement; whoever is unknown is left out."""
    wanted = list(set(pseudonyms))
    if not wanted:
        return {}
    return {row["pseudonym"]: row["name"] for row in fetch(_NAMES_SQL, {"pseudonyms": wanted})}


def name_of_person(person_id: UUID | None) -> str:
    """Return the name of somebody who is or was a member here; empty for nobody, and for whoever is unknown."""
    row = fetch_one(_PERSON_SQL, {"person": person_id}) if person_id else None
    return str(row["name"]) if row else ""


def initials_of(name: str) -> str:
    """Return two letters for an avatar."""
    parts = name.split() or [""]
    return (parts[0][:1] + (parts[-1][:1] if len(parts) > 1 else parts[0][1:2])).upper()
