-- What each role may do inside one database. Safe to run again; runs as aios_owner, or as whoever is a member of it.
DO $$
BEGIN
    EXECUTE format('REVOKE ALL ON DATABASE %I FROM PUBLIC', current_database());
    EXECUTE format('GRANT CONNECT ON DATABASE %I TO aios_app', current_database());
END
$$;
REVOKE CREATE ON SCHEMA public FROM PUBLIC;
GRANT USAGE ON SCHEMA public TO aios_app;
GRANT USAGE, CREATE ON SCHEMA public TO aios_definer;
ALTER DEFAULT PRIVILEGES FOR ROLE aios_owner REVOKE EXECUTE ON FUNCTIONS FROM PUBLIC;
ALTER DEFAULT PRIVILEGES FOR ROLE aios_owner IN SCHEMA public
    GRANT SELECT, INSERT, UPDATE, DELETE ON TABLES TO aios_app;
ALTER DEFAULT PRIVILEGES FOR ROLE aios_owner IN SCHEMA public
    GRANT USAGE ON SEQUENCES TO aios_app;
ALTER DEFAULT PRIVILEGES FOR ROLE aios_owner IN SCHEMA public
    GRANT EXECUTE ON FUNCTIONS TO aios_app, aios_definer;
ALTER DEFAULT PRIVILEGES FOR ROLE aios_owner IN SCHEMA public
    GRANT SELECT, UPDATE ON TABLES TO aios_definer;
