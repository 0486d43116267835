"""What the tuner works on: scored items and sample answers of a period, kept in memory by process.

Numbers of many items are read once and held as arrays until something new was routed or answered; that is looked for at most
every so many seconds, so that figures do not move under the hand that drags a threshold.
"""

import threading
import time
from collections import OrderedDict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from typing import Any
from uuid import UUID

import numpy as np
from django.utils import timezone

from governance.statements import fetch
from routing.domain.cohorts import Closed, Cohort, closed_days
from routing.domain.columns import BoolColumn, Columns, joined
from routing.domain.policy_body import Policy
from routing.domain.recommend import HumanError
from routing.domain.spread import Spread, spread_of
from routing.domain.tuning import Tuning, tune
from routing.selectors.human_error import human_error
from routing.selectors.sample import Sample, sample
from routing.selectors.sample_part import newest_alarm, sample_part
from routing.selectors.scored import scored
from routing.selectors.tuner_frame import OpenWindow, Period, open_window
from routing.selectors.workflows import WorkflowFacts

_LOOKS_EVERY_S = 20.0
# Whoever moves a threshold goes on with the figures they began with, for so long.
_STAYS_S = 180.0
_KEPT = 8
_TUNINGS_KEPT = 16
_SPREADS_KEPT = 4
# The newest of them tell shares well enough.
MOST_ITEMS = 300_000
_MEASURED_DAYS = 7
_DAY_S = 86_400

# What tells one state of the period from another.
_STATE_SQL = """
SELECT (SELECT d.id FROM routing_routingdecision d
         WHERE d.workflow_id = %(workflow)s::uuid AND d.occurred_at >= %(since)s::timestamptz AND d.occurred_at < %(until)s::timestamptz
         ORDER BY d.occurred_at DESC LIMIT 1) AS last_id,
       (SELECT count(*) FROM routing_observation o
         WHERE o.workflow_id = %(workflow)s::uuid AND o.source = 'calibration' AND o.occurred_at >= %(since)s::timestamptz) AS answers,
       (SELECT count(o.closed_at) * 2 + count(*) FILTER (WHERE o.wrong) * 3 FROM routing_observation o
         WHERE o.workflow_id = %(workflow)s::uuid AND o.source = 'calibration' AND o.occurred_at >= %(since)s::timestamptz) AS settled,
       (SELECT max(o.closed_at) FROM routing_observation o
         WHERE o.workflow_id = %(workflow)s::uuid AND o.source = 'calibration' AND o.occurred_at >= %(since)s::timestamptz) AS closed_at"""


@dataclass(frozen=True, slots=True, eq=False)
class Material:
    """Scored items of the model version in a period, the newest where there are very many, and its whole sample.

    Of drawn items that somebody may still be asked about without suggestion nothing is told: they are in no column. Those that nobody
    has answered yet are a uniform part of all; disagreements that are not settled are not, but they are few.
    """

    key: str
    workflow_id: UUID
    as_of: datetime
    since: datetime
    period: Period
    columns: Columns
    sample: Sample
    other_versions: int
    drift_on: date | None
    window: OpenWindow | None
    items_a_day: float
    human: HumanError
    _tunings: "OrderedDict[tuple[Any, ...], Tuning]" = field(default_factory=OrderedDict)
    _spreads: "OrderedDict[tuple[Any, ...], Spread]" = field(default_factory=OrderedDict)

    def closed(self, target: float, today: date) -> Closed:
        """Return the days whose answers count for this target."""
        return closed_days(self.sample.cohorts(), target=target, today=today)

    def cohort(self, day: date | None) -> Cohort | None:
        """Return the cohort of a day."""
        return next((cohort for cohort in self.sample.cohorts() if cohort.day == day), None)

    def tuning(self, policy: Policy, *, labels: Sequence[str], target: float, delta: float, closed: Closed) -> Tuning:
        """Return the ground for all thresholds of a policy; remembered.

        Where no day is complete, what has been answered stands in for the curve's sake; nothing is certified from that.
        """
        own = tuple(sorted(policy.label_thresholds.items()))
        key = (own, policy.rules, target, delta, closed.days)
        with _lock:
            known = self._tunings.get(key)
            if known is not None:
                self._tunings.move_to_end(key)
                return known
        told = self.sample.within(closed.days) if closed.days else self.sample.answered & self.sample.closed
        counts: BoolColumn = self.sample.uniform(told, workflow_id=self.workflow_id)
        tuning = tune(
            self._spread(policy),
            self.sample.columns.take(counts),
            self.sample.wrong[counts],
            policy,
            labels=labels,
            target=target,
            delta=delta,
        )
        with _lock:
            self._tunings[key] = tuning
            while len(self._tunings) > _TUNINGS_KEPT:
                self._tunings.popitem(last=False)
        return tuning

    def _spread(self, policy: Policy) -> Spread:
        """Return how the scored items lie under the policy's rules and own thresholds; remembered, whatever the target."""
        key = (tuple(sorted(policy.label_thresholds.items())), policy.rules)
        with _lock:
            known = self._spreads.get(key)
        if known is not None:
            return known
        spread = spread_of(self.columns, policy)
        with _lock:
            self._spreads[key] = spread
            while len(self._spreads) > _SPREADS_KEPT:
                self._spreads.popitem(last=False)
        return spread


