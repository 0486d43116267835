"""Figures of a benchmark: percentiles, rates, and how they are printed."""

import json
import math
from collections.abc import Sequence
from typing import Any

from aios_site.bench.clients import Tally


def percentile(values: Sequence[float], share: float) -> float:
    """Return the value below which the share of the values lies (nearest rank)."""
    ordered = sorted(values)
    if not ordered:
        return math.nan
    return ordered[min(len(ordered) - 1, math.ceil(share * len(ordered)) - 1)]


def latencies_ms(values: Sequence[float]) -> dict[str, float]:
    """Return p50, p95 and p99 in milliseconds."""
    return {f"p{int(share * 100)}_ms": round(percentile(values, share) * 1000, 2) for share in (0.5, 0.95, 0.99)}


def rate(tallies: Sequence[Tally]) -> float:
    """Return operations per second over the time in which clients worked."""
    span = max(t.ended for t in tallies) - min(t.started for t in tallies)
    return round(sum(len(t.latencies) for t in tallies) / span, 1)


def rendered(figures: dict[str, Any], *, as_json: bool) -> str:
    """Return the figures as JSON or as aligned lines."""
    if as_json:
        return json.dumps(figures, indent=2)
    width = max(len(name) for name in figures)
    return "\n".join(f"{name:<{width}}  {value}" for name, value in figures.items())
