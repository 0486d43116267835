"""Setting a whole workflow up in one go: contract, queues, model, policy, and then it takes items."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db import transaction

from governance.domain import Actor, Role
from review.models import Queue
from review.selectors.queue_keys import queue_keys
from review.services.queues import create_queue, set_queue_members
from routing.backends.training import TrainedModel
from routing.selectors.workflows import WorkflowFacts, access_workflow
from routing.services import config

DRAFT = "https://json-schema.org/draft/2020-12/schema"


@dataclass(frozen=True, slots=True)
class QueueSpec:
    """A queue to be made; one with this key that the workspace has already is used as it is."""

    key: str
    name: str
    role: str = ""
    members: Sequence[UUID] = ()
    sla_s: int = 8 * 3600
    step_s: int = 3600
    lease_s: int = 300
    undo_window_s: int = 30


def label_schema(labels: Mapping[str, str]) -> dict[str, Any]:
    """Return the output schema of a workflow whose answer is one label; `labels` gives each its title."""
    return {
        "$schema": DRAFT,
        "type": "object",
        "properties": {"label": {"type": "string", "enum": list(labels)}},
        "required": ["label"],
        "additionalProperties": False,
        "x-label-titles": dict(labels),
    }


def set_up_workflow(
    *,
    actor: Actor,
    key: str,
    name: str,
    input_schema: Mapping[str, Any],
    output_schema: Mapping[str, Any],
    queues: Sequence[QueueSpec],
    policy_body: Mapping[str, Any],
    model_name: str,
    model: TrainedModel | None = None,
    model_version: str = "1",
    draw_rate: float = 0.05,
    fallback: str = "people",
    escalation_role: str = Role.LEAD.value,
    escalation_queue: str = "escalations",
    hold_s: int = 0,
    is_active: bool = True,
) -> WorkflowFacts:
    """Make a workflow with everything that it needs; without a model its predictions come with the items."""
    with transaction.atomic(savepoint=False):
        workflow = config.create_workflow(
            actor=actor,
            key=key,
            name=name,
            draw_rate=draw_rate,
            fallback=fallback,
            escalation_role=escalation_role,
            escalation_queue=escalation_queue,
            hold_s=hold_s,
        )
        contract = config.add_contract(
            actor=actor,
            workflow=workflow,
            version="1.0.0",
            input_schema=dict(input_schema),
            output_schema=dict(output_schema),
        )
        config.set_contract(actor=actor, workflow=workflow, contract=contract)
        for spec in queues:
            _queue(actor, workflow.id, spec)
        version = config.register_model_version(
            actor=actor,
            workflow=workflow,
            model_name=model_name,
            version=model_version,
            content=model.content if model else None,
            config=model.config if model else None,
            metrics=model.metrics if model else None,
        )
        config.set_model_version(actor=actor, workflow=workflow, model_version=version)
        keys = queue_keys(workflow.id)
        policy = config.add_policy_version(actor=actor, workflow=workflow, body=dict(policy_body), queue_keys=keys)
        config.activate_policy_version(actor=actor, version=policy, queue_keys=keys)
        if is_active:
            config.activate_workflow(actor=actor, workflow=workflow, queue_keys=keys)
        return access_workflow(key)


def _queue(actor: Actor, workflow_id: UUID, spec: QueueSpec) -> None:
    if Queue.objects.filter(key=spec.key).exists():
        return
    queue = create_queue(
        actor=actor,
        workflow_id=workflow_id,
        key=spec.key,
        name=spec.name,
        role=spec.role,
        sla_s=spec.sla_s,
        step_s=spec.step_s,
        lease_s=spec.lease_s,
        undo_window_s=spec.undo_window_s,
    )
    if spec.members:
        set_queue_members(actor=actor, queue=queue, people=spec.members)