_lock = threading.Lock()
_materials: "OrderedDict[tuple[Any, ...], tuple[float, Material]]" = OrderedDict()


def material(workflow: WorkflowFacts, period: Period, *, stays: bool = False) -> Material:
    """Return what is known of the period; the caller has entered the workspace and accessed the workflow.

    `stays`: the caller goes on with what an earlier answer began, and does not want it to change meanwhile.
    """
    place = (workflow.id, workflow.model_version_id, period)
    now = time.monotonic()
    with _lock:
        found = _materials.get(place)
    if found is not None and now - found[0] < (_STAYS_S if stays else _LOOKS_EVERY_S):
        return found[1]
    part = sample_part(
        workflow.id,
        model_version_id=workflow.model_version_id,
        since=period.since,
        until=period.until,
        takes_rest=not period.is_chosen,
    )
    since = part.since
    state = fetch(_STATE_SQL, {"workflow": workflow.id, "since": since, "until": period.until})[0]
    window = open_window(workflow.id)
    alarm = newest_alarm(workflow.id, model_version_id=workflow.model_version_id, since=since)
    drift_on = None if alarm is None else alarm.astimezone(UTC).date()
    key = f"{state['last_id']}-{state['answers']}-{state['settled']}-{state['closed_at']}-{part.others}-{window}-{drift_on}"
    if found is not None and found[1].key == key:
        fresh = found[1]
    else:
        fresh = _load(workflow, period, since, key=key, others=part.others, drift_on=drift_on, window=window)
    with _lock:
        _materials[place] = (now, fresh)
        _materials.move_to_end(place)
        while len(_materials) > _KEPT:
            _materials.popitem(last=False)
    return fresh


def forget_materials() -> None:
    """Drop what is kept; for tests, which change the past."""
    with _lock:
        _materials.clear()


def _load(
    workflow: WorkflowFacts,
    period: Period,
    since: datetime,
    *,
    key: str,
    others: int,
    drift_on: date | None,
    window: OpenWindow | None,
) -> Material:
    drawn = sample(workflow.id, model_version_id=workflow.model_version_id, since=since, until=period.until)
    pages = scored(workflow.id, since=since, until=period.until, model_version_id=workflow.model_version_id)
    columns = joined(_newest(pages))
    shown = ~np.isin(columns.ids, drawn.columns.ids[~drawn.closed])
    return Material(
        key=key,
        workflow_id=workflow.id,
        as_of=timezone.now(),
        since=since,
        period=period,
        columns=columns.take(shown),
        sample=drawn,
        other_versions=others,
        drift_on=drift_on,
        window=window,
        items_a_day=_items_a_day(columns, period.until),
        human=human_error(workflow.id),
    )


def _newest(pages: Iterable[Columns]) -> list[Columns]:
    """Return pages of the newest items until there are enough."""
    found: list[Columns] = []
    for page in pages:
        found.append(page)
        if sum(map(len, found)) >= MOST_ITEMS:
            break
    return found


def _items_a_day(columns: Columns, until: datetime) -> float:
    """Return how many items came a day, over the last days that are in the period; at least a day is counted."""
    if not len(columns):
        return 0.0
    end = min(until.timestamp(), timezone.now().timestamp())
    start = max(end - _MEASURED_DAYS * _DAY_S, float(columns.at.min()))
    days = max(1.0, (end - start) / _DAY_S)
    return float((columns.at >= start).sum() / days)
