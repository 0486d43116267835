"""The model registry: versions with their files by content, and which one is in charge."""

import hashlib
from collections.abc import Mapping
from typing import Any

from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from governance.domain import Actor, Capability, ConflictError, NotFoundError
from governance.outgoing import check_url
from governance.sealing import seal
from governance.selectors.private_hosts import private_hosts
from governance.services import audit
from governance.services.rights import require
from routing import actions
from routing.backends.files import ModelUnavailable, load_model
from routing.backends.http import HttpConfig, is_token
from routing.backends.local import LocalConfig
from routing.models import BackendKind, Model, ModelVersion, VoidCause, Workflow
from routing.services.certificates import void_certificates
from routing.services.rows import lock_workflow, refused

_MOST_LETTERS = ModelVersion._meta.get_field("version").max_length or 0
_HTTP_SETTINGS = frozenset({"timeout_s", "max_response_bytes", "max_items"})


class ModelVersionTakenError(ConflictError):
    """The model has this version already."""

    code = "model_version_taken"
    title = gettext_noop("The model has this version already")


def register_model_version(
    *,
    actor: Actor,
    workflow: Workflow,
    model_name: str,
    version: str,
    content: bytes | None = None,
    url: str | None = None,
    token: str = "",
    config: Mapping[str, Any] | None = None,
    metrics: Mapping[str, Any] | None = None,
) -> ModelVersion:
    """Store a version: a skops file runs in the worker, a URL is asked over HTTP; with neither, predictions come with the items.

    `token` is sent to the URL as a bearer token and stored sealed. The file is read once here, so that what can't be loaded is
    refused instead of failing in the worker.
    """
    with transaction.atomic(savepoint=False):
        require(actor, Capability.CONFIGURE)
        locked = lock_workflow(workflow.id)
        sha256 = hashlib.sha256(content).hexdigest() if content is not None else ""
        kept = dict(config or {})
        if not 1 <= len(version) <= _MOST_LETTERS:
            raise refused("version", _("A version has from 1 to %(most)s letters.") % {"most": _MOST_LETTERS})
        if content is not None:
            _check(content, sha256, kept)
        elif url is not None:
            kept = _http_config(url, token, kept)
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
            backend=_kind(content, url),
            file="" if content is None else _store(content, sha256),
            sha256=sha256,
            config=kept,
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
            }
            | ({"url": _without_query(url)} if url is not None else {}),
        )
        return stored


def set_model_token(*, actor: Actor, model_version: ModelVersion, token: str) -> ModelVersion:
    """Give a version that is asked over HTTP another bearer token, or none; the rest of a version never changes."""
    with transaction.atomic(savepoint=False):
        require(actor, Capability.CONFIGURE)
        changed = (
            ModelVersion.objects.select_for_update(of=("self",))
            .select_related("model")
            .filter(id=model_version.id)
            .first()
        )
        if changed is None or changed.backend != BackendKind.HTTP:
            raise NotFoundError
        changed.config = {key: value for key, value in changed.config.items() if key != "sealed_token"} | _sealed(token)
        changed.save(update_fields=["config"])
        audit.record(
            actor=actor,
            action=actions.MODEL_TOKEN_SET,
            stream=("workflow", changed.model.workflow_id),
            data={
                "has_token": bool(token),
                "model": changed.model.name,
                "model_version": str(changed.id),
                "version": changed.version,
            },
        )
        return changed


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
        void_certificates(
            actor=actor,
            workflow=locked,
            cause=VoidCause.MODEL,
            reason=_("Model version %(version)s is in charge.") % {"version": chosen.version},
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


def _http_config(url: str, token: str, config: Mapping[str, Any]) -> dict[str, Any]:
    """Return what is kept of a version over HTTP; refuses an address that may not be called."""
    unknown = config.keys() - _HTTP_SETTINGS
    if unknown:
        raise refused(
            "config", _("Not a setting of a model over HTTP: %(names)s") % {"names": ", ".join(sorted(unknown))}
        )
    kept = {**config, "url": url} | _sealed(token)
    check_url(url, private_hosts())
    try:
        HttpConfig.from_json(kept)
    except ValueError as error:
        raise refused("config", _("Not a configuration of a model over HTTP: %(error)s") % {"error": error}) from None
    return kept


def _sealed(token: str) -> dict[str, str]:
    if not token:
        return {}
    if not is_token(token):
        raise refused("token", _("A token has at most 4000 characters, all of them ASCII, and no spaces."))
    return {"sealed_token": seal(token.encode()).decode()}


def _kind(content: bytes | None, url: str | None) -> BackendKind:
    if content is not None:
        return BackendKind.LOCAL
    return BackendKind.HTTP if url is not None else BackendKind.EXTERNAL


def _without_query(url: str) -> str:
    """Return the address as the trail keeps it for good: a query may hold a key."""
    return url.partition("?")[0]


def _store(content: bytes, sha256: str) -> str:
    """Store the file under its hash; equal content is stored once."""
    name = f"models/{sha256}.skops"
    if default_storage.exists(name):
        with default_storage.open(name) as stored:
            if hashlib.sha256(stored.read()).hexdigest() == sha256:
                return name
        default_storage.delete(name)
    return default_storage.save(name, ContentFile(content))
