"""Training the product's own small models: text and handwritten digits, calibrated, stored with skops."""

import hashlib
import time
import zipfile
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import skops.io
from sklearn.datasets import load_digits
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.kernel_approximation import Nystroem
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import cross_val_predict
from sklearn.pipeline import FeatureUnion, Pipeline
from sklearn.preprocessing import MaxAbsScaler

from routing.domain.calibration import expected_calibration_error, fit_temperature, log_loss
from routing.domain.temperature import tempered

MANY_ROWS = 2_000
FEWEST_FOR_TEMPERATURE = 30
FOLDS = 3
DIGIT_PIXELS = 64
NAMED_CONFUSIONS = 2


@dataclass(frozen=True, slots=True)
class TrainedModel:
    """A model ready for the registry; `config` is what the local backend takes, `test_rows` were never trained on."""

    content: bytes
    sha256: str
    labels: tuple[str, ...]
    metrics: dict[str, Any]
    temperature: float
    config: dict[str, Any]
    test_rows: tuple[int, ...]


def train_text(
    texts: Sequence[str],
    labels: Sequence[str],
    *,
    seed: int = 0,
    test_share: float = 0.1,
    temperature_share: float = 0.1,
    pointers: Sequence[str] = ("/text",),
) -> TrainedModel:
    """Return a linear model over words and character n-grams; rows are split by a hash of their text.

    Below 2,000 rows no part is set aside for the temperature: it is fitted on out-of-fold scores of the training rows.
    """
    config = {"takes": "text", "pointers": list(pointers)}
    return _trained(
        _text_pipeline(1 if len(texts) < MANY_ROWS else 2),
        np.asarray(texts, dtype=object),
        np.asarray(labels, dtype=object),
        parts=_parts([text.encode() for text in texts], seed, test_share, temperature_share),
        config=config,
    )


def train_digits(*, seed: int = 0, test_share: float = 0.35, pointer: str = "/pixels") -> TrainedModel:
    """Return a model of scikit-learn's bundled handwritten digits; it takes 64 grey values from 0 to 16."""
    scans, digits = load_digits(return_X_y=True)
    scans = scans.astype(np.float32)
    pipeline = Pipeline(
        [
            ("scale", MaxAbsScaler()),
            ("kernel", Nystroem(gamma=0.05, n_components=300, random_state=seed)),
            ("classifier", LogisticRegression(C=100, max_iter=500)),
        ],
    )
    parts = _parts([row.tobytes() for row in scans], seed, test_share, 0.15)
    config = {"takes": "numbers", "pointers": [pointer], "size": DIGIT_PIXELS, "explain": False}
    return _trained(pipeline, scans, digits.astype(str).astype(object), parts=parts, config=config)


def digit_scans() -> list[tuple[list[list[int]], str]]:
    """Return every bundled digit as 8 rows of 8 grey values from 0 to 16, with its true label."""
    bundle = load_digits()
    return [(scan.astype(int).tolist(), str(digit)) for scan, digit in zip(bundle.images, bundle.target, strict=True)]


def _text_pipeline(fewest: int) -> Pipeline:
    words = TfidfVectorizer(ngram_range=(1, 2), sublinear_tf=True, min_df=fewest, dtype=np.float32)
    chars = TfidfVectorizer(
        analyzer="char_wb",
        ngram_range=(3, 4),
        sublinear_tf=True,
        min_df=fewest,
        dtype=np.float32,
    )
    return Pipeline(
        [
            ("features", FeatureUnion([("words", words), ("chars", chars)])),
            ("classifier", LogisticRegression(C=10, max_iter=300)),
        ],
    )


def _parts(rows: Sequence[bytes], seed: int, test_share: float, temperature_share: float) -> np.ndarray[Any, Any]:
    """Return each row's part, fixed by its content: equal rows are never on both sides."""
    prefix = f"{seed}|".encode()
    draws = [int.from_bytes(hashlib.sha256(prefix + row).digest()[:7]) / 2**56 for row in rows]
    bounds = (test_share, test_share + temperature_share)
    return np.array(["test", "temperature", "train"])[np.digitize(draws, bounds)]


