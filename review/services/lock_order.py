"""The order in which rows are locked, the same everywhere so that nobody waits in a circle: reviews, then items by their ids.

A worker that locks what it believes to hold (`received.STILL_HELD_SQL`) may come upon items that are reviewers' by now, so
whoever moves several items at once has to lock them in order first, whatever the planner makes of the statement.
"""

# Part of a WITH list behind one that names items by `item_id`; what changes them joins `in_order (id)`.
ITEMS_IN_ORDER_SQL = """in_order AS MATERIALIZED (
    SELECT id FROM review_item WHERE id IN (SELECT item_id FROM {part}) ORDER BY id FOR NO KEY UPDATE
)"""
