"""From payloads to what a pipeline takes."""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from routing.backends.base import Payload
from routing.domain.pointers import ABSENT, resolve

TextReader = Callable[[Payload], str]
MAX_TEXT = 20_000


class UnusablePayload(ValueError):  # noqa: N818 - the payload is at fault, not the program
    """The payload lacks what the model takes."""


def text_of(payload: Payload, pointers: Sequence[str]) -> str:
    """Return the texts that the pointers name, one below the other; none at all is unusable."""
    found = [resolve(payload, text) for text in pointers]
    texts = [part if isinstance(part, str) else _listed(part) for part in found if part is not ABSENT]
    joined = "\n".join(text for text in texts if text)[:MAX_TEXT]
    if not joined.strip():
        message = f"no text at {', '.join(pointers)}"
        raise UnusablePayload(message)
    return joined


def numbers_of(payload: Payload, pointer: str, size: int) -> np.ndarray[Any, np.dtype[np.float32]]:
    """Return the flat numbers (nested lists are flattened) that the pointer names, exactly `size` of them."""
    try:
        numbers = np.asarray(resolve(payload, pointer), dtype=np.float32).ravel()
    except (TypeError, ValueError):
        numbers = np.empty(0, dtype=np.float32)
    if numbers.shape != (size,) or not np.isfinite(numbers).all():
        message = f"{pointer} must hold {size} numbers"
        raise UnusablePayload(message)
    return numbers


def _listed(part: Any) -> str:
    """Return a list's texts and an amount as text; other things say nothing."""
    if isinstance(part, list):
        return "\n".join(text for text in part if isinstance(text, str))
    if isinstance(part, int | float) and not isinstance(part, bool):
        return str(part)
    return ""