def _trained(
    pipeline: Pipeline,
    rows: np.ndarray[Any, Any],
    truth: np.ndarray[Any, Any],
    *,
    parts: np.ndarray[Any, Any],
    config: dict[str, Any],
) -> TrainedModel:
    began = time.perf_counter()
    if len(rows) < MANY_ROWS:
        parts[parts == "temperature"] = "train"
    parts[~np.isin(truth, truth[parts == "train"])] = "train"
    pipeline.fit(rows[parts == "train"], truth[parts == "train"])
    labels = tuple(str(label) for label in pipeline.classes_)

    held = parts == "temperature"
    if len(rows) < MANY_ROWS:
        temperature = _temperature(pipeline, *_out_of_fold(pipeline, rows[parts == "train"], truth[parts == "train"]))
    else:
        temperature = _temperature(pipeline, pipeline.predict_proba(rows[held]), truth[held])
    measured = "test" if (parts == "test").any() else "temperature"
    metrics = {
        "rows": {part: int((parts == part).sum()) for part in ("train", "temperature", "test")},
        "measured_on": measured,
        **_metrics(pipeline, rows[parts == measured], truth[parts == measured], temperature),
        "known_failures": _known_failures(pipeline, rows[parts == measured], truth[parts == measured]),
        "temperature": round(temperature, 4),
        "training_s": round(time.perf_counter() - began, 2),
    }
    content = skops.io.dumps(pipeline, compression=zipfile.ZIP_DEFLATED, compresslevel=6)
    return TrainedModel(
        content=content,
        sha256=hashlib.sha256(content).hexdigest(),
        labels=labels,
        metrics=metrics,
        temperature=temperature,
        config={**config, "temperature": temperature, "labels": list(labels)},
        test_rows=tuple(np.flatnonzero(parts == "test").tolist()),
    )


def _out_of_fold(
    pipeline: Pipeline,
    rows: np.ndarray[Any, Any],
    truth: np.ndarray[Any, Any],
) -> tuple[np.ndarray[Any, Any], np.ndarray[Any, Any]]:
    """Return rows' scores by pipelines not fitted on them, and the truth; none where a label is too rare for it."""
    names, counts = np.unique(truth, return_counts=True)
    if counts.min() < FOLDS:
        return np.empty((0, len(names))), truth[:0]
    return cross_val_predict(pipeline, rows, truth, cv=FOLDS, method="predict_proba"), truth


def _temperature(pipeline: Pipeline, scores: np.ndarray[Any, Any], truth: np.ndarray[Any, Any]) -> float:
    """Return the temperature at which rows not trained on are likeliest; 1 where there are too few of them."""
    if len(scores) < FEWEST_FOR_TEMPERATURE:
        return 1.0
    return fit_temperature(scores, np.searchsorted(pipeline.classes_, truth))


def _metrics(
    pipeline: Pipeline, rows: np.ndarray[Any, Any], truth: np.ndarray[Any, Any], temperature: float
) -> dict[str, float]:
    if not len(rows):
        return {}
    raw = pipeline.predict_proba(rows)
    scores = tempered(raw, temperature)
    is_right = pipeline.classes_[scores.argmax(axis=1)] == truth
    return {
        "accuracy": round(float(is_right.mean()), 4),
        "log_loss": round(log_loss(scores, np.searchsorted(pipeline.classes_, truth)), 4),
        "calibration_error": round(expected_calibration_error(scores.max(axis=1), is_right), 4),
        "calibration_error_untempered": round(expected_calibration_error(tempered(raw, 1).max(axis=1), is_right), 4),
    }


def _known_failures(pipeline: Pipeline, rows: np.ndarray[Any, Any], truth: np.ndarray[Any, Any]) -> list[str]:
    """Return a sentence for each of the label pairs confused most often on rows that were not trained on."""
    if not len(rows):
        return []
    answers = pipeline.predict(rows)
    confused = Counter(zip(truth[answers != truth].tolist(), answers[answers != truth].tolist(), strict=True))
    totals = Counter(truth.tolist())
    worst = sorted(confused.items(), key=lambda pair: (-pair[1], pair[0]))[:NAMED_CONFUSIONS]
    return [
        f"Of {totals[right]} held-out rows of “{_words(right)}”, {count} came back as “{_words(wrong)}”."
        for (right, wrong), count in worst
    ]


def _words(label: str) -> str:
    return label.replace("_", " ")
