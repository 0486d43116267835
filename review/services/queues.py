"""Making queues, changing them, and saying who works them."""

from collections.abc import Collection
from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from governance.domain import Actor, Capability, ConflictError, InvalidError, NotFoundError
from governance.selectors.members import pseudonyms_of
from governance.services import audit
from governance.services.editing import put
from governance.services.rights import require
from review.domain import actions
from review.domain.errors import QueueMissingError
from review.models import Queue, QueueMember

CHANGEABLE = frozenset({"name", "role", "undo_window_s", "lease_s", "sla_s", "step_s", "is_paused", "allows_bulk"})
REASON_LENGTH = 300


class QueueKeyTakenError(ConflictError):
    """Another queue of this workspace has the key."""

    code = "key_taken"
    title = gettext_noop("Another queue in this workspace has this key")


def create_queue(*, actor: Actor, workflow_id: UUID, key: str, name: str, **settings: Any) -> Queue:
    """Store a queue of a workflow; settings are those in CHANGEABLE."""
    with transaction.atomic(savepoint=False):
        require(actor, Capability.CONFIGURE)
        queue = Queue(workspace_id=actor.workspace_id, workflow_id=workflow_id, key=key, name=name)
        put(queue, settings, changeable=CHANGEABLE)
        if Queue.objects.filter(key=key).exists():
            raise QueueKeyTakenError(extra={"field": "key"})
        queue.save(force_insert=True)
        audit.record(actor=actor, action=actions.QUEUE_CREATED, stream=("queue", queue.id), data={"key": key})
        return queue


def change_queue(*, actor: Actor, queue: Queue, **settings: Any) -> Queue:
    """Change settings of a queue; reviews that wait in it keep their due time and rank."""
    with transaction.atomic(savepoint=False):
        require(actor, Capability.CONFIGURE)
        locked = _lock(queue.id)
        changes = put(locked, settings, changeable=CHANGEABLE)
        if not changes:
            return locked
        locked.save(update_fields=list(changes))
        audit.record(
            actor=actor,
            action=actions.QUEUE_CHANGED,
            stream=("queue", locked.id),
            data={"key": locked.key, "changes": changes},
        )
        return locked


def pause_queue(*, actor: Actor, key: str, is_paused: bool, reason: str) -> Queue:
    """Hand nothing more out of a queue, or go on doing it; what people hold stays theirs. Repeated it changes nothing."""
    said = " ".join(reason.split())
    with transaction.atomic(savepoint=False):
        require(actor, Capability.LEAD_QUEUES)
        if not said or len(said) > REASON_LENGTH:
            detail = _("Say why in a few words, at most %(most)d characters.") % {"most": REASON_LENGTH}
            raise InvalidError(detail, extra={"field": "reason"})
        queue = Queue.objects.select_for_update(of=("self",)).filter(key=key).first()
        if queue is None:
            raise QueueMissingError(
                _("There is no queue “%(key)s” in this workspace.") % {"key": key}, extra={"queue": key}
            )
        if queue.is_paused is is_paused:
            return queue
        queue.is_paused = is_paused
        queue.save(update_fields=["is_paused"])
        audit.record(
            actor=actor,
            action=actions.QUEUE_PAUSED if is_paused else actions.QUEUE_RESUMED,
            stream=("queue", queue.id),
            data={"key": queue.key, "reason": said},
        )
        return queue


def set_queue_members(*, actor: Actor, queue: Queue, people: Collection[UUID]) -> None:
    """Let exactly these people work the queue, beside those whose role it names; all must be members here."""
    with transaction.atomic(savepoint=False):
        require(actor, Capability.LEAD_QUEUES)
        locked = _lock(queue.id)
        wanted = set(people)
        present = set(QueueMember.objects.filter(queue=locked).values_list("user_id", flat=True))
        added, removed = wanted - present, present - wanted
        pseudonyms = pseudonyms_of(added)
        if added - pseudonyms.keys():
            detail = _("Only active members of the workspace can work a queue.")
            raise InvalidError(detail, extra={"field": "people"})
        if not added and not removed:
            return
        gone = pseudonyms_of(removed, ended_too=True)
        QueueMember.objects.filter(queue=locked, user_id__in=removed).delete()
        QueueMember.objects.bulk_create(
            QueueMember(workspace_id=locked.workspace_id, queue=locked, user_id=person) for person in sorted(added)
        )
        audit.record(
            actor=actor,
            action=actions.QUEUE_MEMBERS_CHANGED,
            stream=("queue", locked.id),
            data={
                "key": locked.key,
                "added": sorted(str(pseudonym) for pseudonym in pseudonyms.values()),
                "removed": sorted(str(pseudonym) for pseudonym in gone.values()),
            },
        )


def _lock(queue_id: UUID) -> Queue:
    queue = Queue.objects.select_for_update(of=("self",)).filter(id=queue_id).first()
    if queue is None:
        raise NotFoundError
    return queue
