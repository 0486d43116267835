"""Rates over all processes: so many and no more, whoever asks at once; nothing is limited while Valkey is away."""

import threading
import time
from collections.abc import Iterator

import pytest
import redis
from django.conf import settings

from governance import throttles, valkey
from governance.domain import uuid7
from governance.throttles import Spending, TooManyRequestsError, spend
from tests.threads import together


@pytest.fixture
def key() -> str:
    return f"rate:test:{uuid7().hex}"


def refused(*wanted: Spending | None) -> float:
    """Spend; return for how long to wait where it was refused, else 0."""
    try:
        spend(*wanted)
    except TooManyRequestsError as refusal:
        wait_s: float = refusal.extra["retry_after_s"]
        return wait_s
    return 0


def test_of_many_at_once_exactly_the_burst_goes_through(key: str) -> None:
    one = Spending("principal", key, per_s=0.001, burst=40)
    waits = together([lambda: [refused(one) for _ in range(25)] for _ in range(8)])
    flat = [wait for part in waits for wait in part]
    assert (len(flat), flat.count(0)) == (200, 40)


def test_a_bucket_fills_again_at_its_rate(key: str) -> None:
    one = Spending("principal", key, per_s=50, burst=5)
    assert [refused(one) == 0 for _ in range(5)] == [True] * 5
    wait_s = refused(one)
    assert 0 < wait_s <= 0.02
    time.sleep(wait_s)
    assert refused(one) == 0


def test_what_is_larger_than_the_burst_needs_a_full_bucket_and_leaves_a_debt(key: str) -> None:
    def batch(items: int) -> Spending:
        return Spending("workflow", key, per_s=100, burst=200, cost=items)

    assert refused(batch(5000)) == 0
    # 4,800 items of debt and one more, at 100 a second; with a full bucket for the next large one.
    assert 47 < refused(batch(1)) < 49
    assert 49 < refused(batch(5000)) <= 50
    assert refused(batch(5000)) <= 50


def test_of_two_buckets_neither_is_touched_where_one_is_empty(key: str) -> None:
    full = Spending("principal", f"{key}:full", per_s=0.001, burst=2)
    empty = Spending("workflow", f"{key}:empty", per_s=0.001, burst=1)
    spend(empty)
    with pytest.raises(TooManyRequestsError) as refusal:
        spend(full, empty)
    assert refusal.value.extra["limit"] == "workflow"
    assert [refused(full) == 0 for _ in range(3)] == [True, True, False]


def test_the_script_is_sent_again_after_valkey_has_forgotten_everything(key: str) -> None:
    one = Spending("principal", key, per_s=0.001, burst=1)
    spend(one)
    valkey.client().script_flush()
    assert refused(one) > 0


def test_where_nothing_is_limited_valkey_is_not_asked(silent: list[str]) -> None:
    spend(None, throttles.of_items("any", per_s=None, items=10))
    assert silent == []


def test_without_valkey_nothing_is_limited_and_it_is_left_alone_for_a_while(silent: list[str], key: str) -> None:
    one = Spending("principal", key, per_s=0.001, burst=1)
    assert [refused(one) for _ in range(50)] == [0] * 50
    assert silent == ["asked"]


@pytest.fixture
def silent(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[str]]:
    """Point the script to a Valkey that is not there; returns a list that grows with every attempt to ask it."""
    asked: list[str] = []
    lock = threading.Lock()

    class Nobody(redis.Redis):
        def execute_command(self, *_args: object, **_options: object) -> object:
            with lock:
                asked.append("asked")
            return super().execute_command("PING")

    away = Nobody(unix_socket_path=f"{settings.AIOS_HOME}/none.sock", socket_connect_timeout=0.5)
    monkeypatch.setattr(throttles, "_script", lambda: away.register_script(throttles._SCRIPT))
    monkeypatch.setattr(throttles, "circuit", valkey.Circuit())
    yield asked
    away.close()
