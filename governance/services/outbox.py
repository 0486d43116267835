"""Writing what is to leave the product, in the transaction of the change it tells of.

Hot statements put PUBLISH_SQL into their WITH list behind a part named
`messages (id, type, stream_kind, stream_id, dedupe_key, data, due_at)`.
"""

PUBLISH_SQL = """
published AS (
    INSERT INTO governance_outboxmessage (id, workspace_id, type, stream_kind, stream_id, dedupe_key, data, due_at, recorded_at)
    SELECT id, %(audit_workspace)s::uuid, type, stream_kind, stream_id, dedupe_key, data, due_at, now() FROM messages
)"""

# Takes back what has not left: part of a WITH list behind `recalled_keys (dedupe_key)`.
RECALL_SQL = """
recalled AS (
    DELETE FROM governance_outboxmessage o USING recalled_keys k
     WHERE o.workspace_id = %(audit_workspace)s::uuid AND o.dedupe_key = k.dedupe_key AND o.published_seq IS NULL
    RETURNING o.id
)"""

# When what is recorded under a key is to leave, as a scalar; null where it left so long ago that it is gone. {key} is a text.
DUE_SQL = """
(SELECT o.due_at FROM governance_outboxmessage o WHERE o.workspace_id = %(audit_workspace)s::uuid AND o.dedupe_key = {key})"""
