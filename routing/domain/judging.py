"""What sample answers say of a policy: one way from answers to a verdict, for the tuner's preview and for certificates alike."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from routing.domain.columns import NO_LABEL, BoolColumn, Columns, FloatColumn
from routing.domain.policy_body import Policy
from routing.domain.ranking import Ranking, ranked
from routing.domain.replay import acceptable
from routing.domain.risk import Certified, Refused, certify
from routing.domain.risk_by_label import ByLabel, certify_by_label
from routing.domain.spread import plain, scores


@dataclass(frozen=True, slots=True, eq=False)
class Judged:
    """The verdict on answers under a policy's rules and own thresholds, whatever its default threshold.

    `score` says from which default threshold down each answer's item is accepted (NaN: from none); `ranking` orders those with a score.
    `names` are the labels and `label` each answer's place among them, one behind the last for none.
    """

    score: FloatColumn
    wrong: BoolColumn
    ranking: Ranking
    verdict: Certified | Refused
    by_label: ByLabel
    names: tuple[str, ...]
    label: NDArray[np.int64]

    @property
    def threshold(self) -> float | None:
        """The loosest threshold that keeps the promise, as short as it can be written; None where there is none."""
        found = self.verdict
        if not isinstance(found, Certified):
            return None
        below = float(self.ranking.confidence[found.n]) if found.n < self.ranking.size else 0.0
        return plain(found.threshold, below)

    def again(self, target: float, delta: float) -> Certified | Refused:
        """Return what the same answers say of another target."""
        known = ~np.isnan(self.score)
        return certify(self.score[known], self.wrong[known], target=target, delta=delta)


def judged(
    answers: Columns, wrong: BoolColumn, policy: Policy, *, labels: Sequence[str], target: float, delta: float
) -> Judged:
    """Return what the answers say; `labels` are those of the contract, beside which stand whatever the model has said.

    The answers must be a uniform sample: all drawn at one rate, or thinned to the lowest. ValueError: shapes that differ, target or
    delta outside (0, 1).
    """
    score = scores(answers, policy)
    known = ~np.isnan(score)
    names = tuple(dict.fromkeys((*labels, *answers.labels)))
    places = np.array([*(names.index(text) for text in answers.labels), len(names)], dtype=np.int64)
    label = places[answers.label]
    # Labels are tested on what the rules let through, whatever their thresholds are now.
    free = acceptable(answers, replace(policy, label_thresholds={})) & (answers.label != NO_LABEL)
    return Judged(
        score=score,
        wrong=wrong,
        ranking=ranked(score[known], wrong[known]),
        verdict=certify(score[known], wrong[known], target=target, delta=delta),
        by_label=certify_by_label(
            answers.confidence[free],
            wrong[free],
            [names[place] for place in label[free].tolist()],
            target=target,
            delta=delta,
            labels=names,
        ),
        names=names,
        label=label,
    )
