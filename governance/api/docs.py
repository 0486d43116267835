"""The API's public description, for programs and for people."""

from csp.decorators import csp_update
from django.db import transaction
from drf_spectacular.views import SpectacularAPIView, SpectacularSwaggerSplitView

schema_view = transaction.non_atomic_requests(SpectacularAPIView.as_view())
# The viewer's own stylesheet draws its icons from data: addresses; nothing else is let in.
docs_view = transaction.non_atomic_requests(
    csp_update({"img-src": ["data:"]})(
        SpectacularSwaggerSplitView.as_view(url_name="api-schema", template_name="governance/api_docs.html"),
    ),
)
