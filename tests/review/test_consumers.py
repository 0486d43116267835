"""Queue counts over WebSockets: who gets in, what they hear, and when they are put out."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from asgiref.sync import async_to_sync, sync_to_async
from channels.layers import get_channel_layer
from django.conf import settings
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
from django.contrib.sessions.backends.db import SessionStore
from django.db import connections, transaction

from governance.models import Membership, User
from governance.selectors.scope import enter_workspace
from review import consumers
from review.models import Queue
from review.services import ticker
from tests.conftest import House, build_house
from tests.sockets import Socket

pytestmark = pytest.mark.services

ORIGIN = (b"origin", b"http://testserver")


@pytest.fixture
def stored(live_db: None) -> House:
    """The cast, committed: sockets work on connections of their own."""
    with transaction.atomic():
        house = build_house()
        house.in_review("one", "two")
    return house


def session_of(user: User) -> str:
    store = SessionStore()
    store[SESSION_KEY] = str(user.pk)
    store[BACKEND_SESSION_KEY] = settings.AUTHENTICATION_BACKENDS[0]
    store[HASH_SESSION_KEY] = user.get_session_auth_hash()
    store.create()
    return str(store.session_key)


def socket(slug: str, session: str | None, origin: tuple[bytes, bytes] = ORIGIN, query: str = "") -> Socket:
    from aios_site.asgi import application  # loads every app

    cookie = f"{settings.SESSION_COOKIE_NAME}={session}".encode()
    headers = [origin, *([(b"cookie", cookie)] if session else [])]
    return Socket(application, f"/ws/w/{slug}/queues/{query}", headers=headers)


def run(scene: Callable[[], Awaitable[None]]) -> None:
    async def whole() -> None:
        try:
            await scene()
        finally:
            await sync_to_async(connections.close_all)()

    async_to_sync(whole)()


def keys_of(message: dict[str, Any]) -> set[str]:
    return {queue["key"] for queue in message["queues"]}


def test_a_reviewer_hears_of_the_queues_that_they_may_work_and_of_no_other(stored: House) -> None:
    session = session_of(stored.reviewer)

    async def scene() -> None:
        page = socket(stored.workspace.slug, session)
        assert await page.connect()
        first = await page.receive()
        assert (first["type"], keys_of(first)) == ("queues", {"triage"})
        assert first["queues"][0]["depth"] == 2
        await sync_to_async(ticker._told.clear)()
        await sync_to_async(ticker.tick)()
        told = await page.receive()
        assert keys_of(told) == {"triage"}
        assert set(told["queues"][0]) == {"key", "depth", "overdue", "due_soon", "oldest_at", "leased", "present"}
        await page.leave()

    run(scene)


def test_a_lead_hears_of_every_queue_and_nobody_of_another_workspace(stored: House) -> None:
    lead, outsider = session_of(stored.lead), session_of(stored.outsider)

    async def scene() -> None:
        page, other = socket(stored.workspace.slug, lead), socket(stored.other_workspace.slug, outsider)
        await page.connect()
        await other.connect()
        assert keys_of(await page.receive()) == {"triage", "escalations"}
        assert keys_of(await other.receive()) == set()
        message = {"type": ticker.MESSAGE, "queues": [{"key": "triage", "depth": 7}]}
        await get_channel_layer().group_send(ticker.group_name(stored.workspace.id), message)
        assert (await page.receive())["queues"] == [{"key": "triage", "depth": 7}]
        assert await other.receive_nothing()
        await page.leave()
        await other.leave()

    run(scene)


@pytest.mark.parametrize(
    ("who", "code"),
    [("nobody", consumers.SIGNED_OUT), ("outsider", consumers.NOT_A_MEMBER)],
)
def test_whoever_does_not_belong_there_is_put_out_without_a_message(stored: House, who: str, code: int) -> None:
    session = None if who == "nobody" else session_of(stored.people[who])

    async def scene() -> None:
        page = socket(stored.workspace.slug, session)
        await page.connect()
        assert await page.closed() == code
        await page.leave()

    run(scene)


def test_another_site_may_not_open_a_socket(stored: House) -> None:
    session = session_of(stored.reviewer)

    async def scene() -> None:
        page = socket(stored.workspace.slug, session, origin=(b"origin", b"https://evil.example"))
        assert not await page.connect()

    run(scene)


def test_what_a_client_sends_is_ignored(stored: House) -> None:
    session = session_of(stored.reviewer)

    async def scene() -> None:
        page = socket(stored.workspace.slug, session)
        await page.connect()
        await page.receive()
        await page.send(text="not json {")
        await page.send(bytes=b"\x00")
        assert await page.receive_nothing()
        await page.leave()

    run(scene)


@pytest.mark.parametrize("change", ["membership", "password", "session"])
def test_whoever_no_longer_belongs_there_is_put_out_at_the_next_check(
    stored: House,
    monkeypatch: pytest.MonkeyPatch,
    change: str,
) -> None:
    monkeypatch.setattr(consumers, "RECHECK_S", 0.05)
    session = session_of(stored.reviewer)

    def revoke() -> None:
        with transaction.atomic():
            enter_workspace(stored.workspace.id)
            match change:
                case "membership":
                    Membership.objects.filter(user=stored.reviewer).update(is_active=False)
                case "password":
                    User.objects.filter(id=stored.reviewer.id).update(password="another")
                case _:
                    SessionStore(session_key=session).delete()

    async def scene() -> None:
        page = socket(stored.workspace.slug, session)
        await page.connect()
        await page.receive()
        await sync_to_async(revoke)()
        assert await page.closed() == (consumers.NOT_A_MEMBER if change == "membership" else consumers.SIGNED_OUT)
        await page.leave()

    run(scene)


def test_a_queue_that_is_taken_away_is_no_longer_heard_of(stored: House, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(consumers, "RECHECK_S", 0.05)
    session = session_of(stored.reviewer)

    def take_away() -> None:
        with transaction.atomic():
            enter_workspace(stored.workspace.id)
            Queue.objects.get(key="triage").memberships.all().delete()

    async def scene() -> None:
        page = socket(stored.workspace.slug, session)
        await page.connect()
        await page.receive()
        await sync_to_async(take_away)()
        await asyncio.sleep(0.4)
        message = {"type": ticker.MESSAGE, "queues": [{"key": "triage", "depth": 7}]}
        await get_channel_layer().group_send(ticker.group_name(stored.workspace.id), message)
        assert (await page.receive())["queues"] == []
        await page.leave()

    run(scene)
