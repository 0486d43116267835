-- Items that died before say so too: what they failed of stands before the colon, and they were last due about when they died.

SET LOCAL ROLE aios_definer;
UPDATE review_item
   SET failure = CASE WHEN last_error ~ '^[a-z_]{1,32}: ' THEN split_part(last_error, ':', 1) ELSE 'worker_lost' END,
       died_at = least(available_at, now())
 WHERE state = 'dead';
RESET ROLE;
