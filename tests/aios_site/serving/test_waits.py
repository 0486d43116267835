"""Callers that wait, in a real web process: woken by the database, by nothing else, and at no cost in threads."""

import asyncio
import os
import signal

import psycopg
import pytest
from django.db import transaction

from governance.models import AuditEvent
from review.models import Item
from review.services.pipeline import process_received
from review.services.withdraw import withdraw_item
from tests.aios_site.serving.conftest import Town
from tests.conftest import House
from tests.web import Reply, database_connections, running_web, until

MANY = 500


def item_path(item_id: str, wait: str = "30") -> str:
    return f"/api/v1/items/{item_id}/?wait={wait}"


async def waiting(town: Town, count: int) -> None:
    async def is_so() -> bool:
        return await town.waiting() == count

    await until(is_so, f"{count} callers wait")


def end_listeners() -> int:
    with psycopg.connect(os.environ["AIOS_TEST_ADMIN_URL"], autocommit=True) as admin:
        return len(
            admin.execute(
                "SELECT pg_terminate_backend(pid, 2000) FROM pg_stat_activity"
                " WHERE datname = current_database() AND application_name = 'aios web: waiting'"
            ).fetchall()
        )


@pytest.mark.services
def test_five_hundred_callers_are_answered_as_their_items_are_decided(town: Town) -> None:
    """All in one process, on as many threads and connections as without them."""
    ids = town.in_review(MANY)
    token = town.token(town.house.integrator)

    async def story() -> tuple[list[Reply], tuple[int, int], tuple[int, int]]:
        await asyncio.gather(*(town.web.call("GET", "/readyz") for _ in range(40)))
        first = asyncio.create_task(town.web.call("GET", item_path(ids[0]), token=token))
        await waiting(town, 1)
        before = (town.web.threads(), database_connections())
        others = [asyncio.create_task(town.web.call("GET", item_path(i), token=token)) for i in ids[1:]]
        await waiting(town, MANY)
        during = (town.web.threads(), database_connections())
        assert await town.aside(town.decide_all) == MANY
        return await asyncio.gather(first, *others), before, during

    replies, before, during = asyncio.run(story())

    assert [reply.status for reply in replies] == [200] * MANY
    assert {reply.json()["state"] for reply in replies} == {"resolved"}
    assert {reply.json()["outcome"]["label"] for reply in replies} == {"other"}
    assert [reply.json()["id"] for reply in replies] == ids
    assert all("aios-wait" not in reply.headers for reply in replies)
    assert during[0] <= before[0]
    assert during[1] <= before[1]


def test_intake_answers_with_the_outcome_or_202(town: Town) -> None:
    token = town.token(town.house.integrator)
    house = town.house

    async def story() -> tuple[Reply, Reply]:
        sent = asyncio.create_task(
            town.web.call(
                "POST",
                "/api/v1/workflows/support-triage/items/?wait=30",
                token=token,
                data={
                    "external_id": "sure",
                    "payload": {"text": "Where is it?"},
                    "predictions": [{"label": "billing", "confidence": 0.99, "top": [["billing", 0.99]]}],
                },
            )
        )
        await waiting(town, 1)
        await town.aside(lambda: process_received(workspace_id=house.workspace.id, workflow_id=house.workflow.id))
        return await sent, await town.send(token, "unsure", wait="0.2")

    sure, late = asyncio.run(story())

    assert sure.status == 201
    told = sure.json()
    assert (told["state"], told["outcome"]["label"], told["is_new"], told["external_id"]) == (
        "resolved",
        "billing",
        True,
        "sure",
    )
    assert late.status == 202
    assert late.headers["location"] == f"/api/v1/items/{late.json()['id']}/"
    assert late.json() == {"id": late.json()["id"], "external_id": "unsure", "is_new": True, "state": "received"}
    assert "aios-wait" not in sure.headers | late.headers


