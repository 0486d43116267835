"""Texts as short lists of weighted words, so that texts can be compared where no model is at hand."""

import zlib
from dataclasses import dataclass

# So many of a text's terms are kept, weightiest first: all of a short text's, and enough of a long one's (a third of them
# would lose a quarter of the nearest).
KEPT_TERMS = 64
# Decided items are found by so many of them, each with an index of its own.
FOUND_BY = 6
# Weights are stored in whole parts of a unit vector's length.
PARTS = 10_000

_BITS_31 = 0x7FFF_FFFF


@dataclass(frozen=True, slots=True)
class TermVector:
    """Hashes of a text's weightiest terms, weightiest first, and their weights in ten-thousandths of unit length.

    A term has one hash whatever the model, so that vectors of successive versions of a model can be compared.
    """

    terms: tuple[int, ...]
    weights: tuple[int, ...]


def hash_of(term: str) -> int:
    """Return a term's hash in 31 bits, the same on every machine and for good."""
    return zlib.crc32(term.encode(errors="replace")) & _BITS_31
