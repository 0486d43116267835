"""TERM to web: what is under way is answered, nothing new is taken, and the process ends in seconds whatever hangs."""

import http.client
import os
import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
import pytest

from tests.own_product import free_port
from tests.processes import Process, eventually, running

TOKEN = {"Authorization": "Bearer unknown"}


@pytest.fixture
def port() -> int:
    return free_port()


@contextmanager
def web(folder: Path, port: int) -> Iterator[Process]:
    with running(folder, "web", "--port", str(port)) as process:
        eventually(lambda: status(port, "/readyz") == 200, what="ready")
        yield process


@contextmanager
def locked_tokens() -> Iterator[psycopg.Connection]:
    """Hold every request with a token in the database."""
    with psycopg.connect(os.environ["AIOS_TEST_ADMIN_URL"]) as admin:
        admin.execute("LOCK TABLE governance_persontoken, oauth2_provider_accesstoken IN ACCESS EXCLUSIVE MODE")
        yield admin


def status(port: int, path: str, headers: dict[str, str] | None = None) -> int:
    """Return what a call gets; 0 where it is not taken, -1 where it is not answered."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    try:
        connection.connect()
    except OSError:
        return 0
    try:
        connection.request("GET", path, headers=headers or {})
        with connection.getresponse() as answer:
            answer.read()
            return answer.status
    except (OSError, http.client.HTTPException):
        return -1
    finally:
        connection.close()


def asked(port: int) -> tuple[threading.Thread, list[int]]:
    """Begin a call that waits for the locked tables."""
    got: list[int] = []
    thread = threading.Thread(target=lambda: got.append(status(port, "/api/v1/me/", TOKEN)))
    thread.start()
    return thread, got


def is_held(admin: psycopg.Connection) -> bool:
    row = admin.execute(
        "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()"
    ).fetchone()
    return row is not None and row[0] > 0


def test_a_request_under_way_is_answered_and_nothing_new_is_taken(live_db: None, tmp_path: Path, port: int) -> None:
    with web(tmp_path, port) as process:
        idle = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
        idle.request("GET", "/healthz")
        with idle.getresponse() as answer:
            assert answer.read()
        with locked_tokens() as admin:
            thread, got = asked(port)
            eventually(lambda: is_held(admin), what="the request waits in the database")
            process.signal(signal.SIGTERM)
            eventually(lambda: status(port, "/healthz") == 0, what="nothing new is taken")
            assert process.is_running
            assert got == []
            admin.rollback()
        thread.join(30)
        assert got == [401]
        assert process.ended(within_s=10) in (0, -signal.SIGTERM)
        assert idle.sock.recv(1) == b"", "the idle connection was closed"
        idle.close()


def test_a_request_that_hangs_does_not_keep_it(live_db: None, tmp_path: Path, port: int) -> None:
    with web(tmp_path, port) as process, locked_tokens() as admin:
        thread, got = asked(port)
        eventually(lambda: is_held(admin), what="the request waits in the database")
        process.signal(signal.SIGTERM)
        process.ended(within_s=15)
        thread.join(30)
        assert got in ([-1], [500], [503])
        admin.rollback()
