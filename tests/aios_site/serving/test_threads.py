"""Bodies, threads and answers, with an application and clients as bad as they come."""

import asyncio
import io
from collections.abc import Awaitable, Callable, Iterable, Iterator
from http import HTTPStatus
from typing import Any

import pytest

from aios_site.serving import bodies, threads
from aios_site.serving.bodies import Bodies, RefusedBodyError
from aios_site.serving.environ import environ_of
from aios_site.serving.threads import Answer, GoneError, Threads, send_answer

SCOPE: dict[str, Any] = {
    "type": "http",
    "method": "POST",
    "path": "/ä",
    "query_string": b"a=1",
    "http_version": "1.1",
    "headers": [(b"content-length", b"3")],
}


def arriving(*parts: bytes, pause_s: float = 0.0, ends: bool = True) -> Callable[[], Awaitable[dict[str, Any]]]:
    """Return a client that sends these parts; one that does not end leaves in the middle."""
    left = list(parts)

    async def receive() -> dict[str, Any]:
        await asyncio.sleep(pause_s)
        if not left:
            return {"type": "http.disconnect"}
        part = left.pop(0)
        return {"type": "http.request", "body": part, "more_body": bool(left) or not ends}

    return receive


async def read(reader: Bodies, receive: Any, length: int) -> bytes:
    scope = SCOPE | {"headers": [(b"content-length", str(length).encode())]}
    async with reader.read(scope, receive) as body:
        return body.read()


@pytest.mark.parametrize("size", [3, bodies.SMALL_BYTES, 3 * bodies.SMALL_BYTES])
def test_a_body_arrives_whole_wherever_it_is_kept(size: int) -> None:
    half = b"x" * (size // 2)
    reader = Bodies(most_bytes=1 << 30)
    for _ in range(2):
        assert len(asyncio.run(read(reader, arriving(half, half + b"x" * (size % 2)), size))) == size


def test_a_body_that_does_not_come_in_time_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    reader = Bodies(most_bytes=1000, least_s=0.05)
    with pytest.raises(RefusedBodyError) as refused:
        asyncio.run(read(reader, arriving(b"x", b"y", pause_s=60), 2))
    assert refused.value.status is HTTPStatus.REQUEST_TIMEOUT
    assert asyncio.run(read(reader, arriving(b"xy"), 2)) == b"xy"


def test_a_sender_that_leaves_is_let_go() -> None:
    with pytest.raises(GoneError):
        asyncio.run(read(Bodies(most_bytes=1000), arriving(b"x", ends=False), 2))


def test_all_bodies_together_have_limits_too(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bodies, "_MEMORY_BYTES", 10)
    monkeypatch.setattr(bodies, "_DISK_BYTES", 10)
    reader = Bodies(most_bytes=1000)

    async def story() -> None:
        scope = SCOPE | {"headers": [(b"content-length", b"8")]}
        async with reader.read(scope, arriving(b"x" * 8)) as first, reader.read(scope, arriving(b"y" * 8)) as second:
            assert isinstance(first, io.BytesIO)
            assert not isinstance(second, io.BytesIO)
            assert (first.read(), second.read()) == (b"x" * 8, b"y" * 8)
            with pytest.raises(RefusedBodyError) as refused:
                await read(reader, arriving(b"z" * 8), 8)
            assert refused.value.status is HTTPStatus.SERVICE_UNAVAILABLE
        assert await read(reader, arriving(b"z" * 8), 8) == b"z" * 8

    asyncio.run(story())


class Sent(list[dict[str, Any]]):
    """A client that takes everything, or stops taking after some messages."""

    def __init__(self, takes: int = 10_000) -> None:
        super().__init__()
        self.takes = takes

    async def __call__(self, message: dict[str, Any]) -> None:
        if len(self) >= self.takes:
            await asyncio.sleep(60)
        self.append(message)

    def body(self) -> bytes:
        return b"".join(message.get("body", b"") for message in self)


class Pieces:
    """A WSGI answer that comes in pieces, and tells whether it was closed."""

    def __init__(self, count: int) -> None:
        self.count = count
        self.is_closed = False

    def __iter__(self) -> Iterator[bytes]:
        return (b"x" * (256 << 10) for _ in range(self.count))

    def close(self) -> None:
        self.is_closed = True


def application(answer: Iterable[bytes]) -> Any:
    def answered(_environ: dict[str, Any], start: Any) -> Iterable[bytes]:
        start("200 OK", [("X-A", "b")])
        return answer

    return answered


async def ask(pool: Threads, sent: Sent) -> Answer | None:
    return await pool.answer(SCOPE, io.BytesIO(b"abc"), sent)


@pytest.mark.parametrize("count", [0, 2, 40])
def test_an_answer_arrives_whole_whether_kept_or_streamed(count: int) -> None:
    pieces, sent = Pieces(count), Sent()

    async def story() -> None:
        answer = await ask(Threads(application(pieces), 1), sent)
        assert (answer is None) == (count * (256 << 10) > threads.KEPT_BYTES)
        if answer is not None:
            await send_answer(answer, sent)

    asyncio.run(story())
    assert sent.body() == b"x" * (256 << 10) * count
    assert sent[0] == {"type": "http.response.start", "status": 200, "headers": [(b"x-a", b"b")]}
    assert not sent[-1]["more_body"]
    assert pieces.is_closed


def test_a_client_that_takes_nothing_gives_its_thread_back(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(threads, "_PIECE_S", 0.05)
    pieces = Pieces(400)
    pool = Threads(application(pieces), 1)

    async def story() -> None:
        with pytest.raises(GoneError):
            await ask(pool, Sent(takes=3))
        assert pieces.is_closed
        pieces.count = 1
        assert await ask(pool, Sent()) is not None

    asyncio.run(story())


def test_an_answer_that_nobody_takes_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(threads, "_PIECE_S", 0.05)
    with pytest.raises(GoneError):
        asyncio.run(send_answer(Answer(200, [], b"x" * (1 << 20)), Sent(takes=3)))


def test_a_failure_of_the_application_is_raised() -> None:
    def fails(_environ: Any, _start: Any) -> Iterable[bytes]:
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        asyncio.run(ask(Threads(fails, 1), Sent()))


def test_the_environment_is_what_wsgi_says_it_is() -> None:
    headers = [
        (b"content-type", b"a/b"),
        (b"cookie", b"a=1"),
        (b"cookie", b"b=2"),
        (b"x-a", b"1"),
        (b"x-a", b"2"),
        (b"x_b", b"3"),
    ]
    environ = environ_of(SCOPE | {"headers": headers, "query_string": b"q=\xe9"}, io.BytesIO(), {"aios.waited": "x"})
    assert environ["PATH_INFO"] == "/ä".encode().decode("latin-1")
    assert environ["QUERY_STRING"] == "q=é"
    assert (environ["CONTENT_TYPE"], environ["HTTP_COOKIE"], environ["HTTP_X_A"]) == ("a/b", "a=1; b=2", "1,2")
    assert "HTTP_X_B" not in environ
    assert environ["aios.waited"] == "x"
