"""The deliverer: rounds of writing down what came back, taking what is due, and handing it to the sender.

The rows are written by the thread that calls `round`; requests run on the sender's own event loop. What is in flight is held under
a lease, so that nothing here has to survive: if the process dies, another takes the delivery back and sends it again.
"""

import random
import time
from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from http import HTTPStatus
from types import TracebackType
from typing import Self
from uuid import UUID

import structlog
from django.db import InterfaceError, OperationalError, transaction
from django.utils import timezone
from psycopg.errors import DeadlockDetected, LockNotAvailable

from governance import failpoints, metrics, stopping
from governance.domain import Actor, system_actor
from governance.models import DeliveryState
from governance.retries import Verdict, retry_after, verdict
from governance.selectors.scope import enter_workspace
from governance.services.delivery_rows import Parcel, Receipt, claim_parcels, free_lost, hand_back, settle
from governance.services.endpoint_health import Health, record_health
from governance.services.sender import Reply, Sender
from governance.statements import fetch

log = structlog.get_logger(__name__)

SETTLE_BATCH = 250
# Requests go on while replies gather, so that one transaction settles several.
_GATHER_S = 0.02
# Settling locks deliveries, then items in the order of their ids, then endpoints. Others lock several items in orders of their
# own: rather than stop them, settling gives way long before a deadlock is looked for, and is tried again in the next round.
_WAIT_SQL = "SELECT set_config('lock_timeout', '300ms', true)"
_WAITED = (LockNotAvailable, DeadlockDetected)


@dataclass(frozen=True, slots=True)
class Delivered:
    """An event that an endpoint has taken."""

    stream: tuple[str, UUID]
    message_id: UUID
    type: str
    endpoint_id: UUID


# What the rest of the product does about delivered events, in the transaction that settles them.
OnDelivered = Callable[[Actor, Sequence[Delivered]], None]


class Deliverer:
    """One process's deliveries; replies that could not be written down yet are kept until they are."""

    def __init__(self, *, on_delivered: OnDelivered) -> None:
        """Start the sender's loop."""
        self._on_delivered = on_delivered
        self._sender = Sender()
        self._unsettled: list[Reply] = []

    def __enter__(self) -> Self:
        """Return the deliverer."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Stop."""
        self.close()

    def round(self, *, for_s: float = 1.0, wait_s: float = 0.2) -> int:
        """Settle what came back and send what is due, for as long as there is anything in flight; return how many were settled."""
        deadline = time.monotonic() + for_s
        settled = self._settle(self._sender.replies())
        while True:
            self._hand_back(self._sender.take_unsent())
            self._claim()
            if not self._sender.is_busy or time.monotonic() > deadline or stopping.is_requested():
                return settled
            settled += self._settle(self._sender.replies(wait_s=wait_s, gather_s=_GATHER_S))

    def close(self, *, grace_s: float = 2.0) -> None:
        """Let what is in flight end for a moment, hand back what was not sent, and stop."""
        replies, unsent = self._sender.stop(grace_s=grace_s)
        try:
            self._settle(replies)
        finally:
            self._hand_back(unsent)

    def _hand_back(self, unsent: Sequence[Parcel]) -> None:
        for workspace_id, parcels in _by_workspace(unsent).items():
            with transaction.atomic():
                enter_workspace(workspace_id)
                hand_back(parcels)

    def _claim(self) -> None:
        with transaction.atomic():
            waiting = fetch("SELECT * FROM aios_workspaces_to_deliver()", {})
        for row in waiting:
            workspace_id: UUID = row["workspace_id"]
            with transaction.atomic():
                enter_workspace(workspace_id)
                if row["has_lost"]:
                    free_lost()
                parcels = claim_parcels(workspace_id)
            if parcels:
                failpoints.reach("deliver.claimed")
                self._sender.send(parcels)

    def _settle(self, replies: list[Reply]) -> int:
        """Write replies down and return how many; where the database is away, or a row is held by others, they are kept."""
        self._unsettled += replies
        kept: list[Reply] = []
        settled = 0
        try:
            while self._unsettled:
                workspace_id = self._unsettled[0].parcel.workspace_id
                batch = [reply for reply in self._unsettled if reply.parcel.workspace_id == workspace_id][:SETTLE_BATCH]
                is_written = self._try(workspace_id, batch)
                done = {id(reply) for reply in batch}
                self._unsettled = [reply for reply in self._unsettled if id(reply) not in done]
                if is_written:
                    settled += len(batch)
                else:
                    kept += batch
        finally:
            self._unsettled = kept + self._unsettled
        return settled

    def _try(self, workspace_id: UUID, batch: list[Reply]) -> bool:
        """Settle a batch, or where it can't be as a whole, each by itself; what can't be at all is sent again after its lease."""
        try:
            self._settle_batch(workspace_id, batch)
        except (OperationalError, InterfaceError) as failure:
            if not isinstance(failure.__cause__, _WAITED):
                raise
            log.info("settling_waits", workspace=str(workspace_id), deliveries=len(batch))
            return False
        except Exception:
            if len(batch) > 1:
                written = [self._try(workspace_id, [reply]) for reply in batch]
                return all(written)
            log.exception("settling_failed", workspace=str(workspace_id), delivery=str(batch[0].parcel.id))
        return True

    def _settle_batch(self, workspace_id: UUID, replies: list[Reply]) -> None:
        failpoints.reach("deliver.sent")
        actor = system_actor(workspace_id)
        now = timezone.now()
        judged = [(reply, _judge(reply, now)) for reply in replies]
        with transaction.atomic():
            enter_workspace(workspace_id)
            fetch(_WAIT_SQL, {})
            ours = settle(workspace_id, [_receipt(reply, found) for reply, found in judged])
            delivered = [reply.parcel for reply, found in judged if found.is_delivered and reply.parcel.id in ours]
            if delivered:
                self._on_delivered(actor, [_delivered(parcel) for parcel in delivered])
            record_health(actor=actor, found=_health(judged))
        for _reply, found in judged:
            metrics.DELIVERIES.labels(_result(found)).inc()
        failpoints.reach("deliver.finished")


