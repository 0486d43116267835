"""The models that the product trains itself."""

import time

import numpy as np
import pytest

from routing.backends.files import ModelCache
from routing.backends.local import LocalBackend, LocalConfig
from routing.backends.training import TrainedModel, digit_scans, train_digits, train_text
from routing.domain.predictions import PredictionResult
from tests.banking77 import Banking77


def asked(model: TrainedModel, payloads: list[dict[str, object]]) -> list[PredictionResult]:
    config = LocalConfig.from_json(model.config)
    return LocalBackend(lambda: model.content, sha256=model.sha256, config=config, cache=ModelCache()).predict(payloads)


def test_digits_are_read_and_confidence_means_something() -> None:
    model = train_digits()
    scans = digit_scans()
    results = asked(model, [{"pixels": scans[row][0]} for row in model.test_rows])
    truth = [scans[row][1] for row in model.test_rows]
    right = [result.label == label for result, label in zip(results, truth, strict=True)]
    sure = [is_right for result, is_right in zip(results, right, strict=True) if (result.confidence or 0) >= 0.95]
    assert np.mean(right) > 0.96
    assert np.mean(sure) > 0.99
    assert len(sure) / len(right) > 0.7
    assert model.metrics["calibration_error"] < 0.03
    assert model.labels == tuple("0123456789")


@pytest.mark.parametrize("pixels", [None, [1, 2], [["x"] * 8] * 8, [[float("nan")] * 8] * 8, [[1], [2, 3]]])
def test_a_wrong_scan_fails_alone(pixels: object) -> None:
    good = digit_scans()[0]
    wrong, fine = asked(train_digits(), [{"pixels": pixels}, {"pixels": good[0]}])
    assert (wrong.failure, fine.label) == ("model_error", good[1])


def test_training_twice_gives_the_same_split_and_answers() -> None:
    texts = [f"{word} number {n}" for word in ("red", "green", "blue") for n in range(60)]
    labels = [text.split()[0] for text in texts]
    one, two = train_text(texts, labels, seed=3), train_text(texts, labels, seed=3)
    assert (one.test_rows, one.temperature, one.labels) == (two.test_rows, two.temperature, two.labels)
    assert one.test_rows != train_text(texts, labels, seed=4).test_rows
    payloads: list[dict[str, object]] = [{"text": text} for text in texts[:9]]
    assert [r.top for r in asked(one, payloads)] == [r.top for r in asked(two, payloads)]


def test_equal_texts_never_stand_on_both_sides_and_rare_labels_are_trained() -> None:
    texts = ["same text"] * 40 + [f"other {n}" for n in range(40)] + ["only one"]
    model = train_text(texts, ["a"] * 40 + ["b"] * 40 + ["rare"], test_share=0.5)
    held = {texts[row] for row in model.test_rows}
    kept = {text for row, text in enumerate(texts) if row not in model.test_rows}
    assert not held & kept
    assert "rare" in model.labels


def test_a_model_says_what_it_confuses_on_rows_it_was_not_trained_on() -> None:
    texts = [f"red number {n}" for n in range(100)] + [f"red numeral {n}" for n in range(60)]
    labels = [("red_one", "red_two")[n % 10 == 0] for n in range(100)] + ["red_two"] * 60
    model = train_text(texts, labels, test_share=0.5)
    held = [labels[row] for row in model.test_rows]
    (sentence,) = model.metrics["known_failures"][:1]

    assert sentence.startswith(f"Of {held.count('red_two')} held-out rows of “red two”, ")
    assert sentence.endswith(" came back as “red one”.")
    assert model.config["labels"] == list(model.labels)


def test_digits_name_two_pairs_that_they_confuse() -> None:
    assert 1 <= len(train_digits().metrics["known_failures"]) <= 2


def test_banking77_is_learnt_quickly_and_well(banking77: Banking77) -> None:
    model = banking77.model
    asked(model, [{"text": "warm"}])
    began = time.process_time()
    results = asked(model, [{"text": text} for text in banking77.texts])
    asked_s = time.process_time() - began

    right = np.array([result.label == label for result, label in zip(results, banking77.truth, strict=True)])
    sure = np.array([(result.confidence or 0) >= 0.948 for result in results])
    assert right.mean() >= 0.90
    assert (~right[sure]).mean() < 0.025
    assert sure.mean() > 0.6
    assert len(model.content) < 10_000_000
    assert banking77.trained_s < 90
    assert len(results) / asked_s > 2_000
