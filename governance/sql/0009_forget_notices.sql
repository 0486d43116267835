-- Notices that were read and are past their time, of every workspace, a piece at a time.

CREATE FUNCTION aios_forget_notices(older_than interval, at_most integer) RETURNS bigint
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public AS $$
DECLARE
    gone bigint;
BEGIN
    DELETE FROM governance_notice
     WHERE id IN (SELECT id FROM governance_notice WHERE read_at IS NOT NULL AND created_at < now() - older_than LIMIT at_most);
    GET DIAGNOSTICS gone = ROW_COUNT;
    RETURN gone;
END $$;
GRANT DELETE ON governance_notice TO aios_definer;

SELECT aios_let_definer_own('aios_forget_notices(interval, integer)');
