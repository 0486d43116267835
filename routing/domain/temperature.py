"""A model's probabilities made less sure or surer by one number, the order of its answers staying as it is."""

import numpy as np
from numpy.typing import ArrayLike, NDArray

LEAST_PROBABILITY = 1e-12


def tempered(probabilities: ArrayLike, temperature: float) -> NDArray[np.float64]:
    """Return rows of class probabilities at the temperature: above 1 they are less sure, below 1 surer.

    `probabilities` is n by classes; so is what is returned, its rows summing to 1 (Guo et al., arXiv 1706.04599, with the
    logarithms of the probabilities as logits). ValueError: not two dimensions, or a temperature not above 0.
    """
    given = np.asarray(probabilities, dtype=np.float64)
    if given.ndim != 2:  # noqa: PLR2004 - rows and columns
        raise ValueError("Class probabilities come as rows with a column for each class.")
    if not temperature > 0:
        raise ValueError(f"A temperature must be above 0, not {temperature}.")
    logits = np.log(np.clip(given, LEAST_PROBABILITY, 1)) / temperature
    powers = np.exp(logits - logits.max(axis=1, keepdims=True))
    scaled: NDArray[np.float64] = powers / powers.sum(axis=1, keepdims=True)
    return scaled
