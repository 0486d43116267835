"""What is posted to a model and what it answers; an answer is read strictly, and its texts are nobody's but the model's."""

import json
import math
from collections.abc import Iterator, Sequence
from typing import Any

from governance import strict_json
from routing.backends.base import Payload
from routing.domain.predictions import Failure, PredictionResult, failed

MOST_ITEMS = 256
MOST_BYTES = 1 << 20
_TOP = 3
_TERMS = 8
_TERM_LENGTH = 100
_PAIR = 2


class UnreadableAnswer(Exception):  # noqa: N818 - the model is at fault
    """The answer as a whole can't be used: the failure that all its items have."""

    def __init__(self, failure: Failure, detail: str) -> None:
        """Keep the code and the sentence."""
        super().__init__(detail)
        self.failure = failure
        self.detail = detail


def parts_of(payloads: Sequence[Payload], *, most_items: int = MOST_ITEMS) -> Iterator[list[bytes]]:
    """Yield the payloads as JSON in parts that one request takes each; a payload beyond the limit goes alone."""
    part: list[bytes] = []
    size = 0
    for payload in payloads:
        written = json.dumps(payload, ensure_ascii=False, separators=(",", ":")).encode()
        if part and (len(part) == most_items or size + len(written) > MOST_BYTES):
            yield part
            part, size = [], 0
        part.append(written)
        size += len(written)
    if part:
        yield part


def request_body(model: str, version: str, part: Sequence[bytes]) -> bytes:
    """Return the body of one request; an input's id is its place in the part."""
    names = json.dumps({"model": model, "version": version}, ensure_ascii=False).removesuffix("}").encode()
    inputs = b",".join(b'{"id":"%d","payload":%b}' % (place, payload) for place, payload in enumerate(part))
    return b'%b, "inputs":[%b]}' % (names, inputs)


def read_answer(raw: bytes, count: int) -> list[PredictionResult]:
    """Return one result per input, in their order; raises UnreadableAnswer where that can't be told."""
    try:
        answer = strict_json.loads(raw)
    except strict_json.JsonRefused as error:
        failure = Failure.NOT_A_NUMBER if error.code == "not_a_number" else Failure.BAD_OUTPUT
        raise UnreadableAnswer(failure, f"The answer is not JSON that can be read: {plain(error.detail)}") from None
    predictions = answer.get("predictions") if isinstance(answer, dict) else None
    if not isinstance(predictions, list):
        raise UnreadableAnswer(Failure.BAD_OUTPUT, "The answer has no list of predictions.")
    if len(predictions) != count:
        raise UnreadableAnswer(Failure.BAD_OUTPUT, f"{len(predictions)} predictions for {count} inputs")
    return [_read(one) for one in _in_order(predictions)]


def plain(text: str) -> str:
    """Return the text with what can't be seen made visible: control characters, changes of direction, zero widths."""
    return "".join(character if character.isprintable() else "\ufffd" for character in text)


def _in_order(predictions: list[Any]) -> list[Any]:
    """Return the predictions in the order of the inputs: by id where they have ids, else as they came."""
    ids = [one.get("id") if isinstance(one, dict) else None for one in predictions]
    if all(given is None for given in ids):
        return predictions
    by_id = {given: one for given, one in zip(ids, predictions, strict=True) if isinstance(given, str)}
    wanted = [str(place) for place in range(len(predictions))]
    if by_id.keys() != set(wanted):
        raise UnreadableAnswer(Failure.BAD_OUTPUT, "The ids of the predictions are not those of the inputs.")
    return [by_id[place] for place in wanted]


def _read(given: Any) -> PredictionResult:
    """Return one prediction; whether its label and confidence can be used is for `checked` to say."""
    if not isinstance(given, dict):
        return failed(Failure.BAD_OUTPUT, "The prediction is no object.")
    if "error" in given:
        return failed(Failure.MODEL_ERROR, f"The model says: {plain(str(given['error'])[:300])}")
    try:
        cost = given.get("cost", 0)
        if not _is_number(cost) or cost < 0:
            return failed(Failure.BAD_OUTPUT, "The cost is no amount.")
        label = given["label"]
        if isinstance(label, str) and plain(label) != label:
            return failed(Failure.BAD_OUTPUT, f"The label can't be shown: {label!a:.80}")
        return PredictionResult(
            label=label,
            confidence=given["confidence"],
            top=_pairs(given.get("top", []), _TOP),
            explanation=tuple((plain(term[:_TERM_LENGTH]), weight) for term, weight in _terms(given)),
            cost=float(cost),
        )
    except (KeyError, TypeError, ValueError) as error:
        return failed(Failure.BAD_OUTPUT, f"The prediction can't be read: {type(error).__name__}: {plain(str(error))}")


def _terms(given: dict[str, Any]) -> tuple[tuple[str, float], ...]:
    return _pairs(given.get("explanation", []), _TERMS)


def _pairs(given: Any, most: int) -> tuple[tuple[str, float], ...]:
    """Return the first pairs of text and number; raises TypeError for anything else."""
    if not isinstance(given, list):
        message = "not a list of pairs"
        raise TypeError(message)
    for pair in given:
        if not (isinstance(pair, list) and len(pair) == _PAIR and isinstance(pair[0], str) and _is_number(pair[1])):
            message = "not a pair of a text and a number"
            raise TypeError(message)
    return tuple((text, float(number)) for text, number in given[:most])


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)
