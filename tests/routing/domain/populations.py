"""Populations whose error rate above every threshold is known, to try promises on."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Draw = Callable[[np.random.Generator, int], Floats]
Rate = Callable[[Floats], Floats]

_FINE = 400_000


@dataclass(frozen=True)
class Population:
    """`draw` gives confidences, `rate` how often an answer of that confidence is wrong."""

    name: str
    draw: Draw
    rate: Rate

    def sample(self, rng: np.random.Generator, n: int) -> tuple[Floats, NDArray[np.bool_]]:
        confidence = self.draw(rng, n)
        return confidence, rng.random(n) < self.rate(confidence)

    def risk_above(self) -> Callable[[float], float]:
        """Return the function that tells the true error rate at or above a threshold."""
        confidence = np.sort(self.draw(np.random.default_rng(20_260_101), _FINE))[::-1]
        mean = np.cumsum(self.rate(confidence)) / np.arange(1, _FINE + 1)

        def risk(threshold: float) -> float:
            n = int(np.searchsorted(-confidence, -threshold, side="right"))
            return float(mean[max(n, 1) - 1])

        return risk


def _sure(rng: np.random.Generator, n: int) -> Floats:
    return rng.beta(8, 1, n)


def _u_shaped(confidence: Floats) -> Floats:
    """The very surest are wrong more often than the sure."""
    return np.select([confidence > 0.97, confidence > 0.85], [0.09, 0.02], 0.15)


CALIBRATED = Population("calibrated", _sure, lambda confidence: 1 - confidence)
OVERCONFIDENT = Population("overconfident", _sure, lambda confidence: np.minimum(1, 2.5 * (1 - confidence)))
TIED = Population("tied", lambda rng, n: np.round(_sure(rng, n), 2), lambda confidence: (1 - confidence) * 1.2)
U_SHAPED = Population("u_shaped", _sure, _u_shaped)
# What people call right is itself wrong just oftener than the target, however sure the model is: nothing may be certified.
NOISY = Population("noisy", _sure, lambda confidence: np.full(len(confidence), 0.0505))

ALL = (CALIBRATED, OVERCONFIDENT, TIED, U_SHAPED, NOISY)
