"""Hashes to places in tables, a whole column at a time."""

import numpy as np
from numpy.typing import NDArray

HashColumn = NDArray[np.int64]
UNKNOWN = -1


class Places:
    """Places from 0 on, given to 64-bit hashes in the order in which they are added."""

    def __init__(self) -> None:
        self._hashes: HashColumn = np.zeros(0, dtype=np.int64)
        self._places: NDArray[np.int64] = np.zeros(0, dtype=np.int64)

    def unknown(self, hashes: HashColumn) -> NDArray[np.int64]:
        """Return where in the column each hash that has no place yet comes for the first time."""
        misses = np.flatnonzero(self.of(hashes) == UNKNOWN)
        _values, first = np.unique(hashes[misses], return_index=True)
        return misses[first]

    def add(self, hashes: HashColumn) -> None:
        """Give hashes that have none the next places, in their order."""
        size = len(self._hashes)
        joined = np.concatenate([self._hashes, hashes])
        places = np.concatenate([self._places, np.arange(size, size + len(hashes))])
        order = np.argsort(joined)
        self._hashes, self._places = joined[order], places[order]

    def of(self, hashes: HashColumn) -> NDArray[np.int64]:
        """Return the place of each hash; UNKNOWN where it has none yet."""
        if not len(self._hashes):
            return np.full(len(hashes), UNKNOWN, dtype=np.int64)
        at = np.minimum(np.searchsorted(self._hashes, hashes), len(self._hashes) - 1)
        return np.where(self._hashes[at] == hashes, self._places[at], UNKNOWN)
