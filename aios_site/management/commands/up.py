"""`manage.py up`: the whole product in one process tree."""

import json
import os
import signal
import socket
import sys
import time
from typing import Any

from django.core.management import get_commands
from django.core.management.base import BaseCommand, CommandParser

from aios_site.stack.errors import StackError, StopRequestedError
from aios_site.stack.home import Home, HomeLock
from aios_site.stack.launch import Stack
from aios_site.stack.readiness import listen
from aios_site.stack.supervisor import Supervisor, say


class Command(BaseCommand):
    """Run everything until Ctrl-C."""

    help = "Runs PostgreSQL, Valkey, web, worker, beat and sweep until Ctrl-C; data lies in AIOS_HOME."
    requires_system_checks = ()

    def add_arguments(self, parser: CommandParser) -> None:
        """Take the address to serve."""
        parser.add_argument("--host", default="127.0.0.1", help="address to listen on (default: this machine only)")
        parser.add_argument("--port", type=int, default=os.environ.get("PORT") or "8000", help="default: PORT, or 8000")

    def handle(self, **options: Any) -> None:
        """Bring everything up, print where it is, and keep it running."""
        started = time.monotonic()
        home = Home.at()
        demo = os.environ.get("AIOS_DEMO", "1") != "0" and "setup_demo" in get_commands()
        try:
            with HomeLock(home), listen(options["host"], options["port"]) as listener, Supervisor() as supervisor:
                try:
                    notes = Stack(supervisor, home, listener, demo=demo).bring_up()
                    _report(home, listener, notes, time.monotonic() - started, demo=demo)
                    supervisor.run_forever()
                except StopRequestedError as request:
                    say(f"\nStopping ({signal.Signals(request.signum).name}) ...")
                except StackError as error:
                    say(f"\n{error}\n\nStopping; the logs are in {home.logs}")
                    sys.exit(1)
                finally:
                    supervisor.stop()
                    home.forget_runtime()
            say("Stopped.")
        except StackError as error:
            self.stderr.write(str(error))
            sys.exit(1)


def _report(home: Home, listener: socket.socket, notes: list[str], seconds: float, *, demo: bool) -> None:
    host, port = listener.getsockname()[:2]
    say(f"\nAIOS Review is ready after {seconds:.1f} s:  http://{f'[{host}]' if ':' in host else host}:{port}\n")
    if demo and home.logins.exists():
        for login in json.loads(home.logins.read_text(encoding="utf-8")):
            say(f"  {login['role']:<12} {login['email']:<36} {login['password']}")
        say("")
    for note in (*notes, f"Files, logs and logins: {home.path}"):
        say(note)
    say("Ctrl-C stops everything.")
