-- Drafts past their time, of every workspace, a piece at a time.

CREATE FUNCTION aios_forget_drafts(older_than interval, at_most integer) RETURNS bigint
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public AS $$
DECLARE
    gone bigint;
BEGIN
    DELETE FROM review_draft WHERE id IN (SELECT id FROM review_draft WHERE saved_at < now() - older_than LIMIT at_most);
    GET DIAGNOSTICS gone = ROW_COUNT;
    RETURN gone;
END $$;
GRANT DELETE ON review_draft TO aios_definer;

SELECT aios_let_definer_own('aios_forget_drafts(interval, integer)');

-- As before, but what is put off waits for nobody until its time has come.
CREATE OR REPLACE FUNCTION aios_queue_counts()
RETURNS TABLE (workspace_id uuid, queue_id uuid, key text, depth bigint, overdue bigint, due_soon bigint, oldest_at timestamptz, leased bigint)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, public AS $$
    SELECT q.workspace_id, q.id, q.key, head.depth, head.overdue, head.due_soon, head.oldest_at,
           (SELECT count(*) FROM review_review r WHERE r.state = 'leased' AND r.queue_id = q.id)
      FROM review_queue q
     CROSS JOIN LATERAL (
        SELECT count(*) AS depth, count(*) FILTER (WHERE due_at < now()) AS overdue,
               count(*) FILTER (WHERE due_at >= now() AND due_at < now() + interval '1 hour') AS due_soon,
               min(h.occurred_at) AS oldest_at
          FROM (SELECT due_at, occurred_at FROM review_review r
                 WHERE r.queue_id = q.id AND r.state = 'open' AND (r.snoozed_until IS NULL OR r.snoozed_until <= now())
                 ORDER BY rank_at, id LIMIT 10000) h) head
$$;
