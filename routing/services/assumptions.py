"""Storing what an owner reckons with."""

from dataclasses import asdict

from django.db import transaction

from governance.domain import Actor, Capability
from governance.services import audit
from governance.services.rights import require
from routing import actions
from routing.models import Assumptions, Workflow
from routing.selectors.assumptions import StoredAssumptions, stored_assumptions
from routing.selectors.workflows import WorkflowFacts
from routing.services.rows import lock_workflow


def set_assumptions(
    *, actor: Actor, workflow: Workflow | WorkflowFacts, assumptions: StoredAssumptions
) -> StoredAssumptions:
    """Store all of them anew; storing the same again changes nothing and leaves no trace."""
    with transaction.atomic(savepoint=False):
        require(actor, Capability.CONFIGURE)
        locked = lock_workflow(workflow.id)
        before, after = asdict(stored_assumptions(locked.id)), asdict(assumptions)
        changes = {
            name: {"before": before[name], "after": value} for name, value in after.items() if value != before[name]
        }
        if changes:
            Assumptions.objects.update_or_create(
                workflow=locked, defaults={"workspace_id": locked.workspace_id, **after}
            )
            audit.record(
                actor=actor,
                action=actions.ASSUMPTIONS_SET,
                stream=("workflow", locked.id),
                data={"key": locked.key, "changes": changes},
            )
        return assumptions
