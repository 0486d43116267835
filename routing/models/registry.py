"""The model registry and the policies."""

from typing import ClassVar

from django.db import models
from django.utils.translation import gettext_lazy as _

from governance.domain import uuid7
from governance.models import Workspace
from routing.models.workflows import Workflow


class Model(models.Model):
    """A line of model versions for one workflow."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    workspace = models.ForeignKey(Workspace, on_delete=models.CASCADE)
    workflow = models.ForeignKey(Workflow, on_delete=models.CASCADE, related_name="models")
    name = models.CharField(_("name"), max_length=120)

    class Meta:
        verbose_name = _("model")
        verbose_name_plural = _("models")
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["workflow", "name"], name="model_name_unique_in_workflow"),
        ]

    def __str__(self) -> str:
        return self.name


class BackendKind(models.TextChoices):
    """How a model is called."""

    LOCAL = "local", _("In the worker (scikit-learn, skops file)")
    HTTP = "http", _("Over HTTP, one POST a batch")
    EXTERNAL = "external", _("Predictions arrive with the item")


class ModelVersion(models.Model):
    """One trained model: where its file lies, what the file's hash must be, what it was measured at."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    workspace = models.ForeignKey(Workspace, on_delete=models.CASCADE)
    model = models.ForeignKey(Model, on_delete=models.CASCADE, related_name="versions")
    version = models.CharField(_("version"), max_length=32)
    backend = models.CharField(_("backend"), max_length=16, choices=BackendKind, default=BackendKind.LOCAL)
    file = models.CharField(_("file"), max_length=200, blank=True)
    sha256 = models.CharField(_("SHA-256 of the file"), max_length=64, blank=True)
    config = models.JSONField(_("configuration"), default=dict, blank=True)
    metrics = models.JSONField(_("metrics"), default=dict, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        verbose_name = _("model version")
        verbose_name_plural = _("model versions")
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["model", "version"], name="model_version_unique_in_model"),
        ]

    def __str__(self) -> str:
        return f"{self.model} {self.version}"


class Policy(models.Model):
    """A named line of rules and thresholds of one workflow."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    workspace = models.ForeignKey(Workspace, on_delete=models.CASCADE)
    workflow = models.ForeignKey(Workflow, on_delete=models.CASCADE, related_name="policies")
    name = models.CharField(_("name"), max_length=120)

    class Meta:
        verbose_name = _("policy")
        verbose_name_plural = _("policies")
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["workflow", "name"], name="policy_name_unique_in_workflow"),
        ]

    def __str__(self) -> str:
        return self.name


class PolicyVersion(models.Model):
    """An immutable snapshot of a policy; which one is active is said by the workflow's row."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    workspace = models.ForeignKey(Workspace, on_delete=models.CASCADE)
    policy = models.ForeignKey(Policy, on_delete=models.CASCADE, related_name="versions")
    number = models.PositiveIntegerField(_("number"))
    body = models.JSONField(_("rules and thresholds"))
    note = models.CharField(_("note"), max_length=300, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        verbose_name = _("policy version")
        verbose_name_plural = _("policy versions")
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["policy", "number"], name="policy_number_unique_in_policy"),
        ]

    def __str__(self) -> str:
        return f"{self.policy} v{self.number}"
