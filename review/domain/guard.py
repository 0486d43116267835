"""What makes content suspicious. A flag can only add review by people, never remove it."""

from typing import Any

from review.domain.instructions import instruction_spans, is_instruction_like
from review.domain.invisibles import bidi_spans, has_bidi, has_invisible, invisible_spans

INSTRUCTION_LIKE = "instruction_like"
INVISIBLE_CHARACTERS = "invisible_characters"
BIDI_CHARACTERS = "bidi_characters"
FLAGS = (INSTRUCTION_LIKE, INVISIBLE_CHARACTERS, BIDI_CHARACTERS)


def flags_of(payload: Any) -> tuple[str, ...]:
    """Return the flags of a payload, over every text in it, keys included, in a fixed order."""
    texts = _texts(payload)
    found = (
        is_instruction_like("\n".join(texts)),
        any(map(has_invisible, texts)),
        any(map(has_bidi, texts)),
    )
    return tuple(flag for flag, is_set in zip(FLAGS, found, strict=True) if is_set)


def suspicious_spans(text: str) -> list[tuple[int, int, str]]:
    """Return (start, end, flag) of what raised the flags in a text, in order, spans of one flag merged."""
    spans: list[tuple[int, int, str]] = []
    for kind, found in (
        (INSTRUCTION_LIKE, instruction_spans(text)),
        (INVISIBLE_CHARACTERS, invisible_spans(text)),
        (BIDI_CHARACTERS, bidi_spans(text)),
    ):
        merged: list[tuple[int, int, str]] = []
        for start, end in sorted(found):
            if merged and start <= merged[-1][1]:
                start, end = merged[-1][0], max(end, merged.pop()[1])  # noqa: PLW2901 - the span grows
            merged.append((start, end, kind))
        spans += merged
    return sorted(spans)


def _texts(payload: Any) -> list[str]:
    texts: list[str] = []
    waiting = [payload]
    while waiting:
        part = waiting.pop()
        if isinstance(part, str):
            texts.append(part)
        elif isinstance(part, dict):
            texts.extend(part)
            waiting.extend(part.values())
        elif isinstance(part, list | tuple):
            waiting.extend(part)
    return texts
