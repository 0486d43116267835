"""Every address of the product against everybody: generated from the URL conf, so that a new route needs its row.

What a role may call of the HTTP API stands in tests/review/api/test_roles.py; here the API meets the outsider.
"""

from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import pytest
from asgiref.sync import async_to_sync, sync_to_async
from channels.routing import URLRouter
from django.contrib import admin
from django.db import connections, transaction
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver
from django.utils import timezone

from governance.domain import CAPABILITIES, Capability, Role
from governance.models import Delivery, User, WebhookEndpoint
from governance.services.clients import create_client
from review.models import Attachment, Dataset, Decision, Item, Queue, Review
from review.services.attachments import store_attachment
from review.services.claim import claim_reviews
from routing.models import Certificate, CertificateVoid, ErrorBudget, PolicyProposal, Replay
from routing.services.budgets import create_budget
from routing.services.releases import propose
from tests.certified import certify
from tests.conftest import House, build_house, leave_workspace
from tests.delivering import endpoint_of, publish
from tests.review.api.conftest import Api
from tests.review.api.test_roles import EXPECTED
from tests.review.services.test_datasets import freeze
from tests.review.services.test_loop import decide
from tests.review.test_consumers import run, session_of, socket
from tests.routing.services.test_replay import replayed

MEMBERS = [role.value for role in Role]
EVERYBODY = [*MEMBERS, "outsider", "anonymous"]

API, ADMIN, WORKSPACE = "api/v1/", "admin/", "w/<slug:workspace>/"
PUBLIC, SIGNED_IN = "public", "signed in"

