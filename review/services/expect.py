"""Saying that somebody waits for an item's outcome, so that whoever makes it final sends word."""

from uuid import UUID

from governance.domain import Actor
from governance.statements import fetch
from review.domain.states import FINAL_ITEM_STATES

_FINAL = ", ".join(f"'{state.value}'" for state in sorted(FINAL_ITEM_STATES))

# The row is locked until the commit: who makes the item final either did so before, and the caller reads it, or sees this.
_EXPECT_SQL = f"""
UPDATE review_item SET waited_until = now() + make_interval(secs => %(wait_s)s::float8)
 WHERE id = %(item)s::uuid AND workspace_id = %(workspace)s::uuid AND state NOT IN ({_FINAL})
   AND (waited_until IS NULL OR waited_until < now() + make_interval(secs => %(wait_s)s::float8))"""  # noqa: S608


def expect_outcome(*, actor: Actor, item_id: UUID, wait_s: float) -> None:
    """Ask for word within that time of the item becoming final; read the item after this, not before."""
    fetch(_EXPECT_SQL, {"item": item_id, "workspace": actor.workspace_id, "wait_s": wait_s})
