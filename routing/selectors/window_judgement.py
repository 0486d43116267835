"""What the answers of a window say: a threshold that keeps the promise, or the reason why there is none. Reads and changes nothing."""

import hashlib
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

import numpy as np
from django.utils import timezone

from governance import strict_json
from governance.statements import fetch
from routing.domain.bounds import cp_upper
from routing.domain.cohorts import Closed, Cohort, closed_days
from routing.domain.columns import Columns
from routing.domain.policy import Policy, parse_policy
from routing.domain.ranking import ranked
from routing.domain.recommend import HumanError, Wanting
from routing.domain.replay import acceptable
from routing.domain.risk import Certified, Refused, attempt_delta, certify
from routing.domain.risk_by_label import certify_by_label
from routing.domain.spread import scores
from routing.domain.thinning import thinned
from routing.domain.tuning import written
from routing.models import DriftLevel, DriftWindow, SampleWindow
from routing.selectors.human_error import human_error
from routing.selectors.sample import Booleans, Sample, sample
from routing.selectors.workflows import WorkflowFacts

NO_POLICY = "no_policy"

_OTHERS_SQL = """
SELECT count(*) AS items FROM routing_routingdecision d
 WHERE d.workflow_id = %(workflow)s::uuid AND d.drawn AND d.mode = 'live' AND d.model_version_id IS NOT NULL
   AND d.model_version_id IS DISTINCT FROM %(model_version)s::uuid
   AND d.occurred_at >= %(since)s::timestamptz AND d.occurred_at < %(until)s::timestamptz"""


@dataclass(frozen=True, slots=True, eq=False)
class Judgement:
    """What a window's complete days say under the policy in force; `reason` is empty where a threshold holds.

    `drawn`, `answered` and `unadjudicated` count all items of the window, `counted` those of its complete days; `share` is the part of these
    that the certified threshold accepts.
    """

    window: SampleWindow
    cohorts: list[Cohort]
    closed: Closed
    drawn: int
    answered: int
    unadjudicated: int
    counted: int
    level: float
    reason: str
    verdict: Certified | Refused | None
    threshold: float | None
    share: float
    human: HumanError
    details: dict[str, Any] = field(default_factory=dict)
    data_sha256: str = ""

    @property
    def is_over(self) -> bool:
        """Tell whether the days are over and all of them are complete."""
        return self.window.last_day < today() and self.closed.held_by is None

    @property
    def missing(self) -> int | None:
        """How many more answers would likely do; none where more would not help, or nothing is missing."""
        return self.verdict.missing if isinstance(self.verdict, Refused) else None


def today() -> date:
    """Return the day of now, in UTC."""
    return timezone.now().astimezone(UTC).date()


def judge(workflow: WorkflowFacts, window: SampleWindow) -> Judgement:
    """Return what the window's answers say now; four statements."""
    since = datetime.combine(window.first_day, time.min, tzinfo=UTC)
    until = datetime.combine(window.last_day + timedelta(days=1), time.min, tzinfo=UTC)
    drawn = sample(workflow.id, model_version_id=workflow.model_version_id, since=since, until=until)
    closed = closed_days(drawn.cohorts(), target=window.target, today=today())
    counted = drawn.within(closed.days)
    counted[counted] = thinned(drawn.columns.ids[counted], drawn.probability[counted], seed=str(window.id))
    level = attempt_delta(window.delta, window.attempt)
    human = human_error(workflow.id)
    policy = parse_policy(workflow.policy_body) if workflow.policy_body else None
    columns, wrong = drawn.columns.take(counted), drawn.wrong[counted]
    score = scores(columns, policy) if policy else np.full(len(columns), np.nan)
    known = ~np.isnan(score)
    verdict = certify(score[known], wrong[known], target=window.target, delta=level) if len(columns) else None
    wanting = _wanting(workflow, window, drawn, closed, human, since=since, until=until)
    reason = wanting or ("" if isinstance(verdict, Certified) else NO_POLICY if policy is None else str(_said(verdict)))
    threshold = written(verdict, ranked(score[known], wrong[known])) if isinstance(verdict, Certified) else None
    accepted = known & (np.nan_to_num(score, nan=-1.0) >= threshold) if threshold is not None else known & False
    return Judgement(
        window=window,
        cohorts=drawn.cohorts(),
        closed=closed,
        drawn=drawn.size,
        answered=int(drawn.answered.sum()),
        unadjudicated=int((drawn.answered & ~drawn.closed).sum()),
        counted=len(columns),
        level=level,
        reason=reason,
        verdict=verdict,
        threshold=threshold,
        share=float(accepted.mean()) if len(columns) else 0.0,
        human=human,
        details=_details(drawn, counted, closed, policy, accepted, verdict, human, window),
        data_sha256=_hash(columns, wrong),
    )


