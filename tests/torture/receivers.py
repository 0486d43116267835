"""`python -m tests.torture.receivers FOLDER`: webhook receivers that fail in every way, and the canary nobody may reach.

Every request is written down before it is answered, as a receiver has processed it whose answer gets lost.
"""

import base64
import random
import socket
import sys
import threading
import time
from collections import Counter
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from tests.torture.journal import Journal
from tests.torture.plan import Plan

# Beyond the product's time-out of 15 s.
_TOO_LONG_S = 17.0
_MOST_FAILURES = 4
_MODES = {
    "steady": {"ok": 1},
    "flaky": {"ok": 600, "error": 100, "busy": 10, "cut": 120, "slow": 80, "hang": 3},
    "turning": {"ok": 60, "redirect": 20, "cut": 10, "error": 10},
}


class Receivers:
    """What all receivers of a round share: how often an event was failed, and where it is written down."""

    def __init__(self, plan: Plan) -> None:
        self._plan = plan
        self._journal = Journal(plan.folder / "receivers.jsonl")
        self._failures: Counter[tuple[str, str]] = Counter()
        self.canary = plan.ports.canary

    def mode(self, name: str, message: str) -> str:
        """Return what becomes of an event at an endpoint: drawn from the seed, the event and how often it was failed."""
        if self._plan.calm_file.exists():
            return "ok"
        failed = self._failures[name, message]
        chance = random.Random(f"{self._plan.seed}/{name}/{message}/{failed}")
        modes = _MODES.get(name.partition("-")[2], _MODES["steady"])
        mode = chance.choices(list(modes), list(modes.values()))[0] if failed < _MOST_FAILURES else "ok"
        if mode not in ("ok", "slow"):
            self._failures[name, message] += 1
        return mode

    def note(self, name: str, mode: str, headers: dict[str, str], body: bytes) -> None:
        """Write a request down."""
        self._journal.write(name=name, mode=mode, headers=headers, body=base64.b64encode(body).decode())


class Handler(BaseHTTPRequestHandler):
    """One request to the endpoint that the path names."""

    protocol_version = "HTTP/1.1"
    receivers: Receivers

    def do_POST(self) -> None:
        length = int(self.headers.get("Content-Length") or 0)
        body = self.rfile.read(length)
        if len(body) < length:
            self.close_connection = True  # whoever sent it died over it
            return
        headers = {name.lower(): value for name, value in self.headers.items()}
        name = self.path.strip("/")
        mode = self.receivers.mode(name, headers.get("webhook-id", ""))
        self.receivers.note(name, mode, headers, body)
        match mode:
            case "ok":
                self._answer(200)
            case "slow":
                time.sleep(0.6)
                self._answer(204)
            case "error":
                self._answer(500)
            case "busy":
                self._answer(503, {"Retry-After": "1"})
            case "redirect":
                self._answer(302, {"Location": f"http://127.0.0.1:{self.receivers.canary}/{name}"})
            case "hang":
                time.sleep(_TOO_LONG_S)
                self.close_connection = True
            case _:
                self.close_connection = True
                self.connection.shutdown(socket.SHUT_RDWR)

    def _answer(self, status: int, headers: dict[str, str] | None = None) -> None:
        self.send_response(status)
        for name, value in (headers or {}).items():
            self.send_header(name, value)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_arguments: Any) -> None:
        """Keep quiet: the journal says it all."""


def watch_canary(plan: Plan) -> None:
    """Write down whoever connects to the host that nobody may reach."""
    journal = Journal(plan.folder / "canary.jsonl")
    for family, host in ((socket.AF_INET, "0.0.0.0"), (socket.AF_INET6, "::1")):
        threading.Thread(target=_watch, args=(journal, family, host, plan.ports.canary), daemon=True).start()


def _watch(journal: Journal, family: socket.AddressFamily, host: str, port: int) -> None:
    try:
        listener = socket.create_server((host, port), family=family, backlog=64)
    except OSError:
        return  # a machine without IPv6 has nothing to reach there
    while True:
        connection, address = listener.accept()
        connection.settimeout(1)
        try:
            said = connection.recv(200)
        except OSError:
            said = b""
        journal.write(by=str(address), at_host=host, said=said.decode(errors="replace"))
        connection.close()


class Server(ThreadingHTTPServer):
    """A thread per connection; many come at once."""

    request_queue_size = 256
    daemon_threads = True

    def handle_error(self, *_arguments: Any) -> None:
        """Whoever cuts connections finds them cut."""


def main(folder: Path) -> None:
    """Receive until killed."""
    plan = Plan.load(folder)
    watch_canary(plan)
    Handler.receivers = Receivers(plan)
    Server(("127.0.0.1", plan.ports.receivers), Handler).serve_forever()


if __name__ == "__main__":
    main(Path(sys.argv[1]))
