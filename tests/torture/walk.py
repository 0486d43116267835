"""The walk over the failpoints: each step at which a process can die is armed until a process has died there."""

import time

from governance.failpoints import names
from tests.torture.product import SWEEPS, Product

_PATIENCE_S = 20.0
_WEB = ("intake", "claim", "decide", "undo", "amend")
# Celery says so when a process of its pool was killed; the worker itself lives on.
_POOL_DIED = "signal 9 (SIGKILL)"


class Walk:
    """Arms one failpoint per kind of process at a time, on processes that are spared other faults meanwhile."""

    def __init__(self, product: Product, spared: set[str]) -> None:
        self._product = product
        self._spared = spared
        self._left: dict[str, list[str]] = {}
        for name in names():
            self._left.setdefault(_kind(name), []).append(name)
        self._armed: dict[str, tuple[str, float]] = {}

    def step(self) -> None:
        """See what has fired and arm what is next."""
        for kind in tuple(self._left):
            if kind in self._armed:
                self._look(kind)
            elif self._left[kind]:
                self._arm(kind)

    def finish(self) -> None:
        """Disarm everything."""
        for kind in tuple(self._armed):
            self._disarm(kind)
        self._left.clear()

    def _arm(self, kind: str) -> None:
        name = self._left[kind].pop(0)
        self._armed[kind] = (name, time.monotonic())
        for target in _targets(kind):
            self._spared.add(target)
            self._product.restart(target, name)

    def _look(self, kind: str) -> None:
        name, since = self._armed[kind]
        if kind == "worker":
            for target in _targets(kind):
                if _POOL_DIED in self._product.new_log(target):
                    self._product.note_fired(target, name)
        is_armed = any(self._product.running[target].failpoint == name for target in _targets(kind))
        if name in self._product.fired:
            self._disarm(kind)
        elif not is_armed or time.monotonic() - since > _PATIENCE_S:
            # It ended of something else, or nothing came by: once more, after the others.
            self._left[kind].append(name)
            self._disarm(kind)

    def _disarm(self, kind: str) -> None:
        name, _since = self._armed.pop(kind)
        for target in _targets(kind):
            if self._product.running[target].failpoint == name:
                self._product.kill(target, "group")
            self._spared.discard(target)


def _kind(name: str) -> str:
    stage = name.partition(".")[0]
    return "web" if stage in _WEB else "worker" if stage == "predict" else "sweep"


def _targets(kind: str) -> tuple[str, ...]:
    return {"web": ("web-2",), "worker": ("worker-3",), "sweep": SWEEPS}[kind]
