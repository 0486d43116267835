"""What a held-back answer becomes: of looks that fail, that are late, that find nothing new; and of callers that leave."""

import asyncio
import time
from collections.abc import Callable
from http import HTTPStatus
from typing import Any

import pytest

from aios_site.serving import waits as waiting
from aios_site.serving.listener import Listener
from aios_site.serving.threads import Answer, GoneError
from aios_site.serving.waits import Waits
from governance.domain import uuid7
from review.api.waiting import ENVIRON, MARK, Waiting

ITEM = uuid7()
WANTED = Waiting(ITEM, 20.0, is_new=True)
SCOPE: dict[str, Any] = {
    "type": "http",
    "method": "POST",
    "path": "/api/v1/workflows/any/items/",
    "query_string": b"wait=20",
    "headers": [
        (b"authorization", b"Bearer x"),
        (b"content-length", b"9"),
        (b"idempotency-key", b"k"),
        (b"cookie", b"c"),
    ],
}


def answer(status: int, body: bytes = b"", *, is_marked: bool = False, **headers: str) -> Answer:
    mark = [(MARK.lower().encode(), WANTED.mark().encode())] if is_marked else []
    others = [(name.replace("_", "-").encode(), value.encode()) for name, value in headers.items()]
    return Answer(status, mark + others, body)


FIRST = answer(202, b"first", is_marked=True, x_request_id="id", idempotent_replayed="true")
FOUND = answer(201, b"found")
NOT_YET = answer(202, b"not yet", is_marked=True)


class Looks:
    """Stands in for the threads: gives these answers, then the last one again and again."""

    def __init__(self, *answers: Answer, takes_s: float = 0.0) -> None:
        self.left = list(answers)
        self.takes_s = takes_s
        self.asked: list[tuple[Any, Any]] = []
        self.at_once = self.most_at_once = 0

    async def answer(self, scope: Any, _body: Any, _send: Any, *, extra: Any) -> Answer:
        self.asked.append((scope, extra))
        self.at_once += 1
        self.most_at_once = max(self.most_at_once, self.at_once)
        await asyncio.sleep(self.takes_s)
        self.at_once -= 1
        return self.left.pop(0) if len(self.left) > 1 else self.left[0]


@pytest.fixture(autouse=True)
def no_database(monkeypatch: pytest.MonkeyPatch) -> None:
    """The listener stays away: callers look for themselves, and often."""
    monkeypatch.setattr(Listener, "start", lambda _self: None)
    monkeypatch.setattr(waiting, "_LOOK_EVERY_S", 0.02)


async def forever() -> dict[str, Any]:
    await asyncio.sleep(60)
    return {"type": "http.disconnect"}


async def finish(looks: Looks, first: Answer = FIRST, *, receive: Any = forever, left_s: float = 20.0) -> Answer:
    waits = Waits(looks, most=1000, at_once=2)  # type: ignore[arg-type]
    return await waits.finish(first, SCOPE, receive, time.monotonic() - WANTED.seconds + left_s)


def finished(looks: Looks, **options: Any) -> Answer:
    return asyncio.run(finish(looks, **options))


def test_an_answer_without_mark_leaves_as_it_is() -> None:
    looks = Looks(FOUND)
    assert asyncio.run(finish(looks, FOUND)) is FOUND
    assert not looks.asked


def test_without_a_listener_callers_look_for_themselves() -> None:
    looks = Looks(NOT_YET, NOT_YET, FOUND)
    found = finished(looks)
    assert (found.status, found.body) == (201, b"found")
    assert found.headers == [(b"idempotent-replayed", b"true")]
    assert len(looks.asked) == 3


def test_a_look_goes_under_the_callers_credentials_and_as_an_ordinary_call() -> None:
    looks = Looks(FOUND)
    finished(looks)
    ((scope, extra),) = looks.asked
    assert (scope["method"], scope["path"], scope["query_string"]) == ("GET", f"/api/v1/items/{ITEM}/", b"")
    assert dict(scope["headers"]) == {b"authorization": b"Bearer x", b"cookie": b"c", b"x-request-id": b"id"}
    assert extra == {ENVIRON: WANTED.mark()}


@pytest.mark.parametrize("status", [500, 503, 429])
def test_a_look_that_fails_is_done_again(status: int) -> None:
    assert finished(Looks(answer(status), answer(status), FOUND)).body == b"found"


@pytest.mark.parametrize("status", [401, 403, 404])
def test_who_may_no_longer_see_the_item_gets_the_first_answer(status: int) -> None:
    told = finished(Looks(answer(status)))
    assert (told.status, told.body) == (202, b"first")
    assert told.header(MARK.lower().encode()) is None


@pytest.mark.parametrize(("looks", "told"), [(Looks(NOT_YET), b"not yet"), (Looks(answer(503)), b"first")])
def test_when_time_has_run_out_the_latest_answer_counts(looks: Looks, told: bytes) -> None:
    late = finished(looks, left_s=0.05)
    assert (late.status, late.body) == (HTTPStatus.ACCEPTED, told)
    assert late.header(MARK.lower().encode()) is None


def test_a_look_that_does_not_get_its_turn_keeps_nobody(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(waiting, "_OVERTIME_S", 0.05)
    assert finished(Looks(FOUND, takes_s=60), left_s=0.0).body == b"first"


def test_a_caller_that_leaves_is_let_go() -> None:
    said: list[dict[str, Any]] = [
        {"type": "http.request", "body": b"", "more_body": False},
        {"type": "http.disconnect"},
    ]

    async def receive() -> dict[str, Any]:
        return said.pop(0)

    with pytest.raises(GoneError):
        finished(Looks(NOT_YET), receive=receive)


def story(act: Callable[[Waits], object], looks: Looks, count: int) -> list[Answer]:
    """Let callers wait, do that, and return their answers."""

    async def told() -> list[Answer]:
        waits = Waits(looks, most=count, at_once=2)  # type: ignore[arg-type]
        waits.listener.is_hearing = True
        all_of_them = [asyncio.create_task(waits.finish(FIRST, SCOPE, forever, time.monotonic())) for _ in range(count)]
        while len(waits.waiters) < count:
            await asyncio.sleep(0)
        await asyncio.sleep(0.05)
        assert not looks.asked
        act(waits)
        answers = await asyncio.gather(*all_of_them)
        assert len(waits.waiters) == 0
        return answers

    return asyncio.run(told())


def test_many_who_are_woken_at_once_leave_most_threads_to_others() -> None:
    looks = Looks(FOUND, takes_s=0.001)
    answers = story(lambda waits: waits.waiters.tell(ITEM), looks, 100)
    assert {found.body for found in answers} == {b"found"}
    assert (len(looks.asked), looks.most_at_once) == (100, 2)


def test_at_the_stop_everybody_gets_the_latest_answer_without_a_look() -> None:
    looks = Looks(FOUND)
    assert {told.body for told in story(Waits.close, looks, 100)} == {b"first"}
    assert not looks.asked
