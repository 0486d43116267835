"""The API's public description, for programs and for people."""

from typing import Any

from csp.decorators import csp_update
from django.conf import settings
from django.db import transaction
from drf_spectacular.extensions import OpenApiAuthenticationExtension
from drf_spectacular.views import SpectacularAPIView, SpectacularSwaggerSplitView


class PrincipalScheme(OpenApiAuthenticationExtension):  # type: ignore[no-untyped-call]
    """Describes how callers say who they are."""

    target_class = "governance.api.authentication.PrincipalAuthentication"
    name = ["oauth2", "bearer", "session"]

    def get_security_definition(self, _auto_schema: Any) -> list[dict[str, Any]]:
        """Return machine credentials, a person's token, and the browser session."""
        flow = {"tokenUrl": "/oauth/token/", "scopes": {"api": "The HTTP API"}}
        return [
            {"type": "oauth2", "flows": {"clientCredentials": flow}},
            {"type": "http", "scheme": "bearer"},
            {"type": "apiKey", "in": "cookie", "name": settings.SESSION_COOKIE_NAME},
        ]


schema_view = transaction.non_atomic_requests(SpectacularAPIView.as_view())
# The viewer's own stylesheet draws its icons from data: addresses; nothing else is let in.
docs_view = transaction.non_atomic_requests(
    csp_update({"img-src": ["data:"]})(
        SpectacularSwaggerSplitView.as_view(url_name="api-schema", template_name="governance/api_docs.html"),
    ),
)
