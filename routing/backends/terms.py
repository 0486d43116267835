"""Which terms of a text spoke for the answer of a linear model, and which tell it from other texts."""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np

from routing.domain.term_vectors import KEPT_TERMS, PARTS, TermVector, hash_of

SHOWN_TERMS = 8
CHARACTER_PREFIX = "chars__"

Explanation = tuple[tuple[str, float], ...]


@dataclass(frozen=True, slots=True)
class Terms:
    """The terms of a linear text model that a person can read, with their weights per class."""

    names: tuple[str, ...]
    is_readable: np.ndarray[Any, np.dtype[np.bool_]]
    is_word: np.ndarray[Any, np.dtype[np.bool_]]
    weights: np.ndarray[Any, np.dtype[Any]]
    hashes: np.ndarray[Any, np.dtype[np.int64]]

    def explain(self, features: Any, classes: np.ndarray[Any, Any]) -> list[Explanation]:
        """Return, for each row, the readable terms that spoke most for its class, strongest first."""
        count = features.shape[0]
        rows = np.repeat(np.arange(count), np.diff(features.indptr))
        shares = features.data * self.weights[classes[rows], features.indices]
        kept = self.is_readable[features.indices] & (shares > 0)
        rows, columns, shares = rows[kept], features.indices[kept], shares[kept]
        order = np.lexsort((-shares, rows))
        order = order[_places(rows[order]) < SHOWN_TERMS]
        names = [self.names[column] for column in columns[order].tolist()]
        pairs = list(zip(names, np.round(shares[order], 4).tolist(), strict=True))
        return [tuple(pairs[start:stop]) for start, stop in _spans(rows[order], count)]

    def vectors(self, features: Any) -> list[TermVector | None]:
        """Return, for each row, its weightiest readable terms as a unit vector; none where it has no readable term.

        Of equally weighty terms those with the smaller hash come first, so that like texts keep like terms.
        """
        count = features.shape[0]
        kept = self.is_readable[features.indices] & (features.data > 0)
        rows = np.repeat(np.arange(count), np.diff(features.indptr))[kept]
        hashes, weights = self.hashes[features.indices[kept]], features.data[kept].astype(np.float64)
        order = np.lexsort((hashes, -weights, rows))
        order = order[_places(rows[order]) < KEPT_TERMS]
        rows, hashes, weights = rows[order], hashes[order], weights[order]
        lengths = np.sqrt(np.bincount(rows, weights=weights**2, minlength=count))
        terms, parts = hashes.tolist(), np.rint(weights / lengths[rows] * PARTS).astype(int).tolist()
        return [
            TermVector(tuple(terms[start:stop]), tuple(parts[start:stop])) if stop > start else None
            for start, stop in _spans(rows, count)
        ]

    def known_words(self, features: Any) -> np.ndarray[Any, np.dtype[np.int64]]:
        """Return, for each row, how many different words of its text the model knows."""
        before = np.concatenate([[0], np.cumsum(self.is_word[features.indices])])
        known: np.ndarray[Any, np.dtype[np.int64]] = np.diff(before[features.indptr])
        return known


def _places(rows: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    """Return for each of the sorted row numbers which one of its row it is, from 0."""
    return np.arange(len(rows)) - np.searchsorted(rows, rows)


def _spans(rows: np.ndarray[Any, Any], count: int) -> Iterator[tuple[int, int]]:
    """Return where each row begins and ends in the sorted row numbers."""
    return pairwise(np.searchsorted(rows, np.arange(count + 1)).tolist())


def terms_of(pipeline: Any) -> Terms | None:
    """Return the terms of a pipeline that ends in a linear classifier over named terms, else None."""
    steps: list[tuple[str, Any]] = getattr(pipeline, "steps", [])
    if len(steps) != 2:  # noqa: PLR2004 - features and a classifier, or the terms are not the classifier's
        return None
    first, weights = steps[0][1], getattr(steps[1][1], "coef_", None)
    if weights is None or not hasattr(first, "get_feature_names_out"):
        return None
    try:
        names = [str(name) for name in first.get_feature_names_out()]
    except (TypeError, ValueError):
        return None
    if len(names) != weights.shape[1]:
        return None
    readable = np.array([not name.startswith(CHARACTER_PREFIX) for name in names])
    both = np.vstack([-weights, weights]) if weights.shape[0] == 1 else weights
    words = tuple(name.partition("__")[2] or name for name in names)
    hashes = np.array([hash_of(word) for word in words], dtype=np.int64)
    single = readable & np.array([" " not in word for word in words])
    return Terms(words, readable, single, both, hashes)
