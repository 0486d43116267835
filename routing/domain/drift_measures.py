"""What of a model's inputs and answers is compared: the reference as it is kept, and a window held against it."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from routing.domain.drift import FEWEST_IN_REFERENCE, Measure, binned, ks, label_drift, psi, quantile_edges

# Numbers by the names under which they are kept, then the labels.
NUMBERS = ("confidence", "input_length", "known_share")
LABELS = "labels"
# Of a reference's numbers so many are kept, evenly over their order, for the comparison of distributions.
_KEPT = 1_000
# A window in which fewer items have a number says nothing about it.
_FEWEST_IN_WINDOW = 250
# As many as a bin holds.
_SHARED = 0.1


@dataclass(frozen=True, slots=True)
class Seen:
    """Consecutive items: what the model answered and read; numbers that an item lacks are NaN."""

    labels: Mapping[str, int]
    numbers: Mapping[str, NDArray[np.float64]]


def seen(labels: Sequence[str], **numbers: Sequence[float | None]) -> Seen:
    """Return the items as they are compared; every sequence has one entry an item."""
    columns = {
        name: np.array([np.nan if one is None else one for one in values], dtype=np.float64)
        for name, values in numbers.items()
    }
    return Seen(Counter(labels), columns)


def reference_of(items: Seen) -> dict[str, Any]:
    """Return what is kept of a reference: bins that hold equal shares with their counts, thinned numbers, counts of labels.

    A number that fewer than 1,000 items have is left out.
    """
    kept = {}
    for name in NUMBERS:
        values = _present(items, name)
        if len(values) < FEWEST_IN_REFERENCE:
            continue
        edges = _edges(values)
        places = np.linspace(0, len(values) - 1, min(len(values), _KEPT)).round().astype(np.int64)
        kept[name] = {
            "n": len(values),
            "edges": edges,
            "counts": binned(values, edges).tolist(),
            "sample": np.sort(values)[places].tolist(),
        }
    return {"numbers": kept, LABELS: dict(items.labels)}


def measures_of(reference: Mapping[str, Any], window: Seen) -> dict[str, dict[str, Any]]:
    """Return how the window compares in each measure that both sides have: PSI, statistic, p-value, n and the window's counts."""
    found = {}
    for name, kept in reference["numbers"].items():
        values = _present(window, name)
        if len(values) < _FEWEST_IN_WINDOW:
            continue
        counts = binned(values, kept["edges"])
        statistic, p_value = ks(kept["sample"], values, reference_n=kept["n"])
        measure = Measure(psi(kept["counts"], counts), statistic, p_value)
        found[name] = asdict(measure) | {"n": len(values), "counts": counts.tolist()}
    if reference[LABELS] and window.labels:
        measure = label_drift(reference[LABELS], window.labels)
        found[LABELS] = asdict(measure) | {"n": sum(window.labels.values()), "counts": dict(window.labels)}
    return found


def worst_of(measures: Mapping[str, Mapping[str, Any]]) -> tuple[str, float]:
    """Return the measure that has drifted most, and its PSI; ("", 0) where nothing could be compared."""
    name = max(measures, key=lambda one: float(measures[one]["psi"]), default="")
    return name, float(measures[name]["psi"]) if name else 0.0


def _edges(values: NDArray[np.float64]) -> list[float]:
    """Return the inner edges of the bins. What lies beyond a value that many items share has a bin of its own."""
    edges = quantile_edges(values)
    least, most = float(values.min()), float(values.max())
    if (values == least).mean() >= _SHARED:
        edges = [least, *edges]
    if edges and edges[-1] == most:
        edges.append(float(np.nextafter(most, np.inf)))
    return edges


def _present(items: Seen, name: str) -> NDArray[np.float64]:
    values = items.numbers.get(name)
    return np.empty(0) if values is None else values[~np.isnan(values)]
