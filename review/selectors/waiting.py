"""The word to those who wait for an item's outcome: a part of the statements that make an item final."""

from review.domain.states import FINAL_ITEM_STATES

CHANNEL = "aios_item"

_FINAL = ", ".join(f"'{state.value}'" for state in sorted(FINAL_ITEM_STATES))

# An entry of the outermost SELECT list (an unreferenced SELECT in a WITH list is not executed) over a relation `moved` that
# returns the item's id, state and waited_until. Notifying commits wait for each other: only what somebody waits for is told.
NOTIFY_SQL = f"""CASE WHEN moved.waited_until > now() AND moved.state IN ({_FINAL})
            THEN pg_notify('{CHANNEL}', moved.id::text) END AS told"""
