"""Items as source systems send them: one object, or many lines, each checked by itself with plain code."""

import re
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from governance import strict_json
from governance.api.body import Body
from governance.api.parsers import refused
from governance.domain import MalformedError, ProductError
from governance.selectors.workspaces import draw_key
from review.domain.errors import BatchTooLargeError
from review.services.intake import Submission

KNOWN = frozenset(
    {"external_id", "payload", "contract", "subject", "segment", "value", "priority", "predictions", "occurred_at"},
)
_SIMPLE = frozenset({"external_id", "payload"})
MOST_PRIORITY = 100
MOST_PREDICTIONS = 10
MOST_TOP = 100
_DEPTH_OF_LIST = 1
_BLANK = b" \t\r\n"
_NEWLINE = re.compile(rb"\n")


@dataclass(slots=True)
class Line:
    """One line of a batch: a submission, or why there is none."""

    number: int
    submission: Submission | None = None
    refusal: ProductError | None = None


def submission_of(value: Any) -> Submission:
    """Return the submission that an object describes, or refuse it with pointers."""
    body = Body(value, known=KNOWN)
    submission = Submission(
        external_id=body.text("external_id", most=200, is_required=True),
        payload=body.members("payload", is_required=True),
        contract=body.text("contract", most=32) or None,
        subject=body.text("subject", most=200),
        segment=body.text("segment", most=63),
        value=body.number("value"),
        priority=body.whole("priority", least=-MOST_PRIORITY, most=MOST_PRIORITY, default=0),
        predictions=_predictions(body),
        occurred_at=_occurred_at(body),
    )
    body.close()
    return submission


def lines_of(raw: bytes, *, max_bytes: int, max_items: int) -> list[Line]:
    """Return a batch's lines: NDJSON, or the members of a JSON array, numbered from one."""
    start = raw.lstrip(_BLANK)[:1]
    if not start:
        raise MalformedError(detail="The batch is empty.")
    return _of_array(raw, max_bytes, max_items) if start == b"[" else _of_lines(raw, max_bytes, max_items)


def _of_array(raw: bytes, max_bytes: int, max_items: int) -> list[Line]:
    try:
        values = strict_json.loads(raw, max_depth=strict_json.MAX_DEPTH + _DEPTH_OF_LIST, max_bytes=max_bytes)
    except strict_json.JsonRefused as error:
        raise refused(error) from None
    _limit(len(values), max_items)
    return [_line(number, value) for number, value in enumerate(values, 1)]


def _of_lines(raw: bytes, max_bytes: int, max_items: int) -> list[Line]:
    # Counted before anything is split: a body of newlines alone must not become millions of objects.
    if raw.count(b"\n") >= max_items:
        _limit(sum(1 for part in _parts(raw) if part), max_items)
    lines = []
    for number, part in enumerate(_parts(raw), 1):
        if not part:
            continue
        try:
            value = strict_json.loads(part, max_bytes=max_bytes)
        except strict_json.JsonRefused as error:
            lines.append(Line(number, refusal=_refused_line(error)))
            continue
        lines.append(_line(number, value))
    return lines


def _parts(raw: bytes) -> Any:
    start = 0
    for newline in _NEWLINE.finditer(raw):
        yield raw[start : newline.start()].strip(_BLANK)
        start = newline.end()
    yield raw[start:].strip(_BLANK)


def _limit(count: int, max_items: int) -> None:
    if count > max_items:
        raise BatchTooLargeError(
            detail=f"The batch holds {count} items; at most {max_items} are taken at once.",
            extra={"max_items": max_items},
        )


def _line(number: int, value: Any) -> Line:
    if isinstance(value, dict) and value.keys() == _SIMPLE:
        external_id, payload = value["external_id"], value["payload"]
        if (
            isinstance(external_id, str)
            and isinstance(payload, dict)
            and 0 < len(external_id) <= 200  # noqa: PLR2004 - the column's length
            and external_id.isprintable()
        ):
            return Line(number, Submission(external_id, payload))
    try:
        return Line(number, submission_of(value))
    except ProductError as refusal:
        return Line(number, refusal=refusal)


def _refused_line(error: strict_json.JsonRefused) -> ProductError:
    """Return the refusal of one line; where in it the reader stopped does not matter to the sender."""
    return MalformedError(detail=error.detail, extra={"reason": error.code})


def _predictions(body: Body) -> list[dict[str, Any]] | None:
    given = body.any("predictions")
    if given is None:
        return None
    if not isinstance(given, list) or len(given) > MOST_PREDICTIONS:
        body.refuse("/predictions", "type", f"A list of at most {MOST_PREDICTIONS} predictions is expected.")
        return None
    for index, prediction in enumerate(given):
        _check_prediction(body, f"/predictions/{index}", prediction)
    return given or None


def _check_prediction(body: Body, pointer: str, prediction: Any) -> None:
    """Check a prediction's form only: a label or a confidence that makes no sense follows the workflow's fallback."""
    if not isinstance(prediction, dict):
        body.refuse(pointer, "type", "A prediction is an object with label and confidence.")
        return
    for name in ("confidence", "latency_ms", "cost"):
        value = prediction.get(name, 0)
        if isinstance(value, bool) or not isinstance(value, int | float):
            body.refuse(f"{pointer}/{name}", "type", "A number is expected.")
    if not isinstance(prediction.get("label"), str):
        body.refuse(f"{pointer}/label", "type", "A text is expected.")
    top = prediction.get("top", [])
    if not isinstance(top, list) or len(top) > MOST_TOP or not all(_is_pair(pair) for pair in top):
        body.refuse(f"{pointer}/top", "type", "A list of [label, score] pairs is expected.")


def _is_pair(pair: Any) -> bool:
    match pair:
        case [str(), int() | float() as score]:
            return not isinstance(score, bool)
    return False


def _occurred_at(body: Body) -> datetime | None:
    """Return when it happened; history can be told in a demo workspace only."""
    if body.any("occurred_at") is None:
        return None
    at = body.time("occurred_at")
    if not draw_key().is_demo:
        body.refuse("/occurred_at", "not_demo", "Times can be set in a demo workspace only.")
    return at
