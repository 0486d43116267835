"""What waits in a workflow's queues now, for forecasts under another threshold; remembered for some seconds by process."""

import threading
import time
from collections import OrderedDict
from uuid import UUID

from governance.domain import Actor
from review.domain.forecast import pace_of
from review.domain.overdue import QueueLoad
from review.selectors.board import SLOT_S, board_for

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
        overdue=sum(queue.facts.overdue for queue in queues),
        due_soon=sum(queue.facts.due_soon for queue in queues),
        arrivals_per_h=sum(queue.flow.arrivals for queue in queues),
        per_person_h=pace_of(
            decided=sum(queue.flow.completions for queue in queues),
            slots=sum(len(people) for queue in queues for people in queue.flow.people),
            slot_s=SLOT_S,
            median_active_ms=medians[len(medians) // 2] if medians else None,
        ),
        people=len({name for queue in queues if not queue.facts.is_paused for name in queue.present}),
    )
