"""How an endpoint does: since when it fails, how long it wants to be left alone, and when it gets nothing any more."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

import structlog
from django.core.mail import send_mail
from django.db import transaction
from django.utils.translation import gettext as _

from governance import actions
from governance.domain import Actor, Role
from governance.models import DisabledReason, Membership
from governance.services import audit
from governance.statements import fetch

log = structlog.get_logger(__name__)

FAILING_FOR = timedelta(days=5)

# Locked and written only where something changes: most attempts change nothing. Of two pauses the longer one counts.
_RECORD_SQL = """
WITH input AS MATERIALIZED (
    SELECT * FROM unnest(%(ids)s::uuid[], %(well)s::bool[], %(pauses)s::float8[], %(gone)s::bool[]) AS t (id, is_well, pause_s, is_gone)
), judged AS (
    SELECT e.id, CASE WHEN input.is_well THEN NULL ELSE coalesce(e.failing_since, now()) END AS failing_since,
           greatest(e.paused_until, now() + make_interval(secs => input.pause_s)) AS paused_until,
           CASE WHEN input.is_gone THEN 'gone'
                WHEN NOT input.is_well AND e.failing_since <= now() - %(failing_for)s::interval THEN 'failing'
                ELSE '' END AS reason
      FROM governance_webhookendpoint e JOIN input ON input.id = e.id
     WHERE e.is_enabled AND (input.is_gone OR input.pause_s IS NOT NULL OR NOT input.is_well OR e.failing_since IS NOT NULL)
     ORDER BY e.id
       FOR NO KEY UPDATE OF e
)
UPDATE governance_webhookendpoint e
   SET failing_since = judged.failing_since, paused_until = judged.paused_until,
       is_enabled = judged.reason = '', disabled_reason = judged.reason,
       disabled_at = CASE WHEN judged.reason = '' THEN NULL ELSE now() END
  FROM judged
 WHERE e.id = judged.id
   AND ((e.failing_since, e.paused_until) IS DISTINCT FROM (judged.failing_since, judged.paused_until) OR judged.reason <> '')
RETURNING e.id, e.name, e.url, e.disabled_reason"""


@dataclass(frozen=True, slots=True)
class Health:
    """What one round of attempts says of an endpoint; it is well where any of them was delivered."""

    endpoint_id: UUID
    is_well: bool
    pause_s: float | None = None
    is_gone: bool = False


def record_health(*, actor: Actor, found: Sequence[Health]) -> None:
    """Keep what the attempts say; an endpoint that is gone, or failing for five days, is disabled with notice."""
    rows = fetch(
        _RECORD_SQL,
        {
            "ids": [health.endpoint_id for health in found],
            "well": [health.is_well for health in found],
            "pauses": [health.pause_s for health in found],
            "gone": [health.is_gone for health in found],
            "failing_for": FAILING_FOR,
        },
    )
    for row in rows:
        if row["disabled_reason"]:
            _tell(actor, row["id"], row["name"], row["url"], row["disabled_reason"])


def _tell(actor: Actor, endpoint_id: UUID, name: str, url: str, reason: str) -> None:
    audit.record(
        actor=actor,
        action=actions.ENDPOINT_DISABLED,
        stream=("endpoint", endpoint_id),
        data={"name": name, "reason": reason},
    )
    people = Membership.objects.filter(
        role__in=[Role.OWNER.value, Role.ADMIN.value], is_active=True, user__is_active=True
    )
    addresses = sorted(people.values_list("user__email", flat=True))
    log.error("endpoint_disabled", endpoint=str(endpoint_id), reason=reason)
    transaction.on_commit(lambda: _send(addresses, name, url, reason), robust=True)


def _send(addresses: list[str], name: str, url: str, reason: str) -> None:
    subject = _("Webhook endpoint %(name)s was disabled") % {"name": " ".join(name.split())}
    lines = [
        _("Nothing is sent to %(url)s any more. Reason: %(reason)s.")
        % {"url": url, "reason": DisabledReason(reason).label},
        _(
            "What is still to be delivered is kept. Enable the endpoint again once it works; what was published in between can be replayed."
        ),
    ]
    for address in addresses:
        try:
            send_mail(subject, "\n\n".join(lines) + "\n", None, [address])
        except OSError as failure:
            log.warning("notice_not_sent", subject=subject, error=str(failure))
