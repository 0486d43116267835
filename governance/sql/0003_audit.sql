-- The audit trail: headers partitioned by their id, payloads out of line. Append-only for every role that runs.

CREATE SEQUENCE governance_auditevent_id_seq AS bigint;

CREATE TABLE governance_auditevent (
    id bigint NOT NULL DEFAULT nextval('governance_auditevent_id_seq'),
    xid bigint NOT NULL DEFAULT pg_current_xact_id()::text::bigint,
    workspace_id uuid NOT NULL,
    stream_kind varchar(32) NOT NULL,
    stream_id uuid NOT NULL,
    stream_seq bigint NOT NULL CHECK (stream_seq > 0),
    recorded_at timestamptz NOT NULL DEFAULT now(),
    occurred_at timestamptz NOT NULL DEFAULT now(),
    actor_kind varchar(8) NOT NULL,
    actor_pseudonym uuid NOT NULL,
    action varchar(64) NOT NULL,
    schema_version smallint NOT NULL DEFAULT 1,
    correlation_id uuid,
    commitment bytea NOT NULL,
    mac bytea,
    PRIMARY KEY (id)
) PARTITION BY RANGE (id);
CREATE INDEX governance_auditevent_stream ON governance_auditevent (stream_id, stream_seq);

CREATE TABLE governance_auditpayload (
    event_id bigint PRIMARY KEY,
    workspace_id uuid NOT NULL,
    subject_id uuid,
    key_version smallint,
    salt bytea NOT NULL,
    body bytea NOT NULL
);

SELECT aios_protect('governance_auditevent');
SELECT aios_protect('governance_auditpayload');
SELECT aios_append_only('governance_auditevent');
SELECT aios_append_only('governance_auditpayload');

-- Sixteen partitions of 25 million events, and one for what comes after, so that no write ever finds none.
DO $$
DECLARE
    width constant bigint := 25000000;
    part text;
BEGIN
    FOR n IN 0..15 LOOP
        part := format('governance_auditevent_p%s', lpad(n::text, 4, '0'));
        EXECUTE format('CREATE TABLE %I PARTITION OF governance_auditevent FOR VALUES FROM (%s) TO (%s)', part, n * width, (n + 1) * width);
        PERFORM aios_protect(part::regclass);
        PERFORM aios_refuse_truncate(part::regclass);
        EXECUTE format('REVOKE UPDATE, DELETE, TRUNCATE ON %I FROM aios_app, aios_definer', part);
    END LOOP;
    CREATE TABLE governance_auditevent_rest PARTITION OF governance_auditevent DEFAULT;
    PERFORM aios_protect('governance_auditevent_rest');
    PERFORM aios_refuse_truncate('governance_auditevent_rest');
    REVOKE UPDATE, DELETE, TRUNCATE ON governance_auditevent_rest FROM aios_app, aios_definer;
END $$;
