"""The model registry: versions with their files by content, and which one is in charge."""

import hashlib
from collections.abc import Mapping
from typing import Any

from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.db import transaction
from django.utils.translation import gettext as _

from governance.domain import Actor, Capability, ConflictError, NotFoundError
from governance.services import audit
from governance.services.rights import require
from routing import actions
from routing.backends.files import ModelUnavailable, load_model
from routing.backends.local import LocalConfig
from routing.models import BackendKind, Model, ModelVersion, Workflow
from routing.services.rows import lock_workflow, refused


class ModelVersionTakenError(ConflictError):
    """The model has this version already."""

    code = "model_version_taken"
    title = "The model has this version already"


def register_model_version(
    *,
    actor: Actor,
    workflow: Workflow,
    model_name: str,
    version: str,
    content: bytes | None = None,
    config: Mapping[str, Any] | None = None,
    metrics: Mapping[str, Any] | None = None,
) -> ModelVersion:
    """Store a version: with a skops file it runs in the worker, without one its predictions come with the items.

    The file is read once here, so that what can't be loaded is refused instead of failing in the worker.
    """
    with transaction.atomic(savepoint=False):
        require(actor, Capability.CONFIGURE)
        locked = lock_workflow(workflow.id)
        sha256 = hashlib.sha256(content).hexdigest() if content is not None else ""
        if content is not None:
            _check(content, sha256, config or {})
        model, _is_new = Model.objects.get_or_create(
            workspace_id=locked.workspace_id,
            workflow=locked,
            name=model_name.strip()[:120],
        )
        if ModelVersion.objects.filter(model=model, version=version).exists():
            raise ModelVersionTakenError(extra={"field": "version"})
        stored = ModelVersion.objects.create(
            workspace_id=locked.workspace_id,
            model=model,
            version=version,
            backend=BackendKind.EXTERNAL if content is None else BackendKind.LOCAL,
            file="" if content is None else _store(content, sha256),
            sha256=sha256,
            config=dict(config or {}),
            metrics=dict(metrics or {}),
        )
        audit.record(
            actor=actor,
            action=actions.MODEL_REGISTERED,
            stream=("workflow", locked.id),
            data={
                "backend": str(stored.backend),
                "model": model.name,
                "model_version": str(stored.id),
                "sha256": sha256,
                "version": version,
            },
        )
        return stored


def set_model_version(*, actor: Actor, workflow: Workflow, model_version: ModelVersion) -> Workflow:
    """Put a version in charge of the workflow's predictions."""
    with transaction.atomic(savepoint=False):
        require(actor, Capability.CONFIGURE)
        locked = lock_workflow(workflow.id)
        chosen = ModelVersion.objects.filter(id=model_version.id, model__workflow=locked).first()
        if chosen is None:
            raise NotFoundError
        if locked.model_version_id == chosen.id:
            return locked
        before, locked.model_version = locked.model_version_id, chosen
        locked.save(update_fields=["model_version"])
        audit.record(
            actor=actor,
            action=actions.MODEL_SET,
            stream=("workflow", locked.id),
            data={
                "model_version": str(chosen.id),
                "version": chosen.version,
                "before": str(before) if before else None,
            },
        )
        return locked


def _check(content: bytes, sha256: str, config: Mapping[str, Any]) -> None:
    try:
        load_model(content, sha256=sha256)
    except ModelUnavailable as error:
        raise refused("file", error.detail) from None
    try:
        LocalConfig.from_json(config)
    except (TypeError, ValueError) as error:
        raise refused("config", _("Not a configuration of a local model: %(error)s") % {"error": error}) from None


def _store(content: bytes, sha256: str) -> str:
    """Store the file under its hash; equal content is stored once."""
    name = f"models/{sha256}.skops"
    if default_storage.exists(name):
        with default_storage.open(name) as stored:
            if hashlib.sha256(stored.read()).hexdigest() == sha256:
                return name
        default_storage.delete(name)
    return default_storage.save(name, ContentFile(content))
