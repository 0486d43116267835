"""One port: WebSockets go to Channels, ordinary HTTP to the WSGI application on a fixed pool of threads.

A web process holds any number of callers that wait (`aios_site/serving/waits.py`), a bounded number of requests for its
threads (`front.py`), and refuses the rest at once.
"""

from aios_site.wsgi import application as wsgi_application  # loads the apps: what follows needs them

# isort: split

from collections.abc import Awaitable, Callable, Iterable
from contextlib import suppress
from typing import Any

import structlog
from asgiref.sync import sync_to_async
from channels.auth import AuthMiddlewareStack
from channels.routing import URLRouter
from channels.security.websocket import AllowedHostsOriginValidator
from django.conf import settings
from django.db import Error
from django.urls import path, re_path
from redis.exceptions import RedisError

from aios_site import env
from aios_site.connections import drop_dead_connections
from aios_site.serving.bodies import Bodies
from aios_site.serving.front import Front
from aios_site.serving.protocol import at_stop
from aios_site.serving.threads import Threads
from aios_site.serving.waits import Waits
from aios_site.stack.process import die_with_parent
from review.consumers import NowhereConsumer, QueueConsumer

log = structlog.get_logger(__name__)

# WebSocket close code: the server is there, ask again later.
_TRY_AGAIN = 1013
_ENVELOPE_BYTES = 1 << 20

if env.flag("AIOS_SUPERVISED", default=False):
    die_with_parent()


def _healed(environ: Any, start_response: Any) -> Iterable[bytes]:
    """Answer on connections that are alive: every thread keeps its own between requests."""
    drop_dead_connections()
    response: Iterable[bytes] = wsgi_application(environ, start_response)
    return response


def _front() -> Front:
    workers = env.number("AIOS_WEB_THREADS", 8, least=1, most=256)
    threads = Threads(_healed, workers)
    most_bytes = max(settings.AIOS_BATCH_BYTES, settings.AIOS_ATTACHMENT_BYTES, settings.AIOS_ITEM_BYTES)
    return Front(
        threads,
        Threads(_healed, 1, name="health"),
        Waits(threads, most=env.number("AIOS_MOST_WAITING", 2000), at_once=max(1, workers // 2)),
        # Forms carry files with a little around them.
        Bodies(most_bytes=most_bytes + _ENVELOPE_BYTES),
        most_queued=env.number("AIOS_MOST_QUEUED", 128, least=1),
    )


_http = _front()
at_stop(_http.waits.close)
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
