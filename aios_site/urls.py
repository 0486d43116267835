"""All addresses of the product."""

from allauth.mfa.totp.views import activate_totp
from csp.decorators import csp_update
from django.contrib import admin
from django.urls import include, path
from django.views.i18n import set_language

from governance.api.docs import docs_view, schema_view
from governance.api.token import ClientTokenView
from governance.views import health
from governance.views.words import words
from review.views import metrics

handler400 = "governance.api.problems.bad_request"
handler403 = "governance.api.problems.permission_denied"
handler404 = "governance.api.problems.page_not_found"
handler500 = "governance.api.problems.server_error"

# The authenticator's QR code is an image in the page itself; nowhere else may there be one.
activate_authenticator = csp_update({"img-src": ["data:"]})(activate_totp)

urlpatterns = [
    path("api/v1/", include("review.api.urls")),
    path("api/v1/schema/", schema_view, name="api-schema"),
    path("api/v1/docs/", docs_view, name="api-docs"),
    path("oauth/token/", ClientTokenView.as_view(), name="oauth-token"),
    path("accounts/2fa/totp/activate/", activate_authenticator),
    path("accounts/", include("allauth.urls")),
    path("admin/", admin.site.urls),
    path("healthz", health.healthz, name="healthz"),
    path("readyz", health.readyz, name="readyz"),
    path("metrics", metrics.metrics, name="metrics"),
    path("language/", set_language, name="set_language"),
    path("words/<slug:language>.js", words, name="words"),
    path("", include("governance.urls")),
    path("", include("review.urls")),
]
