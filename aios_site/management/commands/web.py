"""`manage.py web`: one web process, or several."""

import os
import resource
import socket
from typing import Any

import uvicorn
from django.core.management.base import BaseCommand, CommandParser

from aios_site.serving.protocol import Protocol
from aios_site.waiting import VARIABLE

APPLICATION = "aios_site.asgi:application"
# Callers that wait and open pages are connections too; requests for the threads have their own, smaller limit.
CONNECTIONS = 4000
_OTHER_FILES = 200


class Command(BaseCommand):
    """Serve HTTP and WebSockets until TERM."""

    help = "Serves HTTP and WebSockets: on a socket handed over (--fd), or on --host and --port."
    requires_system_checks = ()

    def add_arguments(self, parser: CommandParser) -> None:
        """Take where to serve and how much at once."""
        where = parser.add_mutually_exclusive_group()
        where.add_argument("--fd", type=int, help="listening socket inherited from the parent process")
        where.add_argument("--host", default="127.0.0.1")
        parser.add_argument("--port", type=int, default=8000)
        parser.add_argument("--processes", type=int, default=1, help="with --host and --port")
        parser.add_argument(
            "--limit-concurrency", type=int, default=CONNECTIONS, help="connections per process; beyond: 503"
        )

    def handle(self, **options: Any) -> None:
        """Serve."""
        os.environ[VARIABLE] = "1"
        config = uvicorn.Config(
            APPLICATION,
            host=options["host"],
            port=options["port"],
            workers=options["processes"],
            loop="uvloop",
            http=Protocol,
            ws="websockets-sansio",
            lifespan="off",
            log_config=None,
            access_log=False,
            server_header=False,
            limit_concurrency=_affordable(options["limit_concurrency"]),
            timeout_graceful_shutdown=5,
            backlog=2048,
        )
        if options["fd"] is not None:
            uvicorn.Server(config).run(sockets=[socket.socket(fileno=options["fd"])])
        elif options["processes"] > 1:
            from uvicorn.supervisors import Multiprocess  # noqa: PLC0415 - brings its own signal handling

            Multiprocess(config, sockets=[config.bind_socket()]).run()
        else:
            uvicorn.Server(config).run()


def _affordable(connections: int) -> int:
    """Return how many connections the process may have, after raising its own limit of open files as far as it goes."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = connections + _OTHER_FILES
    if soft != resource.RLIM_INFINITY and soft < wanted:
        soft = wanted if hard == resource.RLIM_INFINITY else min(wanted, hard)
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
    return connections if soft == resource.RLIM_INFINITY else max(1, min(connections, soft - _OTHER_FILES))