# Pages inside a workspace, and the capability that opens them; none: any member.
PAGES: dict[str, Capability | None] = {
    "": None,
    "queues/": Capability.SEE_ITEMS,
    "work/": Capability.REVIEW,
    "work/<slug:queue_key>/": Capability.REVIEW,
    "items/": Capability.SEE_ITEMS,
    "items/<uuid:item_id>/": Capability.SEE_ITEMS,
    "workflows/": Capability.SEE_WORKFLOWS,
    "workflows/<slug:key>/": Capability.SEE_WORKFLOWS,
    "workflows/<slug:key>/versions/": Capability.SEE_WORKFLOWS,
    "workflows/<slug:key>/versions/<uuid:version_id>/code/": Capability.SEE_WORKFLOWS,
    "proposals/<uuid:proposal_id>/": Capability.SEE_WORKFLOWS,
    "workflows/<slug:key>/thresholds/": Capability.SEE_WORKFLOWS,
    "workflows/<slug:key>/replay/": Capability.SEE_WORKFLOWS,
    "workflows/<slug:key>/budgets/": Capability.SEE_WORKFLOWS,
    "workflows/<slug:key>/drift/": Capability.SEE_WORKFLOWS,
    "workflows/<slug:key>/sample/": Capability.SEE_WORKFLOWS,
    "certificates/": Capability.SEE_WORKFLOWS,
    "certificates/<uuid:certificate_id>/": Capability.SEE_WORKFLOWS,
    "dead/": Capability.LEAD_QUEUES,
    "notices/": Capability.REVIEW,
    "deliveries/": Capability.SEE_AUDIT,
    "deliveries/<uuid:delivery_id>/": Capability.SEE_AUDIT,
    "datasets/": Capability.EXPORT,
    "datasets/<uuid:dataset_id>/": Capability.EXPORT,
    "datasets/<uuid:dataset_id>/download/": Capability.EXPORT,
}
# What a page's button posts to, and nothing else.
ACTS = {
    "notices/read/": Capability.REVIEW,
    "workflows/<slug:key>/budgets/add/": Capability.CONFIGURE,
    "workflows/<slug:key>/budgets/<uuid:budget_id>/restore/": Capability.CONFIGURE,
    "workflows/<slug:key>/budgets/<uuid:budget_id>/retire/": Capability.CONFIGURE,
    "workflows/<slug:key>/sample/plan/": Capability.CONFIGURE,
    "workflows/<slug:key>/sample/<int:number>/try-again/": Capability.CONFIGURE,
    "certificates/<uuid:certificate_id>/withdraw/": Capability.CONFIGURE,
    "deliveries/replay/": Capability.CONFIGURE,
    "deliveries/<uuid:delivery_id>/replay/": Capability.CONFIGURE,
    "endpoints/<uuid:endpoint_id>/enable/": Capability.CONFIGURE,
}
# What belongs to no workspace. The documentation tells of no data; metrics open to this machine and to a token alone.
ELSEWHERE = {
    "": SIGNED_IN,
    "w/": SIGNED_IN,
    "healthz": PUBLIC,
    "readyz": PUBLIC,
    "metrics": PUBLIC,
    "language/": PUBLIC,
    "words/<slug:language>.js": PUBLIC,
    "api/v1/schema/": PUBLIC,
    "api/v1/docs/": PUBLIC,
    "oauth/token/": PUBLIC,
    "invitations/<str:token>/": PUBLIC,
    "accounts/login/": PUBLIC,
    "accounts/inactive/": PUBLIC,
    "accounts/signup/": PUBLIC,
    "accounts/password/reset/": PUBLIC,
    "accounts/password/reset/done/": PUBLIC,
    "accounts/password/reset/key/done/": PUBLIC,
    "accounts/^password/reset/key/(?P<uidb36>[0-9A-Za-z]+)-(?P<key>.+)/$": PUBLIC,
    "accounts/confirm-email/": PUBLIC,
    "accounts/^confirm-email/(?P<key>[-:\\w]+)/$": PUBLIC,
    "accounts/login/code/confirm/": PUBLIC,
    "accounts/2fa/authenticate/": PUBLIC,
    "accounts/logout/": SIGNED_IN,
    "accounts/reauthenticate/": SIGNED_IN,
    "accounts/email/": SIGNED_IN,
    "accounts/password/change/": SIGNED_IN,
    "accounts/password/set/": SIGNED_IN,
    "accounts/2fa/": SIGNED_IN,
    "accounts/2fa/reauthenticate/": SIGNED_IN,
    "accounts/2fa/totp/activate/": SIGNED_IN,
    "accounts/2fa/totp/deactivate/": SIGNED_IN,
    "accounts/2fa/recovery-codes/": SIGNED_IN,
    "accounts/2fa/recovery-codes/generate/": SIGNED_IN,
    "accounts/2fa/recovery-codes/download/": SIGNED_IN,
}
# The administration: which models there are, and who sees them beside the admin.
ADMIN_MODELS = {
    "governance/apiclient": {"owner", "admin"},
    "governance/auditevent": {"owner", "admin"},
    "governance/invitation": {"admin"},
    "governance/membership": {"admin"},
    "governance/privatehost": {"admin"},
    "governance/webhookendpoint": {"owner", "admin"},
    "governance/workspace": {"admin"},
    "review/answertemplate": {"owner", "admin"},
    "review/dataset": {"owner", "admin"},
    "review/queue": {"owner", "admin"},
    "routing/contract": {"owner", "admin"},
    "routing/model": {"owner", "admin"},
    "routing/modelversion": {"owner", "admin"},
    "routing/policy": {"owner", "admin"},
    "routing/policyversion": {"owner", "admin"},
    "routing/workflow": {"owner", "admin"},
}
ADMIN_VIEWS = {
    "",
    "add/",
    "<path:object_id>/",
    "<path:object_id>/change/",
    "<path:object_id>/delete/",
    "<path:object_id>/history/",
}
ADMIN_COMMON = {
    "",
    "login/",
    "logout/",
    "password_change/",
    "password_change/done/",
    "autocomplete/",
    "jsi18n/",
    "^(?P<app_label>review|governance|routing)/$",
    "(?P<url>.*)$",
}
SOCKETS = {"ws/w/<slug:workspace>/queues/", ""}


def walk(patterns: Any = None, before: str = "") -> Iterator[tuple[str, URLPattern]]:
    """Yield every route of the product with its pattern."""
    for pattern in get_resolver().url_patterns if patterns is None else patterns:
        route = before + str(pattern.pattern)
        if isinstance(pattern, URLResolver):
            yield from walk(pattern.url_patterns, route)
        else:
            yield route, pattern


def expected_routes() -> set[str]:
    models = {f"{ADMIN}{model}/{view}" for model in ADMIN_MODELS for view in ADMIN_VIEWS}
    api_names = {name for name, _method in EXPECTED}
    api = {route for route, pattern in walk() if route.startswith(API) and pattern.name in api_names}
    pages = {WORKSPACE + route for route in [*PAGES, *ACTS]}
    return models | api | pages | set(ELSEWHERE) | {ADMIN + route for route in ADMIN_COMMON}


