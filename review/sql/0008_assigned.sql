-- Open reviews that were given to somebody who may no longer work their queue: nobody would ever be handed them.
-- Which roles work a queue beside its members stands in review/selectors/queues.py too.
CREATE FUNCTION aios_stranded_reviews() RETURNS TABLE (workspace_id uuid, review_id uuid, person uuid)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, public AS $$
    SELECT r.workspace_id, r.id, r.assigned_to FROM review_review r JOIN review_queue q ON q.id = r.queue_id
     WHERE r.state = 'open' AND r.assigned_to IS NOT NULL AND NOT EXISTS (
        SELECT FROM governance_membership m JOIN governance_user u ON u.id = m.user_id
         WHERE m.workspace_id = r.workspace_id AND m.user_id = r.assigned_to AND m.is_active AND u.is_active
           AND m.role IN ('reviewer', 'lead', 'owner', 'admin')
           AND ((q.role = 'lead' AND m.role IN ('lead', 'owner', 'admin'))
                OR (q.role = 'owner' AND m.role IN ('owner', 'admin'))
                OR EXISTS (SELECT FROM review_queuemember qm WHERE qm.queue_id = q.id AND qm.user_id = r.assigned_to)))
$$;

SELECT aios_let_definer_own('aios_stranded_reviews()');

-- As before, and workspaces with such reviews.
CREATE OR REPLACE FUNCTION aios_due_workspaces() RETURNS SETOF uuid
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, public AS $$
    SELECT workspace_id FROM review_review WHERE state = 'leased' AND lease_until < now()
    UNION SELECT workspace_id FROM review_item WHERE state = 'held' AND available_at <= now()
    UNION SELECT workspace_id FROM review_item WHERE state = 'predicting' AND lease_until < now()
    UNION SELECT workspace_id FROM aios_stranded_reviews()
$$;
