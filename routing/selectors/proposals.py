"""Versions of a workflow's policies and the proposals that bring them into force, as facts."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import QuerySet
from django.utils.translation import gettext as _

from governance.domain import NotFoundError
from governance.models import Membership, Workspace
from governance.selectors.names import names_of
from governance.statements import fetch
from routing.domain.policy_diff import Change, diff
from routing.models import PolicyProposal, PolicyVersion, ProposalState

MOST_PROPOSALS = 200
OPEN_STATES = (ProposalState.PROPOSED, ProposalState.APPROVED, ProposalState.STAGED)

_VERSIONS_SQL = """
SELECT v.id, v.number, v.note, v.body, v.created_at, p.name AS policy,
       v.id IS NOT DISTINCT FROM w.policy_version_id AS is_in_force,
       v.id IS NOT DISTINCT FROM w.candidate_version_id AS is_staged,
       EXISTS (SELECT FROM routing_policyproposal r
                WHERE r.in_force_at IS NOT NULL AND (r.version_id = v.id OR r.base_version_id = v.id)) AS was_in_force,
       EXISTS (SELECT FROM routing_policyproposal r
                WHERE r.version_id = v.id AND r.state IN ('proposed', 'approved', 'staged')) AS is_proposed
  FROM routing_policyversion v
  JOIN routing_policy p ON p.id = v.policy_id
  JOIN routing_workflow w ON w.id = p.workflow_id
 WHERE w.id = %(workflow)s::uuid
 ORDER BY v.created_at DESC, v.number DESC"""


@dataclass(frozen=True, slots=True)
class VersionFacts:
    """A version, and what has become of it."""

    id: UUID
    policy: str
    number: int
    note: str
    body: dict[str, Any]
    created_at: datetime
    is_in_force: bool
    is_staged: bool
    was_in_force: bool
    is_proposed: bool

    @property
    def name(self) -> str:
        """Return it as people say it."""
        return f"{self.policy} v{self.number}"


@dataclass(frozen=True, slots=True)
class ProposalFacts:
    """A proposal with the names of who proposed and approved; `changes` are against the version that it is made on."""

    id: UUID
    workflow_id: UUID
    workflow_key: str
    kind: str
    state: str
    state_title: str
    share: float
    version_id: UUID
    version: str
    number: int
    policy: str
    base_id: UUID | None
    base: str | None
    base_number: int | None
    is_outdated: bool
    reason: str
    end_reason: str
    preview: dict[str, Any]
    replay_id: UUID | None
    proposed_by: UUID
    proposed_by_name: str
    proposed_at: datetime
    approved_by: UUID | None
    approved_by_name: str
    approved_at: datetime | None
    staged_at: datetime | None
    in_force_at: datetime | None
    ended_at: datetime | None
    changes: Sequence[Change]

    @property
    def is_open(self) -> bool:
        """Tell whether it can still come into force."""
        return self.state in OPEN_STATES

    @property
    def has_second_person(self) -> bool:
        """Tell whether somebody else than the proposer approved."""
        return self.approved_by is not None and self.approved_by != self.proposed_by


def versions_of(workflow_id: UUID) -> list[VersionFacts]:
    """Return every version of every policy of a workflow, the newest first; one statement."""
    rows = fetch(_VERSIONS_SQL, {"workflow": workflow_id})
    return [VersionFacts(**(row | {"body": json.loads(row["body"])})) for row in rows]


def version_facts(workflow_id: UUID, version_id: UUID) -> VersionFacts:
    """Return one of a workflow's versions, or say that there is none."""
    found = next((one for one in versions_of(workflow_id) if one.id == version_id), None)
    if found is None:
        raise NotFoundError
    return found


def access_version(version_id: UUID) -> PolicyVersion:
    """Return a version by its id, or say that there is none here."""
    found = PolicyVersion.objects.select_related("policy").filter(id=version_id).first()
    if found is None:
        raise NotFoundError(_("There is no such policy version."), extra={"policy_version": str(version_id)})
    return found


