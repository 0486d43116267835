"""A request as WSGI describes it."""

import sys
from collections.abc import Mapping
from typing import IO, Any

_JOINTS = {"HTTP_COOKIE": "; "}


def environ_of(scope: Mapping[str, Any], body: IO[bytes], extra: Mapping[str, str]) -> dict[str, Any]:
    """Return the WSGI environment of an ASGI request whose body has been read."""
    server = scope.get("server") or ("localhost", 80)
    environ: dict[str, Any] = {
        "REQUEST_METHOD": scope["method"],
        "SCRIPT_NAME": "",
        "PATH_INFO": scope["path"].encode().decode("latin-1"),
        "QUERY_STRING": scope["query_string"].decode("latin-1"),
        "SERVER_PROTOCOL": f"HTTP/{scope['http_version']}",
        "SERVER_NAME": server[0],
        "SERVER_PORT": str(server[1] or 0),
        "wsgi.version": (1, 0),
        "wsgi.url_scheme": scope.get("scheme", "http"),
        "wsgi.input": body,
        "wsgi.errors": sys.stderr,
        "wsgi.multithread": True,
        "wsgi.multiprocess": True,
        "wsgi.run_once": False,
    }
    if client := scope.get("client"):
        environ["REMOTE_ADDR"], environ["REMOTE_PORT"] = client[0], str(client[1])
    for name, value in scope["headers"]:
        # A name with an underscore would be taken for the one with a hyphen, which a proxy may have checked.
        if b"_" not in name:
            _add(environ, name.decode("latin-1").upper().replace("-", "_"), value.decode("latin-1"))
    environ.update(extra)
    return environ


def _add(environ: dict[str, Any], name: str, value: str) -> None:
    if name not in ("CONTENT_LENGTH", "CONTENT_TYPE"):
        name = f"HTTP_{name}"
    environ[name] = f"{environ[name]}{_JOINTS.get(name, ',')}{value}" if name in environ else value
