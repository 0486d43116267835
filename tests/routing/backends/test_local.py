"""Asking local models: good rows, bad rows, bad files."""

import hashlib
from typing import Any, ClassVar

import numpy as np
import pytest
import skops.io
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.preprocessing import FunctionTransformer

from routing.backends.files import LoadedModel, ModelCache, ModelUnavailable, load_model
from routing.backends.local import LocalBackend, LocalConfig
from routing.backends.training import TrainedModel, train_text
from routing.domain.temperature import tempered
from routing.domain.term_vectors import KEPT_TERMS, PARTS, hash_of

THEMES = {
    "card": ["my card is lost", "the card has not arrived", "card stolen on the train", "new card please"],
    "refund": ["i want my money back", "please refund the payment", "refund is late", "money back for shoes"],
    "login": ["i cannot log in", "password is wrong", "reset my password", "login fails every time"],
}


@pytest.fixture(scope="module")
def model() -> TrainedModel:
    rows = [(f"{text} {number}", label) for label, texts in THEMES.items() for text in texts for number in range(12)]
    return train_text([text for text, _ in rows], [label for _, label in rows])


def backend(model: TrainedModel, *, cache: ModelCache | None = None, **config: Any) -> LocalBackend:
    return LocalBackend(
        lambda: model.content,
        sha256=model.sha256,
        config=LocalConfig.from_json({**model.config, **config}),
        cache=cache or ModelCache(),
    )


def test_a_batch_gets_label_confidence_top_and_explanation(model: TrainedModel) -> None:
    payloads = [{"text": "my card is lost 3"}, {"text": "please refund the payment now"}]
    card, refund = backend(model).predict(payloads)
    assert (card.label, refund.label) == ("card", "refund")
    assert card.confidence == card.top[0][1]
    assert card.top[0][0] == "card"
    assert len(card.top) == 3
    assert sum(score for _, score in card.top) == pytest.approx(1)
    assert "card" in [term for term, _ in card.explanation]
    assert all(weight > 0 for _, weight in card.explanation)
    assert card.latency_ms > 0


def test_a_text_leaves_its_weightiest_terms_as_a_unit_vector(model: TrainedModel) -> None:
    longer = " ".join(f"{text} 10" for texts in THEMES.values() for text in texts)
    one, again, other, long, none = (
        result.vector
        for result in backend(model).predict(
            [{"text": text} for text in ("my card is lost 3", "My card is LOST 3", "refund is late", longer, "x y z")]
        )
    )

    assert one == again
    assert one is not None
    assert hash_of("card") in one.terms
    assert other is not None
    assert set(one.terms) & set(other.terms) == {hash_of("is")}
    assert all(
        sum(weight**2 for weight in vector.weights) == pytest.approx(PARTS**2, rel=0.01)
        for vector in (one, long)
        if vector
    )
    assert list(one.weights) == sorted(one.weights, reverse=True)
    assert len(long.terms if long else ()) == KEPT_TERMS
    assert none is None


def test_a_model_without_terms_leaves_no_vector(model: TrainedModel) -> None:
    assert backend(model, explain=False).predict([{"text": "my card"}])[0].vector is None


def test_explaining_changes_no_answer(model: TrainedModel) -> None:
    payloads = [{"text": text} for texts in THEMES.values() for text in texts]
    plain = backend(model, explain=False).predict(payloads)
    assert [one.top for one in plain] == [one.top for one in backend(model).predict(payloads)]
    assert all(one.explanation == () for one in plain)


def test_several_fields_are_joined(model: TrainedModel) -> None:
    asked = backend(model, pointers=["/subject", "/thread", "/gone"])
    [result] = asked.predict([{"subject": "hello", "thread": ["reset my password", "login fails"]}])
    assert result.label == "login"


@pytest.mark.parametrize("bad", [{}, {"text": ""}, {"text": "  "}, {"text": None}, {"text": {"a": 1}}])
def test_a_payload_without_text_fails_alone(model: TrainedModel, bad: dict[str, Any]) -> None:
    results = backend(model).predict([{"text": "my card is lost"}, bad, {"text": "reset my password"}])
    assert [one.label for one in results] == ["card", None, "login"]
    assert results[1].failure == "model_error"