def proposals_of(workflow_id: UUID) -> list[ProposalFacts]:
    """Return a workflow's proposals, the newest first, at most 200."""
    rows = _rows().filter(workflow_id=workflow_id).order_by("-proposed_at", "-id")[:MOST_PROPOSALS]
    return _facts(list(rows))


def open_proposals(workflow_id: UUID) -> list[ProposalFacts]:
    """Return those of a workflow's proposals that can still come into force, the newest first."""
    rows = _rows().filter(workflow_id=workflow_id, state__in=OPEN_STATES).order_by("-proposed_at", "-id")
    return _facts(list(rows))


def access_proposal(proposal_id: UUID) -> ProposalFacts:
    """Return a proposal, or say that there is none here."""
    found = _facts(list(_rows().filter(id=proposal_id)))
    if not found:
        raise NotFoundError
    return found[0]


def version_numbered(workflow_id: UUID, number: int, policy: str = "") -> PolicyVersion:
    """Return a version by its number: of the policy line of this name, else of the one in force, else of the only one."""
    rows = PolicyVersion.objects.select_related("policy__workflow__policy_version")
    found = list(rows.filter(policy__workflow_id=workflow_id, number=number))
    if policy:
        found = [version for version in found if version.policy.name == policy]
    elif len(found) > 1:
        in_force = found[0].policy.workflow.policy_version
        found = [version for version in found if in_force is not None and version.policy_id == in_force.policy_id]
    if len(found) != 1:
        raise NotFoundError(
            _("There is no version %(number)d of that policy.") % {"number": number}, extra={"number": number}
        )
    return found[0]


def approval_is_asked() -> bool:
    """Tell whether a second person approves policies in the entered workspace."""
    asked: bool = Workspace.objects.values_list("approves_policies", flat=True).get()
    return asked


def person_behind(pseudonym: UUID) -> UUID | None:
    """Return which active member has a pseudonym in the trail; none for a machine or the product itself."""
    members = Membership.objects.filter(pseudonym=pseudonym, is_active=True)
    return members.values_list("user_id", flat=True).first()


def _rows() -> QuerySet[PolicyProposal]:
    return PolicyProposal.objects.select_related("version__policy", "base_version__policy", "workflow")


def _facts(rows: list[PolicyProposal]) -> list[ProposalFacts]:
    people = {one for row in rows for one in (row.proposed_by_id, row.approved_by_id) if one}
    names = names_of(people)
    return [_fact(row, names) for row in rows]


def _fact(row: PolicyProposal, names: dict[UUID, str]) -> ProposalFacts:
    base = row.base_version
    state = ProposalState(row.state)
    return ProposalFacts(
        id=row.id,
        workflow_id=row.workflow_id,
        workflow_key=row.workflow.key,
        kind=row.kind,
        state=state.value,
        state_title=str(state.label),
        share=row.share,
        version_id=row.version_id,
        version=str(row.version),
        number=row.version.number,
        policy=row.version.policy.name,
        base_id=row.base_version_id,
        base=str(base) if base else None,
        base_number=base.number if base else None,
        is_outdated=state in OPEN_STATES and row.base_version_id != row.workflow.policy_version_id,
        reason=row.reason,
        end_reason=row.end_reason,
        preview=row.preview,
        replay_id=row.replay_id,
        proposed_by=row.proposed_by_id,
        proposed_by_name=names.get(row.proposed_by_id, ""),
        proposed_at=row.proposed_at,
        approved_by=row.approved_by_id,
        approved_by_name=names.get(row.approved_by_id, "") if row.approved_by_id else "",
        approved_at=row.approved_at,
        staged_at=row.staged_at,
        in_force_at=row.in_force_at,
        ended_at=row.ended_at,
        changes=diff(base.body if base else None, row.version.body),
    )
