"""What is sent and what comes back."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from governance.outgoing.failures import OutgoingError, Reason

_METHOD = re.compile(r"[A-Z]{3,10}")
_NAME = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]{1,100}")
_VALUE = re.compile(r"[\t\x20-\x7e]{0,8000}")
# The client writes these itself.
_OWN = frozenset(
    {"accept-encoding", "connection", "content-length", "host", "te", "trailer", "transfer-encoding", "upgrade"}
)


@dataclass(frozen=True, slots=True)
class OutgoingRequest:
    """One request; host and port pairs in `private_hosts` may lie in one's own network."""

    method: str
    url: str
    headers: Mapping[str, str]
    body: bytes
    timeout_s: float
    max_response_bytes: int
    private_hosts: frozenset[tuple[str, int]] = frozenset()


@dataclass(frozen=True, slots=True)
class OutgoingResponse:
    """One answer: names of headers in lower case, and a body that ends at the size the request allowed."""

    status: int
    headers: Mapping[str, str] = field(repr=False)
    body: bytes = field(repr=False)
    is_truncated: bool
    took_ms: int


def written_headers(request: OutgoingRequest, authority: str) -> list[tuple[bytes, bytes]]:
    """Return the request's headers as they are sent; raises OutgoingError for any that would be something else."""
    if not _METHOD.fullmatch(request.method) or request.method == "CONNECT":
        raise OutgoingError(Reason.REQUEST, f"Not a method: {request.method!a:.40}")
    written = [("Host", authority), ("Accept-Encoding", "identity"), ("Content-Length", str(len(request.body)))]
    for name, value in request.headers.items():
        if not _NAME.fullmatch(name) or not _VALUE.fullmatch(value) or name.lower() in _OWN:
            raise OutgoingError(Reason.REQUEST, f"Not a header that can be sent: {name!a:.40}")
        written.append((name, value))
    return [(name.encode(), value.encode()) for name, value in written]


def read_headers(raw: list[tuple[bytes, bytes]], *, most: int) -> dict[str, str]:
    """Return the answer's headers, the first of each name; raises OutgoingError where there are too many."""
    if len(raw) > most:
        raise OutgoingError(Reason.PROTOCOL, f"The answer has {len(raw)} headers.")
    read: dict[str, str] = {}
    for name, value in raw:
        read.setdefault(name.decode("latin-1").lower(), value.decode("latin-1"))
    return read
