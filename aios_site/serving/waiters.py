"""Who waits for which item in this process: a future each, no thread and no connection."""

import asyncio
import time
from collections.abc import Iterator
from contextlib import contextmanager
from uuid import UUID

# Word may come before the caller it is for has been entered here: it is kept for so long, whether anybody waits or not.
_KEPT_S = 10.0
_NEVER = float("-inf")


class Waiters:
    """Lets callers be woken by an item's id; lives on one event loop."""

    def __init__(self, *, most: int) -> None:
        self._most = most
        self._taken = 0
        self._futures: dict[UUID, set[asyncio.Future[None]]] = {}
        self._told_at: dict[UUID, float] = {}
        self._all_told_at = _NEVER
        self.is_closing = False

    def __len__(self) -> int:
        return self._taken

    @contextmanager
    def place(self) -> Iterator[bool]:
        """Take a place for one caller; false where there is none left, or the process is to stop."""
        if self.is_closing or self._taken >= self._most:
            yield False
            return
        self._taken += 1
        try:
            yield True
        finally:
            self._taken -= 1

    @contextmanager
    def future(self, item_id: UUID, *, since: float) -> Iterator[asyncio.Future[None]]:
        """Give what is done when word of the item comes; at once where it has come since then, or the process is to stop."""
        future = asyncio.get_running_loop().create_future()
        if self.is_closing or max(self._all_told_at, self._told_at.get(item_id, _NEVER)) >= since:
            future.set_result(None)
        futures = self._futures.setdefault(item_id, set())
        futures.add(future)
        try:
            yield future
        finally:
            futures.discard(future)
            if not futures and self._futures.get(item_id) is futures:
                del self._futures[item_id]

    def tell(self, item_id: UUID) -> None:
        """Wake whoever waits for the item."""
        now = time.monotonic()
        self._told_at.pop(item_id, None)  # so that the oldest word stays first
        self._told_at[item_id] = now
        while self._told_at and (oldest := next(iter(self._told_at.items())))[1] < now - _KEPT_S:
            del self._told_at[oldest[0]]
        for future in self._futures.get(item_id, ()):
            _wake(future)

    def tell_all(self) -> None:
        """Wake everybody, so that they look for themselves."""
        self._all_told_at = time.monotonic()
        for futures in self._futures.values():
            for future in futures:
                _wake(future)

    def close(self) -> None:
        """Wake everybody for good: the process is to stop."""
        self.is_closing = True
        self.tell_all()


def _wake(future: asyncio.Future[None]) -> None:
    if not future.done():
        future.set_result(None)
