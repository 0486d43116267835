"""Embedded PostgreSQL and Valkey for one home, for tests and benchmarks."""

import os
import shutil
import tempfile
from pathlib import Path
from types import TracebackType
from typing import Self

from aios_site.stack.home import SYSTEM_FOLDER, Home, HomeLock
from aios_site.stack.services import start_services
from aios_site.stack.supervisor import Supervisor
from aios_site.stack.urls import embedded_urls


class EmbeddedServices:
    """Start and stop the two services, without the product's own processes; call it from the main thread."""

    def __init__(self, home: Path, *, durable: bool = True) -> None:
        self._home = Home.at(home)
        self._durable = durable
        self._lock = HomeLock(self._home)
        self._supervisor = Supervisor()
        self._throw_away = False
        urls = embedded_urls(self._home)
        self.home = self._home.path
        self.database_url = urls.database
        self.owner_url = urls.owner
        self.admin_url = urls.admin
        self.redis_url = urls.redis

    @classmethod
    def temporary(cls, *, durable: bool = False) -> Self:
        """Return services on a folder that stop() removes; not durable means without fsync."""
        folder = Path(tempfile.mkdtemp(prefix="aios-review-"))
        if os.geteuid() == 0:
            folder.chmod(0o711)
        services = cls(folder, durable=durable)
        services._throw_away = True
        return services

    def start(self) -> None:
        """Start both and wait until they answer; the database exists afterwards, without tables."""
        self._lock.acquire()
        try:
            start_services(self._supervisor, self._home, durable=self._durable)
        except BaseException:
            self.stop()
            raise

    def stop(self) -> None:
        """Stop both; remove what was temporary."""
        self._supervisor.stop()
        self._home.forget_runtime()
        self._lock.release()
        if self._throw_away:
            self.remove()

    def remove(self) -> None:
        """Remove all data of a home whose services are stopped."""
        shutil.rmtree(self._home.path, ignore_errors=True)
        if os.geteuid() == 0:
            shutil.rmtree(SYSTEM_FOLDER / self._home.key, ignore_errors=True)

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()
