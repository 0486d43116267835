"""What is likely true where many people answered, and how each of them errs (Dawid and Skene 1979, by EM)."""

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

_ROUNDS = 200
_ENOUGH = 1e-6
# Added to every cell of a person's table, so that few answers do not make anybody infallible.
_SMOOTHING = 0.01

FloatArray = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Consensus:
    """The labels, and by item how likely each of them is true; by person the table of P(says column | true is row).

    `labels` gives the order of the entries, rows and columns; `prior` is how often each is true.
    """

    labels: tuple[str, ...]
    prior: FloatArray
    by_item: Mapping[Hashable, FloatArray]
    by_person: Mapping[Hashable, FloatArray]

    def label_of(self, item: Hashable) -> str:
        """Return the item's likeliest label; of equally likely ones the first by name."""
        return self.labels[int(self.by_item[item].argmax())]


def dawid_skene(answers: Sequence[tuple[Hashable, Hashable, str]]) -> Consensus | None:
    """Return the consensus of these answers, each (item, person, label) in any order; None without one.

    Starts from the shares of votes; the EM goes on until no probability moves by more than 1e-6, 200 rounds at most. It supposes that
    people err independently of each other, given the true label.
    """
    if not answers:
        return None
    items, at_item = _numbered([item for item, _person, _label in answers])
    people, at_person = _numbered([person for _item, person, _label in answers])
    labels = tuple(sorted({label for _item, _person, label in answers}))
    at_label = np.array([labels.index(label) for _item, _person, label in answers])
    votes = np.zeros((len(items), len(labels)))
    np.add.at(votes, (at_item, at_label), 1)
    truth = votes / votes.sum(axis=1, keepdims=True)
    for _ in range(_ROUNDS):
        prior, tables = _tables(truth, at_item, at_person, at_label, len(people))
        log = np.tile(np.log(prior), (len(items), 1))
        np.add.at(log, at_item, np.log(tables[at_person, :, at_label]))
        powers = np.exp(log - log.max(axis=1, keepdims=True))
        before, truth = truth, powers / powers.sum(axis=1, keepdims=True)
        if np.abs(truth - before).max() < _ENOUGH:
            break
    prior, tables = _tables(truth, at_item, at_person, at_label, len(people))
    return Consensus(labels, prior, dict(zip(items, truth, strict=True)), dict(zip(people, tables, strict=True)))


def _tables(
    truth: FloatArray,
    at_item: NDArray[np.int64],
    at_person: NDArray[np.int64],
    at_label: NDArray[np.int64],
    people: int,
) -> tuple[FloatArray, FloatArray]:
    """Return the prior and every person's table (people, true, said) that fit these probabilities best."""
    size = truth.shape[1]
    said = np.full((people, size, size), _SMOOTHING)
    np.add.at(said, (at_person, at_label), truth[at_item])
    tables = said.transpose(0, 2, 1)
    tables = tables / tables.sum(axis=2, keepdims=True)
    prior = truth.mean(axis=0) + 1e-12
    return prior / prior.sum(), tables


def _numbered(values: Sequence[Hashable]) -> tuple[list[Hashable], NDArray[np.int64]]:
    """Return the distinct values in the order of their first appearance, and each value's place among them."""
    places: dict[Hashable, int] = {}
    at = [places.setdefault(value, len(places)) for value in values]
    return list(places), np.array(at)
