"""Reading the tuner's question from an address, member by member."""

import math
from collections.abc import Mapping
from datetime import date
from typing import Any

from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter
from rest_framework.request import Request

from governance.api.errors import FieldsInvalidError
from review.selectors.tuner import UNCHANGED, Question
from routing.selectors.tuner_frame import FARTHEST_DAYS

_MOST_LABELS = 1000
_MOST_MONEY = 1e9
_MOST_ITEMS = 1e9
_TOLD: dict[str, tuple[Any, str]] = {
    "target": (OpenApiTypes.FLOAT, "Wrong at most, between 0 and 1."),
    "delta": (OpenApiTypes.FLOAT, "Chance of being wrong about it; 0.05 means 95 %."),
    "threshold": (OpenApiTypes.STR, "The draft's default threshold, or `never`; the active one where it is missing."),
    "label": (OpenApiTypes.STR, "A label's own threshold in the draft: `key:0.9`, `key:never`, or `key:` for none."),
    "review_cost": (OpenApiTypes.FLOAT, "What a review costs."),
    "wrong_cost": (OpenApiTypes.FLOAT, "What a wrong acceptance costs."),
    "minutes": (OpenApiTypes.FLOAT, "Minutes a review."),
    "items_a_day": (OpenApiTypes.FLOAT, "Items a day; measured where it is missing."),
    "sample_rate": (OpenApiTypes.FLOAT, "Share of items drawn for the calibration sample."),
    "human_error": (OpenApiTypes.FLOAT, "People's own error; measured where it is missing."),
    "since": (OpenApiTypes.DATE, "The first day (UTC)."),
    "until": (OpenApiTypes.DATE, "The last day (UTC)."),
    "known": (OpenApiTypes.STR, "The `basis` of an earlier answer."),
}
PARAMETERS = [
    OpenApiParameter(name, kind, description=told, many=name == "label") for name, (kind, told) in _TOLD.items()
]


def question_of(request: Request, *, today: date) -> Question:
    """Return what is asked; everything that is wrong with it is refused at once."""
    reader = _Reader(request.query_params)
    question = Question(
        target=reader.between("target"),
        delta=reader.between("delta"),
        threshold=reader.threshold("threshold"),
        labels=reader.labels(),
        review_cost=reader.number("review_cost", most=_MOST_MONEY),
        wrong_cost=reader.number("wrong_cost", most=_MOST_MONEY),
        minutes=reader.number("minutes", most=1440),
        items_a_day=reader.number("items_a_day", most=_MOST_ITEMS),
        sample_rate=reader.number("sample_rate", most=1),
        human_error=reader.number("human_error", most=1),
        first=reader.day("since"),
        last=reader.day("until"),
        stays=bool(request.query_params.get("known")),
    )
    first, last = question.first, question.last or today
    if first is not None and not 0 <= (last - first).days <= FARTHEST_DAYS:
        reader.refuse("since", "range", f"It must lie at most {FARTHEST_DAYS} days before the end, and not behind it.")
    reader.close()
    return question


class _Reader:
    """Reads parameters and notes what is wrong with them."""

    def __init__(self, given: Any) -> None:
        self.given = given
        self.errors: list[dict[str, str]] = []
        for name in sorted(set(given) - set(_TOLD)):
            self.refuse(name[:80], "unknown", "There is no such parameter here.")

    def refuse(self, name: str, code: str, message: str) -> None:
        self.errors.append({"pointer": f"/{name}", "code": code, "message": message})

    def close(self) -> None:
        if self.errors:
            raise FieldsInvalidError(
                detail=f"{len(self.errors)} parameter(s) can't be accepted: {self.errors[0]['message']}",
                extra={"errors": self.errors[:20]},
            )

    def number(self, name: str, *, most: float) -> float | None:
        """Return a number from 0 to the most, or none."""
        value = self._float(name)
        if value is not None and not 0 <= value <= most:
            self.refuse(name, "range", f"A number from 0 to {most:g} is expected.")
            return None
        return value

    def between(self, name: str) -> float | None:
        """Return a share strictly between 0 and 1, or none."""
        value = self._float(name)
        if value is not None and not 0 < value < 1:
            self.refuse(name, "range", "A number between 0 and 1 is expected, and neither of them.")
            return None
        # Below this, no number of answers that could be had certifies anything.
        if value is not None and value < 1e-6:  # noqa: PLR2004
            self.refuse(name, "range", "At least 0.000001 is expected.")
            return None
        return value

    def threshold(self, name: str) -> float | str | None:
        text = self.given.get(name)
        return UNCHANGED if text in {None, ""} else self._threshold(text, name)

    def labels(self) -> Mapping[str, float | str | None]:
        """Return own thresholds by label: `label=key:0.9`, `label=key:never`, `label=key:` for none of its own."""
        texts = self.given.getlist("label")
        if len(texts) > _MOST_LABELS:
            self.refuse("label", "length", f"At most {_MOST_LABELS} labels are taken.")
            return {}
        found: dict[str, float | str | None] = {}
        for text in texts:
            label, colon, value = text.rpartition(":")
            if not colon or not label:
                self.refuse("label", "format", "A label, a colon and a threshold are expected.")
                continue
            found[label] = UNCHANGED if not value else self._threshold(value, "label")
        return found

    def day(self, name: str) -> date | None:
        text = self.given.get(name)
        if not text:
            return None
        try:
            return date.fromisoformat(text)
        except ValueError:
            self.refuse(name, "format", "A day is expected, as 2026-01-31.")
            return None

    def _threshold(self, text: str, name: str) -> float | None:
        if text == "never":
            return None
        value = _finite(text)
        if value is None or not 0 <= value <= 1:
            self.refuse(name, "range", "A threshold is a number from 0 to 1, or never.")
            return None
        return value

    def _float(self, name: str) -> float | None:
        text = self.given.get(name)
        if text in {None, ""}:
            return None
        value = _finite(text)
        if value is None:
            self.refuse(name, "type", "A number is expected.")
        return value


def _finite(text: str) -> float | None:
    try:
        value = float(text)
    except ValueError:
        return None
    return value if math.isfinite(value) else None
