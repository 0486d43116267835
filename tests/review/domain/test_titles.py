"""The one line that names an item."""

from typing import Any

import pytest

from review.domain.titles import MOST_LETTERS, short_title

LONG = "word " * 60


@pytest.mark.parametrize(
    ("payload", "views", "title"),
    [
        ({"Subject": "Late  parcel\n", "text": "Hello"}, {}, "Late parcel"),
        ({"name": "Lamp", "text": "Hello"}, {"/name": "title"}, "Lamp"),
        ({"note": "short", "text": "Hello\nthere"}, {}, "Hello there"),
        ({"text": "Hello"}, {"/text": "text"}, "Hello"),
        ({"subject": " ", "text": "Hello"}, {"/text": "text"}, "Hello"),
        ({"a/b": "Hello"}, {"/a~1b": "title"}, "Hello"),
        ({"subject": 7, "pixels": [[1]], "short": "x"}, {}, ""),
        ({"text": "Hello"}, {"/text": "hidden"}, ""),
        (["Hello"], {}, ""),
    ],
)
def test_a_title_or_the_first_words(payload: Any, views: dict[str, str], title: str) -> None:
    assert short_title(payload, views=views, sensitive=[]) == title


@pytest.mark.parametrize("sensitive", [["/subject"], ["/*"], [""]])
def test_sensitive_fields_are_left_out(sensitive: list[str]) -> None:
    shown = short_title({"subject": "Ada Moreau", "text": "Hello\nthere"}, views={}, sensitive=sensitive)

    assert "Ada" not in shown


def test_a_long_text_is_cut_between_words() -> None:
    title = short_title({"text": LONG}, views={}, sensitive=[])

    assert len(title) <= MOST_LETTERS
    assert title.endswith("word…")