def _judge(reply: Reply, now: datetime) -> Verdict:
    asked = retry_after(reply.retry_after, now)
    return verdict(
        status=reply.status,
        retry_after_s=asked,
        attempt=reply.parcel.attempt,
        chance=random.random(),  # noqa: S311 - spreads retries, guards nothing
    )


def _receipt(reply: Reply, found: Verdict) -> Receipt:
    state = DeliveryState.PENDING if found.delay_s is not None else DeliveryState.FAILED
    return Receipt(
        parcel=reply.parcel,
        state=(DeliveryState.DELIVERED if found.is_delivered else state).value,
        delay_s=found.delay_s or 0.0,
        started_at=reply.started_at,
        took_ms=reply.took_ms,
        status=reply.status,
        error="" if found.is_delivered else reply.error or _said(reply.status),
        excerpt=reply.excerpt,
    )


def _result(found: Verdict) -> str:
    if found.is_delivered:
        return "delivered"
    return "given_up" if found.delay_s is None else "to_retry"


def _said(status: int | None) -> str:
    known = {one.value: one.phrase for one in HTTPStatus}
    return f"It answered {status} {known.get(status or 0, '')}".strip()


def _health(judged: Sequence[tuple[Reply, Verdict]]) -> list[Health]:
    by_endpoint: dict[UUID, list[Verdict]] = defaultdict(list)
    for reply, found in judged:
        by_endpoint[reply.parcel.endpoint_id].append(found)
    return [
        Health(
            endpoint_id=endpoint_id,
            is_well=any(found.is_delivered for found in verdicts),
            pause_s=max((found.pause_s for found in verdicts if found.pause_s is not None), default=None),
            is_gone=any(found.is_gone for found in verdicts),
        )
        for endpoint_id, verdicts in by_endpoint.items()
    ]


def _delivered(parcel: Parcel) -> Delivered:
    return Delivered(
        stream=parcel.stream,
        message_id=parcel.message_id,
        type=parcel.type,
        endpoint_id=parcel.endpoint_id,
    )


def _by_workspace(parcels: Sequence[Parcel]) -> dict[UUID, list[Parcel]]:
    grouped: dict[UUID, list[Parcel]] = defaultdict(list)
    for parcel in parcels:
        grouped[parcel.workspace_id].append(parcel)
    return grouped
