"""Every address of the product, generated from the URL conf, so that a new route needs its row: who may open it.

What everybody finds there is asked in tests/authorisation/. What a role may call of the HTTP API stands in tests/review/api/test_roles.py.
"""

from collections.abc import Iterator
from typing import Any

from channels.routing import URLRouter
from django.urls import URLPattern, URLResolver, get_resolver

from governance.domain import Capability, Role
from tests.review.api.test_roles import EXPECTED

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
