"""What waits in a workflow's queues now, for forecasts under another threshold; remembered for some seconds by process."""

import threading
import time
from collections import OrderedDict
from uuid import UUID

from django.db.models import Min

from governance.domain import Actor
from governance.statements import fetch
from review.domain.forecast import pace_of
from review.domain.lateness import LONGEST_SLA_H, WORKING_DAY_H, Waiting
from review.domain.overdue import QueueLoad
from review.models import Queue
from review.selectors.board import SLOT_S, board_for

_DUE_SQL = """
SELECT least(greatest(0, floor(extract(epoch FROM r.due_at - now()) / 3600)), %(most)s)::int AS hour, count(*) AS reviews
  FROM review_review r JOIN review_queue q ON q.id = r.queue_id
 WHERE q.workflow_id = %(workflow)s::uuid AND r.state IN ('open', 'leased')
   AND (r.snoozed_until IS NULL OR r.snoozed_until <= now())
 GROUP BY 1"""

_KEPT_S = 20.0
_KEPT = 64
_lock = threading.Lock()
_loads: "OrderedDict[tuple[UUID | None, UUID], tuple[float, QueueLoad]]" = OrderedDict()


def queue_load(actor: Actor, workflow_id: UUID) -> QueueLoad:
    """Return the load of all the workflow's queues together, as the lead's board counts it."""
    place, now = (actor.id, workflow_id), time.monotonic()
    with _lock:
        found = _loads.get(place)
    if found is not None and now - found[0] < _KEPT_S:
        return found[1]
    load = _load(actor, workflow_id)
    with _lock:
        _loads[place] = (now, load)
        _loads.move_to_end(place)
        while len(_loads) > _KEPT:
            _loads.popitem(last=False)
    return load


def _load(actor: Actor, workflow_id: UUID) -> QueueLoad:
    board = board_for(actor)
    queues = [queue for queue in board.queues if queue.facts.workflow_id == workflow_id]
    medians = sorted(person.median_active_ms for person in board.people if person.median_active_ms)
    return QueueLoad(
        depth=sum(queue.facts.depth for queue in queues),
        waiting=_waiting(workflow_id),
        arrived=sum(queue.flow.arrivals for queue in queues),
        decided=sum(queue.flow.completions for queue in queues),
        per_person_h=pace_of(
            decided=sum(queue.flow.completions for queue in queues),
            slots=sum(len(people) for queue in queues for people in queue.flow.people),
            slot_s=SLOT_S,
            median_active_ms=medians[len(medians) // 2] if medians else None,
        ),
        people=len({name for queue in queues if not queue.facts.is_paused for name in queue.present}),
    )


def _waiting(workflow_id: UUID) -> Waiting:
    """Return by which hour how many reviews are due; what is put off counts once its time has come, as on the board."""
    rows = fetch(_DUE_SQL, {"workflow": workflow_id, "most": int(WORKING_DAY_H + LONGEST_SLA_H)})
    due = [0] * (max((row["hour"] for row in rows), default=-1) + 1)
    for row in rows:
        due[row["hour"]] = row["reviews"]
    slas = Queue.objects.filter(workflow_id=workflow_id, is_paused=False).aggregate(least=Min("sla_s"))
    return Waiting(tuple(due), (slas["least"] or 0) / 3600)
