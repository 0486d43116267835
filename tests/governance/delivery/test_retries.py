"""The schedule, what an answer means, and what Retry-After asks for: arithmetic alone."""

from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from governance.retries import JITTER, LONGEST_PAUSE_S, MOST_ATTEMPTS, SCHEDULE_S, delay_after, retry_after, verdict

NOW = datetime(2026, 5, 1, 12, tzinfo=UTC)
attempt_numbers = st.integers(1, MOST_ATTEMPTS)
chances = st.floats(0, 1, exclude_max=True)


def test_the_schedule_is_that_of_standard_webhooks() -> None:
    hour = 3600
    assert (5, 300, 1800, 2 * hour, 5 * hour, 10 * hour, 14 * hour, 20 * hour, 24 * hour) == SCHEDULE_S
    assert MOST_ATTEMPTS == 10


@given(st.integers(1, MOST_ATTEMPTS - 1), chances)
def test_a_retry_is_off_by_a_tenth_at_most(attempt: int, chance: float) -> None:
    planned = SCHEDULE_S[attempt - 1]
    assert planned * (1 - JITTER) <= delay_after(attempt, chance) <= planned * (1 + JITTER)


@given(st.integers(200, 299), attempt_numbers, chances)
def test_any_2xx_is_delivered(status: int, attempt: int, chance: float) -> None:
    found = verdict(status=status, retry_after_s=3.0, attempt=attempt, chance=chance)
    assert (found.is_delivered, found.delay_s, found.pause_s, found.is_gone) == (True, None, None, False)


@given(st.one_of(st.none(), st.integers(100, 199), st.integers(300, 599)), attempt_numbers, chances)
def test_anything_else_is_tried_again_until_the_tenth_time(status: int | None, attempt: int, chance: float) -> None:
    found = verdict(status=status, retry_after_s=None, attempt=attempt, chance=chance)
    assert not found.is_delivered
    assert (found.delay_s is None) == (attempt == MOST_ATTEMPTS)
    assert found.is_gone == (status == 410)


@given(st.sampled_from([429, 503]), st.floats(0, 1e9), attempt_numbers, chances)
def test_a_receiver_that_asks_for_time_gets_a_day_at_most(
    status: int, seconds: float, attempt: int, chance: float
) -> None:
    found = verdict(status=status, retry_after_s=seconds, attempt=attempt, chance=chance)
    assert found.pause_s == min(seconds, LONGEST_PAUSE_S)
    assert attempt == MOST_ATTEMPTS or (found.delay_s or 0) >= found.pause_s


@pytest.mark.parametrize("status", [None, 200, 302, 400, 500, 502])
def test_others_cannot_ask_for_time(status: int | None) -> None:
    assert verdict(status=status, retry_after_s=60.0, attempt=1, chance=0.5).pause_s is None


@pytest.mark.parametrize(
    ("header", "seconds"),
    [
        ("120", 120.0),
        (" 7 ", 7.0),
        ("0", 0.0),
        ("9" * 400, 999_999_999.0),
        ("Fri, 01 May 2026 12:05:00 GMT", 300.0),
        ("Fri, 01 May 2026 11:00:00 GMT", 0.0),
        ("Friday, 01-May-26 12:05:00 GMT", 300.0),
        (None, None),
        ("", None),
        ("soon", None),
        ("-5", None),
        ("1.5", None),
        ("١٢", None),
        ("Fri, 01 May 2026 12:05:00 -0000", None),
        ("Fri, 99 May 2026 12:05:00 GMT", None),
    ],
)
def test_retry_after_is_a_number_or_a_date(header: str | None, seconds: float | None) -> None:
    assert retry_after(header, NOW) == seconds


@given(st.text())
def test_no_header_is_more_than_misread(header: str) -> None:
    found = retry_after(header, NOW)
    assert found is None or found >= 0


@given(st.integers(0, 10**7))
def test_a_date_says_the_same_as_a_number(seconds: int) -> None:
    until = format_datetime(NOW + timedelta(seconds=seconds), usegmt=True)
    assert retry_after(until, NOW) == retry_after(str(seconds), NOW)