def _wanting(
    workflow: WorkflowFacts,
    window: SampleWindow,
    drawn: Sample,
    closed: Closed,
    human: HumanError,
    *,
    since: datetime,
    until: datetime,
) -> str:
    """Return the first reason that lies in how the answers came about; empty where there is none."""
    version = workflow.model_version_id
    if version is None or not drawn.size:
        return Wanting.NO_SAMPLE.value
    asked = {"workflow": workflow.id, "model_version": version, "since": since, "until": until}
    windows = DriftWindow.objects.filter(workflow_id=workflow.id, model_version_id=version, last_at__gte=since)
    alarms = windows.exclude(level=DriftLevel.NONE)
    if fetch(_OTHERS_SQL, asked)[0]["items"]:
        return Wanting.MIXED_MODELS.value
    if alarms.exists():
        return Wanting.DRIFT_ALARM.value
    if not closed.days:
        return Wanting.NO_CLOSED_COHORT.value
    if human.share is not None and human.share > window.target:
        return Wanting.BELOW_HUMAN_ERROR.value
    return ""


def _said(verdict: Certified | Refused | None) -> str:
    return verdict.reason.value if isinstance(verdict, Refused) else Wanting.NO_CLOSED_COHORT.value


def _details(
    drawn: Sample,
    counted: Booleans,
    closed: Closed,
    policy: Policy | None,
    accepted: Booleans,
    verdict: Certified | Refused | None,
    human: HumanError,
    window: SampleWindow,
) -> dict[str, Any]:
    rates = drawn.probability[drawn.within(closed.days)]
    tested = verdict.grid if verdict else ()
    columns, wrong = drawn.columns.take(counted), drawn.wrong[counted]
    return {
        "first_day": window.first_day.isoformat(),
        "last_day": _last_day(window, closed).isoformat(),
        "days": len(closed.days),
        "drawn": int(drawn.within(closed.days).sum()),
        "counted": int(counted.sum()),
        "open_counted_wrong": closed.open_count_wrong,
        "rate_low": float(rates.min()) if len(rates) else None,
        "rate_high": float(rates.max()) if len(rates) else None,
        "grid": [[point.threshold, point.n, point.k, point.p_value] for point in tested],
        "passed": verdict.passed if isinstance(verdict, Certified) else 0,
        "planned": verdict.planned if isinstance(verdict, Certified) else 0,
        "by_label": _by_label(columns, wrong, policy, accepted, window)
        if policy is not None and accepted.any()
        else [],
        "human_error": human.share,
        "human_answers": human.answers,
        "overruled": human.overruled,
    }


def _last_day(window: SampleWindow, closed: Closed) -> date:
    """Return the last day that counts: the window's, or the one before the oldest that is open."""
    return window.last_day if closed.held_by is None else closed.held_by - timedelta(days=1)


def _by_label(
    columns: Columns, wrong: Booleans, policy: Policy, accepted: Booleans, window: SampleWindow
) -> list[dict[str, Any]]:
    """Return each label at the threshold, those with most answers first; `own` where it would be certified by itself."""
    free = acceptable(columns, policy)
    names = [columns.labels[place] for place in columns.label[free].tolist()]
    found = certify_by_label(
        columns.confidence[free], wrong[free], names, target=window.target, delta=window.delta
    ).labels
    size = len(columns.labels)
    n = np.bincount(columns.label[accepted], minlength=size)
    k = np.bincount(columns.label[accepted & wrong], minlength=size)
    rows = [
        {
            "label": name,
            "n": int(n[place]),
            "wrong": int(k[place]),
            "bound": cp_upper(int(k[place]), int(n[place]), window.delta),
            "own": name in found and found[name].standing == "own",
        }
        for place, name in enumerate(columns.labels)
        if n[place]
    ]
    return sorted(rows, key=lambda row: (-int(row["n"]), str(row["label"])))


def _hash(columns: Columns, wrong: Booleans) -> str:
    """Return the SHA-256 of [[routing decision, confidence, label, wrong], ...] as canonical JSON, in the order of draw."""
    rows = [
        [row, None if np.isnan(confidence) else confidence, None if label < 0 else columns.labels[label], fault]
        for row, confidence, label, fault in zip(
            columns.ids.tolist(), columns.confidence.tolist(), columns.label.tolist(), wrong.tolist(), strict=True
        )
    ]
    return hashlib.sha256(strict_json.canonical(rows)).hexdigest()
