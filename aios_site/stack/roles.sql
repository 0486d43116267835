-- The three roles. Safe to run again; runs as a superuser, or as a login with CREATEROLE and CREATEDB.
DO $$
BEGIN
    IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'aios_owner') THEN
        CREATE ROLE aios_owner LOGIN;
    END IF;
    IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'aios_app') THEN
        CREATE ROLE aios_app LOGIN;
    END IF;
    IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'aios_definer') THEN
        CREATE ROLE aios_definer NOLOGIN;
    END IF;
    -- Short statements only: compiling them would take longer than running them.
    ALTER ROLE aios_app SET jit = off;
    -- Migrations give functions to aios_definer, so aios_owner must be a member that may become it.
    IF NOT pg_has_role('aios_owner', 'aios_definer', 'MEMBER') THEN
        GRANT aios_definer TO aios_owner;
    END IF;
    -- Only a superuser may act for aios_owner without being its member.
    IF NOT pg_has_role(current_user, 'aios_owner', 'USAGE') THEN
        EXECUTE format('GRANT aios_owner TO %I', current_user);
    END IF;
END
$$;
