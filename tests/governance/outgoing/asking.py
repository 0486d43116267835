"""Sending one request from a test, with names that resolve as the test says."""

import asyncio
import ssl
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from governance.outgoing import OutgoingClient, OutgoingRequest, OutgoingResponse


class Names:
    """A resolver: each name has the answers that it gives, one lookup after the other; the last stays."""

    def __init__(self, **names: Iterable[Sequence[str]]) -> None:
        self._names = {name.replace("_", "."): list(answers) for name, answers in names.items()}
        self.lookups: list[str] = []

    async def __call__(self, host: str, _port: int) -> Sequence[str]:
        """Return the next answer."""
        self.lookups.append(host)
        answers = self._names[host]
        return answers.pop(0) if len(answers) > 1 else answers[0]


def request(url: str, **options: Any) -> OutgoingRequest:
    """Return a request with a test's defaults."""
    asked: Mapping[str, Any] = {
        "method": "POST",
        "headers": {"Content-Type": "application/json"},
        "body": b"{}",
        "timeout_s": 5.0,
        "max_response_bytes": 1000,
    }
    return OutgoingRequest(url=url, **{**asked, **options})


def ask(
    url: str,
    *,
    names: Names | None = None,
    ssl_context: ssl.SSLContext | None = None,
    **options: Any,
) -> OutgoingResponse:
    """Send one request and return the answer."""

    async def asked() -> OutgoingResponse:
        async with OutgoingClient(resolve=names, ssl_context=ssl_context) as client:
            return await client.send(request(url, **options))

    return asyncio.run(asked())
