-- Tools for the migrations of every app, and the trigger function of append-only tables.

CREATE FUNCTION aios_workspace() RETURNS uuid LANGUAGE sql STABLE PARALLEL SAFE
    AS $$ SELECT nullif(current_setting('app.workspace', true), '')::uuid $$;

-- Row-level security for a tenant table: the application sees one workspace, reviewed functions see all.
CREATE FUNCTION aios_protect(tenant regclass, workspace_column text DEFAULT 'workspace_id') RETURNS void
LANGUAGE plpgsql AS $$
BEGIN
    EXECUTE format('ALTER TABLE %s ENABLE ROW LEVEL SECURITY', tenant);
    EXECUTE format('ALTER TABLE %s FORCE ROW LEVEL SECURITY', tenant);
    EXECUTE format(
        'CREATE POLICY workspace_only ON %s TO aios_app USING (%I = nullif(current_setting(''app.workspace'', true), '''')::uuid)',
        tenant, workspace_column);
    EXECUTE format('CREATE POLICY reviewed_functions ON %s TO aios_definer USING (true) WITH CHECK (true)', tenant);
END $$;

CREATE FUNCTION aios_refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '% is append-only: % refused', TG_TABLE_NAME, TG_OP USING ERRCODE = 'integrity_constraint_violation';
END $$;

CREATE FUNCTION aios_refuse_truncate(append_only regclass) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    EXECUTE format(
        'CREATE TRIGGER refuse_truncate BEFORE TRUNCATE ON %s FOR EACH STATEMENT EXECUTE FUNCTION aios_refuse_change()',
        append_only);
END $$;

CREATE FUNCTION aios_append_only(append_only regclass) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    EXECUTE format(
        'CREATE TRIGGER refuse_change BEFORE UPDATE OR DELETE ON %s FOR EACH ROW EXECUTE FUNCTION aios_refuse_change()',
        append_only);
    PERFORM aios_refuse_truncate(append_only);
    EXECUTE format('REVOKE UPDATE, DELETE, TRUNCATE ON %s FROM aios_app, aios_definer', append_only);
END $$;

-- Functions that look across or around workspaces belong to the role that may.
CREATE FUNCTION aios_let_definer_own(signature text) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    EXECUTE format('ALTER FUNCTION %s OWNER TO aios_definer', signature);
    EXECUTE format('REVOKE ALL ON FUNCTION %s FROM PUBLIC', signature);
    EXECUTE format('GRANT EXECUTE ON FUNCTION %s TO aios_app', signature);
END $$;
