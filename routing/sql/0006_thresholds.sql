-- Row-level security of what thresholds rest on; certificates never change once issued, nor does their end.

SELECT aios_protect(tenant::regclass) FROM unnest(ARRAY[
    'routing_sampleplan', 'routing_samplewindow', 'routing_assumptions', 'routing_certificate', 'routing_certificatevoid',
    'routing_replay', 'routing_policyproposal', 'routing_errorbudget', 'routing_driftreference', 'routing_driftwindow']) AS tenant;

SELECT aios_append_only(frozen::regclass) FROM unnest(ARRAY[
    'routing_certificate', 'routing_certificatevoid', 'routing_driftreference']) AS frozen;
