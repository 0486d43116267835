"""Sockets, opened by everybody."""

from asgiref.sync import async_to_sync, sync_to_async
from django.db import connections

from governance.models import User
from tests.conftest import House
from tests.review.test_consumers import run, session_of, socket

HEARD = {
    "reviewer": {"triage"},
    "lead": {"triage", "escalations"},
    "owner": {"triage", "escalations"},
    "auditor": {"triage", "escalations"},
    "integrator": set(),
    "admin": {"triage", "escalations"},
}


def test_every_role_hears_of_its_queues_by_socket_and_of_no_other_workspaces(stored: House) -> None:
    def session(user: User) -> str:
        return session_of(user)

    sessions = {name: session(stored.people[name]) for name in HEARD}

    async def scene() -> None:
        for name, keys in HEARD.items():
            page = socket(stored.workspace.slug, sessions[name])
            assert await page.connect()
            told = await page.receive()
            assert {queue["key"] for queue in told["queues"]} == keys, name
            await page.leave()
            elsewhere = socket(stored.other_workspace.slug, sessions[name])
            await elsewhere.connect()
            assert await elsewhere.closed() == 4403, name
            await elsewhere.leave()

    run(scene)


def test_a_socket_elsewhere_is_refused(stored: House) -> None:
    from aios_site.asgi import application
    from tests.sockets import Socket

    headers = [(b"origin", b"http://testserver")]

    async def scene() -> None:
        for path in ("/ws/", "/ws/w/", f"/ws/w/{stored.workspace.slug}/", "/queues/", "/admin/"):
            assert not await Socket(application, path, headers=headers).connect(), path
        await sync_to_async(connections.close_all)()

    async_to_sync(scene)()
