"""Locking a workflow's row: every change of its configuration waits its turn there."""

from uuid import UUID

from django.utils.translation import gettext_noop

from governance.domain import InvalidError, NotFoundError
from routing.domain.contracts import labels_of
from routing.models import Workflow


class ConfigurationError(InvalidError):
    """The configuration can't be taken as it stands; `extra["errors"]` says where, by JSON Pointer."""

    code = "configuration_invalid"
    title = gettext_noop("The configuration can't be taken as it stands")


def lock_workflow(workflow_id: UUID) -> Workflow:
    """Return the workflow's row, locked, or say that there is none here."""
    locked = Workflow.objects.select_for_update(of=("self",)).select_related("contract")
    workflow = locked.select_related("policy_version", "model_version").filter(id=workflow_id).first()
    if workflow is None:
        raise NotFoundError
    return workflow


def labels_in_force(workflow: Workflow) -> tuple[str, ...]:
    """Return the labels of the contract in force; empty where there is none or where any text is a label."""
    return labels_of(workflow.contract.output_schema) if workflow.contract else ()


def refused(field: str, detail: str, *problems: tuple[str, str]) -> ConfigurationError:
    """Return the refusal of a field, with what is wrong at which pointer in it."""
    errors = [{"pointer": pointer, "message": message} for pointer, message in problems]
    return ConfigurationError(detail, extra={"field": field, "errors": errors})
