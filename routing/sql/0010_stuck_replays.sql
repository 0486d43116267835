-- Replays that wait without a worker having taken them up, or whose worker has been silent for too long, of every workspace.

CREATE FUNCTION aios_stuck_replays(silent interval) RETURNS TABLE (workspace_id uuid, replay_id uuid)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, public AS $$
    SELECT r.workspace_id, r.id FROM routing_replay r
     WHERE (r.state = 'waiting' AND r.requested_at < now() - interval '10 s')
        OR (r.state = 'running' AND r.heartbeat_at < now() - silent)
     ORDER BY r.requested_at
     LIMIT 100
$$;

SELECT aios_let_definer_own('aios_stuck_replays(interval)');

-- Few are unfinished at a time, among all that there ever were.
CREATE INDEX replay_unfinished ON routing_replay (requested_at) WHERE state IN ('waiting', 'running');
