"""Model files: skops only, verified by hash, from a closed list of types, kept in memory per process."""

import hashlib
import threading
import warnings
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from billiard.exceptions import SoftTimeLimitExceeded

from routing.backends.terms import Terms, terms_of
from routing.domain.predictions import Failure

# Beyond scikit-learn's estimators, numpy's arrays and scipy's matrices, which skops itself allows: nothing.
TRUSTED_TYPES: tuple[str, ...] = ()
KEPT_MODELS = 4


@dataclass(frozen=True, slots=True)
class LoadedModel:
    """A pipeline in memory with its labels and, where it is linear over terms, what explains its answers."""

    pipeline: Any
    labels: tuple[str, ...]
    terms: Terms | None


class ModelUnavailable(Exception):  # noqa: N818 - a state of the registry that sends items to people
    """The model can't be used: its failure code and why."""

    def __init__(self, failure: Failure, detail: str) -> None:
        """Keep the code and the sentence."""
        super().__init__(detail)
        self.failure = failure
        self.detail = detail


def load_model(raw: bytes | None, *, sha256: str) -> LoadedModel:
    """Return the pipeline that the verified bytes hold; raises ModelUnavailable for a missing or altered file."""
    if raw is None:
        raise ModelUnavailable(Failure.MODEL_MISSING, "The model's file is missing.")
    if hashlib.sha256(raw).hexdigest() != sha256:
        raise ModelUnavailable(Failure.MODEL_ALTERED, "The model's file is not the one that was registered.")
    # Seconds of imports, which only the process that loads a model should pay.
    import skops.io as skops_io  # noqa: PLC0415

    try:
        unknown = sorted(set(skops_io.get_untrusted_types(data=raw)) - set(TRUSTED_TYPES))
        model = None if unknown else _read(skops_io, raw)
    except SoftTimeLimitExceeded:
        raise
    except Exception as error:
        detail = f"The model's file can't be read: {type(error).__name__}: {error}"
        raise ModelUnavailable(Failure.MODEL_ERROR, detail) from error
    if model is None:
        detail = f"The model's file holds types that are not allowed: {', '.join(unknown)[:200]}"
        raise ModelUnavailable(Failure.MODEL_ALTERED, detail)
    return model


def _read(skops_io: Any, raw: bytes) -> LoadedModel:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        pipeline = skops_io.loads(raw, trusted=list(TRUSTED_TYPES))
    return LoadedModel(pipeline, tuple(str(label) for label in pipeline.classes_), terms_of(pipeline))


class ModelCache:
    """Keeps the pipelines used last, by hash, for one process."""

    def __init__(self, size: int = KEPT_MODELS) -> None:
        """Start empty."""
        self._size = size
        self._kept: OrderedDict[str, LoadedModel] = OrderedDict()
        self._lock = threading.Lock()

    def get(self, sha256: str, read: Callable[[], bytes | None]) -> LoadedModel:
        """Return the pipeline of the hash, reading its file only where it is not in memory."""
        with self._lock:
            if sha256 in self._kept:
                self._kept.move_to_end(sha256)
                return self._kept[sha256]
        model = load_model(read(), sha256=sha256)
        with self._lock:
            self._kept[sha256] = model
            while len(self._kept) > self._size:
                self._kept.popitem(last=False)
        return model

    def clear(self) -> None:
        """Forget every model."""
        with self._lock:
            self._kept.clear()


MODELS = ModelCache()