def test_every_route_has_a_row_and_every_row_a_route() -> None:
    found = {route for route, _pattern in walk()}
    # An admin class may add views of its own below its model: they take its checks, see below.
    own = {route for route in found if route.startswith(tuple(f"{ADMIN}{model}/" for model in ADMIN_MODELS))}
    assert found - own == expected_routes() - own
    assert expected_routes() <= found


def test_every_socket_has_a_row() -> None:
    from aios_site import asgi

    def routers(application: Any) -> Iterator[URLRouter]:
        if isinstance(application, URLRouter):
            yield application
        for name in ("application", "inner"):
            if hasattr(application, name):
                yield from routers(getattr(application, name))

    (router,) = routers(asgi._websocket)
    assert {str(route.pattern) for route in router.routes} == SOCKETS


@pytest.fixture
def worked(house: House, monkeypatch: pytest.MonkeyPatch) -> House:
    """The cast, with one of everything that has an address."""
    monkeypatch.setattr("governance.views.access.lacks_second_factor", lambda _membership: False)
    house.in_review("decided", "open", "leased")
    reviewer = house.actor(house.reviewer)
    review, _other = claim_reviews(actor=reviewer, count=2)
    decide(reviewer, review)
    owner = house.actor(house.owner)
    create_client(actor=owner, name="Shop")
    store_attachment(actor=owner, content=b"some text", name="a.txt")
    freeze(house)
    laxer = {"default_threshold": 0.8, "queue": "triage"}
    propose(actor=owner, workflow=house.workflow, body=laxer, reason="fewer reviews")
    create_budget(actor=owner, workflow=house.workflow, target=0.01)
    replayed(house, laxer)
    certify(house)
    endpoint_of(house)
    publish(house)
    return house


def ids_of(house: House) -> dict[str, str]:
    """Return what stands for the placeholders of every route: things that exist in the house."""
    house.enter()
    return {
        "<slug:workspace>": house.workspace.slug,
        "<key:workflow_key>": house.workflow.key,
        "<slug:key>": house.workflow.key,
        "<key:queue_key>": house.queue.key,
        "<slug:queue_key>": house.queue.key,
        "<uuid:item_id>": str(Item.objects.filter(state="in_review").values_list("id", flat=True)[0]),
        "<uuid:review_id>": str(Review.objects.filter(state="leased").values_list("id", flat=True)[0]),
        "<uuid:decision_id>": str(Decision.objects.get().id),
        "<uuid:dataset_id>": str(Dataset.objects.get().id),
        "<uuid:delivery_id>": str(Delivery.objects.get().id),
        "<uuid:certificate_id>": str(Certificate.objects.get().id),
        "<uuid:webhook_id>": str(WebhookEndpoint.objects.get().id),
        "<uuid:endpoint_id>": str(WebhookEndpoint.objects.get().id),
        "<uuid:budget_id>": str(ErrorBudget.objects.earliest("id").id),
        "<uuid:replay_id>": str(Replay.objects.earliest("id").id),
        "<uuid:proposal_id>": str(PolicyProposal.objects.earliest("id").id),
        "<uuid:version_id>": str(PolicyProposal.objects.earliest("id").version_id),
        "<int:number>": "1",
        "<sha256:sha256>": Attachment.objects.get().sha256,
        "<str:token>": "no-such-invitation",
        "<slug:language>": "de",
        "^password/reset/key/(?P<uidb36>[0-9A-Za-z]+)-(?P<key>.+)/$": "password/reset/key/1-2/",
        "^confirm-email/(?P<key>[-:\\w]+)/$": "confirm-email/a/",
        "^(?P<app_label>review|governance|routing)/$": "routing/",
        "(?P<url>.*)$": "nowhere",
    }


def address(route: str, ids: dict[str, str]) -> str:
    for placeholder, value in ids.items():
        route = route.replace(placeholder, value)
    assert "<" not in route, route
    return f"/{route}"


def browser_of(house: House, who: str) -> Client:
    client = Client(raise_request_exception=True)
    if who != "anonymous":
        client.force_login(house.people[who])
    leave_workspace()
    return client


