"""A pause for models that don't answer, so that one dead model doesn't keep every worker waiting."""

import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass

from routing.domain.predictions import PredictionResult

FAILURES = 3
PAUSE_S = 10.0
_KEPT = 256


@dataclass(slots=True)
class _Count:
    failures: int
    until: float
    last: PredictionResult


class Breaker:
    """Counts, for one process, the batches in a row that a model failed as a whole."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        """Start with every model trusted."""
        self._clock = clock
        self._counts: OrderedDict[str, _Count] = OrderedDict()

    def paused_by(self, key: str) -> PredictionResult | None:
        """Return the failure that the model is left alone for at the moment; none if it may be asked."""
        count = self._counts.get(key)
        if count is None or count.failures < FAILURES or self._clock() >= count.until:
            return None
        return count.last

    def note_failure(self, key: str, result: PredictionResult) -> None:
        """Count a batch that failed as a whole; from the third in a row on, each begins a pause."""
        before = self._counts.get(key)
        self._counts[key] = _Count((before.failures if before else 0) + 1, self._clock() + PAUSE_S, result)
        self._counts.move_to_end(key)
        while len(self._counts) > _KEPT:
            self._counts.popitem(last=False)

    def note_success(self, key: str) -> None:
        """Trust the model again."""
        self._counts.pop(key, None)

    def clear(self) -> None:
        """Trust every model."""
        self._counts.clear()


BREAKER = Breaker()
