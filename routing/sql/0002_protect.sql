-- Tenant tables of routing; contracts and policy versions never change once written.

SELECT aios_protect(tenant::regclass) FROM unnest(ARRAY[
    'routing_workflow', 'routing_contract', 'routing_model', 'routing_modelversion', 'routing_policy',
    'routing_policyversion', 'routing_prediction', 'routing_routingdecision', 'routing_observation',
    'routing_restriction']) AS tenant;

SELECT aios_append_only(frozen::regclass) FROM unnest(ARRAY[
    'routing_contract', 'routing_policyversion', 'routing_prediction', 'routing_routingdecision']) AS frozen;
