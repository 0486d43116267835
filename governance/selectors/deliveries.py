"""Webhook endpoints of the entered workspace."""

from uuid import UUID

from django.utils.translation import gettext as _

from governance.domain import Actor, NotFoundError
from governance.models import WebhookEndpoint


def endpoints(actor: Actor) -> list[WebhookEndpoint]:
    """Return the workspace's endpoints, by name."""
    return list(WebhookEndpoint.objects.filter(workspace_id=actor.workspace_id).order_by("name", "id"))


def access_endpoint(actor: Actor, endpoint_id: UUID) -> WebhookEndpoint:
    """Return one endpoint of the workspace, or say that there is none."""
    found = WebhookEndpoint.objects.filter(workspace_id=actor.workspace_id, id=endpoint_id).first()
    if found is None:
        raise NotFoundError(detail=_("There is no such endpoint."), extra={"webhook": str(endpoint_id)})
    return found
