-- Tenant tables of delivery.

SELECT aios_protect('governance_eventfeed');
SELECT aios_protect('governance_webhookendpoint');
SELECT aios_protect('governance_webhooksecret');
SELECT aios_protect('governance_delivery');
SELECT aios_protect('governance_deliveryattempt');
SELECT aios_protect('governance_privatehost');

ALTER TABLE governance_delivery SET (autovacuum_vacuum_scale_factor = 0.02, autovacuum_vacuum_cost_delay = 0);