def test_a_held_outcome_is_not_final_and_a_withdrawn_item_is(town: Town) -> None:
    (item_id,) = town.in_review(1)
    token = town.token(town.house.integrator)

    def hold() -> None:
        with transaction.atomic():
            town.house.enter()
            town.house.queue.undo_window_s = 60
            town.house.queue.save(update_fields=["undo_window_s"])
        town.decide_all()

    def withdraw() -> None:
        with transaction.atomic():
            town.house.enter()
            withdraw_item(actor=town.house.actor(town.house.integrator), item_id=Item.objects.get().id)

    async def story() -> tuple[Reply, Reply]:
        waits = asyncio.create_task(town.web.call("GET", item_path(item_id), token=token))
        await waiting(town, 1)
        await town.aside(hold)
        short = await town.web.call("GET", item_path(item_id, "0.3"), token=token)
        assert await town.waiting() == 1
        await town.aside(withdraw)
        return short, await waits

    short, told = asyncio.run(story())
    assert (short.status, short.json()["state"]) == (200, "held")
    assert (told.status, told.json()["state"]) == (200, "withdrawn")


@pytest.mark.services
def test_waiting_survives_the_end_of_the_listening_connection(town: Town) -> None:
    ids = town.in_review(20)
    token = town.token(town.house.integrator)

    async def story() -> list[Reply]:
        waits = [asyncio.create_task(town.web.call("GET", item_path(i), token=token)) for i in ids]
        await waiting(town, len(ids))
        assert end_listeners() == 1
        await town.aside(town.decide_all)
        replies = await asyncio.gather(*waits)
        await until(lambda: database_connections(waiting_only=True) == 1, "one listener again")
        return replies

    assert {reply.json()["state"] for reply in asyncio.run(story())} == {"resolved"}


def test_a_caller_that_leaves_frees_its_place(town: Town) -> None:
    ids = town.in_review(30)
    token = town.token(town.house.integrator)

    async def story() -> None:
        lines = [await town.web.open() for _ in ids]
        for line, item_id in zip(lines, ids, strict=True):
            await line.send("GET", item_path(item_id), token=token)
        await waiting(town, 30)
        for line in lines:
            line.close()
        await waiting(town, 0)

    asyncio.run(story())


def test_a_stop_answers_whoever_waits(settled_house: House) -> None:
    """Nobody is cut off, as the server does to whom its grace of five seconds does not suffice."""
    with running_web() as web:
        town = Town(settled_house, web)
        ids = town.in_review(100)
        token = town.token(town.house.integrator)

        async def story() -> list[Reply]:
            asked = [web.call("GET", item_path(i), token=token) for i in ids]
            sent = [town.send(token, f"new {n}", wait="30") for n in range(100)]
            waits = [asyncio.create_task(one) for one in asked + sent]
            await waiting(town, 200)
            web.process.send_signal(signal.SIGTERM)
            replies = await asyncio.gather(*waits)
            await town.aside(web.process.wait)
            return replies

        replies = asyncio.run(story())
    assert [reply.status for reply in replies] == [200] * 100 + [202] * 100
    assert {reply.json()["state"] for reply in replies} == {"in_review", "received"}


def test_with_several_processes_too(settled_house: House) -> None:
    # A web process of the other tests may still be there.
    before = database_connections(waiting_only=True)
    with running_web("--processes", "2") as web:
        town = Town(settled_house, web)
        (item_id,) = town.in_review(1)
        token = town.token(town.house.integrator)
        processes = web.serving()
        assert len(processes) == 2

        async def wait_at_each(item: str, count: int) -> list[asyncio.Task[Reply]]:
            """Have so many callers wait at each process; which of them takes a caller is nobody's choice otherwise."""
            waits = []
            for one in processes:
                with web.taken_by(one):
                    waits += [asyncio.create_task(web.call("GET", item_path(item), token=token)) for _ in range(count)]
                    await waiting(town, count)
            return waits

        async def story() -> tuple[list[Reply], list[Reply]]:
            for one in processes:
                with web.taken_by(one):
                    await web.call("GET", "/healthz")  # it has started
            waits = await wait_at_each(item_id, 20)
            await until(lambda: database_connections(waiting_only=True) >= before + 2, "both processes listen")
            await town.aside(town.decide_all)
            replies = await asyncio.gather(*waits)
            (again,) = await town.aside(lambda: town.in_review(1))
            last = await wait_at_each(again, 5)
            web.process.send_signal(signal.SIGTERM)
            stopped = await asyncio.gather(*last)
            await town.aside(web.process.wait)
            return replies, stopped

        replies, stopped = asyncio.run(story())
    assert [reply.json()["state"] for reply in replies] == ["resolved"] * 40
    assert [reply.json()["state"] for reply in stopped] == ["in_review"] * 10


