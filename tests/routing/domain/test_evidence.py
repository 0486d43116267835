"""Where the terms of an explanation stand in a text."""

from typing import Any

import pytest

from routing.domain.evidence import MOST_SPANS, MOST_TEXT, evidence_of


def quoted(text: str, *explanation: tuple[str, float]) -> list[tuple[str, str]]:
    spans = evidence_of({"text": text}, explanation, reads=["/text"]).get("/text", [])
    return [(text[start:end], strength) for start, end, strength in spans]


def test_terms_are_found_as_the_vectoriser_cuts_words() -> None:
    text = "The Card, my card! cardinal CARD-holder x card_1"

    assert quoted(text, ("card", 1.0)) == [("Card", "strong"), ("card", "strong"), ("CARD", "strong")]


def test_a_term_of_two_words_spans_what_the_vectoriser_leaves_out() -> None:
    assert quoted("I have a never-ending row", ("have never", 1.0)) == [("have a never", "strong")]


def test_the_terms_that_carry_half_of_the_weight_are_strong() -> None:
    text = "lost parcel at the old depot"

    assert quoted(text, ("lost", 5.0), ("parcel", 3.0), ("depot", 2.0)) == [
        ("lost", "strong"),
        ("parcel", "weak"),
        ("depot", "weak"),
    ]


def test_overlapping_terms_make_passages_that_do_not_overlap() -> None:
    text = "my card payment was pending"
    terms = [("card", 5.0), ("card payment", 2.0), ("payment was", 1.0), ("my", 0.5)]

    assert quoted(text, *terms) == [("my", "weak"), ("card", "strong"), ("payment was", "weak")]


def test_terms_side_by_side_are_one_passage_and_punctuation_parts_them() -> None:
    assert quoted("red lamp. green lamp", ("red", 1.0), ("lamp", 1.0), ("green", 0.9)) == [
        ("red lamp", "strong"),
        ("green", "weak"),
        ("lamp", "strong"),
    ]


@pytest.mark.parametrize(
    ("text", "term", "passage"),
    [
        ("😀😀 Karte verloren", "karte", "Karte"),
        ("İİİ the parcel", "parcel", "parcel"),
        ("ΣΊΣΥΦΟΣ parcel", "σίσυφος", "ΣΊΣΥΦΟΣ"),
        ("straße gesperrt", "straße", "straße"),
        ("la réclamation", "réclamation", "réclamation"),
        ("la réclamation", "reclamation", "réclamation"),
        ("a\u200bb parcel", "parcel", "parcel"),
    ],
    ids=["astral", "longer lower case", "final sigma", "sharp s", "accent", "stripped accent", "invisible"],
)
def test_places_are_counted_in_characters_of_the_text_itself(text: str, term: str, passage: str) -> None:
    assert quoted(text, (term, 1.0)) == [(passage, "strong")]


def test_accents_matter_where_the_term_stands_as_written() -> None:
    assert quoted("resume your résumé", ("résumé", 1.0)) == [("résumé", "strong")]


def test_what_spoke_against_or_is_not_a_word_marks_nothing() -> None:
    assert quoted("my card is lost", ("card", -2.0), ("!", 1.0), ("", 1.0)) == []


@pytest.mark.parametrize(
    ("reads", "places"),
    [
        (["/text"], {"/text"}),
        (["/lines", "/gone", "/count"], {"/lines/1"}),
        (None, {"/text", "/lines/1", "/a~1b/~0"}),
    ],
    ids=["one text", "a list", "everything"],
)
def test_only_what_the_model_reads_is_searched(reads: list[str] | None, places: set[str]) -> None:
    payload: dict[str, Any] = {
        "text": "a parcel",
        "lines": ["nothing", "the parcel", 7, None],
        "a/b": {"~": "parcel"},
        "count": 3,
        "none": None,
    }

    assert evidence_of(payload, [("parcel", 1.0)], reads=reads).keys() == places


def test_passages_are_bounded_and_the_strong_ones_kept() -> None:
    text = "weak, " * 60 + "strong, " * 5
    spans = evidence_of({"text": text}, [("strong", 2.0), ("weak", 1.0)])["/text"]

    assert len(spans) == MOST_SPANS
    assert [strength for _start, _end, strength in spans].count("strong") == 5
    assert spans == sorted(spans)


def test_beyond_what_a_model_reads_nothing_is_searched() -> None:
    assert evidence_of({"a": "x " * MOST_TEXT, "b": "parcel"}, [("parcel", 1.0)]) == {}
