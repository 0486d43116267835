"""No word is lost, whichever comes first: the word or the one it is for."""

import asyncio
import time
from collections.abc import Callable
from typing import Any

import pytest

from aios_site.serving import listener as listening
from aios_site.serving import waiters as waiting
from aios_site.serving.listener import Listener
from aios_site.serving.waiters import Waiters
from governance.domain import uuid7
from tests.web import until

ITEM = uuid7()


def is_woken(act: Callable[[Waiters], object], *, since: float = 0.0, before: bool = False) -> bool:
    """Tell whether a caller is woken by what is done before or after it begins to wait."""

    async def story() -> bool:
        waiters = Waiters(most=10)
        if before:
            act(waiters)
        with waiters.future(ITEM, since=since) as future:
            if not before:
                act(waiters)
            await asyncio.wait({future}, timeout=0)
            return future.done()

    return asyncio.run(story())


@pytest.mark.parametrize("before", [True, False])
@pytest.mark.parametrize("act", [lambda w: w.tell(ITEM), Waiters.tell_all, Waiters.close])
def test_a_caller_is_woken(act: Callable[[Waiters], object], before: bool) -> None:
    assert is_woken(act, before=before)


@pytest.mark.parametrize("before", [True, False])
def test_word_of_another_item_wakes_nobody(before: bool) -> None:
    assert not is_woken(lambda waiters: waiters.tell(uuid7()), before=before)


def test_word_from_before_the_last_look_wakes_nobody() -> None:
    assert not is_woken(lambda waiters: waiters.tell(ITEM), since=time.monotonic() + 1, before=True)


def test_word_is_forgotten_after_a_while(monkeypatch: pytest.MonkeyPatch) -> None:
    waiters = Waiters(most=1)
    waiters.tell(ITEM)
    monkeypatch.setattr(waiting, "_KEPT_S", -1.0)
    waiters.tell(uuid7())
    assert not waiters._told_at


def test_places_are_given_back_and_nothing_is_left_behind() -> None:
    async def story() -> None:
        waiters = Waiters(most=1)
        with waiters.place() as first, waiters.place() as second:
            assert (first, second, len(waiters)) == (True, False, 1)
            with waiters.future(ITEM, since=0), waiters.future(ITEM, since=0):
                pass
        assert len(waiters) == 0
        assert not waiters._futures
        waiters.close()
        with waiters.place() as late:
            assert not late

    asyncio.run(story())


@pytest.mark.services
def test_a_listener_that_does_not_hear_itself_is_not_believed(live_db: None, monkeypatch: pytest.MonkeyPatch) -> None:
    """Behind a pooler LISTEN succeeds and nothing ever comes."""
    monkeypatch.setattr(listening, "_PROOF_EVERY_S", 0.2)
    asked: list[str] = []
    ask = Listener._ask

    async def deaf(self: Any, connection: Any, statement: str) -> None:
        asked.append(statement)
        await ask(self, connection, statement.replace("LISTEN", "UNLISTEN"))

    async def story() -> None:
        heard: list[None] = []
        listener = Listener(on_item=lambda _item: None, on_hearing=lambda: heard.append(None))
        with monkeypatch.context() as patch:
            patch.setattr(Listener, "_ask", deaf)
            listener.start()
            await until(lambda: asked.count("LISTEN aios_item") > 1, "connects again")
            assert not listener.is_hearing
        await until(lambda: listener.is_hearing, "hears")
        assert heard
        listener.stop()
        await asyncio.sleep(0.1)

    asyncio.run(story())
