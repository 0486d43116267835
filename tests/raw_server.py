"""A server of bytes on the loopback interface: it keeps what it was sent and answers whatever a test wants."""

import contextlib
import socket
import ssl
import threading
import time
from collections.abc import Callable
from types import TracebackType
from typing import Self

Answer = Callable[["Exchange"], None]


class Exchange:
    """One request, and the connection to answer it on."""

    def __init__(self, connection: socket.socket, request: bytes) -> None:
        self.connection = connection
        self.request = request
        self.head, _, self.body = request.partition(b"\r\n\r\n")

    def header(self, name: str) -> str | None:
        """Return a header of the request."""
        for line in self.head.decode("latin-1").split("\r\n")[1:]:
            key, _, value = line.partition(":")
            if key.lower() == name.lower():
                return value.strip()
        return None

    def send(self, raw: bytes) -> None:
        """Send bytes as they are."""
        self.connection.sendall(raw)

    def reply(self, body: bytes = b"", status: str = "200 OK", *headers: str) -> None:
        """Send a well-formed answer."""
        lines = [f"HTTP/1.1 {status}", f"Content-Length: {len(body)}", *headers]
        self.send("\r\n".join(lines).encode() + b"\r\n\r\n" + body)

    def drip(self, body: bytes, *, every_s: float) -> None:
        """Send a body byte by byte."""
        self.send(f"HTTP/1.1 200 OK\r\nContent-Length: {len(body)}\r\n\r\n".encode())
        for byte in body:
            time.sleep(every_s)
            self.send(bytes([byte]))


def ok(exchange: Exchange) -> None:
    """Answer 200."""
    exchange.reply(b"ok")


class RawServer:
    """Accepts connections in threads until it is closed; counts them and keeps the requests."""

    def __init__(self, answer: Answer = ok, *, tls: ssl.SSLContext | None = None) -> None:
        self.answer = answer
        self.exchanges: list[Exchange] = []
        self.connections = 0
        self.names: list[str | None] = []
        self._tls = tls
        if tls is not None:
            tls.sni_callback = lambda _socket, name, _context: self.names.append(name)
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]
        self._open: set[socket.socket] = set()
        self._threads = [threading.Thread(target=self._accept, daemon=True)]

    def __enter__(self) -> Self:
        self._threads[0].start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        for connection in list(self._open):
            with contextlib.suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)
        for thread in self._threads:
            thread.join(10)

    def _accept(self) -> None:
        while True:
            try:
                connection, _address = self._listener.accept()
            except OSError:
                return
            self.connections += 1
            thread = threading.Thread(target=self._serve, args=(connection,), daemon=True)
            self._threads.append(thread)
            thread.start()

    def _serve(self, connection: socket.socket) -> None:
        self._open.add(connection)
        with connection:
            try:
                if self._tls is None:
                    self._converse(connection)
                else:
                    with self._tls.wrap_socket(connection, server_side=True) as secured:
                        self._open.add(secured)
                        self._converse(secured)
            except OSError:
                return

    def _converse(self, connection: socket.socket) -> None:
        while request := _read(connection):
            exchange = Exchange(connection, request)
            self.exchanges.append(exchange)
            self.answer(exchange)


def _read(connection: socket.socket) -> bytes:
    """Return one request with its body, or nothing at the end of the connection."""
    raw = b""
    while b"\r\n\r\n" not in raw:
        got = connection.recv(65536)
        if not got:
            return b""
        raw += got
    head, _, body = raw.partition(b"\r\n\r\n")
    lengths = [line.partition(b":")[2] for line in head.lower().split(b"\r\n") if line.startswith(b"content-length:")]
    missing = int(lengths[0] if lengths else 0) - len(body)
    while missing > 0:
        got = connection.recv(65536)
        if not got:
            return b""
        raw, missing = raw + got, missing - len(got)
    return raw
