"""The time machine's page: a draft over past items, what it comes to, and which items go another way."""

import json
from contextlib import suppress
from datetime import timedelta
from typing import Any
from uuid import UUID

from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from governance.domain import Capability
from governance.views.access import WorkspaceRequest, workspace_page
from routing.domain.policy_diff import diff
from routing.selectors.contracts import contract_facts
from routing.selectors.proposals import versions_of
from routing.selectors.replays import ReplayFacts, access_replay, replays_of
from routing.selectors.workflows import WorkflowFacts, access_workflow

_USUAL_DAYS = 90
_SHOWN_BEFORE = 10
# From so many known answers on, a label of which more than a tenth differ stands out.
_FEW = 20
_WEAK = 0.1
_FIRST_DRAFT = {"default_threshold": None, "queue": ""}


@require_safe
@workspace_page(Capability.SEE_WORKFLOWS)
def replay(request: WorkspaceRequest, workspace: str, key: str) -> HttpResponse:
    """Show one replay (?id=, else the newest), and the form for the next one, which ?draft= fills with a policy."""
    workflow = access_workflow(key)
    earlier = replays_of(workflow.id)
    draft = _draft(request.GET.get("draft", ""))
    shown = _asked_for(request.GET.get("id", ""), workflow) or (earlier[0] if earlier and draft is None else None)
    today = timezone.localdate()
    context: dict[str, Any] = {
        "nav": "workflows",
        "tab": "replay",
        "workflow": workflow,
        "titles": contract_facts(workflow.contract_id).label_titles if workflow.contract_id else {},
        "may_start": request.actor.can(Capability.CONFIGURE),
        "versions": versions_of(workflow.id),
        "active_body": workflow.policy_body or _FIRST_DRAFT,
        "held_against": _held_against(shown, workflow),
        "draft_body": draft,
        "until": today,
        "since": today - timedelta(days=_USUAL_DAYS),
        "replay": shown,
        "earlier": earlier[:_SHOWN_BEFORE],
    }
    if shown is not None:
        context |= _figures(shown)
    return render(request, "review/replay.html", context)


def _draft(text: str) -> dict[str, Any] | None:
    """Return the policy that the address brings; what is none is left out, and the API says what is wrong with the rest."""
    with suppress(ValueError):
        body = json.loads(text)
        return body if isinstance(body, dict) else None
    return None


def _held_against(shown: ReplayFacts | None, workflow: WorkflowFacts) -> str:
    """Return what the form is set to: what the shown replay was held against."""
    if shown is None or (shown.base_version_id is not None and shown.base_version_id == workflow.policy_version_id):
        return "active"
    return "history" if shown.base_version_id is None else str(shown.base_version_id)


def _asked_for(text: str, workflow: WorkflowFacts) -> ReplayFacts | None:
    if not text:
        return None
    try:
        found = access_replay(UUID(text))
    except ValueError:
        raise Http404 from None
    if found.workflow_id != workflow.id:
        raise Http404
    return found


def _figures(replay: ReplayFacts) -> dict[str, Any]:
    """Return what the template needs beside the stored figures."""
    against = replay.base_body if replay.base_version_id else None
    changes = [] if against is None else diff(against, replay.body)
    result = replay.result
    if not result:
        return {"changes": changes}
    items = result["items"] or 1
    known = result["to_auto_known"]
    answered = known["same"] + known["other"]
    most = max((row["to_auto"] for row in result["by_label"]), default=0) or 1
    more = [(row["auto_after"] - row["auto_before"]) / (row["items"] or 1) for row in result["by_segment"]]
    widest = max(map(abs, more), default=0.0) or 1.0
    return {
        "changes": changes,
        "auto_before": result["base"]["auto"] / items,
        "auto_after": result["draft"]["auto"] / items,
        "auto_more": result["draft"]["auto"] - result["base"]["auto"],
        "flips": result["to_auto"] + result["to_people"] + result["to_escalate"],
        "answered": answered,
        "other_share": known["other"] / answered if answered else None,
        "escalated_more": result["escalated_per_day"]["after"] - result["escalated_per_day"]["before"],
        "by_label": [row | {"share": row["to_auto"] / most} | _known(row["known"]) for row in result["by_label"]],
        "segments": [
            row | {"points": points, "bar": abs(points) / widest}
            for row, points in zip(result["by_segment"], more, strict=True)
        ],
        "other_models": sum(row["items"] for row in result["models"][1:]),
    }


def _known(known: dict[str, int]) -> dict[str, Any]:
    """Return how many answers a label has, and whether they are enough to call it weak."""
    answered = known["same"] + known["other"]
    return {"answered": answered, "is_weak": answered >= _FEW and known["other"] > answered * _WEAK}
