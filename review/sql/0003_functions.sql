-- What must look across workspaces: search inside the entered one, due work, and queue counts.

-- Items of the entered workspace whose words match, newest first, older than `before`.
CREATE FUNCTION aios_search_items(query text, before uuid, at_most integer) RETURNS SETOF uuid
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, public AS $$
    SELECT s.item_id
      FROM review_itemsearch s
     WHERE s.words @@ websearch_to_tsquery('simple', query)
       AND s.workspace_id = nullif(current_setting('app.workspace', true), '')::uuid
       AND (before IS NULL OR s.item_id < before)
     ORDER BY s.item_id DESC
     LIMIT least(at_most, 500)
$$;

-- Workspaces in which the sweeper has something to do, and workflows with items waiting for their model.
CREATE FUNCTION aios_due_workspaces() RETURNS SETOF uuid
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, public AS $$
    SELECT workspace_id FROM review_review WHERE state = 'leased' AND lease_until < now()
    UNION SELECT workspace_id FROM review_item WHERE state = 'held' AND available_at <= now()
    UNION SELECT workspace_id FROM review_item WHERE state = 'predicting' AND lease_until < now()
$$;

CREATE FUNCTION aios_due_workflows() RETURNS TABLE (workspace_id uuid, workflow_id uuid)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, public AS $$
    SELECT w.workspace_id, w.id FROM routing_workflow w
     WHERE w.state = 'active' AND EXISTS (
        SELECT FROM review_item i WHERE i.workflow_id = w.id AND i.state = 'received' AND i.available_at <= now())
$$;

-- Depths are counted up to 10,000 in rank order: beyond that a number tells nobody more, and counting would cost.
CREATE FUNCTION aios_queue_counts()
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
                 WHERE r.queue_id = q.id AND r.state = 'open' ORDER BY rank_at, id LIMIT 10000) h) head
$$;

-- For the metrics: how long the oldest received item of each workflow has been waiting, in seconds.
CREATE FUNCTION aios_pipeline_lag() RETURNS TABLE (workspace_id uuid, workflow_key text, lag_s double precision)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, public AS $$
    SELECT w.workspace_id, w.key,
           coalesce(extract(epoch FROM now() - (SELECT min(i.available_at) FROM review_item i
               WHERE i.workflow_id = w.id AND i.state = 'received' AND i.available_at <= now())), 0)
      FROM routing_workflow w WHERE w.state = 'active'
$$;

SELECT aios_let_definer_own(signature) FROM unnest(ARRAY[
    'aios_search_items(text, uuid, integer)', 'aios_due_workspaces()', 'aios_due_workflows()', 'aios_queue_counts()',
    'aios_pipeline_lag()']) AS signature;
