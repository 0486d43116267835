-- Tenant tables of delivery.

SELECT aios_protect('governance_eventfeed');
SELECT aios_protect('governance_webhookendpoint');
SELECT aios_protect('governance_webhooksecret');
SELECT aios_protect('governance_delivery');
SELECT aios_protect('governance_deliveryattempt');
SELECT aios_protect('governance_privatehost');

ALTER TABLE governance_delivery SET (autovacuum_vacuum_scale_factor = 0.02, autovacuum_vacuum_cost_delay = 0);

-- Workspaces with events that are due to be published.
CREATE FUNCTION aios_workspaces_to_publish() RETURNS SETOF uuid
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, public AS $$
    SELECT DISTINCT workspace_id FROM governance_outboxmessage WHERE published_seq IS NULL AND due_at <= now()
$$;

-- Workspaces with deliveries that are due, or (`has_lost`) whose sender has gone.
CREATE FUNCTION aios_workspaces_to_deliver() RETURNS TABLE (workspace_id uuid, has_lost boolean)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, public AS $$
    SELECT found.workspace_id, bool_or(found.has_lost) FROM (
        SELECT e.workspace_id, false AS has_lost FROM governance_webhookendpoint e
         WHERE e.is_enabled AND (e.paused_until IS NULL OR e.paused_until <= now()) AND EXISTS (
            SELECT FROM governance_delivery d
             WHERE d.endpoint_id = e.id AND d.state = 'pending' AND d.next_attempt_at <= now() OFFSET 0)
         UNION ALL
        SELECT d.workspace_id, true FROM governance_delivery d WHERE d.state = 'sending' AND d.lease_until < now()) found
     GROUP BY found.workspace_id
$$;

-- For the metrics: deliveries that are not settled, by state, over all workspaces.
CREATE FUNCTION aios_unsettled_deliveries() RETURNS TABLE (state text, total bigint)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, public AS $$
    SELECT 'pending', count(*) FROM (SELECT FROM governance_delivery WHERE state = 'pending' LIMIT 100000) waiting
    UNION ALL SELECT 'sending', count(*) FROM governance_delivery WHERE state = 'sending'
$$;

-- Published events past their time, with their deliveries, a piece at a time; what an enabled endpoint still waits for stays.
CREATE FUNCTION aios_forget_events(older_than interval, at_most integer) RETURNS bigint
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public AS $$
DECLARE
    old uuid[];
BEGIN
    SELECT array_agg(id) INTO old FROM (
        SELECT m.id FROM governance_outboxmessage m
         WHERE m.published_seq IS NOT NULL AND m.published_at < now() - older_than
           AND NOT EXISTS (
               SELECT FROM governance_delivery d JOIN governance_webhookendpoint e ON e.id = d.endpoint_id
                WHERE d.message_id = m.id AND (d.state = 'sending' OR (d.state = 'pending' AND e.is_enabled)))
         ORDER BY m.published_at LIMIT at_most) chosen;
    DELETE FROM governance_webhooksecret WHERE retires_at < now();
    IF old IS NULL THEN
        RETURN 0;
    END IF;
    UPDATE governance_eventfeed f SET forgotten_seq = greatest(f.forgotten_seq, gone.seq)
      FROM (SELECT workspace_id, max(published_seq) AS seq FROM governance_outboxmessage WHERE id = ANY(old) GROUP BY 1) gone
     WHERE f.workspace_id = gone.workspace_id;
    DELETE FROM governance_deliveryattempt a USING governance_delivery d WHERE a.delivery_id = d.id AND d.message_id = ANY(old);
    DELETE FROM governance_delivery WHERE message_id = ANY(old);
    DELETE FROM governance_outboxmessage WHERE id = ANY(old);
    RETURN cardinality(old);
END $$;
GRANT DELETE ON governance_deliveryattempt, governance_delivery, governance_outboxmessage, governance_webhooksecret TO aios_definer;
GRANT UPDATE ON governance_eventfeed TO aios_definer;

SELECT aios_let_definer_own(signature) FROM unnest(ARRAY[
    'aios_workspaces_to_publish()', 'aios_workspaces_to_deliver()', 'aios_unsettled_deliveries()',
    'aios_forget_events(interval, integer)']) AS signature;
