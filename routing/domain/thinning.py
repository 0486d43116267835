"""Making a sample uniform again that was drawn at several rates."""

import hashlib

import numpy as np
from numpy.typing import NDArray

_SCALE = 2.0**-64


def thinned(ids: NDArray[np.int64], probability: NDArray[np.float64], *, seed: str) -> NDArray[np.bool_]:
    """Return which of n items stay, so that each item of the population is in the sample with the lowest of the rates.

    Items that were drawn at a higher one stay with the quotient of both, by a hash of the seed and their id: nothing that
    somebody answered plays a part. ValueError: shapes that differ, a rate outside (0, 1].
    """
    if ids.shape != probability.shape:
        raise ValueError("There must be one rate for every item.")
    if not ids.size:
        return np.ones(0, dtype=np.bool_)
    lowest = probability.min()
    if not (lowest > 0 and probability.max() <= 1):
        raise ValueError("A rate of drawing lies above 0 and is at most 1.")
    stays: NDArray[np.bool_] = probability == lowest
    for place in np.flatnonzero(~stays):
        digest = hashlib.sha256(f"{seed}:{ids[place]}".encode()).digest()
        stays[place] = int.from_bytes(digest[:8]) * _SCALE < lowest / probability[place]
    return stays
