"""One port: WebSockets go to Channels, ordinary HTTP to the WSGI application on a fixed pool of threads."""

from collections.abc import Awaitable, Callable, Iterable
from contextlib import suppress
from typing import Any

import structlog
from a2wsgi import WSGIMiddleware
from asgiref.sync import sync_to_async
from channels.auth import AuthMiddlewareStack
from channels.routing import URLRouter
from channels.security.websocket import AllowedHostsOriginValidator
from django.db import Error
from django.urls import path, re_path
from redis.exceptions import RedisError

from aios_site import env
from aios_site.connections import drop_dead_connections
from aios_site.stack.process import die_with_parent
from aios_site.wsgi import application as wsgi_application  # loads the apps: what follows needs them
from review.consumers import NowhereConsumer, QueueConsumer

log = structlog.get_logger(__name__)

# WebSocket close code: the server is there, ask again later.
_TRY_AGAIN = 1013

if env.flag("AIOS_SUPERVISED", default=False):
    die_with_parent()


def _healed(environ: Any, start_response: Any) -> Iterable[bytes]:
    """Answer on connections that are alive: every thread keeps its own between requests."""
    drop_dead_connections()
    response: Iterable[bytes] = wsgi_application(environ, start_response)
    return response


_http = WSGIMiddleware(_healed, workers=env.number("AIOS_WEB_THREADS", 8, least=1, most=256))
_websocket = AllowedHostsOriginValidator(
    AuthMiddlewareStack(
        URLRouter(
            [
                path("ws/w/<slug:workspace>/queues/", QueueConsumer.as_asgi()),
                re_path(r"", NowhereConsumer.as_asgi()),
            ],
        ),
    ),
)


async def _talk(scope: Any, receive: Callable[[], Awaitable[Any]], send: Callable[[Any], Awaitable[None]]) -> None:
    """Serve a WebSocket; where database or Valkey have just gone, close it so that the page asks again."""
    try:
        await sync_to_async(drop_dead_connections)()
        await _websocket(scope, receive, send)
    except (Error, RedisError, OSError) as failure:
        log.warning("socket_ended", path=scope["path"], error=str(failure).strip())
        with suppress(Exception):
            await send({"type": "websocket.close", "code": _TRY_AGAIN})


async def application(
    scope: Any,
    receive: Callable[[], Awaitable[Any]],
    send: Callable[[Any], Awaitable[None]],
) -> None:
    """Hand the connection to whom it belongs."""
    await (_talk if scope["type"] == "websocket" else _http)(scope, receive, send)
