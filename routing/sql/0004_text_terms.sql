-- A B-tree for each of an answered text's weightiest terms. Every look-up reads the newest few and stops, however common the
-- term is; equality is leakproof, so that row-level security lets it use the index, which it would not for a GIN operator.

CREATE INDEX observation_by_term_1 ON routing_observation (workflow_id, (terms[1]), item_id) WHERE terms IS NOT NULL;
CREATE INDEX observation_by_term_2 ON routing_observation (workflow_id, (terms[2]), item_id) WHERE terms IS NOT NULL;
CREATE INDEX observation_by_term_3 ON routing_observation (workflow_id, (terms[3]), item_id) WHERE terms IS NOT NULL;
CREATE INDEX observation_by_term_4 ON routing_observation (workflow_id, (terms[4]), item_id) WHERE terms IS NOT NULL;
CREATE INDEX observation_by_term_5 ON routing_observation (workflow_id, (terms[5]), item_id) WHERE terms IS NOT NULL;
CREATE INDEX observation_by_term_6 ON routing_observation (workflow_id, (terms[6]), item_id) WHERE terms IS NOT NULL;
