"""Who is at the workstation: said by open pages, forgotten with them, and told to whoever may see the queue."""

import asyncio
from collections.abc import Iterator
from typing import Any

import pytest
from asgiref.sync import sync_to_async
from django.db import transaction

from governance.domain import Actor
from governance.selectors.scope import enter_workspace
from governance.valkey import Circuit, client
from review import consumers
from review.models import Queue
from review.selectors import presence
from review.selectors.queues import queues_for
from review.services import presence as saying
from review.services import ticker
from review.services.claim import claim_reviews
from tests.conftest import House, build_house
from tests.review.api.conftest import Api, claim_one, decide, statements
from tests.review.test_consumers import run, session_of, socket

pytestmark = pytest.mark.services

REVIEWER = {"name": "Reviewer Person", "initials": "RP"}
LEAD = {"name": "Lead Person", "initials": "LP"}


@pytest.fixture(autouse=True)
def quiet() -> Iterator[None]:
    """Nobody is there before a test, and nobody after it."""

    def forget() -> None:
        for key in client().scan_iter("presence*"):
            client().delete(key)

    forget()
    yield
    forget()


@pytest.fixture
def stored(live_db: None) -> House:
    """The cast, committed: sockets work on connections of their own."""
    with transaction.atomic():
        house = build_house()
        house.in_review("one")
    return house


def says(actor: Actor, *keys: str, page: str = "a") -> None:
    saying.note_presence(actor=actor, page=page, keys=keys)


def there(house: House, who: str = "lead") -> dict[str, list[str]]:
    actor = house.actor(house.people[who])
    return {key: [one.name for one in found] for key, found in presence.present_at(actor, queues_for(actor)).items()}


def present_in(message: dict[str, Any]) -> dict[str, Any]:
    return {queue["key"]: queue["present"] for queue in message["queues"]}


def test_a_person_is_there_once_however_many_pages_say_so(house: House) -> None:
    reviewer, lead = house.actor(house.reviewer), house.actor(house.lead)
    says(reviewer, "triage", page="a")
    says(reviewer, "triage", page="b")
    says(lead, "triage", "escalations")

    assert there(house) == {"triage": ["Lead Person", "Reviewer Person"], "escalations": ["Lead Person"]}
    assert there(house, "reviewer") == {"triage": ["Lead Person", "Reviewer Person"]}
    saying.note_absence(actor=reviewer, page="a")
    assert there(house)["triage"] == ["Lead Person", "Reviewer Person"]
    saying.note_absence(actor=reviewer, page="b")
    assert there(house)["triage"] == ["Lead Person"]


def test_whoever_says_nothing_any_more_is_gone(house: House) -> None:
    reviewer, lead = house.actor(house.reviewer), house.actor(house.lead)
    says(reviewer, "triage")
    key = presence.presence_key(house.workspace.id)
    (field,) = client().hkeys(key)
    said = client().hget(key, field)
    assert isinstance(said, bytes)
    client().hset(key, field, str(int(said[:10]) - presence.ALIVE_S - 1).encode() + said[10:])
    says(lead, "triage")

    assert there(house)["triage"] == ["Lead Person"]
    assert presence.present_everywhere()[house.workspace.id]["triage"] == [presence.Present("Lead Person", "LP")]
    assert client().hlen(key) == 1
    assert 0 < client().ttl(key) <= presence.ALIVE_S


def test_nobody_is_seen_in_another_workspace(house: House) -> None:
    says(house.actor(house.reviewer), "triage")
    outsider = house.actor(house.outsider)

    assert presence.present_at(outsider, []) == {}
    assert set(presence.present_everywhere()) == {house.workspace.id}


