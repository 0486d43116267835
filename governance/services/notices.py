"""Telling people of things that somebody wants them to look at, and noting what they have read.

A notice is no event of the trail: what it tells of is one, and is audited by the service that tells.
"""

from collections.abc import Sequence
from uuid import UUID

from governance.domain import Actor, Capability, NoticeKind, roles_with, uuid7
from governance.statements import fetch

TEXT_LENGTH = 500

# One statement both finds who may be told and tells them: whoever is removed at this moment is told, or not found.
_TELL_SQL = """
WITH found AS MATERIALIZED (
    SELECT asked.notice, m.user_id, m.pseudonym
      FROM unnest(%(notices)s::uuid[], %(people)s::uuid[]) AS asked (notice, person)
      JOIN governance_membership m ON m.user_id = asked.person AND m.is_active AND m.role = ANY(%(roles)s::text[])
      JOIN governance_user u ON u.id = m.user_id AND u.is_active
), told AS (
    INSERT INTO governance_notice (id, workspace_id, person_id, kind, from_name, text, object_kind, object_id)
    SELECT notice, %(workspace)s::uuid, user_id, %(kind)s::text, %(from_name)s::text, %(text)s::text,
           %(object_kind)s::text, %(object_id)s::uuid
      FROM found
)
SELECT user_id, pseudonym FROM found ORDER BY notice"""

_OWNERS_SQL = """
SELECT user_id FROM governance_membership WHERE is_active AND role = ANY(%(roles)s::text[]) ORDER BY user_id"""

_READ_SQL = """
UPDATE governance_notice SET read_at = now()
 WHERE workspace_id = %(workspace)s::uuid AND person_id = %(person)s::uuid AND read_at IS NULL
   AND (%(ids)s::uuid[] IS NULL OR id = ANY(%(ids)s::uuid[]))
RETURNING id"""


def tell_people(
    *, actor: Actor, people: Sequence[UUID], kind: NoticeKind, text: str, about: tuple[str, UUID]
) -> dict[UUID, UUID]:
    """Leave a notice for everybody of these who may review here, in the caller's transaction and one statement.

    Return their pseudonyms by id; whoever is no active member, or does not review, is left out of both.
    """
    object_kind, object_id = about
    rows = fetch(
        _TELL_SQL,
        {
            "notices": [uuid7() for _ in people],
            "people": list(people),
            "roles": roles_with(Capability.REVIEW),
            "workspace": actor.workspace_id,
            "kind": kind.value,
            "from_name": actor.name[:120],
            "text": text if len(text) <= TEXT_LENGTH else f"{text[: TEXT_LENGTH - 1]}…",
            "object_kind": object_kind,
            "object_id": object_id,
        },
    )
    return {row["user_id"]: row["pseudonym"] for row in rows}


def tell_owners(*, actor: Actor, text: str, about: tuple[str, UUID]) -> dict[UUID, UUID]:
    """Leave a notice of something that whoever configures here should look at; return their pseudonyms by id."""
    owners = [row["user_id"] for row in fetch(_OWNERS_SQL, {"roles": roles_with(Capability.CONFIGURE)})]
    return tell_people(actor=actor, people=owners, kind=NoticeKind.ALARM, text=text, about=about)


def read_notices(*, actor: Actor, ids: Sequence[UUID] | None = None) -> int:
    """Note that the person has read these notices of theirs, or all; return how many were unread."""
    values = {"workspace": actor.workspace_id, "person": actor.id, "ids": None if ids is None else list(ids)}
    return len(fetch(_READ_SQL, values))
