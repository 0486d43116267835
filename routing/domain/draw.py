"""The keyed random draw: the same item always gets the same number, and nobody without the key can tell it."""

import hmac
from functools import lru_cache
from uuid import UUID

CALIBRATION = "calibration"
CANARY = "canary"
SPLIT = "split"

_BITS = 53


def draw(key: bytes, *, purpose: str, family: UUID | str, item_id: UUID) -> float:
    """Return u, uniform in [0, 1), fixed by (key, purpose, family, item); purposes and families are independent."""
    digest = hmac.digest(key, _before(purpose, family) + item_id.bytes, "sha256")
    return (int.from_bytes(digest[:8]) >> (64 - _BITS)) / (1 << _BITS)


def is_drawn(key: bytes, probability: float, *, purpose: str, family: UUID | str, item_id: UUID) -> bool:
    """Tell whether the item is in the sample of this probability; a smaller sample lies inside a larger one."""
    return draw(key, purpose=purpose, family=family, item_id=item_id) < probability


@lru_cache(maxsize=256)
def _before(purpose: str, family: UUID | str) -> bytes:
    """Return what stands before the item's 16 bytes; a family is the same whether it came as a UUID or as its text."""
    named = b"".join(len(part).to_bytes(4) + part for part in (purpose.encode(), str(family).encode()))
    return named + (16).to_bytes(4)
