"""Machines that call the API, and the tokens that machines and scripts carry."""

import uuid
from typing import ClassVar

from django.db import models
from django.utils.translation import gettext_lazy as _
from oauth2_provider.models import AbstractApplication

from governance.domain import Role
from governance.models.workspaces import Workspace

CLIENT_ROLES = [(Role.INTEGRATOR.value, _("Integrator")), (Role.AUDITOR.value, _("Auditor"))]


class ApiClient(AbstractApplication):
    """A machine with its own credentials (OAuth2 client credentials), bound to one workspace and role."""

    workspace = models.ForeignKey(Workspace, on_delete=models.CASCADE, related_name="api_clients")
    role = models.CharField(_("role"), max_length=16, choices=CLIENT_ROLES, default=Role.INTEGRATOR.value)
    pseudonym = models.UUIDField(default=uuid.uuid4, editable=False, unique=True)
    is_active = models.BooleanField(_("active"), default=True)

    class Meta(AbstractApplication.Meta):
        verbose_name = _("API client")
        verbose_name_plural = _("API clients")
        swappable = "OAUTH2_PROVIDER_APPLICATION_MODEL"


class PersonToken(models.Model):
    """A token for scripts that acts as one person in one workspace; only its hash is kept."""

    token_hash = models.BinaryField(primary_key=True, editable=False)
    workspace = models.ForeignKey(Workspace, on_delete=models.CASCADE)
    membership = models.ForeignKey("governance.Membership", on_delete=models.CASCADE)
    expires_at = models.DateTimeField()
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        indexes: ClassVar[list[models.Index]] = [models.Index(fields=["expires_at"], name="person_token_expiry")]

    def __str__(self) -> str:
        return f"token of {self.membership_id}"
