-- Workflows that the watch looks at: those that take items, of every workspace.

CREATE FUNCTION aios_watched_workflows() RETURNS TABLE (workspace_id uuid, workflow_id uuid)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, public AS $$
    SELECT w.workspace_id, w.id FROM routing_workflow w WHERE w.state = 'active' ORDER BY w.id
$$;

SELECT aios_let_definer_own('aios_watched_workflows()');