def test_beyond_the_limit_a_wait_is_over_at_once(settled_house: House) -> None:
    with running_web(AIOS_MOST_WAITING="2") as web:
        town = Town(settled_house, web)
        (item_id,) = town.in_review(1)
        token = town.token(town.house.integrator)

        async def story() -> tuple[Reply, Reply]:
            waits = [asyncio.create_task(web.call("GET", item_path(item_id), token=token)) for _ in range(2)]
            await waiting(town, 2)
            refused = await web.call("GET", item_path(item_id), token=token), await town.send(token, "new", wait="30")
            await town.aside(town.decide_all)
            assert {reply.json()["state"] for reply in await asyncio.gather(*waits)} == {"resolved"}
            return refused

        asked, sent = asyncio.run(story())
    assert (asked.status, asked.json()["state"]) == (200, "in_review")
    assert (sent.status, sent.json()["state"]) == (202, "received")


def test_a_foreign_item_is_404_at_once_and_nothing_of_it_changes(town: Town) -> None:
    (item_id,) = town.in_review(1)
    token = town.token(town.house.outsider)

    async def story() -> Reply:
        return await town.web.call("GET", item_path(item_id), token=token)

    reply = asyncio.run(story())
    assert reply.status == 404
    with transaction.atomic():
        town.house.enter()
        assert Item.objects.get().waited_until is None


def test_a_replay_waits_for_the_same_item(town: Town) -> None:
    token = town.token(town.house.integrator)
    key = {"Idempotency-Key": "one"}
    house = town.house

    async def story() -> list[Reply]:
        first = await town.send(token, "text", wait="0.2", headers=key)
        short = await town.send(token, "text", headers=key)
        replay = asyncio.create_task(town.send(token, "text", wait="30", headers=key))
        await waiting(town, 1)
        await town.aside(lambda: process_received(workspace_id=house.workspace.id, workflow_id=house.workflow.id))
        await town.aside(town.decide_all)
        other = await town.send(token, "other", wait="30", headers=key)
        return [first, short, await replay, await town.send(token, "text", wait="30", headers=key), other]

    first, short, replay, late, other = asyncio.run(story())

    assert (first.status, short.status, replay.status, late.status, other.status) == (202, 201, 201, 201, 422)
    assert {reply.json()["id"] for reply in (first, short, replay, late)} == {first.json()["id"]}
    assert set(short.json()) == {"id", "external_id", "is_new"}
    assert (replay.json()["state"], replay.json()["is_new"]) == ("resolved", True)
    assert [reply.headers.get("idempotent-replayed") for reply in (first, short, replay, late)] == [
        None,
        "true",
        "true",
        "true",
    ]
    with transaction.atomic():
        house.enter()
        assert AuditEvent.objects.filter(action="item.received").count() == 1


def test_the_answer_keeps_the_callers_request_id(town: Town) -> None:
    (item_id,) = town.in_review(1)
    token = town.token(town.house.integrator)
    given = "0190f3a0-0000-7000-8000-000000000001"

    async def story() -> Reply:
        return await town.web.call(
            "GET", item_path(item_id, "0.2"), token=token, headers={"X-Request-ID": given, "Aios-Wait": "x"}
        )

    assert asyncio.run(story()).headers["x-request-id"] == given
