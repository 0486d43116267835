-- Tenant tables of governance, and the few functions that find out which workspace a caller belongs to.

SELECT aios_protect('governance_workspace', 'id');
SELECT aios_protect('governance_membership');
SELECT aios_protect('governance_invitation');
SELECT aios_protect('governance_apiclient');
SELECT aios_protect('governance_persontoken');
SELECT aios_protect('governance_auditstream');
SELECT aios_protect('governance_outboxmessage');
SELECT aios_protect('governance_idempotencyrecord');

ALTER TABLE governance_outboxmessage SET (autovacuum_vacuum_scale_factor = 0.02, autovacuum_vacuum_cost_delay = 0);

-- Who a bearer token is, and (for this transaction) into which workspace it leads. No row: no such token.
CREATE FUNCTION aios_enter_by_token(digest bytea)
RETURNS TABLE (kind text, user_id uuid, pseudonym uuid, workspace_id uuid, role text, name text, scope text)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public AS $$
BEGIN
    SELECT 'person', m.user_id, m.pseudonym, m.workspace_id, m.role, u.name, 'api'
      INTO kind, user_id, pseudonym, workspace_id, role, name, scope
      FROM governance_persontoken t
      JOIN governance_membership m ON m.id = t.membership_id AND m.is_active
      JOIN governance_user u ON u.id = m.user_id AND u.is_active
     WHERE t.token_hash = digest AND t.expires_at > now();
    IF NOT FOUND THEN
        SELECT 'client', NULL::uuid, c.pseudonym, c.workspace_id, c.role, c.name, t.scope
          INTO kind, user_id, pseudonym, workspace_id, role, name, scope
          FROM oauth2_provider_accesstoken t
          JOIN governance_apiclient c ON c.id = t.application_id AND c.is_active
         WHERE t.token_checksum = encode(digest, 'hex') AND t.expires > now();
    END IF;
    IF workspace_id IS NOT NULL THEN
        PERFORM set_config('app.workspace', workspace_id::text, true);
        RETURN NEXT;
    END IF;
END $$;

-- A person's memberships; `password` lets the caller check that a session still belongs to the person.
CREATE FUNCTION aios_memberships_of(person uuid)
RETURNS TABLE (workspace_id uuid, slug text, workspace_name text, is_demo boolean, role text, pseudonym uuid,
               membership_id uuid, name text, email text, password text)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, public AS $$
    SELECT w.id, w.slug, w.name, w.is_demo, m.role, m.pseudonym, m.id, u.name, u.email, u.password
      FROM governance_membership m
      JOIN governance_workspace w ON w.id = m.workspace_id
      JOIN governance_user u ON u.id = m.user_id
     WHERE m.user_id = person AND m.is_active AND u.is_active
     ORDER BY w.name, w.id
$$;

-- The token endpoint knows a client by its public identifier alone.
CREATE FUNCTION aios_enter_by_client(public_id text) RETURNS boolean
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public AS $$
DECLARE
    found_workspace uuid;
BEGIN
    SELECT workspace_id INTO found_workspace FROM governance_apiclient WHERE client_id = public_id AND is_active;
    IF found_workspace IS NULL THEN
        RETURN false;
    END IF;
    PERFORM set_config('app.workspace', found_workspace::text, true);
    RETURN true;
END $$;

-- An invitation is known by its secret alone.
CREATE FUNCTION aios_enter_by_invitation(digest bytea) RETURNS uuid
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public AS $$
DECLARE
    invitation governance_invitation;
BEGIN
    SELECT * INTO invitation FROM governance_invitation
     WHERE token_hash = digest AND accepted_at IS NULL AND expires_at > now();
    IF invitation.id IS NOT NULL THEN
        PERFORM set_config('app.workspace', invitation.workspace_id::text, true);
    END IF;
    RETURN invitation.id;
END $$;

-- Commands and tasks name a workspace by its address.
CREATE FUNCTION aios_workspace_by_slug(address text) RETURNS uuid
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, public AS $$
    SELECT id FROM governance_workspace WHERE slug = address
$$;

-- Answers kept for repeated requests, tokens and sessions past their time.
CREATE FUNCTION aios_forget_expired() RETURNS bigint
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public AS $$
DECLARE
    gone bigint;
    total bigint := 0;
BEGIN
    DELETE FROM governance_idempotencyrecord
     WHERE id IN (SELECT id FROM governance_idempotencyrecord WHERE created_at < now() - interval '24 hours' LIMIT 20000);
    GET DIAGNOSTICS gone = ROW_COUNT; total := total + gone;
    DELETE FROM governance_persontoken WHERE expires_at < now() - interval '1 day';
    GET DIAGNOSTICS gone = ROW_COUNT; total := total + gone;
    DELETE FROM oauth2_provider_accesstoken WHERE expires < now() - interval '1 day';
    GET DIAGNOSTICS gone = ROW_COUNT; total := total + gone;
    DELETE FROM django_session WHERE expire_date < now();
    GET DIAGNOSTICS gone = ROW_COUNT;
    RETURN total + gone;
END $$;
GRANT DELETE ON governance_idempotencyrecord, governance_persontoken, oauth2_provider_accesstoken, django_session TO aios_definer;

SELECT aios_let_definer_own(signature) FROM unnest(ARRAY[
    'aios_enter_by_token(bytea)', 'aios_memberships_of(uuid)', 'aios_enter_by_client(text)',
    'aios_enter_by_invitation(bytea)', 'aios_workspace_by_slug(text)', 'aios_forget_expired()']) AS signature;
