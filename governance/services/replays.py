"""Sending again what was published: the same delivery from its first attempt, under the same id and with the same bytes."""

from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _

from governance import actions
from governance.domain import Actor, Capability, ConflictError, InvalidError, NotFoundError
from governance.models import Delivery, WebhookEndpoint
from governance.services import audit
from governance.services.relay import address, is_wanted
from governance.services.rights import require
from governance.statements import fetch

_PAGE = 1000
MOST_REPLAYED = 100_000

_AGAIN_SQL = """
UPDATE governance_delivery
   SET state = 'pending', attempts = 0, replays = replays + 1, next_attempt_at = now(), finished_at = NULL, last_error = ''
 WHERE endpoint_id = %(endpoint)s::uuid AND message_id = ANY(%(messages)s::uuid[])
   AND (state IN ('delivered', 'failed') OR (state = 'pending' AND attempts > 0))
RETURNING id"""

_TURN_SQL = "SELECT pg_advisory_xact_lock(hashtextextended(%(endpoint)s::uuid::text, 0))"

_RANGE_SQL = """
SELECT id, type, stream_id, endpoint_id, published_seq, data ->> 'workflow' AS workflow
  FROM governance_outboxmessage
 WHERE workspace_id = %(workspace)s::uuid AND published_seq > %(after)s::int8 AND endpoint_id IS NULL
   AND published_at >= %(since)s::timestamptz AND published_at < %(until)s::timestamptz
 ORDER BY published_seq
 LIMIT 1000"""


def replay_delivery(*, actor: Actor, delivery_id: UUID) -> None:
    """Send one event to its endpoint now, even where its next attempt is far off; what is being sent is left alone (409)."""
    with transaction.atomic(savepoint=False):
        require(actor, Capability.CONFIGURE)
        found = Delivery.objects.select_related("endpoint").filter(id=delivery_id).first()
        if found is None:
            raise NotFoundError(detail=_("There is no such delivery."), extra={"delivery": str(delivery_id)})
        if not fetch(_AGAIN_SQL, {"endpoint": found.endpoint_id, "messages": [found.message_id]}):
            raise ConflictError(detail=_("It is on its way already."), extra={"state": found.state})
        audit.record(
            actor=actor,
            action=actions.DELIVERY_REPLAYED,
            stream=("endpoint", found.endpoint_id),
            data={"delivery": str(found.id), "message": str(found.message_id), "name": found.endpoint.name},
        )


def replay_range(*, actor: Actor, endpoint: WebhookEndpoint, since: datetime, until: datetime) -> int:
    """Send to the endpoint what was published in [since, until) and passes its filters; return how many events it is.

    That is also how an endpoint gets what was published while it was off, or before there was one.
    """
    with transaction.atomic(savepoint=False):
        require(actor, Capability.CONFIGURE)
        if until <= since:
            raise InvalidError(detail=_("The period ends before it begins."), extra={"field": "until"})
        take_turn(endpoint.id)
        endpoint = WebhookEndpoint.objects.get(id=endpoint.id)
        total = after = 0
        while page := _page(actor, since, until, after):
            after = page[-1]["published_seq"]
            wanted = [message for message in page if is_wanted(message, endpoint)]
            values = {"endpoint": endpoint.id, "messages": [message["id"] for message in wanted]}
            total += len(fetch(_AGAIN_SQL, values)) + address(actor.workspace_id, wanted, [endpoint])
            if total > MOST_REPLAYED:
                detail = _("The period holds more than %(most)d events: send it again in parts.") % {
                    "most": MOST_REPLAYED
                }
                raise InvalidError(detail=detail, extra={"field": "until"})
            if len(page) < _PAGE:
                break
        audit.record(
            actor=actor,
            action=actions.DELIVERIES_REPLAYED,
            stream=("endpoint", endpoint.id),
            data={"count": total, "name": endpoint.name, "since": since.isoformat(), "until": until.isoformat()},
        )
        return total


def take_turn(endpoint_id: UUID) -> None:
    """Wait for whoever moves many deliveries of the endpoint; two at once would wait for each other's.

    The endpoint's row is not the lock: whoever settles attempts locks it behind its deliveries.
    """
    fetch(_TURN_SQL, {"endpoint": endpoint_id})


def _page(actor: Actor, since: datetime, until: datetime, after: int) -> list[dict[str, Any]]:
    return fetch(_RANGE_SQL, {"workspace": actor.workspace_id, "after": after, "since": since, "until": until})
