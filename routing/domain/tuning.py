"""What a policy would do at any threshold: from scored items and sample answers to the figures an owner chooses by.

The threshold moved is the policy's default one. A label with a threshold of its own keeps it: its items count as accepted at every
threshold, or at none. So the policies looked at form one line from strict to lax, as `certify` needs it.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from routing.domain.bounds import cp_lower, cp_upper
from routing.domain.columns import BoolColumn, Columns
from routing.domain.cost import Assumptions, Consequences, consequences
from routing.domain.curve import CurvePoint, risk_coverage
from routing.domain.judging import Judged, judged
from routing.domain.policy_body import Policy
from routing.domain.ranking import Ranking
from routing.domain.risk import Certified, Refused
from routing.domain.risk_by_label import ByLabel
from routing.domain.spread import Spread, score_of


@dataclass(frozen=True, slots=True)
class At:
    """The policy at one threshold (None: nothing but labels with a threshold of their own).

    `automatic` of all scored items would be accepted; `k` of the `n` sample answers among them were wrong; `bound` is the one-sided
    Clopper-Pearson bound at delta. `keeps`: at least as strict as what was certified, and its own bound is within the target.
    """

    threshold: float | None
    automatic: float
    n: int
    k: int
    bound: float
    keeps: bool

    @property
    def risk(self) -> float | None:
        """The share of wrong answers seen; None without an answer."""
        return self.k / self.n if self.n else None


@dataclass(frozen=True, slots=True)
class LabelAt:
    """One predicted label at its threshold: own is the one it has for itself (None: never), or it follows the default.

    `low` and `high` are a two-sided band, `bound` is one-sided, each for this label looked at alone. `standing` and `certified` are
    what its own test, or the pool's, said; they do not depend on the draft's thresholds.
    """

    label: str
    has_own: bool
    own: float | None
    n: int
    k: int
    low: float
    high: float
    bound: float
    answers: int
    standing: str
    certified: float | None


@dataclass(frozen=True, slots=True, eq=False)
class Tuning:
    """All that does not change while the threshold moves."""

    policy: Policy
    target: float
    delta: float
    spread: Spread
    answers: int
    judged: Judged
    curve: tuple[CurvePoint, ...]

    @property
    def ranking(self) -> Ranking:
        """The answers that a threshold could accept, from the surest down."""
        return self.judged.ranking

    @property
    def verdict(self) -> Certified | Refused:
        """What a certificate would say of these answers."""
        return self.judged.verdict

    @property
    def by_label(self) -> ByLabel:
        """What it would say of each label."""
        return self.judged.by_label

    @property
    def certified(self) -> float | None:
        """The loosest threshold that keeps the promise, as short as it can be written; None where there is none."""
        return self.judged.threshold

    @property
    def zone(self) -> tuple[float, float] | None:
        """The automatic shares from the strictest to the loosest threshold that all keep the promise; None where none does."""
        if not isinstance(self.verdict, Certified):
            return None
        points = [point for point in self.curve if point.n <= self.verdict.n]
        held = cp_upper(np.array([p.k for p in points]), [p.n for p in points], self.delta) <= self.target
        failed = np.flatnonzero(~held)
        first = int(failed[-1]) + 1 if len(failed) else 0
        start = points[first].threshold if first < len(points) else self.verdict.threshold
        return self.share(start), self.share(self.verdict.threshold)

    def share(self, threshold: float | None) -> float:
        """Return which share of all scored items would be accepted."""
        rising, scored = self.spread.scores, self.spread.scored
        if not scored:
            return 0.0
        return (len(rising) - int(np.searchsorted(rising, score_of(threshold), side="left"))) / scored

    def at(self, threshold: float | None) -> At:
        """Return the figures at a threshold."""
        n = self.ranking.size_at(score_of(threshold))
        k = self.ranking.wrong_among(n)
        bound = cp_upper(k, n, self.delta)
        is_tested = isinstance(self.verdict, Certified) and n <= self.verdict.n
        return At(threshold, self.share(threshold), n, k, bound, bool(is_tested and bound <= self.target))

    def labels_at(self, threshold: float | None) -> list[LabelAt]:
        """Return every label of the model, those with most answers at the threshold first."""
        found = self.judged
        accepted = found.score >= score_of(threshold)
        size = len(found.names)
        n = np.bincount(found.label[accepted], minlength=size)[:size]
        k = np.bincount(found.label[accepted & found.wrong], minlength=size)[:size]
        tail = self.delta / 2
        low, high, bound = cp_lower(k, n, tail), cp_upper(k, n, tail), cp_upper(k, n, self.delta)
        rows = [
            LabelAt(
                label=name,
                has_own=name in self.policy.label_thresholds,
                own=self.policy.label_thresholds.get(name),
                n=int(n[place]),
                k=int(k[place]),
                low=float(low[place]),
                high=float(high[place]),
                bound=float(bound[place]),
                answers=self.by_label.labels[name].answers,
                standing=self.by_label.labels[name].standing,
                certified=self.by_label.labels[name].threshold,
            )
            for place, name in enumerate(found.names)
        ]
        return sorted(rows, key=lambda row: (-row.n, row.label))

    def certifies(self, target: float) -> Certified | Refused:
        """Return what the same answers would say of another target."""
        return self.judged.again(target, self.delta)


def tune(
    spread: Spread,
    answers: Columns,
    wrong: BoolColumn,
    policy: Policy,
    *,
    labels: Sequence[str],
    target: float,
    delta: float,
) -> Tuning:
    """Return the ground for all thresholds of one policy.

    The `spread` of scored items says how much is automatic, sample `answers` (n items, `wrong` n booleans) how well; both under the
    same policy. `labels` are those of the contract; where it has none, what the model has said.
    ValueError: shapes that differ, target or delta outside (0, 1).
    """
    found = judged(answers, wrong, policy, labels=labels, target=target, delta=delta)
    known = ~np.isnan(found.score)
    return Tuning(
        policy=policy,
        target=target,
        delta=delta,
        spread=spread,
        answers=len(answers),
        judged=found,
        curve=tuple(risk_coverage(found.score[known], wrong[known], total=len(answers), level=1 - delta)),
    )


def money(assumptions: Assumptions, at: At) -> Consequences | None:
    """Return what a day at the threshold comes to; None where something is automatic and no answer says how well."""
    if at.risk is None and at.automatic:
        return None
    risk = at.risk or 0.0
    return consequences(assumptions, automatic_share=at.automatic, risk=risk, worst_risk=max(risk, at.bound))
