"""Versions of a workflow's policy: what is in force, what is on its way there, and the way back."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from governance.domain import Actor, Capability
from governance.views.access import WorkspaceRequest, workspace_page
from routing.domain.policy_diff import diff
from routing.selectors.contracts import contract_facts
from routing.selectors.proposal_acts import Act, acts_for, waits_for_approval
from routing.selectors.proposals import (
    ProposalFacts,
    VersionFacts,
    access_proposal,
    access_version,
    approval_is_asked,
    proposals_of,
    version_facts,
    versions_of,
)
from routing.selectors.replays import ReplayFacts, access_replay
from routing.selectors.workflows import WorkflowFacts, access_workflow
from routing.services.policy_files import code_of
from routing.services.stages import SHARES


@dataclass(frozen=True, slots=True)
class ShownProposal:
    """A proposal with what the reader can do with it, and the replay that goes with it."""

    facts: ProposalFacts
    acts: Sequence[Act]
    waits: bool
    is_own: bool
    replay: ReplayFacts | None


@dataclass(frozen=True, slots=True)
class ShownVersion:
    """A version with what brought it into force last, and who proposed it last; `way_back` is `at_once`, `asks` or empty."""

    facts: VersionFacts
    release: ProposalFacts | None
    origin: ProposalFacts | None
    way_back: str


@require_safe
@workspace_page(Capability.SEE_WORKFLOWS)
def versions(request: WorkspaceRequest, workspace: str, key: str) -> HttpResponse:
    """Show the versions; with the header HX-Request the part that changes alone."""
    return _page(request, access_workflow(key))


@require_safe
@workspace_page(Capability.SEE_WORKFLOWS)
def proposal(request: WorkspaceRequest, workspace: str, proposal_id: UUID) -> HttpResponse:
    """Show the page that a proposal stands on, as a notice links to it."""
    return _page(request, access_workflow(access_proposal(proposal_id).workflow_key), focus=proposal_id)


@require_safe
@workspace_page(Capability.SEE_WORKFLOWS)
def code(request: WorkspaceRequest, workspace: str, key: str, version_id: UUID) -> HttpResponse:
    """Return a version as a file that `manage.py policy apply` takes."""
    workflow = access_workflow(key)
    facts = version_facts(workflow.id, version_id)
    answer = HttpResponse(code_of(key, access_version(version_id)), content_type="application/yaml; charset=utf-8")
    answer["Content-Disposition"] = f'attachment; filename="{key}-v{facts.number}.yaml"'
    return answer


def _page(request: WorkspaceRequest, workflow: WorkflowFacts, *, focus: UUID | None = None) -> HttpResponse:
    asked, found, known = approval_is_asked(), proposals_of(workflow.id), versions_of(workflow.id)
    is_open = [one for one in found if one.is_open]
    before, after = _compared(request, known)
    in_force = next((one for one in known if one.is_in_force), None)
    context: dict[str, Any] = {
        "nav": "workflows",
        "tab": "versions",
        "workflow": workflow,
        "titles": contract_facts(workflow.contract_id).label_titles if workflow.contract_id else {},
        "approval_asked": asked,
        "may_configure": request.actor.can(Capability.CONFIGURE),
        "focus": focus,
        "shares": SHARES,
        "in_force": in_force,
        "release": _release(found, workflow.policy_version_id),
        "open": [_shown(request.actor, one, is_open, approval_asked=asked) for one in is_open],
        # What is in force stands in the list of versions, with who brought it there.
        "ended": [one for one in found if not one.is_open and one.state != "full"],
        "rows": [_row(one, found, workflow, approval_asked=asked) for one in known],
        "before": before,
        "after": after,
        "changes": diff(before.body, after.body) if before and after else None,
        "code": code_of(workflow.key, access_version(in_force.id)) if in_force else "",
    }
    template = "review/_versions_live.html" if "HX-Request" in request.headers else "review/versions.html"
    return render(request, template, context)


def _shown(
    actor: Actor, one: ProposalFacts, is_open: Sequence[ProposalFacts], *, approval_asked: bool
) -> ShownProposal:
    return ShownProposal(
        facts=one,
        acts=acts_for(actor, one, all_open=is_open, approval_asked=approval_asked),
        waits=waits_for_approval(one, approval_asked=approval_asked),
        is_own=one.proposed_by == actor.pseudonym,
        replay=access_replay(one.replay_id) if one.replay_id else None,
    )


def _row(
    one: VersionFacts, found: Sequence[ProposalFacts], workflow: WorkflowFacts, *, approval_asked: bool
) -> ShownVersion:
    way_back = ""
    if one.was_in_force and not one.is_in_force:
        present = _release(found, workflow.policy_version_id)
        is_before = present is not None and present.base_id == one.id
        way_back = "at_once" if is_before or not approval_asked else "asks"
    release = _release(found, one.id)
    proposed = [proposal for proposal in found if proposal.version_id == one.id]
    origin = release or max(proposed, key=lambda proposal: proposal.proposed_at, default=None)
    return ShownVersion(facts=one, release=release, origin=origin, way_back=way_back)


def _release(found: Sequence[ProposalFacts], version_id: UUID | None) -> ProposalFacts | None:
    """Return what brought a version into force last."""
    came = [one for one in found if one.version_id == version_id and one.in_force_at is not None]
    return max(came, key=lambda one: one.in_force_at.timestamp() if one.in_force_at else 0.0, default=None)


def _compared(request: HttpRequest, known: Sequence[VersionFacts]) -> tuple[VersionFacts | None, VersionFacts | None]:
    """Return the two versions that the address names; else what is in force beside what is on its way or came before it."""
    by_id = {str(one.id): one for one in known}
    before, after = (by_id.get(request.GET.get(name, "")) for name in ("before", "after"))
    if before is not None and after is not None:
        return before, after
    in_force = next((one for one in known if one.is_in_force), None)
    others = [one for one in known if one is not in_force]
    if in_force is None or not others:
        return None, None
    coming = next(iter(sorted((one for one in others if one.is_proposed), key=lambda one: not one.is_staged)), None)
    if coming is not None:
        return in_force, coming
    gone = next((one for one in others if one.was_in_force), None)
    return (in_force, others[0]) if gone is None else (gone, in_force)