def leads_to_login(answer: Any) -> bool:
    return answer.status_code == 302 and str(answer["Location"]).startswith("/accounts/login/")


@pytest.mark.parametrize("who", EVERYBODY)
def test_pages_of_a_workspace_open_to_those_who_may(worked: House, who: str) -> None:
    ids = ids_of(worked)
    client = browser_of(worked, who)
    for route, capability in PAGES.items():
        answer = client.get(address(WORKSPACE + route, ids))
        if route == "" and who in MEMBERS:
            assert answer.status_code == 302
            answer = client.get(answer["Location"])
        if who == "anonymous":
            assert leads_to_login(answer), route
        elif who == "outsider":
            assert answer.status_code == 404, route
        elif capability is None or capability in CAPABILITIES[Role(who)]:
            # A queue may still be somebody else's to work.
            allowed = {200} if who in {"reviewer", "lead"} or "queue_key" not in route else {200, 404}
            assert answer.status_code in allowed, (route, answer.status_code)
        else:
            assert answer.status_code == 403, route


@pytest.mark.parametrize("who", EVERYBODY)
def test_posting_to_a_page_needs_what_reading_it_needs(worked: House, who: str) -> None:
    ids = ids_of(worked)
    client = browser_of(worked, who)
    for route, capability in PAGES.items():
        answer = client.post(address(WORKSPACE + route, ids))
        may = who in MEMBERS and (capability is None or capability in CAPABILITIES[Role(who)])
        if route == "datasets/":
            assert (answer.status_code == 200) == may, (route, answer.status_code)
        assert answer.status_code in ({200, 405} if may else {302, 403, 404, 405}), (route, answer.status_code)
    worked.enter()
    assert Dataset.objects.count() == 1


@pytest.mark.parametrize("who", EVERYBODY)
def test_what_is_only_posted_to_needs_its_own_right(worked: House, who: str) -> None:
    ids = ids_of(worked)
    client = browser_of(worked, who)
    for route, capability in ACTS.items():
        assert client.get(address(WORKSPACE + route, ids)).status_code == 405, route
        with transaction.atomic():
            answer = client.post(address(WORKSPACE + route, ids))
        if who == "anonymous":
            assert leads_to_login(answer), route
        elif who == "outsider":
            assert answer.status_code == 404, route
        else:
            assert (answer.status_code == 403) == (capability not in CAPABILITIES[Role(who)]), (route, who)
            assert answer.status_code < 500, route


def test_things_of_another_workspace_are_not_found_under_ones_own_address(worked: House) -> None:
    ids = ids_of(worked) | {"<slug:workspace>": worked.other_workspace.slug}
    client = browser_of(worked, "outsider")
    for route in PAGES:
        if "<" in route:
            assert client.get(address(WORKSPACE + route, ids)).status_code == 404, route
    for route in ACTS:
        if "<" in route:
            assert client.post(address(WORKSPACE + route, ids)).status_code == 404, route
    for route in ("queues/", "items/", "workflows/", "datasets/", "work/"):
        answer = client.get(address(WORKSPACE + route, ids))
        assert answer.status_code == 200
        content = answer.content.decode()
        for secret in (worked.workflow.name, worked.queue.key, ids["<uuid:item_id>"], ids["<uuid:dataset_id>"]):
            assert secret not in content, (route, secret)


@pytest.mark.parametrize("who", EVERYBODY)
def test_what_belongs_to_no_workspace_opens_to_whom_it_should(worked: House, who: str) -> None:
    ids = ids_of(worked)
    for route, access in ELSEWHERE.items():
        answer = browser_of(worked, who).get(address(route, ids))
        assert answer.status_code < 500, route
        if access == SIGNED_IN and who == "anonymous":
            assert answer.status_code == 302, (route, answer.status_code)
        if access == PUBLIC:
            assert not leads_to_login(answer) or "accounts/" in route, route


def test_metrics_open_to_this_machine_or_a_token_alone(worked: House) -> None:
    for who in EVERYBODY:
        assert browser_of(worked, who).get("/metrics", REMOTE_ADDR="10.0.0.7").status_code in {401, 403, 404}
        assert browser_of(worked, who).get("/metrics", headers={"X-Forwarded-For": "10.0.0.7"}).status_code >= 400


