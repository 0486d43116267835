"""Thresholds of each label: own ones where a label has answers enough, one for all the others together."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike

from routing.domain.bounds import check_share, cp_upper, fewest
from routing.domain.ranking import ranked
from routing.domain.risk import Certified, Refused, certify

Standing = Literal["own", "pooled", "people"]


@dataclass(frozen=True, slots=True)
class LabelVerdict:
    """What holds for one predicted label.

    `n` and `k` are its answers at or above its threshold and the wrong ones among them, or all its answers where it has no
    threshold; `bound` is their Clopper-Pearson bound at the plain delta, for this label looked at alone. `own` is what its own test
    said, None where it stands in the pool. A pool within its target can hold a label far outside: hence the bound.
    """

    label: str
    answers: int
    threshold: float | None
    n: int
    k: int
    bound: float
    own: Certified | Refused | None

    @property
    def standing(self) -> Standing:
        """Whether the label is certified by itself, through the pool, or not at all."""
        if self.threshold is None:
            return "people"
        return "pooled" if self.own is None else "own"


@dataclass(frozen=True, slots=True)
class ByLabel:
    """The labels, in the order of their names, and what was certified for the pool (None where nothing is in it).

    `level` is the delta of each test and `least` the fewest answers with which a label is tested by itself. All statements
    together hold at 1 - delta.
    """

    labels: Mapping[str, LabelVerdict]
    pool: Certified | Refused | None
    level: float
    least: int
    delta: float
    target: float


def certify_by_label(
    confidence: ArrayLike,
    wrong: ArrayLike,
    label: Sequence[str],
    *,
    target: float,
    delta: float,
    labels: Collection[str] | None = None,
) -> ByLabel:
    """Return each label's own certificate or its place in the pool, every test at delta / (labels + 1).

    `confidence`, `wrong` and `label` (what the model predicted) have n entries each, as in `certify`. `labels` are all that the
    model can predict, where the sample may lack some; they count among the labels and belong to the pool.
    Who is in the pool depends on the numbers of answers alone. A label that fails its own test goes to people and not into the
    pool: it would be put there because of what was wrong, and the pool's test would no longer hold.
    ValueError: as in `certify`, or a label that is not among `labels`.
    """
    check_share(target, "the target")
    check_share(delta, "delta")
    sure, faults, names = np.asarray(confidence, dtype=np.float64), np.asarray(wrong), np.asarray(label, dtype=object)
    if not sure.shape == faults.shape == names.shape:
        raise ValueError("There must be one confidence and one label for every answer.")
    found = set(names.tolist())
    if labels is not None and not found <= set(labels):
        raise ValueError(f"Labels that the model does not have: {', '.join(sorted(found - set(labels)))}.")
    every = sorted(found if labels is None else set(labels))
    level = delta / (len(every) + 1)
    least = fewest(target, level)
    rows = {name: np.flatnonzero(names == name) for name in every}
    pooled = [name for name in every if len(rows[name]) < least]
    pool = None
    if any(len(rows[name]) for name in pooled):
        together = np.concatenate([rows[name] for name in pooled])
        pool = certify(sure[together], faults[together], target=target, delta=level)
    verdicts = {}
    for name in every:
        here = rows[name]
        own = None if name in pooled else certify(sure[here], faults[here], target=target, delta=level)
        verdicts[name] = _verdict(name, sure[here], faults[here], own=own, pool=pool, delta=delta)
    return ByLabel(verdicts, pool, level, least, delta, target)


def _verdict(
    name: str,
    confidence: ArrayLike,
    wrong: ArrayLike,
    *,
    own: Certified | Refused | None,
    pool: Certified | Refused | None,
    delta: float,
) -> LabelVerdict:
    governing = pool if own is None else own
    threshold = governing.threshold if isinstance(governing, Certified) else None
    ranking = ranked(confidence, wrong)
    n = ranking.size if threshold is None else ranking.size_at(threshold)
    k = ranking.wrong_among(n)
    return LabelVerdict(name, ranking.size, threshold, n, k, cp_upper(k, n, delta), own)
