"""When a delivery is tried again, and what an answer means for it; arithmetic alone.

The schedule is that of Standard Webhooks: ten attempts over about three days.
"""

from dataclasses import dataclass
from datetime import datetime
from email.utils import parsedate_to_datetime
from http import HTTPStatus

SCHEDULE_S = (5, 300, 1800, 7200, 18_000, 36_000, 50_400, 72_000, 86_400)
MOST_ATTEMPTS = len(SCHEDULE_S) + 1
JITTER = 0.1
LONGEST_PAUSE_S = 86_400.0
_ASKING_FOR_TIME = (HTTPStatus.TOO_MANY_REQUESTS, HTTPStatus.SERVICE_UNAVAILABLE)


@dataclass(frozen=True, slots=True)
class Verdict:
    """What follows from one attempt; `delay_s` is none where there is no further one, `pause_s` holds back the whole endpoint.

    What an endpoint that is gone (`is_gone`) did not take waits with all the rest until somebody switches it on again.
    """

    is_delivered: bool = False
    is_gone: bool = False
    delay_s: float | None = None
    pause_s: float | None = None


def verdict(*, status: int | None, retry_after_s: float | None, attempt: int, chance: float) -> Verdict:
    """Judge attempt number `attempt` (from 1): `status` is none where no answer came, `chance` in [0, 1) spreads the retries."""
    if status is not None and HTTPStatus.OK <= status < HTTPStatus.MULTIPLE_CHOICES:
        return Verdict(is_delivered=True)
    is_gone = status == HTTPStatus.GONE
    pause = min(retry_after_s, LONGEST_PAUSE_S) if retry_after_s is not None and status in _ASKING_FOR_TIME else None
    if attempt >= MOST_ATTEMPTS:
        return Verdict(is_gone=is_gone, pause_s=pause)
    return Verdict(is_gone=is_gone, delay_s=max(delay_after(attempt, chance), pause or 0.0), pause_s=pause)


def delay_after(attempt: int, chance: float) -> float:
    """Return the seconds until the attempt after this one, spread by up to a tenth either way."""
    return SCHEDULE_S[attempt - 1] * (1 + JITTER * (2 * chance - 1))


def retry_after(header: str | None, now: datetime) -> float | None:
    """Return the seconds that a Retry-After header asks for (a number or an HTTP date); none where it says nothing usable."""
    if not header:
        return None
    text = header.strip()
    if text.isascii() and text.isdecimal():
        return float(int(text[:9]))
    try:
        until = parsedate_to_datetime(text)
    except (TypeError, ValueError, IndexError):
        return None
    if until.tzinfo is None:
        return None
    return max(0.0, (until - now).total_seconds())
