-- For readiness and metrics: how long the oldest due message of any workspace has waited to be published, in seconds.

CREATE FUNCTION aios_outbox_lag() RETURNS double precision
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, public AS $$
    SELECT coalesce(extract(epoch FROM now() - min(due_at)), 0)::float8
      FROM governance_outboxmessage WHERE published_seq IS NULL AND due_at <= now()
$$;

SELECT aios_let_definer_own('aios_outbox_lag()');
