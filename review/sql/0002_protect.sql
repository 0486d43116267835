-- Tenant tables of review; decisions and outcomes never change once written.

SELECT aios_protect(tenant::regclass) FROM unnest(ARRAY[
    'review_item', 'review_itempayload', 'review_itemsearch', 'review_attachment', 'review_queue', 'review_queuemember',
    'review_review', 'review_decision', 'review_lateanswer', 'review_outcome', 'review_dataset', 'review_datasetrow']) AS tenant;

SELECT aios_append_only(frozen::regclass) FROM unnest(ARRAY[
    'review_decision', 'review_outcome', 'review_lateanswer']) AS frozen;

ALTER TABLE review_review SET (autovacuum_vacuum_scale_factor = 0.01, autovacuum_vacuum_cost_delay = 0, fillfactor = 85);
ALTER TABLE review_item SET (autovacuum_vacuum_scale_factor = 0.02, autovacuum_vacuum_cost_delay = 0, fillfactor = 85);

-- Words for the item search: row-level security would keep a plain query from using the index.
ALTER TABLE review_itemsearch ADD COLUMN words tsvector NOT NULL;
CREATE INDEX review_itemsearch_words ON review_itemsearch USING gin (words);
