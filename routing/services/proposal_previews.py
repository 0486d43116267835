"""What whoever is asked sees of a proposal that came without a preview: counts over the items of the last days."""

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from routing.domain.policy_body import PolicyInvalid, parse_policy
from routing.models import Workflow
from routing.selectors.policy_preview import preview_policy
from routing.selectors.workflows import WorkflowFacts, workflow_by_id

# Reading them takes about as long as a person waits without wondering.
_MOST_ITEMS = 100_000


def counted(workflow: Workflow | WorkflowFacts, body: Any) -> dict[str, Any]:
    """Return how many items a policy would send elsewhere; nothing where it is no policy, which is told when it is stored."""
    facts = workflow_by_id(workflow.id)
    if facts is None:
        return {}
    try:
        then = parse_policy(body)
    except PolicyInvalid:
        return {}
    now = parse_policy(facts.policy_body) if isinstance(facts.policy_body, Mapping) else None
    return {"kind": "counts"} | asdict(preview_policy(workflow.id, now=now, then=then, most=_MOST_ITEMS))
