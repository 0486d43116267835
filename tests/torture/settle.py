"""Whether everything has come to rest: nothing is due, held, leased or on its way."""

import psycopg

from tests.torture.services import Services

_UNSETTLED = {
    "items waiting for a worker": "SELECT count(*) FROM review_item WHERE state = 'received'",
    "items with a worker": "SELECT count(*) FROM review_item WHERE state = 'predicting'",
    "items in their undo window": "SELECT count(*) FROM review_item WHERE state = 'held'",
    "leased reviews": "SELECT count(*) FROM review_review WHERE state = 'leased'",
    "messages to publish": "SELECT count(*) FROM governance_outboxmessage WHERE published_seq IS NULL",
    "deliveries": """
        SELECT count(*) FROM governance_delivery d JOIN governance_webhookendpoint e ON e.id = d.endpoint_id
         WHERE d.state IN ('pending', 'sending') AND e.is_enabled AND e.name NOT LIKE 'canary%'""",
}


def unsettled(services: Services, database: str) -> dict[str, int]:
    """Return what has not come to rest, with its number."""
    try:
        with services.admin(database) as admin:
            found = {}
            for what, sql in _UNSETTLED.items():
                row = admin.execute(sql.encode()).fetchone()
                if row is not None and row[0]:
                    found[what] = row[0]
            return found
    except psycopg.Error:
        return {"the database": 1}