def test_no_payloads_no_answers(model: TrainedModel) -> None:
    assert backend(model).predict([]) == []


def test_a_missing_or_altered_file_is_said(model: TrainedModel) -> None:
    config = LocalConfig.from_json(model.config)
    gone = LocalBackend(lambda: None, sha256=model.sha256, config=config, cache=ModelCache())
    altered = LocalBackend(lambda: model.content + b"x", sha256=model.sha256, config=config, cache=ModelCache())
    assert [one.failure for one in gone.predict([{"text": "a"}] * 2)] == ["model_missing"] * 2
    assert [one.failure for one in altered.predict([{"text": "a"}] * 2)] == ["model_altered"] * 2


def test_a_file_is_read_once_and_the_oldest_is_forgotten(model: TrainedModel) -> None:
    reads: list[str] = []
    cache = ModelCache(size=1)

    def read() -> bytes:
        reads.append(model.sha256)
        return model.content

    for _ in range(3):
        cache.get(model.sha256, read)
    assert len(reads) == 1
    other = skops.io.dumps(load_model(model.content, sha256=model.sha256).pipeline)
    cache.get(hashlib.sha256(other).hexdigest(), lambda: other)
    cache.get(model.sha256, read)
    assert len(reads) == 2


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"not a zip",
        b"\x80\x04\x95",
        skops.io.dumps({"no": "model"}),
        skops.io.dumps(FunctionTransformer(func=hashlib.sha256)),
    ],
)
def test_what_is_not_an_allowed_model_is_not_loaded(raw: bytes) -> None:
    with pytest.raises(ModelUnavailable):
        load_model(raw, sha256=hashlib.sha256(raw).hexdigest())


class Moody(ClassifierMixin, BaseEstimator):
    """Raises at, or says nonsense about, the texts that ask for it."""

    classes_ = np.array(["a", "b"])
    nonsense: ClassVar = {"nan": [np.nan, 1.0], "large": [1.7, -0.7], "zero": [0.0, 0.0], "fine": [0.8, 0.2]}

    def predict_proba(self, texts: list[str]) -> np.ndarray[Any, Any]:
        """Return what each text asks for."""
        if "raise" in texts:
            message = "I can't"
            raise RuntimeError(message)
        if "short" in texts:
            return np.zeros((0, 2))
        return np.array([self.nonsense[text] for text in texts])


class Fixed(ModelCache):
    """Holds one model that no file could."""

    def get(self, sha256: str, read: Any) -> LoadedModel:
        """Return it."""
        return LoadedModel(Moody(), ("a", "b"), None)


@pytest.fixture
def moody() -> LocalBackend:
    return LocalBackend(lambda: None, sha256="", config=LocalConfig(), cache=Fixed())


@pytest.mark.parametrize(
    ("bad", "failure"),
    [
        ("raise", "model_error"),
        ("short", "model_error"),
        ("nan", "not_a_number"),
        ("large", "not_a_number"),
        ("zero", "not_a_number"),
    ],
)
def test_one_row_that_breaks_the_model_spoils_no_other(moody: LocalBackend, bad: str, failure: str) -> None:
    results = moody.predict([{"text": "fine"}, {"text": bad}, {"text": "fine"}])
    assert [one.failure for one in results] == [None, failure, None]
    assert results[0].confidence == pytest.approx(0.8)


@pytest.mark.parametrize("config", [{"takes": "pickle"}, {"temperature": 0}, {"pointers": []}, {"top": 0}])
def test_a_wrong_configuration_is_refused(config: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="not a configuration"):
        LocalConfig.from_json(config)


def test_temperature_sharpens_or_softens_and_keeps_the_order() -> None:
    scores = np.array([[0.7, 0.2, 0.1]])
    assert tempered(scores, 1.0) == pytest.approx(scores)
    assert tempered(scores, 0.5)[0, 0] > 0.7 > tempered(scores, 2.0)[0, 0]
    assert tempered(scores, 0.5).sum() == pytest.approx(1)
