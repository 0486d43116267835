"""Too much at once: refused at once and politely, and over as soon as the cause is."""

import asyncio
import os
from collections.abc import Iterator
from contextlib import contextmanager

import psycopg
import pytest

from tests.aios_site.serving.conftest import Town
from tests.conftest import House
from tests.review.api.conftest import ITEMS
from tests.web import Line, Reply, Web, running_web, until


@pytest.fixture(scope="module")
def small_web() -> Iterator[Web]:
    """A web process with one thread, that lets two requests queue."""
    with running_web(AIOS_WEB_THREADS="1", AIOS_MOST_QUEUED="2") as web:
        yield web


@pytest.fixture
def small_town(settled_house: House, small_web: Web) -> Town:
    """The cast, served by that process."""
    return Town(settled_house, small_web)


@contextmanager
def stuck_database() -> Iterator[None]:
    """Let every request for items hang."""
    with psycopg.connect(os.environ["AIOS_TEST_ADMIN_URL"]) as admin:
        admin.execute("LOCK TABLE review_item IN ACCESS EXCLUSIVE MODE")
        yield
        admin.rollback()


def test_what_does_not_fit_is_refused_at_once_and_all_is_well_afterwards(small_town: Town) -> None:
    web = small_town.web
    token = small_town.token(small_town.house.integrator)

    async def story() -> tuple[list[Reply], list[Reply], Reply]:
        with stuck_database():
            asked = [asyncio.create_task(web.call_once("GET", "/api/v1/items/", token=token)) for _ in range(6)]
            await until(lambda: sum(one.done() for one in asked) == 4, "all but two are refused")
            refused = [
                next(one.result() for one in asked if one.done()),
                await web.call_once("POST", ITEMS, token=token, data={"external_id": "a", "payload": {"text": "a"}}),
                await web.call_once("GET", "/"),
                await web.call_once("GET", "/healthz"),
            ]
            stuck = [one for one in asked if not one.done()]
        return refused, await asyncio.gather(*stuck), await web.call_once("GET", "/api/v1/items/", token=token)

    (asked, sent, page, health), stuck, after = asyncio.run(story())

    for reply in (asked, sent):
        assert (reply.status, reply.json()["code"], reply.headers["retry-after"]) == (503, "overloaded", "1")
        assert reply.headers["content-type"] == "application/problem+json"
    assert page.status == 503
    assert page.headers["content-type"].startswith("text/html")
    assert b"<h1>" in page.body
    assert health.status == 200
    assert [reply.status for reply in [*stuck, after]] == [200] * 3
    assert after.json()["items"] == []


def test_senders_of_slow_bodies_hold_neither_threads_nor_places(small_town: Town) -> None:
    web = small_town.web
    token = small_town.token(small_town.house.integrator)
    body = b'{"external_id": "slow", "payload": {"text": "slow"}}'
    head = (
        f"POST {ITEMS} HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer {token}\r\n"
        f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
    ).encode()

    async def story() -> tuple[Reply, Reply]:
        lines: list[Line] = [await web.open() for _ in range(20)]
        for line in lines:
            await line.raw(head + body[:5])
        other = await web.call_once("GET", "/api/v1/items/", token=token)
        await lines[0].raw(body[5:])
        finished = await lines[0].reply()
        for line in lines:
            line.close()
        return other, finished

    other, finished = asyncio.run(story())
    assert other.status == 200
    assert finished.status == 201


def test_a_body_beyond_every_limit_is_not_read(small_town: Town) -> None:
    async def story() -> Reply:
        line = await small_town.web.open()
        await line.raw(f"POST {ITEMS} HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: {1 << 40}\r\n\r\n".encode())
        reply = await line.reply()
        assert await line.reader.read() == b""
        line.close()
        return reply

    reply = asyncio.run(story())
    assert (reply.status, reply.json()["code"], reply.headers["connection"]) == (413, "too_large", "close")


def test_a_name_with_an_underscore_does_not_pass_for_another_header(small_town: Town) -> None:
    token = small_town.token(small_town.house.integrator)

    async def story() -> Reply:
        return await small_town.web.call_once(
            "GET",
            "/api/v1/me/",
            headers={"Authorization_": "x", "authorization": f"Bearer {token}", "Aios_Workspace": "elsewhere"},
        )

    assert asyncio.run(story()).status == 200
