"""Locked rows of a release: every step takes the workflow's row first, so that steps come one after the other."""

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db.models import F, QuerySet
from django.db.models.functions import Now
from django.utils.translation import gettext as _

from governance.domain import Actor, NotFoundError
from governance.services import audit
from routing.domain.policy_body import Policy as PolicyBody
from routing.models import PolicyProposal, PolicyVersion, ProposalState, Workflow
from routing.selectors.proposals import OPEN_STATES
from routing.selectors.queue_source import queue_keys
from routing.services.policies import read_policy
from routing.services.release_errors import ProposalOutdatedError, ProposalStateError
from routing.services.rows import labels_in_force, lock_workflow


@dataclass(frozen=True, slots=True)
class Step:
    """A proposal and its workflow, both locked."""

    workflow: Workflow
    proposal: PolicyProposal

    def require_state(self, *states: str) -> None:
        """Refuse the step unless the proposal is in one of the states."""
        if self.proposal.state not in states:
            detail = _("The proposal is “%(state)s” by now; that can't be done with it any more.")
            state = self.proposal.get_state_display()
            raise ProposalStateError(detail % {"state": state}, extra={"state": self.proposal.state})

    def require_base(self) -> None:
        """Refuse the step where another version came into force since: what was looked at was another change."""
        in_force = self.workflow.policy_version
        if self.proposal.base_version_id == (in_force.id if in_force else None):
            return
        detail = _("%(now)s has come into force since this was proposed. Propose it again on top of that.")
        extra = {"in_force": in_force.number if in_force else None}
        raise ProposalOutdatedError(detail % {"now": in_force}, extra=extra)

    def require_fit(self) -> PolicyBody:
        """Refuse the step where the version names labels or queues that there are no more."""
        return read_fitting(self.workflow, self.proposal.version)

    def record(self, actor: Actor, action: str, **data: Any) -> None:
        """Append the step to the workflow's trail."""
        audit.record(
            actor=actor,
            action=action,
            stream=("workflow", self.workflow.id),
            data=described(self.proposal) | data,
        )


def lock_proposal(proposal_id: UUID) -> Step:
    """Return a proposal with its workflow, the workflow locked first, or say that there is none here."""
    workflow_id = PolicyProposal.objects.filter(id=proposal_id).values_list("workflow_id", flat=True).first()
    if workflow_id is None:
        raise NotFoundError
    workflow = lock_workflow(workflow_id)
    return Step(workflow, _locked().get(id=proposal_id))


def lock_staged(workflow_id: UUID) -> Step | None:
    """Return the workflow's staged proposal, locked; none where nothing is staged."""
    workflow = lock_workflow(workflow_id)
    found = _locked().filter(workflow=workflow, state=ProposalState.STAGED).first()
    return Step(workflow, found) if found else None


def lock_in_force(workflow: Workflow) -> PolicyProposal | None:
    """Return the proposal that brought the version in force there; the workflow's row must be locked."""
    found = _locked().filter(workflow=workflow, state=ProposalState.FULL, version_id=workflow.policy_version_id)
    return found.order_by(F("in_force_at").desc(nulls_last=True)).first()


def require_not_proposed(version: PolicyVersion) -> None:
    """Refuse to propose a version that is on its way into force already."""
    if PolicyProposal.objects.filter(version=version, state__in=OPEN_STATES).exists():
        raise ProposalStateError(_("%(version)s is proposed already.") % {"version": version})


def read_fitting(workflow: Workflow, version: PolicyVersion) -> PolicyBody:
    """Return a version's policy, or refuse it with the pointer where labels or queues are gone."""
    return read_policy(version.body, labels=labels_in_force(workflow), queue_keys=queue_keys(workflow.id))


def described(proposal: PolicyProposal) -> dict[str, Any]:
    """Return what every event of a release says."""
    return {
        "number": proposal.version.number,
        "policy": proposal.version.policy.name,
        "policy_version": str(proposal.version_id),
        "proposal": str(proposal.id),
    }


def save(proposal: PolicyProposal, *, at: str | None = None, **changes: Any) -> None:
    """Store what changed of a locked proposal; `at` names a time that is set to now, by the database's clock."""
    for name, value in changes.items():
        setattr(proposal, name, value)
    times = {at: Now()} if at else {}
    PolicyProposal.objects.filter(id=proposal.id).update(**changes, **times)


def _locked() -> QuerySet[PolicyProposal]:
    rows = PolicyProposal.objects.select_for_update(of=("self",))
    return rows.select_related("version__policy", "base_version__policy")
