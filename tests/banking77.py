"""The Banking77 data set (Casanueva et al. 2020) with a model of it, which takes long to make: learnt once a process."""

import csv
import os
import time
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
import skops.io
from numpy.typing import NDArray

from routing.backends.training import TrainedModel, train_text


@dataclass(frozen=True)
class Banking77:
    """A model of the data set's training rows, the CPU seconds that it took, and its test rows with the model's raw scores."""

    model: TrainedModel
    trained_s: float
    texts: list[str]
    truth: NDArray[np.str_]
    scores: NDArray[np.float64]


@pytest.fixture(scope="session")
def banking77() -> Banking77:
    """The Banking77 data set, learnt once a process."""
    folder = Path(os.environ.get("AIOS_DATASETS", "../shared/datasets")) / "banking77"
    if not folder.is_dir():
        pytest.skip("the Banking77 data set is not here (AIOS_DATASETS)")
    train, test = (_rows(folder / name) for name in ("train.csv", "test.csv"))
    began = time.process_time()
    model = train_text(*train, test_share=0)
    trained_s = time.process_time() - began
    scores = np.asarray(skops.io.loads(model.content, trusted=[]).predict_proba(test[0]), dtype=np.float64)
    return Banking77(model, trained_s, test[0], np.array(test[1]), scores)


def _rows(path: Path) -> tuple[list[str], list[str]]:
    with path.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    return [row["text"] for row in rows], [row["category"] for row in rows]
