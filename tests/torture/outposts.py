"""What of a workspace points outside: endpoints of the receivers, a model over HTTP, and addresses that must never be reached."""

import socket
from collections.abc import Callable
from functools import partial

from django.db import transaction

from governance.domain import Actor, ProductError, Role, uuid7
from governance.models import WebhookEndpoint
from governance.outgoing import OutgoingFailure
from governance.selectors.scope import enter_workspace
from governance.services.endpoints import create_endpoint
from governance.services.private_hosts import add_private_host
from routing.models import ModelVersion, Workflow
from routing.services import config
from tests.torture.cast import NORTH, Cast, Endpoint
from tests.torture.plan import Plan

_HOST = "127.0.0.1"
RECEIVERS: tuple[tuple[str, tuple[str, ...]], ...] = (
    ("steady", ()),
    ("flaky", ()),
    ("turning", ("item.resolved",)),
)
AMENDED_ONLY = "amended"


def point_outside(plan: Plan, cast: Cast, slug: str, people: dict[Role, Actor]) -> None:
    """Allow-list receivers and models alone, configure endpoints, and try to configure what must not be reached."""
    admin, owner = people[Role.ADMIN], people[Role.OWNER]
    with transaction.atomic():
        enter_workspace(admin.workspace_id)
        for port in (plan.ports.receivers, plan.ports.models):
            add_private_host(actor=admin, host=_HOST, port=port)
        for name, types in (*RECEIVERS, (AMENDED_ONLY, ("item.amended",))):
            _endpoint(plan, cast, owner, slug, f"{slug}-{name}", types)
        _remote_model(owner, "remote", f"http://{_HOST}:{plan.ports.models}/predict")
    if slug == NORTH:
        _aim_at_canary(plan, cast, owner)


def _endpoint(plan: Plan, cast: Cast, owner: Actor, slug: str, name: str, types: tuple[str, ...]) -> None:
    url = f"http://{_HOST}:{plan.ports.receivers}/{name}"
    created = create_endpoint(actor=owner, name=name, url=url, event_types=types, concurrency=8)
    cast.endpoints.append(Endpoint(str(created.endpoint.id), name, slug, url, created.secret, list(types)))


def _remote_model(actor: Actor, key: str, url: str) -> None:
    workflow = Workflow.objects.get(key=key)
    version = config.register_model_version(
        actor=actor,
        workflow=workflow,
        model_name="remote",
        version=uuid7().hex[:32],
        url=url,
        config={"timeout_s": 4},
    )
    config.set_model_version(actor=actor, workflow=workflow, model_version=version)


def _aim_at_canary(plan: Plan, cast: Cast, owner: Actor) -> None:
    """Try every spelling of the canary's address, for webhooks and for a model.

    What is refused is written past the services, as if it had become forbidden after it was saved: it must be stopped
    when it is called.
    """
    harmless = f"http://{_HOST}:{plan.ports.receivers}/never"
    for number, url in enumerate(canary_urls(plan)):
        name = f"canary-{number}"
        if not _is_taken(
            owner, cast, f"endpoint {url}", partial(create_endpoint, name=name, url=url, workflows=["trap"])
        ):
            with transaction.atomic():
                enter_workspace(owner.workspace_id)
                create_endpoint(actor=owner, name=name, url=harmless, workflows=["trap"])
                WebhookEndpoint.objects.filter(name=name).update(url=url)
            cast.canary_forced.append(url)
        _is_taken(owner, cast, f"model {url}", partial(_remote_model, key="trap", url=url))
    with transaction.atomic():
        enter_workspace(owner.workspace_id)
        _remote_model(actor=owner, key="trap", url=f"http://{_HOST}:{plan.ports.models}/predict")
        version = Workflow.objects.select_related("model_version").get(key="trap").model_version
        assert version is not None
        ModelVersion.objects.filter(id=version.id).update(config={"url": canary_urls(plan)[0], "timeout_s": 4})
    cast.canary_forced.append(canary_urls(plan)[0])


def _is_taken(owner: Actor, cast: Cast, what: str, configure: Callable[..., object]) -> bool:
    try:
        with transaction.atomic():
            enter_workspace(owner.workspace_id)
            configure(actor=owner)
    except (ProductError, OutgoingFailure):
        cast.canary_refused.append(what)
        return False
    cast.canary_configured.append(what)
    return True


def canary_urls(plan: Plan) -> list[str]:
    """Return the address of the canary in the spellings that get past careless guards."""
    port = plan.ports.canary
    hosts = (
        "127.0.0.1",
        "localhost",
        "LOCALHOST.",
        socket.gethostname(),
        "[::1]",
        "0.0.0.0",
        "[::]",
        "127.1",
        "2130706433",
        "0x7f000001",
        "0177.0.0.1",
        "[::ffff:127.0.0.1]",
        "[::ffff:7f00:1]",
        "[::127.0.0.1]",
        "[64:ff9b::7f00:1]",
        "[2002:7f00:1::]",
        "①②⑦.⓪.⓪.①",
        "user@127.0.0.1",
        f"127.0.0.1:{plan.ports.receivers}@127.0.0.1",
        "127.0.0.1%23@example.org",
    )
    spelt = [f"http://{host}:{port}/canary" for host in hosts]
    other = [f"https://localhost:{port}/", f"gopher://127.0.0.1:{port}/", f"http:\\\\127.0.0.1:{port}/"]
    return spelt + other
