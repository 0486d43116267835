"""Characters that a reader can't see, or that change the direction of what is read."""

import re
from collections.abc import Iterator

_CONTROL = r"\x00-\x08\x0b\x0c\x0e-\x1f\x7f\x80-\x84\x86-\x9f"
_HIDDEN = (
    "\u034f\u115f\u1160\u17b4\u17b5\u180e\u200b\u2060-\u2065\u206a-\u206f\u3164\uffa0\ufff9-\ufffb\U0001d173-\U0001d17a"
)
_JOINING = "\u0600-\u08ff\u0900-\u0dff\u0f00-\u109f\u1780-\u17ff\u1800-\u18af\ufb50-\ufdff\ufe70-\ufefc"
_EMOJI = (
    "\u00a9\u00ae\u203c\u2049\u2122\u2139\u2190-\u21ff\u2300-\u27bf\u2900-\u2bff\u3030\u303d\u3297\u3299"
    "\U0001f000-\U0001faff"
)
_VARIATION = "\ufe00-\ufe0f\U000e0100-\U000e01ef"
_TAGS = "\U000e0000-\U000e007f"
_RTL = re.compile("[\u0590-\u08ff\ufb1d-\ufdff\ufe70-\ufefc]")

_ASCII_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")
_SUSPECT = re.compile(f"[{_CONTROL}{_HIDDEN}{_VARIATION}{_TAGS}\u00ad\u200c\u200d\ufeff]")
_INVISIBLE = re.compile(
    f"(?P<flag>\U0001f3f4[\U000e0020-\U000e007e]{{1,8}}\U000e007f)"
    f"|(?P<joined>[{_EMOJI}]\ufe0f?\u200d(?=[{_EMOJI}])|[{_JOINING}][\u200c\u200d]{{1,2}})"
    f"|(?P<run>[{_VARIATION}]{{2,}}|[{_CONTROL}{_HIDDEN}{_TAGS}\u200c\u200d]+|(?<!^)\ufeff+|\u00ad{{2,}})",
)
_SOFT_HYPHEN = "\u00ad"
_MANY_SOFT_HYPHENS = 3
_BIDI_CONTROL = re.compile("[\u202a-\u202e\u2066-\u2069]+")
_BIDI_ANY = re.compile("[\u200e\u200f\u061c\u202a-\u202e\u2066-\u2069]+")


def has_invisible(text: str) -> bool:
    """Tell whether the text hides characters; joiners in emoji and in scripts that need them are not hidden."""
    if text.isascii():
        return _ASCII_CONTROL.search(text) is not None
    return _SUSPECT.search(text) is not None and next(invisible_spans(text), None) is not None


def invisible_spans(text: str) -> Iterator[tuple[int, int]]:
    """Yield where hidden characters stand."""
    many = text.count(_SOFT_HYPHEN) >= _MANY_SOFT_HYPHENS
    for found in _INVISIBLE.finditer(text):
        if found["run"] is not None:
            yield found.span()
    if many:
        yield from (found.span() for found in re.finditer(_SOFT_HYPHEN + "+", text))


def has_bidi(text: str) -> bool:
    """Tell whether the text redirects reading; plain marks in a right-to-left text do not."""
    return not text.isascii() and next(bidi_spans(text), None) is not None


def bidi_spans(text: str) -> Iterator[tuple[int, int]]:
    """Yield where characters that redirect reading stand."""
    pattern = _BIDI_CONTROL if _RTL.search(text) else _BIDI_ANY
    yield from (found.span() for found in pattern.finditer(text))
