-- As before, and workspaces with disagreements that nobody else has been asked about yet.
CREATE OR REPLACE FUNCTION aios_due_workspaces() RETURNS SETOF uuid
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, public AS $$
    SELECT workspace_id FROM review_review WHERE state = 'leased' AND lease_until < now()
    UNION SELECT workspace_id FROM review_item WHERE state = 'held' AND available_at <= now()
    UNION SELECT workspace_id FROM review_item WHERE state = 'predicting' AND lease_until < now()
    UNION SELECT workspace_id FROM aios_stranded_reviews()
    UNION SELECT workspace_id FROM routing_observation
           WHERE source = 'calibration' AND wrong IS NULL AND closed_at IS NULL AND asked_again_at IS NULL
$$;
