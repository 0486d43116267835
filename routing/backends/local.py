"""Models that run in the worker: scikit-learn pipelines stored with skops."""

import re
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from billiard.exceptions import SoftTimeLimitExceeded

from routing.backends.base import Payload
from routing.backends.files import MODELS, LoadedModel, ModelCache, ModelUnavailable
from routing.backends.inputs import UnusablePayload, numbers_of, text_of
from routing.domain.predictions import Failure, PredictionResult, failed
from routing.domain.temperature import tempered
from routing.domain.term_vectors import TermVector

Matrix = np.ndarray[Any, np.dtype[np.float64]]

# Characters of a text, and the share of its words that the model knows.
Reading = tuple[int | None, float | None]

_ROUNDING = 1e-3
# What the vectorizers of our models take for a word.
_WORD = re.compile(r"\b\w\w+\b")


@dataclass(frozen=True, slots=True)
class LocalConfig:
    """What the pipeline takes from a payload, and how its scores are read."""

    takes: Literal["text", "numbers"] = "text"
    pointers: tuple[str, ...] = ("/text",)
    size: int = 64
    temperature: float = 1.0
    top: int = 3
    explain: bool = True

    @classmethod
    def from_json(cls, config: Mapping[str, Any]) -> "LocalConfig":
        """Return the configuration that a model version's row holds; raises ValueError where it is not one."""
        known = {key: config[key] for key in cls.__slots__ if key in config}
        if "pointers" in known:
            known["pointers"] = tuple(known["pointers"])
        read = cls(**known)
        if read.takes not in {"text", "numbers"} or not read.pointers or not read.temperature > 0 or read.top < 1:
            message = f"not a configuration of a local model: {dict(config)!a:.200}"
            raise ValueError(message)
        return read


class LocalBackend:
    """Asks one registered pipeline; its file is read only where this process has not loaded it yet."""

    def __init__(
        self,
        read: Callable[[], bytes | None],
        *,
        sha256: str,
        config: LocalConfig,
        cache: ModelCache = MODELS,
    ) -> None:
        """Keep how to read the file (None: it is missing), what its hash must be, and what it takes."""
        self._read = read
        self._sha256 = sha256
        self._config = config
        self._cache = cache

    def predict(self, payloads: Sequence[Payload]) -> list[PredictionResult]:
        """Return one result per payload; a row that the model can't take fails alone."""
        try:
            model = self._cache.get(self._sha256, self._read)
        except ModelUnavailable as error:
            return [failed(error.failure, error.detail)] * len(payloads)
        except OSError as error:
            return [failed(Failure.MODEL_MISSING, f"The model's file can't be read: {error}")] * len(payloads)
        results: list[PredictionResult | None] = [None] * len(payloads)
        inputs: list[Any] = []
        rows: list[int] = []
        for row, payload in enumerate(payloads):
            try:
                inputs.append(self._input(payload))
                rows.append(row)
            except UnusablePayload as error:
                results[row] = failed(Failure.MODEL_ERROR, str(error))
        for row, result in zip(rows, self._answers(model, inputs), strict=True):
            results[row] = result
        return [result for result in results if result is not None]

    def _input(self, payload: Payload) -> Any:
        if self._config.takes == "text":
            return text_of(payload, self._config.pointers)
        return numbers_of(payload, self._config.pointers[0], self._config.size)

    def _answers(self, model: LoadedModel, inputs: list[Any]) -> list[PredictionResult]:
        """Return the answers of one call; where that raises, each row is asked alone."""
        if not inputs:
            return []
        began = time.perf_counter()
        try:
            return self._asked(model, inputs, began)
        except SoftTimeLimitExceeded:
            raise
        except Exception as error:
            if len(inputs) == 1:
                elapsed = (time.perf_counter() - began) * 1000
                return [failed(Failure.MODEL_ERROR, f"{type(error).__name__}: {error}", latency_ms=elapsed)]
            return [self._answers(model, [one])[0] for one in inputs]

    def _asked(self, model: LoadedModel, inputs: list[Any], began: float) -> list[PredictionResult]:
        batch = inputs if self._config.takes == "text" else np.vstack(inputs)
        explained: list[Any] = [()] * len(inputs)
        vectors: list[TermVector | None] = [None] * len(inputs)
        readings: list[Reading] = _lengths(inputs) if self._config.takes == "text" else [(None, None)] * len(inputs)
        if self._config.explain and model.terms is not None:
            features = model.pipeline[:-1].transform(batch).tocsr()
            scores = np.asarray(model.pipeline[-1].predict_proba(features), dtype=np.float64)
            explained = list(model.terms.explain(features, scores.argmax(axis=1)))
            vectors = model.terms.vectors(features)
            if self._config.takes == "text":
                readings = _readings(inputs, model.terms.known_words(features).tolist())
        else:
            scores = np.asarray(model.pipeline.predict_proba(batch), dtype=np.float64)
        if scores.shape != (len(inputs), len(model.labels)):
            message = f"{scores.shape} scores for {len(inputs)} rows and {len(model.labels)} labels"
            raise ValueError(message)
        latency = (time.perf_counter() - began) * 1000 / len(inputs)
        return self._results(model, scores, explained, vectors, readings, latency)

    def _results(
        self,
        model: LoadedModel,
        scores: Matrix,
        explained: list[Any],
        vectors: list[TermVector | None],
        readings: list[Reading],
        latency: float,
    ) -> list[PredictionResult]:
        usable: list[bool] = are_probabilities(scores).tolist()
        scores = tempered(scores, self._config.temperature)
        order = np.argsort(-scores, axis=1, kind="stable")[:, : self._config.top]
        ranked = np.take_along_axis(scores, order, axis=1).tolist()
        results = []
        for columns, values, is_usable, explanation, vector, (length, known) in zip(
            order.tolist(), ranked, usable, explained, vectors, readings, strict=True
        ):
            if not is_usable:
                results.append(
                    failed(Failure.NOT_A_NUMBER, "The model's scores are not probabilities.", latency_ms=latency)
                )
                continue
            top = tuple((model.labels[column], value) for column, value in zip(columns, values, strict=True))
            results.append(
                PredictionResult(
                    label=top[0][0],
                    confidence=top[0][1],
                    top=top,
                    explanation=explanation,
                    latency_ms=latency,
                    vector=vector,
                    input_length=length,
                    known_share=known,
                ),
            )
        return results


def _lengths(texts: list[str]) -> list[Reading]:
    return [(len(text), None) for text in texts]


def _readings(texts: list[str], known: list[int]) -> list[Reading]:
    """Return length and known share of each text; a text without a word holds nothing that the model knows."""
    words = [len(set(_WORD.findall(text.lower()))) for text in texts]
    return [
        (len(text), min(1.0, count / of) if of else 0.0) for text, count, of in zip(texts, known, words, strict=True)
    ]


def are_probabilities(scores: Matrix) -> np.ndarray[Any, np.dtype[np.bool_]]:
    """Tell for each row whether it is finite, within [0, 1] and sums to 1, up to rounding."""
    are_finite: np.ndarray[Any, np.dtype[np.bool_]] = np.all(np.isfinite(scores), axis=1)
    known = np.where(are_finite[:, None], scores, 0)
    within = ((known >= -_ROUNDING) & (known <= 1 + _ROUNDING)).all(axis=1)
    ones: np.ndarray[Any, np.dtype[np.bool_]] = np.abs(known.sum(axis=1) - 1) < _ROUNDING
    return are_finite & within & ones
