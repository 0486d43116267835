"""A web process of the product on the test's own database, and callers that hold many connections to it at once."""

import asyncio
import json
import os
import random
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg

from aios_site.stack.readiness import answers_healthy

ROOT = Path(__file__).resolve().parent.parent
_READY_S = 180  # on a machine that does much else; nobody waits for it to pass
_PATIENCE_S = 90


@dataclass(frozen=True, slots=True)
class Reply:
    """One answer."""

    status: int
    headers: dict[str, str]
    body: bytes

    def json(self) -> Any:
        return json.loads(self.body)


@dataclass(frozen=True, slots=True)
class Web:
    """A web process, and what it takes up."""

    port: int
    process: "subprocess.Popen[bytes]"

    def threads(self) -> int:
        return len(list(Path(f"/proc/{self.process.pid}/task").iterdir()))

    def serving(self) -> list[int]:
        """Return the processes that serve, where the web process has several."""
        children = Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children").read_text().split()
        return [int(one) for one in children if b"multiprocessing-fork" in Path(f"/proc/{one}/cmdline").read_bytes()]

    @contextmanager
    def taken_by(self, one: int) -> Iterator[None]:
        """Let one of them take whoever comes: the others stand still, and so does who would miss them."""
        still = [self.process.pid, *(other for other in self.serving() if other != one)]
        for pid in still:
            os.kill(pid, signal.SIGSTOP)
        try:
            yield
        finally:
            for pid in reversed(still):
                os.kill(pid, signal.SIGCONT)

    def memory_kb(self) -> int:
        lines = Path(f"/proc/{self.process.pid}/status").read_text().splitlines()
        return next(int(line.split()[1]) for line in lines if line.startswith("VmRSS"))

    async def open(self) -> "Line":
        reader, writer = await asyncio.open_connection("127.0.0.1", self.port)
        return Line(reader, writer)

    async def call(self, method: str, path: str, **request: Any) -> Reply:
        """Send a request on a connection of its own; while the process is too busy, again and again."""
        while True:
            reply = await self.call_once(method, path, **request)
            if reply.status != 503:
                return reply
            await asyncio.sleep(float(reply.headers["retry-after"]) * random.random())

    async def call_once(self, method: str, path: str, **request: Any) -> Reply:
        line = await self.open()
        try:
            await line.send(method, path, **request)
            return await line.reply()
        finally:
            line.close()


@dataclass(frozen=True, slots=True)
class Line:
    """One connection to it."""

    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter

    async def send(
        self, method: str, path: str, *, token: str = "", data: Any = None, headers: dict[str, str] | None = None
    ) -> None:
        body = b"" if data is None else json.dumps(data).encode()
        said = {"Host": "127.0.0.1", "Content-Type": "application/json", "Content-Length": str(len(body))}
        if token:
            said["Authorization"] = f"Bearer {token}"
        await self.raw(
            "\r\n".join(
                [f"{method} {path} HTTP/1.1", *(f"{k}: {v}" for k, v in (said | (headers or {})).items()), "", ""]
            ).encode()
            + body
        )

    async def raw(self, data: bytes) -> None:
        self.writer.write(data)
        await self.writer.drain()

    async def reply(self) -> Reply:
        async with asyncio.timeout(_PATIENCE_S):
            status, *lines = (await self.reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
            headers = {name.lower(): value for name, _, value in (line.partition(": ") for line in lines) if name}
            body = await self.reader.readexactly(int(headers.get("content-length", 0)))
        return Reply(int(status.split(" ")[1]), headers, body)

    def close(self) -> None:
        self.writer.close()


@contextmanager
def running_web(*arguments: str, **environment: str) -> Iterator[Web]:
    """Start a web process and end it."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = int(probe.getsockname()[1])
    command = [sys.executable, str(ROOT / "manage.py"), "web", "--host", "127.0.0.1", "--port", str(port), *arguments]
    process = subprocess.Popen(command, env=os.environ | environment)
    try:
        until = time.monotonic() + _READY_S
        while not answers_healthy("127.0.0.1", port):
            assert process.poll() is None, "the web process ended by itself"
            assert time.monotonic() < until, f"no answer on port {port}"
            time.sleep(0.1)
        yield Web(port, process)
    finally:
        process.terminate()
        try:
            process.wait(timeout=15)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def database_connections(*, waiting_only: bool = False) -> int:
    """Return how many connections others than this one have to the test's database."""
    listening = " AND application_name = 'aios web: waiting'" if waiting_only else ""
    with psycopg.connect(os.environ["AIOS_TEST_ADMIN_URL"], autocommit=True) as admin:
        query = (
            "SELECT count(*) FROM pg_stat_activity"
            f" WHERE datname = current_database() AND pid <> pg_backend_pid() AND backend_type = 'client backend'{listening}"
        )
        row = admin.execute(query.encode()).fetchone()
        assert row is not None
        return int(row[0])


async def until(is_so: Callable[[], bool | Awaitable[bool]], what: str) -> None:
    """Wait until something holds."""
    async with asyncio.timeout(_PATIENCE_S):
        while True:
            found = is_so()
            if found if isinstance(found, bool) else await found:
                return
            await asyncio.sleep(0.05)
    raise AssertionError(what)
