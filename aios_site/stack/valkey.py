"""The embedded Valkey: a Unix socket, no TCP, nothing on disk; whatever it holds may vanish at any moment."""

import os
import socket
import time

from aios_site.stack.errors import StackError
from aios_site.stack.home import Home, private_folder
from aios_site.stack.piece import Piece, Tier
from aios_site.stack.process import Account, kill_group, processes_matching
from aios_site.stack.programs import Programs


class Valkey:
    """The Valkey of one home."""

    def __init__(self, home: Home, programs: Programs) -> None:
        self._home = home
        self._programs = programs
        self._account = Account.for_services()

    def piece(self) -> Piece:
        """Return the server's process."""
        settings = {
            "port": "0",
            "unixsocket": str(self._home.valkey_socket),
            "unixsocketperm": "700",
            "save": "",
            "appendonly": "no",
            "maxmemory": "256mb",
            "maxmemory-policy": "noeviction",
            "set-proc-title": "no",
            "dir": str(self._home.runtime),
        }
        argv = [str(self._programs.valkey_server)]
        for name, value in settings.items():
            argv += [f"--{name}", value]
        return Piece(
            name="valkey",
            argv=argv,
            env={"PATH": os.environ.get("PATH", os.defpath), "AIOS_HOME": str(self._home.path)},
            log=self._home.logs / "valkey.log",
            tier=Tier.SERVICE,
            account=self._account,
            stop_seconds=2.0,
            before_start=self._before_start,
            is_ready=self.is_ready,
        )

    def is_ready(self) -> bool:
        """Tell whether the server answers PING."""
        try:
            with socket.socket(socket.AF_UNIX) as connection:
                connection.settimeout(1)
                connection.connect(str(self._home.valkey_socket))
                connection.sendall(b"PING\r\n")
                return connection.recv(16).startswith(b"+PONG")
        except OSError:
            return False

    def _before_start(self) -> None:
        """End what a killed supervisor left behind; the caller holds the home's lock."""
        mark = f"--unixsocket\0{self._home.valkey_socket}\0".encode()
        for _ in range(40):
            if not (left := processes_matching(lambda command_line: mark in command_line)):
                break
            for pid in left:
                kill_group(pid)
            time.sleep(0.05)
        else:
            message = f"An earlier Valkey of this AIOS_HOME does not end (processes {left})."
            raise StackError(message)
        private_folder(self._home.runtime, self._account.uid, self._account.gid)
        self._home.valkey_socket.unlink(missing_ok=True)