@pytest.mark.parametrize("who", EVERYBODY)
def test_the_administration_opens_to_owners_and_admins(worked: House, who: str) -> None:
    ids = ids_of(worked)
    some = {model: model_id(model) for model in ADMIN_MODELS}
    client = browser_of(worked, who)
    for route in [route for route, _pattern in walk() if route.startswith(ADMIN)]:
        named = next((model for model in ADMIN_MODELS if route.startswith(f"{ADMIN}{model}/")), None)
        target = address(route, ids | {"<path:object_id>": some[named] if named else "1"})
        answer = client.get(target)
        assert answer.status_code < 500, target
        if who == "anonymous":
            assert answer.status_code == 302, target
        elif who not in {"owner", "admin", "outsider"} and route.removeprefix(ADMIN) not in {
            "login/", "logout/", "password_change/", "password_change/done/"
        }:  # fmt: skip
            assert answer.status_code == 403, (target, answer.status_code)
        elif named and who in {"owner", "admin"} and who not in ADMIN_MODELS[named]:
            assert answer.status_code in {302, 403}, (target, answer.status_code)
        elif named and route.endswith(f"{named}/") and who in ADMIN_MODELS[named]:
            assert answer.status_code == 200, target


def model_id(model: str) -> str:
    app, name = model.split("/")
    (found,) = [one for one in admin.site._registry if (one._meta.app_label, one._meta.model_name) == (app, name)]
    row = found._default_manager.first()
    return str(row.pk) if row else "01890000-0000-7000-8000-000000000000"


def test_an_admin_of_another_workspace_administers_nothing_here(worked: House) -> None:
    worked.enter()
    some = {model: model_id(model) for model in ADMIN_MODELS}
    client = browser_of(worked, "outsider")
    for model, row_id in some.items():
        for view in ("change/", "delete/", "history/"):
            for method in (client.get, client.post):
                answer = method(f"/{ADMIN}{model}/{row_id}/{view}")
                assert answer.status_code in {302, 403, 404}, (model, view, answer.status_code)
        assert f"/{row_id}/" not in client.get(f"/{ADMIN}{model}/").content.decode()


BODIES: dict[str, Any] = {
    "workflow-sample": {"target": 0.02, "every_days": 7, "rate": 0.1},
    "certificate-withdraw": {"reason": "a"},
    "review-renew": {"fence": 1},
    "review-release": {"fence": 1},
    "review-decide": {"fence": 1, "action": "correct", "label": "other"},
    "review-draft": {"fence": 1, "note": "a"},
    "review-snooze": {"fence": 1, "until": (timezone.now() + timedelta(days=1)).isoformat()},
    "item-reveal": {"pointers": ["/text"], "reason_code": "data_request"},
    "review-assign": {"person": None},
    "reviews-bulk": {"reviews": ["01890000-0000-7000-8000-000000000000"], "action": "reject", "reason_code": "spam"},
    "queue-claim": {"count": 1},
    "claim": {"count": 1},
    "item-amend": {"label": "other"},
    "queue-pause": {"paused": True, "reason": "a"},
    "workflow-stop": {"reason": "a"},
    "workflow-resume": {"reason": "a"},
    "dead-letters-replay": {"workflow": "support-triage"},
    "dead-letters-to-people": {"workflow": "support-triage"},
    "datasets": {"workflow": "support-triage", "period_from": "2020-01-01", "period_to": "2030-01-01"},
    "workflow-replays": {
        "body": {"default_threshold": 0.7, "queue": "triage"},
        "from": "2026-01-01T00:00:00Z",
        "until": "2026-02-01T00:00:00Z",
    },
    "workflow-proposals": {"body": {"default_threshold": 0.7, "queue": "triage"}, "reason": "a"},
    "policy-return": {"reason": "a"},
    "proposal-refuse": {"reason": "a"},
    "proposal-stage": {"share": 0.05},
    "proposal-roll-back": {"reason": "a"},
    "workflow-budgets": {"target": 0.01, "segment": "vip"},
    "budget": {"target": 0.02},
    "budget-restore": {"reason": "a"},
    "workflow-items": {"external_id": "a", "payload": {"text": "x"}},
    "workflow-batch": [{"external_id": "a", "payload": {"text": "x"}}],
}


