"""Items of which no figure may tell anything yet, told by whoever owns reviews: routing itself can't see them.

Somebody may still be asked about them without suggestion, and whoever may choose a period, or hold two against each other, would read
a single item's prediction from sums.
"""

from collections.abc import Callable, Collection
from uuid import UUID

import numpy as np

from routing.domain.places import HashColumn
from routing.selectors.answers import hashed

WithheldSource = Callable[[UUID], Collection[UUID]]

_sources: list[WithheldSource] = []


def use(source: WithheldSource) -> None:
    """Let routing ask this function."""
    _sources[:] = [source]


def withheld_items(workflow_id: UUID) -> HashColumn:
    """Return the hashes of the workflow's items that are to be left out, each once."""
    ids = b"".join(item_id.bytes for source in _sources for item_id in source(workflow_id))
    return np.unique(hashed(np.frombuffer(ids, dtype="V16")))
