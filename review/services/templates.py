"""Making answers under a name, changing them, and offering them no longer; each is checked as an answer would be."""

from collections.abc import Callable
from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from governance.domain import Actor, Capability, ConflictError, InvalidError, NotFoundError
from governance.services import audit
from governance.services.editing import put
from governance.services.rights import require
from review.domain import actions
from review.domain.states import DecisionAction
from review.models import AnswerTemplate
from review.services.answers import check_fields, check_label, check_note
from routing.selectors.contracts import ContractFacts, contract_facts
from routing.selectors.workflows import WorkflowFacts, workflow_by_id
from routing.services.rows import lock_workflow

CHANGEABLE = frozenset({"name", "action", "label", "fields", "reason_code", "note", "is_active"})


class TemplateNameTakenError(ConflictError):
    """Another template of this workflow has the name."""

    code = "name_taken"
    title = gettext_noop("Another template of this workflow has this name")


def create_template(*, actor: Actor, workflow_id: UUID, **content: Any) -> AnswerTemplate:
    """Store a template of a workflow; `content` is of CHANGEABLE, name and action at least."""
    with transaction.atomic(savepoint=False):
        require(actor, Capability.CONFIGURE)
        # Templates of a workflow are named one after the other, or two could take one name at once.
        lock_workflow(workflow_id)
        template = AnswerTemplate(workspace_id=actor.workspace_id, workflow_id=workflow_id)
        put(template, content, changeable=CHANGEABLE)
        workflow = _check(template)
        template.save(force_insert=True)
        names = ("action", "fields", "label", "name", "note", "reason_code")
        said = {name: getattr(template, name) for name in names} | {"workflow": workflow.key}
        audit.record(actor=actor, action=actions.TEMPLATE_CREATED, stream=("template", template.id), data=said)
        return template


def change_template(*, actor: Actor, template: AnswerTemplate, **content: Any) -> AnswerTemplate:
    """Change what a template says; answers that were given with it stay as they are."""
    with transaction.atomic(savepoint=False):
        require(actor, Capability.CONFIGURE)
        lock_workflow(template.workflow_id)
        locked = _lock(template.id)
        changes = put(locked, content, changeable=CHANGEABLE)
        _check(locked)
        if changes:
            locked.save(update_fields=list(changes))
            data = {"changes": changes, "name": locked.name}
            audit.record(actor=actor, action=actions.TEMPLATE_CHANGED, stream=("template", locked.id), data=data)
        return locked


def retire_template(*, actor: Actor, template: AnswerTemplate) -> AnswerTemplate:
    """Offer a template no longer; one that is retired already stays so."""
    with transaction.atomic(savepoint=False):
        require(actor, Capability.CONFIGURE)
        locked = _lock(template.id)
        if locked.is_active:
            locked.is_active = False
            locked.save(update_fields=["is_active"])
            data = {"name": locked.name}
            audit.record(actor=actor, action=actions.TEMPLATE_RETIRED, stream=("template", locked.id), data=data)
        return locked


def _lock(template_id: UUID) -> AnswerTemplate:
    template = AnswerTemplate.objects.select_for_update(of=("self",)).filter(id=template_id).first()
    if template is None:
        raise NotFoundError
    return template


def _check(template: AnswerTemplate) -> WorkflowFacts:
    """Refuse what no answer of the template's workflow could say, and return that workflow."""
    _at_field("note", lambda: check_note(template.note))
    workflow = workflow_by_id(template.workflow_id)
    if workflow is None or workflow.contract_id is None:
        raise InvalidError(_("This workflow has no contract yet to check an answer against."), {"field": "workflow"})
    # Retiring must stay possible after the contract has moved on.
    if template.is_active:
        _check_answer(template, contract_facts(workflow.contract_id))
    others = AnswerTemplate.objects.filter(workflow_id=template.workflow_id, name=template.name)
    if others.exclude(id=template.id).exists():
        raise TemplateNameTakenError(extra={"field": "name"})
    return workflow


def _check_answer(template: AnswerTemplate, contract: ContractFacts) -> None:
    if not isinstance(template.fields, dict):
        raise InvalidError(_("Fields are a JSON object."), {"field": "fields"})
    if template.action == DecisionAction.CORRECT:
        _at_field("label", lambda: check_label(contract, template.label or None))
        # A reviewer may complete what the template leaves open.
        _at_field("fields", lambda: check_fields(contract, template.label or None, template.fields, is_whole=False))
    elif template.label or template.fields:
        field = "label" if template.label else "fields"
        raise InvalidError(_("Only an answer with a label has a label and fields."), {"field": field})


def _at_field(field: str, check: Callable[[], None]) -> None:
    """Name the field of the form that a refusal is about."""
    try:
        check()
    except InvalidError as refusal:
        refusal.extra["field"] = field
        raise
