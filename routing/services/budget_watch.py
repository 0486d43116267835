"""Looking at error budgets: the live bound of each, and what follows where one is spent."""

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from governance.domain import Actor
from governance.services import audit
from governance.services.notices import tell_owners
from routing import actions
from routing.domain.live_bound import LiveBound, live_bound
from routing.models import BudgetState, Certificate, ErrorBudget, RestrictionCause, RestrictionEffect
from routing.selectors.budgets import counted, source_of
from routing.selectors.certificates import name_of, valid_certificate
from routing.selectors.workflows import WorkflowFacts
from routing.services.budgets import begin_anew, described
from routing.services.limits import limit
from routing.services.releases import roll_back


def evaluate_budgets(*, actor: Actor, workflow: WorkflowFacts) -> None:
    """Bring every budget of the workflow up to date with the sample.

    The bound may be looked at any time, and each answer since the last look is looked at for itself, so that it matters nothing how
    often this runs. Once spent, a budget stays so whatever
    is answered later: its items go to people until an owner restores it or a certificate that covers them says that all is well.
    """
    if workflow.model_version_id is None:
        return
    with transaction.atomic(savepoint=False):
        kept = ErrorBudget.objects.select_for_update(of=("self",)).select_related("workflow")
        budgets = list(kept.filter(workflow_id=workflow.id, is_active=True).order_by("id"))
        if not budgets:
            return
        source = source_of(workflow)
        for budget in budgets:
            found = counted(budget, source)
            is_same = budget.evaluated_at is not None and budget.model_version_id == workflow.model_version_id
            bound = live_bound(
                found.answers,
                limit=budget.target,
                delta=budget.delta,
                looked=budget.n if is_same else None,
                ahead=found.ahead,
            )
            _update(actor, workflow, budget, bound)


def _update(actor: Actor, workflow: WorkflowFacts, budget: ErrorBudget, bound: LiveBound) -> None:
    budget.model_version_id = workflow.model_version_id
    budget.n, budget.wrong, budget.upper, budget.lower = bound.n, bound.wrong, bound.upper, bound.lower
    budget.evaluated_at = timezone.now()
    if budget.state == BudgetState.SPENT:
        budget.save()
        certificate = _certificate_since(workflow, budget)
        if certificate is not None:
            reason = _("Certificate %(name)s covers it.") % {"name": name_of(certificate)}
            begin_anew(actor, budget, reason=reason, certificate=certificate.id)
        return
    budget.state = BudgetState(bound.state.value)
    if budget.state == BudgetState.SPENT:
        _spend(actor, workflow, budget)
    budget.save()


def _spend(actor: Actor, workflow: WorkflowFacts, budget: ErrorBudget) -> None:
    """Send the part to people, take back what is staged, and tell the owners."""
    facts = {
        "wrong": budget.wrong,
        "n": budget.n,
        "upper": f"{100 * budget.upper:.3g} %",
        "target": f"{100 * budget.target:.3g} %",
        "part": part_words(budget.segment, budget.value_above),
        "name": workflow.name,
    }
    reason = _(
        "%(wrong)d of %(n)d sampled answers on %(part)s were wrong: up to %(upper)s, and at most %(target)s may be."
    )
    reason %= facts
    running = limit(
        actor=actor,
        workflow=workflow,
        cause=RestrictionCause.BUDGET,
        effect=RestrictionEffect.PEOPLE,
        segment=budget.segment,
        value_above=budget.value_above,
        reason=reason,
    )
    budget.spent_at, budget.restriction_id = running.since, running.id
    audit.record(
        actor=actor,
        action=actions.BUDGET_SPENT,
        stream=("workflow", workflow.id),
        data=described(budget)
        | {
            "n": budget.n,
            "wrong": budget.wrong,
            "upper": budget.upper,
            "lower": budget.lower,
            "model_version": str(workflow.model_version_id),
        },
    )
    roll_back(actor=actor, workflow=workflow, reason=reason)
    told = _("%(name)s: an error budget is spent, and %(part)s go to people from now on. %(reason)s")
    tell_owners(actor=actor, text=told % (facts | {"reason": reason}), about=("workflow", workflow.id))


def _certificate_since(workflow: WorkflowFacts, budget: ErrorBudget) -> Certificate | None:
    """Return the valid certificate if it was issued since the budget was spent, for the same items, and keeps the target.

    One about all items says nothing about the costly ones among them.
    """
    found = valid_certificate(workflow.id)
    if found is None or budget.spent_at is None or budget.value_above is not None:
        return None
    covers = found.issued_at > budget.spent_at and found.segment == budget.segment
    return found if covers and found.bound <= budget.target else None


def part_words(segment: str, value_above: float | None) -> str:
    """Return which items a budget or limit is about, as part of a sentence."""
    facts = {"segment": segment, "value": f"{value_above:,.12g}" if value_above is not None else ""}
    if segment and value_above is not None:
        return _("items of “%(segment)s” with a value above %(value)s") % facts
    if segment:
        return _("items of “%(segment)s”") % facts
    if value_above is not None:
        return _("items with a value above %(value)s") % facts
    return _("all items")
