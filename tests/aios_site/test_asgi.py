"""One port: ordinary HTTP on threads whose connections heal, sockets on the loop."""

import asyncio
import os
import threading
from typing import Any

import psycopg
import pytest
from asgiref.sync import async_to_sync
from asgiref.testing import ApplicationCommunicator
from django.db import connection
from redis.exceptions import ConnectionError as RedisConnectionError

from aios_site.connections import drop_dead_connections
from tests.sockets import Socket

pytestmark = pytest.mark.services


def http(address: str) -> dict[str, Any]:
    path, _, query = address.partition("?")
    return {
        "type": "http",
        "method": "GET",
        "path": path,
        "raw_path": path.encode(),
        "query_string": query.encode(),
        "root_path": "",
        "scheme": "http",
        "http_version": "1.1",
        "headers": [(b"host", b"testserver")],
        "client": ("127.0.0.1", 50000),
        "server": ("testserver", 80),
    }


def get(address: str) -> tuple[int, bytes]:
    from aios_site.asgi import application  # loads every app

    async def ask() -> tuple[int, bytes]:
        page = ApplicationCommunicator(application, http(address))
        await page.send_input({"type": "http.request", "body": b"", "more_body": False})
        start = await page.receive_output(10)
        body = b""
        while True:
            part = await page.receive_output(10)
            body += part.get("body", b"")
            if not part.get("more_body"):
                break
        await page.wait(10)
        return start["status"], body

    return async_to_sync(ask)()


def end_every_connection() -> None:
    with psycopg.connect(os.environ["AIOS_TEST_ADMIN_URL"], autocommit=True) as admin:
        admin.execute(
            "SELECT pg_terminate_backend(pid, 2000) FROM pg_stat_activity"
            " WHERE datname = current_database() AND pid <> pg_backend_pid()",
        )


def test_ordinary_http_is_answered(live_db: None) -> None:
    assert get("/healthz")[0] == 200
    assert get("/no-such-page/")[0] == 404


def test_no_request_fails_after_the_server_has_ended_every_connection(live_db: None) -> None:
    for _ in range(16):
        assert get("/readyz")[0] == 200
    end_every_connection()
    assert [get("/readyz")[0] for _ in range(16)] == [200] * 16


def test_a_connection_that_was_ended_is_noticed_without_a_statement(live_db: None) -> None:
    seen: list[Any] = []

    def work() -> None:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
        alive = connection.connection
        drop_dead_connections()
        seen.append(connection.connection is alive)
        end_every_connection()
        drop_dead_connections()
        seen.append(connection.connection)
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
        connection.close()

    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    assert seen == [True, None]


def test_an_open_transaction_is_left_alone(db: None) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid()")
    before = connection.connection
    drop_dead_connections()
    assert connection.connection is before


def test_a_socket_at_an_unknown_address_is_refused() -> None:
    from aios_site.asgi import application

    async def knock() -> None:
        page = Socket(application, "/ws/elsewhere/", headers=[(b"origin", b"http://testserver")])
        assert not await page.connect()
        await asyncio.sleep(0)

    async_to_sync(knock)()


def test_a_socket_whose_servers_have_just_gone_is_told_to_come_back(
    live_db: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    from aios_site import asgi

    async def fail(*_connection: Any) -> None:
        raise RedisConnectionError

    monkeypatch.setattr(asgi, "_websocket", fail)

    async def knock() -> None:
        page = Socket(asgi.application, "/ws/w/any/queues/", headers=[])
        await page.send_input({"type": "websocket.connect"})
        assert await page.closed() == 1013

    async_to_sync(knock)()
