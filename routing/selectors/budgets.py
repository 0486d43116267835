"""Error budgets of a workflow: what each may count, and how it stands."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

import numpy as np
from django.db.models import F
from django.utils.translation import gettext as _
from numpy.typing import NDArray

from governance.domain import NotFoundError
from routing.domain.budget_outlook import BoundPoint, path_of, right_until_within, wrong_until_spent
from routing.domain.cohorts import DrawnItem, held_answers, is_closed, live_answers
from routing.domain.columns import AUTO_ACCEPT, Columns
from routing.domain.policy import Policy, parse_policy
from routing.domain.replay import accepted
from routing.models import BudgetState, ErrorBudget, PolicyProposal, ProposalState
from routing.selectors.days import today
from routing.selectors.sample import Sample, sample
from routing.selectors.workflows import WorkflowFacts


@dataclass(frozen=True, slots=True, eq=False)
class Source:
    """The drawn items of the model in charge, and which of them are accepted without people."""

    drawn: Sample
    accepted: NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Counted:
    """What a budget may count: answers in the order of draw (true: wrong), how many of these wait for adjudication.

    `ahead` are drawn items of the part that do not count yet, because they or one before them has no answer; open ones as right.
    """

    answers: list[bool]
    unadjudicated: int
    ahead: list[bool]


@dataclass(frozen=True, slots=True)
class BudgetFacts:
    """A budget for pages and callers: as the watch last saw it, with what there is to count now."""

    id: UUID
    segment: str
    value_above: float | None
    target: float
    delta: float
    state: str
    n: int
    wrong: int
    upper: float
    lower: float
    counts_from: datetime | None
    evaluated_at: datetime | None
    spent_at: datetime | None
    unadjudicated: int
    held: int
    until_within: int | None
    until_spent: int | None
    path: list[BoundPoint]

    @property
    def sure(self) -> float:
        """Return how sure the bound is, as a share: 0.95 where delta is 0.05."""
        return 1 - self.delta


def access_budget(budget_id: UUID) -> ErrorBudget:
    """Return a budget that is kept, or say that there is none."""
    found = ErrorBudget.objects.select_related("workflow").filter(id=budget_id, is_active=True).first()
    if found is None:
        raise NotFoundError(_("There is no such error budget, or it has been given up."))
    return found


def active_budgets(workflow_id: UUID) -> list[ErrorBudget]:
    """Return the budgets that are kept, the ones of the whole workflow first."""
    kept = ErrorBudget.objects.filter(workflow_id=workflow_id, is_active=True)
    return list(kept.order_by("segment", F("value_above").asc(nulls_first=True), "id"))


def budgets_of(workflow: WorkflowFacts) -> list[BudgetFacts]:
    """Return the budgets with their paths; the sample is read once for all."""
    budgets = active_budgets(workflow.id)
    if not budgets:
        return []
    source = source_of(workflow)
    return [_facts(budget, counted(budget, source)) for budget in budgets]


def source_of(workflow: WorkflowFacts) -> Source:
    """Return what every budget of the workflow counts from: the sample of the model in charge, and what is accepted of it.

    That is what the policy in force accepts, and what went without people since a further version routes a share of the items.
    Limits that run are left out: what a spent budget sends to people is measured on.
    """
    policy = parse_policy(workflow.policy_body) if workflow.policy_body else Policy(queue="")
    drawn = sample(workflow.id, model_version_id=workflow.model_version_id)
    mask = accepted(drawn.columns, policy)
    staged = PolicyProposal.objects.filter(workflow_id=workflow.id, state=ProposalState.STAGED).first()
    if staged is not None and staged.staged_at is not None:
        columns = drawn.columns
        mask |= (columns.at >= staged.staged_at.timestamp()) & (columns.disposition == AUTO_ACCEPT)
    return Source(drawn, mask)


def counted(budget: ErrorBudget, source: Source) -> Counted:
    """Return what the budget may count: of its part what is accepted, up to the first that is open."""
    drawn = source.drawn
    mask = source.accepted & in_part(drawn.columns, segment=budget.segment, value_above=budget.value_above)
    if budget.counts_from is not None:
        mask &= drawn.columns.at >= budget.counts_from.timestamp()
    closed = [cohort.day for cohort in drawn.cohorts() if is_closed(cohort, target=budget.target, today=today())]
    items = [
        DrawnItem(day, wrong if answered else None)
        for day, wrong, answered in zip(
            drawn.day[mask].astype(object).tolist(),
            drawn.wrong[mask].tolist(),
            drawn.answered[mask].tolist(),
            strict=True,
        )
    ]
    answers = live_answers(items, closed)
    is_open = (drawn.answered & ~drawn.closed)[mask][: len(answers)]
    return Counted(answers=answers, unadjudicated=int(is_open.sum()), ahead=held_answers(items, closed))


def in_part(columns: Columns, *, segment: str, value_above: float | None) -> NDArray[np.bool_]:
    """Return which items belong to a part of a workflow; one without a value is above none."""
    mask = np.ones(len(columns), dtype=np.bool_)
    if segment:
        mask &= np.array([*(name == segment for name in columns.segments), False])[columns.segment]
    if value_above is not None:
        mask &= columns.value > value_above
    return mask


def _facts(budget: ErrorBudget, found: Counted) -> BudgetFacts:
    limits = {"limit": budget.target, "delta": budget.delta}
    is_within = budget.state == BudgetState.WITHIN
    return BudgetFacts(
        id=budget.id,
        segment=budget.segment,
        value_above=budget.value_above,
        target=budget.target,
        delta=budget.delta,
        state=budget.state,
        n=budget.n,
        wrong=budget.wrong,
        upper=budget.upper,
        lower=budget.lower,
        counts_from=budget.counts_from,
        evaluated_at=budget.evaluated_at,
        spent_at=budget.spent_at,
        unadjudicated=found.unadjudicated,
        held=len(found.ahead),
        until_within=None if is_within else right_until_within(budget.wrong, budget.n, **limits),
        until_spent=wrong_until_spent(budget.wrong, budget.n, **limits) if is_within else None,
        path=path_of(found.answers, delta=budget.delta),
    )
