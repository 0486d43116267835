"""What the answers of a window say: a threshold that keeps the promise, or the reason why there is none. Reads and changes nothing."""

import hashlib
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

import numpy as np

from governance import strict_json
from routing.domain.bounds import cp_upper
from routing.domain.cohorts import Closed, Cohort, closed_days
from routing.domain.columns import Columns
from routing.domain.judging import Judged, judged
from routing.domain.policy import Policy, parse_policy
from routing.domain.recommend import HumanError, Wanting
from routing.domain.risk import Certified, Refused, attempt_delta
from routing.models import SampleWindow
from routing.selectors.contracts import contract_facts
from routing.selectors.days import today
from routing.selectors.human_error import human_error
from routing.selectors.sample import Booleans, Sample, sample
from routing.selectors.sample_part import Part, newest_alarm, sample_part
from routing.selectors.workflows import WorkflowFacts

NO_POLICY = "no_policy"


@dataclass(frozen=True, slots=True, eq=False)
class Judgement:
    """What a window's complete days say under the policy in force; `reason` is empty where a threshold holds.

    `drawn`, `answered` and `unadjudicated` count all items of the window, `counted` those of its complete days; `share` is
    the part of these that the certified threshold accepts.
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


def judge(workflow: WorkflowFacts, window: SampleWindow) -> Judgement:
    """Return what the window's answers say now; four statements, and two where labels or alarms must be looked up.

    Where another model version came within the window, what it answered since then counts.
    """
    begins = datetime.combine(window.first_day, time.min, tzinfo=UTC)
    until = datetime.combine(window.last_day + timedelta(days=1), time.min, tzinfo=UTC)
    version = workflow.model_version_id
    part = sample_part(workflow.id, model_version_id=version, since=begins, until=until)
    drawn = sample(workflow.id, model_version_id=version, since=part.since, until=until)
    closed = closed_days(drawn.cohorts(), target=window.target, today=today())
    counted = drawn.uniform(drawn.within(closed.days), workflow_id=workflow.id)
    level = attempt_delta(window.delta, window.attempt)
    human = human_error(workflow.id)
    policy = parse_policy(workflow.policy_body) if workflow.policy_body else None
    columns, wrong = drawn.columns.take(counted), drawn.wrong[counted]
    labels = contract_facts(workflow.contract_id).labels if workflow.contract_id else ()
    found = judged(columns, wrong, policy or Policy(queue=""), labels=labels, target=window.target, delta=level)
    verdict = found.verdict if len(columns) and policy is not None else None
    threshold = found.threshold if isinstance(verdict, Certified) else None
    accepted: Booleans = np.zeros(len(columns), dtype=np.bool_) if threshold is None else found.score >= threshold
    details = _details(drawn, counted, closed, verdict, human, window)
    details["first_day"] = max(window.first_day, part.since.astimezone(UTC).date()).isoformat()
    details["by_label"] = _by_label(found, accepted, level)
    return Judgement(
        window=window,
        cohorts=drawn.cohorts(),
        closed=closed,
        drawn=drawn.size,
        answered=int(drawn.answered.sum()),
        unadjudicated=int((drawn.answered & ~drawn.closed).sum()),
        counted=len(columns),
        level=level,
        reason=_wanting(workflow, window, part, drawn, closed, human) or _said(verdict, policy),
        verdict=verdict,
        threshold=threshold,
        share=float(accepted.mean()) if len(columns) else 0.0,
        human=human,
        details=details,
        data_sha256=_hash(columns, wrong),
    )


def _wanting(
    workflow: WorkflowFacts, window: SampleWindow, part: Part, drawn: Sample, closed: Closed, human: HumanError
) -> str:
    """Return the first reason that lies in how the answers came about; empty where there is none."""
    version = workflow.model_version_id
    if version is None or not drawn.size:
        return Wanting.NO_SAMPLE.value
    if part.others:
        return Wanting.MIXED_MODELS.value
    if newest_alarm(workflow.id, model_version_id=version, since=part.since) is not None:
        return Wanting.DRIFT_ALARM.value
    if not closed.days:
        return Wanting.NO_CLOSED_COHORT.value
    if human.share is not None and human.share > window.target:
        return Wanting.BELOW_HUMAN_ERROR.value
    return ""


def _said(verdict: Certified | Refused | None, policy: Policy | None) -> str:
    """Return what stands against a certificate in the answers themselves; empty where nothing does."""
    if policy is None:
        return NO_POLICY
    if isinstance(verdict, Certified):
        return ""
    return verdict.reason.value if verdict else Wanting.NO_CLOSED_COHORT.value


def _details(
    drawn: Sample,
    counted: Booleans,
    closed: Closed,
    verdict: Certified | Refused | None,
    human: HumanError,
    window: SampleWindow,
) -> dict[str, Any]:
    rates = drawn.probability[drawn.within(closed.days)]
    tested = verdict.grid if verdict else ()
    return {
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
        "human_error": human.share,
        "human_answers": human.answers,
        "overruled": human.overruled,
    }


def _last_day(window: SampleWindow, closed: Closed) -> date:
    """Return the last day that counts: the window's, or the one before the oldest that is open."""
    return window.last_day if closed.held_by is None else closed.held_by - timedelta(days=1)


def _by_label(found: Judged, accepted: Booleans, level: float) -> list[dict[str, Any]]:
    """Return each label at the threshold, those with most answers first; `own` where it would be certified by itself."""
    size = len(found.names)
    n = np.bincount(found.label[accepted], minlength=size)[:size]
    k = np.bincount(found.label[accepted & found.wrong], minlength=size)[:size]
    rows = [
        {
            "label": name,
            "n": int(n[place]),
            "wrong": int(k[place]),
            "bound": cp_upper(int(k[place]), int(n[place]), level),
            "own": found.by_label.labels[name].standing == "own",
        }
        for place, name in enumerate(found.names)
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
