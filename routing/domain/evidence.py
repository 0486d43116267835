"""Where in a payload's texts the terms stand that spoke for a prediction.

A text is cut into words as scikit-learn's vectorisers do it by default: lower case, two word characters or more, what stands
between is left out. A term is one such word or several in a row.
"""

import re
import unicodedata
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, Literal

from routing.domain.pointers import ABSENT, parts_of, pointer, resolve

MOST_SPANS = 40
MOST_TEXT = 20_000

Strength = Literal["strong", "weak"]
Span = tuple[int, int, Strength]
_Words = tuple[str, ...]
_Terms = Mapping[_Words, bool]
_Spelling = Callable[[_Words], _Words]

_WORD = re.compile(r"\b\w\w+\b")
_STRONG_SHARE = 0.5


def evidence_of(
    payload: Any, explanation: Sequence[tuple[str, float]], *, reads: Sequence[str] | None = None
) -> dict[str, list[Span]]:
    """Return per pointer the passages, as (start, end, strength) counted in characters, in order and without overlap.

    `reads` names the places that the model takes; none means every text. The terms that carry the first half of the weight are
    strong. At most 40 passages are returned, the strong ones first of all. Where no term is found as it is written, accents are
    left out of the comparison. What is masked must be masked in the payload already.
    """
    terms = _terms(explanation)
    if not terms:
        return {}
    texts = list(_texts(payload, reads))
    return _found(texts, terms, _as_written) or _found(
        texts, {_folded(words): terms[words] for words in terms}, _folded
    )


def _terms(explanation: Sequence[tuple[str, float]]) -> dict[_Words, bool]:
    """Return the words of the terms that spoke for the answer, and whether each is strong."""
    speaking = sorted(((weight, term) for term, weight in explanation if weight > 0), reverse=True)
    half = sum(weight for weight, _term in speaking) * _STRONG_SHARE
    terms: dict[_Words, bool] = {}
    before = 0.0
    for weight, term in speaking:
        words = tuple(_WORD.findall(term.lower()))
        if words:
            terms.setdefault(words, before < half)
        before += weight
    return terms


def _texts(payload: Any, reads: Sequence[str] | None) -> Iterator[tuple[str, str]]:
    """Yield the texts that the model reads, with their pointers, up to as many characters as are looked at."""
    left = MOST_TEXT
    for place in ("",) if reads is None else reads:
        part = resolve(payload, place)
        if part is ABSENT:
            continue
        for path, text in _strings(part, parts_of(place), is_deep=reads is None):
            if left <= 0:
                return
            yield pointer(path), text[:left]
            left -= len(text)


def _strings(part: Any, path: tuple[str, ...], *, is_deep: bool) -> Iterator[tuple[tuple[str, ...], str]]:
    """Yield a text or a list's texts with their paths; those of objects, and whatever is further inside, only if deep."""
    if isinstance(part, str):
        yield path, part
        return
    inner = enumerate(part) if isinstance(part, list) else part.items() if isinstance(part, dict) and is_deep else ()
    for key, value in inner:
        if is_deep or isinstance(value, str):
            yield from _strings(value, (*path, str(key)), is_deep=is_deep)


def _found(texts: Sequence[tuple[str, str]], terms: _Terms, spelling: _Spelling) -> dict[str, list[Span]]:
    spans = [(place, span) for place, text in texts for span in _passages(text, terms, spelling)]
    if len(spans) > MOST_SPANS:
        best = sorted(range(len(spans)), key=lambda index: (spans[index][1][2] != "strong", index))[:MOST_SPANS]
        spans = [spans[index] for index in sorted(best)]
    found: dict[str, list[Span]] = {}
    for place, span in spans:
        found.setdefault(place, []).append(span)
    return found


def _passages(text: str, terms: _Terms, spelling: _Spelling) -> Iterator[Span]:
    """Yield the text's passages: words of a term, or of terms side by side, that are equally strong."""
    words = list(_words(text))
    marks, is_joined = _marks(spelling(tuple(word for word, _start, _end in words)), terms)
    open_span: Span | None = None
    for at, (_word, start, end) in enumerate(words):
        mark = marks[at]
        if open_span and (mark != open_span[2] or not (is_joined[at] or text[open_span[1] : start].isspace())):
            yield open_span
            open_span = None
        if mark:
            open_span = (open_span[0] if open_span else start, end, mark)
    if open_span:
        yield open_span


def _marks(words: _Words, terms: _Terms) -> tuple[list[Strength | None], list[bool]]:
    """Return each word's strength, and whether a term joins it to the word before."""
    marks: list[Strength | None] = [None] * len(words)
    is_joined = [False] * len(words)
    lengths = sorted({len(term) for term in terms})
    for start in range(len(words)):
        for length in lengths:
            term = words[start : start + length]
            if len(term) < length or term not in terms:
                continue
            is_strong = terms[term]
            for at in range(start, start + length):
                marks[at] = "strong" if is_strong or marks[at] == "strong" else "weak"
                is_joined[at] = is_joined[at] or at > start
    return marks, is_joined


def _words(text: str) -> Iterator[tuple[str, int, int]]:
    """Yield the words of the lower-cased text with their places in the text itself, which lower case may lengthen."""
    lowered = text.lower()
    origins = None if len(lowered) == len(text) else [at for at, letter in enumerate(text) for _ in letter.lower()]
    for word in _WORD.finditer(lowered):
        start, end = word.span()
        yield (word[0], start, end) if origins is None else (word[0], origins[start], origins[end - 1] + 1)


def _as_written(words: _Words) -> _Words:
    return words


def _folded(words: _Words) -> _Words:
    """Return the words without their accents."""
    return tuple(
        "".join(c for c in unicodedata.normalize("NFKD", word) if not unicodedata.combining(c)) for word in words
    )