def test_without_valkey_those_who_hold_reviews_are_there(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    house.in_review("one")
    claim_reviews(actor=house.actor(house.reviewer), count=1)

    def gone(_source: str) -> Any:
        raise ConnectionError

    monkeypatch.setattr(presence, "circuit", Circuit())
    monkeypatch.setattr(presence, "_script", gone)

    assert there(house) == {"triage": ["Reviewer Person"], "escalations": []}
    assert presence.present_everywhere() == {}


def test_saying_so_without_valkey_fails_nobody(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    def gone() -> Any:
        raise ConnectionError

    monkeypatch.setattr(saying, "circuit", Circuit())
    monkeypatch.setattr(saying, "_script", gone)
    says(house.actor(house.reviewer), "triage")


def test_queues_say_who_is_there_to_those_who_may_see_them(house: House, api: Api) -> None:
    says(house.actor(house.lead), "triage", "escalations")
    (triage,) = api(house.reviewer).get("/api/v1/queues/").json()["queues"]
    every = api(house.auditor).get("/api/v1/queues/").json()["queues"]

    assert triage["present"] == [LEAD]
    assert {queue["key"]: queue["present"] for queue in every} == {"triage": [LEAD], "escalations": [LEAD]}
    assert api(house.integrator).get("/api/v1/queues/").json()["queues"] == []


def test_a_decision_says_nothing_of_it(house: House, api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    house.in_review("one", "two")
    api_client = api(house.reviewer)
    review = claim_one(api_client)

    def never(*_arguments: Any, **_options: Any) -> None:
        raise AssertionError

    for name in ("note_presence", "note_absence"):
        monkeypatch.setattr(saying, name, never)
    monkeypatch.setattr(presence, "_asked", never)
    with statements() as found:
        assert decide(api_client, review, action="accept", claim_next=1).status_code == 200
    assert len(found) <= 6


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("?at=triage", {"triage": [REVIEWER]}),
        ("?at=all", {"triage": [REVIEWER]}),
        ("?at=escalations", {"triage": []}),
        ("?at=%FF", {"triage": []}),
        ("", {"triage": []}),
    ],
)
def test_a_page_says_where_it_works(stored: House, query: str, expected: dict[str, Any]) -> None:
    session = session_of(stored.reviewer)

    async def scene() -> None:
        page = socket(stored.workspace.slug, session, query=query)
        await page.connect()
        assert present_in(await page.receive()) == expected
        await page.leave()
        assert await sync_to_async(presence.present_everywhere)() == {}

    run(scene)


def test_others_hear_of_who_comes_and_goes(stored: House) -> None:
    lead, reviewer = session_of(stored.lead), session_of(stored.reviewer)

    async def tick() -> None:
        await sync_to_async(ticker.tick)()

    async def scene() -> None:
        board = socket(stored.workspace.slug, lead)
        await board.connect()
        assert present_in(await board.receive()) == {"triage": [], "escalations": []}
        await sync_to_async(ticker._told.clear)()
        await tick()
        await board.receive()
        page = socket(stored.workspace.slug, reviewer, query="?at=all")
        await page.connect()
        await page.receive()
        await tick()
        assert present_in(await board.receive()) == {"triage": [REVIEWER], "escalations": []}
        await page.leave()
        await tick()
        assert present_in(await board.receive()) == {"triage": [], "escalations": []}
        await board.leave()

    run(scene)


def test_a_page_goes_on_saying_so(stored: House, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(consumers, "PRESENT_EVERY_S", 0.05)
    session = session_of(stored.reviewer)

    async def scene() -> None:
        page = socket(stored.workspace.slug, session, query="?at=triage")
        await page.connect()
        await page.receive()
        await sync_to_async(client().delete)(presence.presence_key(stored.workspace.id))
        async with asyncio.timeout(5):
            while not await sync_to_async(presence.present_everywhere)():
                await asyncio.sleep(0.02)
        await page.leave()

    run(scene)


def test_whoever_is_put_out_of_a_queue_is_no_longer_seen_there(stored: House, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(consumers, "RECHECK_S", 0.05)
    monkeypatch.setattr(consumers, "PRESENT_EVERY_S", 0.05)
    session = session_of(stored.reviewer)

    def take_away() -> None:
        with transaction.atomic():
            enter_workspace(stored.workspace.id)
            Queue.objects.get(key="triage").memberships.all().delete()

    async def scene() -> None:
        page = socket(stored.workspace.slug, session, query="?at=triage")
        await page.connect()
        assert present_in(await page.receive()) == {"triage": [REVIEWER]}
        await sync_to_async(take_away)()
        async with asyncio.timeout(5):
            while await sync_to_async(presence.present_everywhere)():
                await asyncio.sleep(0.02)
        await page.leave()

    run(scene)
