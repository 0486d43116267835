"""Disagreements in the calibration sample, as parts of hot statements."""

# What was answered in a disagreement that a second person is asked about, the model's answer first, as one JSON column;
# {item} is a column.
DISPUTE_SQL = """
(SELECT jsonb_build_array(
            (SELECT d.label FROM routing_routingdecision d WHERE d.item_id = o.item_id AND d.mode = 'live'
              ORDER BY d.attempt DESC LIMIT 1), o.first_label)
   FROM routing_observation o WHERE o.item_id = {item})"""

# Whether an item is one of the sample on which somebody and the model disagree, and nobody has settled it; {item} is a column.
IS_DISPUTED_SQL = """EXISTS (
    SELECT FROM routing_observation dis
     WHERE dis.item_id = {item} AND dis.source = 'calibration' AND dis.wrong IS NULL AND dis.closed_at IS NULL)"""

# The items of the entered workspace on which nobody else has been asked yet, as a part of a FROM list; few at any moment.
UNASKED_SQL = """(
    SELECT o.item_id FROM routing_observation o
     WHERE o.source = 'calibration' AND o.wrong IS NULL AND o.closed_at IS NULL AND o.asked_again_at IS NULL)"""
