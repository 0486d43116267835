"""Workspaces and who belongs to them."""

import secrets
import uuid
from typing import ClassVar

from django.conf import settings
from django.core.validators import RegexValidator
from django.db import models
from django.utils.translation import gettext_lazy as _

from governance.domain import Role, uuid7

ROLE_CHOICES = [
    (Role.REVIEWER.value, _("Reviewer")),
    (Role.LEAD.value, _("Lead")),
    (Role.OWNER.value, _("Owner")),
    (Role.AUDITOR.value, _("Auditor")),
    (Role.INTEGRATOR.value, _("Integrator")),
    (Role.ADMIN.value, _("Admin")),
]
key_validator = RegexValidator(r"^[a-z0-9][a-z0-9-]{0,62}$", _("Use lower-case letters, digits and hyphens."))


def new_secret() -> bytes:
    """Return 32 secret bytes."""
    return secrets.token_bytes(32)


class Workspace(models.Model):
    """A tenant; owns everything below it."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    slug = models.CharField(_("address"), max_length=63, unique=True, validators=[key_validator])
    name = models.CharField(_("name"), max_length=120)
    is_demo = models.BooleanField(_("demo data"), default=False)
    approves_policies = models.BooleanField(
        _("a second person approves policies"),
        default=False,
        db_default=False,
    )
    draw_key = models.BinaryField(default=new_secret, editable=False)
    draw_key_version = models.PositiveSmallIntegerField(default=1, editable=False)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        verbose_name = _("workspace")
        verbose_name_plural = _("workspaces")

    def __str__(self) -> str:
        return self.name


class Membership(models.Model):
    """A person's role in a workspace, and the pseudonym under which the audit trail knows them there."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    workspace = models.ForeignKey(Workspace, on_delete=models.CASCADE, related_name="memberships")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="memberships")
    role = models.CharField(_("role"), max_length=16, choices=ROLE_CHOICES)
    pseudonym = models.UUIDField(default=uuid.uuid4, editable=False, unique=True)
    is_active = models.BooleanField(_("active"), default=True)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        verbose_name = _("member")
        verbose_name_plural = _("members")
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["workspace", "user"], name="one_membership_per_person"),
        ]

    def __str__(self) -> str:
        return f"{self.user} ({self.role})"


class Invitation(models.Model):
    """An open door for one e-mail address, once, until it expires."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    workspace = models.ForeignKey(Workspace, on_delete=models.CASCADE, related_name="invitations")
    email = models.EmailField(_("e-mail"))
    role = models.CharField(_("role"), max_length=16, choices=ROLE_CHOICES)
    token_hash = models.BinaryField(unique=True, editable=False)
    expires_at = models.DateTimeField()
    accepted_at = models.DateTimeField(null=True, editable=False)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        verbose_name = _("invitation")
        verbose_name_plural = _("invitations")

    def __str__(self) -> str:
        return f"{self.email} ({self.role})"