def api_calls(house: House) -> Iterator[tuple[str, str, str, Any]]:
    ids = ids_of(house)
    by_name = {pattern.name: route for route, pattern in walk() if route.startswith(API)}
    for name, method in EXPECTED:
        yield name, method, address(by_name[name], ids), BODIES.get(name, {})


def fingerprint(house: House) -> list[Any]:
    """Return what an outsider must not be able to change."""
    house.enter()
    return [
        list(Item.objects.order_by("id").values_list("id", "state", "event_count", "fence")),
        list(Review.objects.order_by("id").values_list("id", "state", "fence", "holder_id", "lease_until")),
        list(Delivery.objects.order_by("id").values_list("id", "state", "replays")),
        list(WebhookEndpoint.objects.order_by("id").values_list("id", "name", "url", "is_enabled")),
        list(PolicyProposal.objects.order_by("id").values_list("id", "state", "share")),
        list(CertificateVoid.objects.values_list("certificate_id", flat=True)),
        Dataset.objects.count(),
        Queue.objects.count(),
        Attachment.objects.count(),
    ]


def assert_keeps_out(house: House, call: Callable[..., Any]) -> None:
    """Call everything with the ids of the house's own things; nothing is found, told or changed."""
    before = fingerprint(house)
    secrets = [value for name, value in ids_of(house).items() if name.startswith(("<uuid", "<sha"))]
    for name, method, path, body in list(api_calls(house)):
        # As in a transaction of its own: a refusal takes back what the request did, and nothing else.
        with transaction.atomic():
            leave_workspace()
            answer = call(method, path, body)
        told = b"".join(answer.streaming_content) if answer.streaming else answer.content
        where = (name, method, answer.status_code, told[:300])
        if "<" in next(route for route, pattern in walk() if route.startswith(API) and pattern.name == name):
            assert answer.status_code == 404, where
        assert answer.status_code < 500, where
        if answer.status_code < 300:
            assert not [secret for secret in secrets if secret.encode() in told], where
            assert house.workflow.key.encode() not in told, where
    assert fingerprint(house) == before


def test_a_token_of_another_workspace_finds_nothing_here(worked: House, api: Api) -> None:
    client = api(worked.outsider)
    assert_keeps_out(worked, lambda method, path, body: client.generic(method, path, _json(body), "application/json"))


def test_a_token_does_not_enter_a_workspace_that_it_names(worked: House, api: Api) -> None:
    client = api(worked.outsider)
    for name, method, path, body in list(api_calls(worked)):
        leave_workspace()
        headers = {"Aios-Workspace": worked.workspace.slug}
        answer = client.generic(method, path, _json(body), "application/json", headers=headers)
        assert answer.status_code == 404, (name, answer.status_code)


@pytest.mark.parametrize("names_it", [False, True])
def test_a_session_of_another_workspace_finds_nothing_here(worked: House, names_it: bool) -> None:
    client = browser_of(worked, "outsider")
    headers = {"Aios-Workspace": worked.workspace.slug} if names_it else {}

    def call(method: str, path: str, body: Any) -> Any:
        answer = client.generic(method, path, _json(body), "application/json", headers=headers)
        assert not names_it or answer.status_code == 404
        return answer

    assert_keeps_out(worked, call)


@pytest.mark.parametrize("role", MEMBERS)
def test_a_session_may_call_what_a_token_of_the_same_person_may(
    worked: House, monkeypatch: pytest.MonkeyPatch, role: str
) -> None:
    monkeypatch.setattr("governance.api.authentication.lacks_second_factor", lambda _membership: False)
    client = browser_of(worked, role)
    headers = {"Aios-Workspace": worked.workspace.slug}
    for name, method, path, body in list(api_calls(worked)):
        leave_workspace()
        answer = client.generic(method, path, _json(body), "application/json", headers=headers)
        may = EXPECTED[name, method] in CAPABILITIES[Role(role)]
        # Beyond the role, some things are one person's alone: that is another refusal.
        is_forbidden = answer.status_code == 403 and answer.json()["code"] == "forbidden"
        assert is_forbidden != may, (name, method, answer.status_code)
        assert answer.status_code < 500, name


def _json(body: Any) -> str:
    import json

    return json.dumps(body)


@pytest.fixture
def stored(live_db: None) -> House:
    """The cast, committed: sockets work on connections of their own."""
    with transaction.atomic():
        return build_house()


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
