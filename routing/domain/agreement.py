"""How far people agree with each other, and how far a suggestion on the screen sways them."""

import math
from collections import Counter
from collections.abc import Hashable, Iterable, Sequence
from dataclasses import dataclass

from routing.domain.estimate import wilson


@dataclass(frozen=True, slots=True)
class Bias:
    """Overturn rate blind minus overturn rate with the suggestion shown, with its interval; above 0 is automation bias."""

    blind: float
    shown: float
    difference: float
    low: float
    high: float


def cohens_kappa(one: Sequence[Hashable], other: Sequence[Hashable]) -> float | None:
    """Return Cohen's kappa (1960) of two people's labels for the same n items: 1 agree always, 0 as by chance.

    None where there are no items, or where both gave one and the same label throughout, so that chance explains everything.
    ValueError: lists of different lengths.
    """
    if len(one) != len(other):
        raise ValueError("Both people must have answered the same items.")
    n = len(one)
    if not n:
        return None
    observed = sum(a == b for a, b in zip(one, other, strict=True)) / n
    first, second = Counter(one), Counter(other)
    by_chance = sum(first[label] * second[label] for label in first) / n**2
    return None if by_chance == 1 else (observed - by_chance) / (1 - by_chance)


def krippendorffs_alpha(items: Iterable[Sequence[Hashable]]) -> float | None:
    """Return Krippendorff's alpha for nominal labels; each item is the labels it was given, by however many people.

    alpha = 1 - (n - 1) sum_{c != k} o_ck / sum_{c != k} n_c n_k over coincidences (Krippendorff 2011, "Computing
    Krippendorff's Alpha-Reliability"). Missing answers are left out of an item's list; items with fewer than two say nothing.
    None where no item has two, or only one label was ever given.
    """
    totals: Counter[Hashable] = Counter()
    disagreeing = 0.0
    for labels in items:
        size = len(labels)
        if size < 2:  # noqa: PLR2004 - a pair
            continue
        counts = Counter(labels)
        totals.update(counts)
        disagreeing += sum(count * (size - count) for count in counts.values()) / (size - 1)
    n = totals.total()
    by_chance = sum(count * (n - count) for count in totals.values())
    return None if by_chance == 0 else 1 - (n - 1) * disagreeing / by_chance


def automation_bias(
    *, blind_overturned: int, blind: int, shown_overturned: int, shown: int, level: float = 0.95
) -> Bias | None:
    """Return how much more often people overturn the model when they do not see what it said; None without answers of a kind.

    Counts of one reviewer, one label, or whatever is looked at. The interval is Newcombe's (1998, method 10: from the two Wilson
    intervals, for independent answers). ValueError: more overturned than answered, a level outside (0, 1).
    """
    for overturned, answered in ((blind_overturned, blind), (shown_overturned, shown)):
        if not 0 <= overturned <= answered:
            raise ValueError(f"Of {answered} answers, {overturned} cannot overturn the model.")
    if not blind or not shown:
        return None
    unseen, seen = blind_overturned / blind, shown_overturned / shown
    low_unseen, high_unseen = wilson(unseen, blind, level=level)
    low_seen, high_seen = wilson(seen, shown, level=level)
    difference = unseen - seen
    return Bias(
        blind=unseen,
        shown=seen,
        difference=difference,
        low=difference - math.hypot(unseen - low_unseen, high_seen - seen),
        high=difference + math.hypot(high_unseen - unseen, seen - low_seen),
    )
