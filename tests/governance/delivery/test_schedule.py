"""One delivery through failures: the same id and bytes each time, at the times of the schedule."""

import pytest
from standardwebhooks import Webhook

from governance.models import OutboxMessage
from governance.retries import JITTER, SCHEDULE_S
from governance.services import sender
from tests.conftest import House
from tests.governance.delivery.receiver import Receiver, hang, status
from tests.governance.delivery.scene import (
    attempts,
    delay_s,
    deliver,
    endpoint_at,
    only,
    pass_time,
    resolve,
    say,
    states,
    things,
)
from tests.invariants import broken


def test_failures_and_silence_are_followed_by_the_same_bytes_again(
    town: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sender, "TIMEOUT_S", 0.5)
    plan = [status("500 Oops", body=b"<b>no</b>"), status("500 Oops"), status("502 Bad"), hang]
    with Receiver(*plan) as receiver:
        made = endpoint_at(town, receiver)
        resolve(town, "one")
        for planned in SCHEDULE_S[:4]:
            assert deliver(town) == 1
            waiting = only()
            assert waiting.state == "pending"
            assert planned * (1 - JITTER) - 5 <= delay_s(waiting) <= planned * (1 + JITTER)
            assert deliver(town) == 0
            pass_time(planned * (1 + JITTER))
        assert deliver(town) == 1
    assert len(set(receiver.ids)) == 1
    assert len({got.body for got in receiver.requests}) == 1
    assert len(receiver.requests) == 5
    for got in receiver.requests:
        Webhook(made.secret).verify(got.body, got.headers)
    assert [attempt.status for attempt in attempts()] == [500, 500, 502, None, 200]
    assert [attempt.number for attempt in attempts()] == [1, 2, 3, 4, 5]
    assert [attempt.error for attempt in attempts()] == [
        "It answered 500 Internal Server Error",
        "It answered 500 Internal Server Error",
        "It answered 502 Bad Gateway",
        "No whole answer within 0.5 s.",
        "",
    ]
    assert attempts()[0].response_excerpt == "<b>no</b>"
    assert only().state == "delivered"
    assert broken() == {}


def test_after_the_tenth_attempt_it_is_given_up(town: House) -> None:
    with Receiver(then=status("500 Oops")) as receiver:
        endpoint_at(town, receiver)
        resolve(town, "one")
        for _attempt in range(10):
            deliver(town)
            pass_time(delay_s(only()) + 1)
        assert deliver(town) == 0
    assert len(receiver.requests) == 10
    delivery = only()
    assert (delivery.state, delivery.attempts) == ("failed", 10)
    assert delivery.finished_at is not None
    assert broken() == {}


@pytest.mark.parametrize("line", ["301 Moved Permanently", "302 Found", "304 Not Modified", "308 Permanent Redirect"])
def test_a_redirect_is_a_failure_and_is_not_followed(town: House, line: str) -> None:
    with Receiver() as other, Receiver(status(line, f"Location: {other.url}")) as receiver:
        endpoint_at(town, receiver)
        say(town, *things(1))
        deliver(town)
        assert other.requests == []
    assert only().state == "pending"
    assert only().last_error.startswith(f"It answered {line[:3]}")


def test_what_came_back_is_kept_even_where_it_is_no_text(town: House) -> None:
    with Receiver(status("200 OK", body=b"\x00\xff" + b"x" * 100_000)) as receiver:
        endpoint_at(town, receiver)
        say(town, *things(1))
        deliver(town)
    (attempt,) = attempts()
    assert attempt.response_excerpt.startswith("\ufffd\ufffdx")
    assert len(attempt.response_excerpt) == 1000
    assert states() == ["delivered"]


def test_every_letter_leaves_as_it_was_written(town: House) -> None:
    text = 'ümlaut \u2028 \U0001f600 "quoted" \\ <script> \u0001'
    with Receiver() as receiver:
        made = endpoint_at(town, receiver)
        say(town, *things(1), text=text)
        deliver(town)
    (got,) = receiver.requests
    assert Webhook(made.secret).verify(got.body, got.headers)["data"]["text"] == text
    assert bytes(OutboxMessage.objects.get().body or b"") == got.body
