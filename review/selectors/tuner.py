"""The tuner's figures for one question: what is active, what is drafted, what is certified, what costs least."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, timedelta

from governance.domain import Actor
from review.domain.overdue import Overdue, overdue
from review.selectors.tuner_load import queue_load
from routing.domain.cohorts import Closed
from routing.domain.cost import Assumptions, Consequences, cost_optimal_threshold
from routing.domain.policy_body import Policy, dump_policy, parse_policy
from routing.domain.recommend import HumanError, Recommendation, Surroundings, recommend
from routing.domain.risk import attempt_delta
from routing.domain.tuning import At, LabelAt, Tuning, money
from routing.selectors import days
from routing.selectors.assumptions import StoredAssumptions, stored_assumptions
from routing.selectors.contracts import contract_facts
from routing.selectors.tuner import Material, material
from routing.selectors.tuner_frame import USUAL_DAYS, Period
from routing.selectors.workflows import WorkflowFacts

# A question that names no target asks for what the open window is to certify, else for this.
USUAL_TARGET = 0.02
USUAL_DELTA = 0.05
UNCHANGED = "unchanged"


@dataclass(frozen=True, slots=True)
class Question:
    """What is asked: None takes what is active, stored or measured.

    `threshold` UNCHANGED is the active one and None never; `labels` are the draft's changes of own thresholds: a number, None for never,
    UNCHANGED for no own threshold any more.
    """

    target: float | None = None
    delta: float | None = None
    threshold: float | str | None = UNCHANGED
    labels: Mapping[str, float | str | None] | None = None
    review_cost: float | None = None
    wrong_cost: float | None = None
    minutes: float | None = None
    items_a_day: float | None = None
    sample_rate: float | None = None
    human_error: float | None = None
    first: date | None = None
    last: date | None = None
    # Whether the asker goes on with what an earlier answer began.
    stays: bool = False


@dataclass(frozen=True, slots=True)
class Column:
    """A policy at a threshold, with what a day of it costs (None: no answer says how well it does)."""

    at: At
    money: Consequences | None


@dataclass(frozen=True, slots=True, eq=False)
class Tuner:
    """Everything that the page shows."""

    workflow: WorkflowFacts
    titles: Mapping[str, str]
    material: Material
    tuning: Tuning
    closed: Closed
    recommendation: Recommendation
    stored: StoredAssumptions
    assumptions: Assumptions
    human: HumanError
    today: date
    active: Column
    draft: Column
    certified: Column | None
    cost_optimal: Column
    labels: list[LabelAt]
    overdue: Overdue | None
    policy: Policy

    @property
    def body(self) -> dict[str, object]:
        """The draft as a policy's body."""
        return dump_policy(self.policy)


def tuner(actor: Actor, workflow: WorkflowFacts, question: Question) -> Tuner:
    """Answer a question; `routing.selectors.tuner` remembers what the next one needs too."""
    today = days.today()
    known = material(workflow, _period(question, today), stays=question.stays)
    window = known.window
    target = question.target or (window.target if window else USUAL_TARGET)
    delta = question.delta or (window.delta if window else USUAL_DELTA)
    tested = attempt_delta(delta, window.attempt if window else 1)
    closed = known.closed(target, today)
    contract = contract_facts(workflow.contract_id) if workflow.contract_id else None
    labels = contract.labels if contract else ()
    active = parse_policy(workflow.policy_body) if workflow.policy_body else Policy(queue="")
    policy = _draft(active, question)
    tuning = known.tuning(policy, labels=labels, target=target, delta=tested, closed=closed)
    now = known.tuning(active, labels=labels, target=target, delta=tested, closed=closed)
    stored, human = stored_assumptions(workflow.id), known.human
    assumptions = _assumptions(question, stored, workflow, known, human)
    around = Surroundings(
        today=today,
        drawn=known.sample.size,
        answered=int(known.sample.answered.sum()),
        closed=closed,
        held_by=known.cohort(closed.held_by),
        other_versions=known.other_versions,
        drift_on=known.drift_on,
        human=human,
    )
    advice = recommend(tuning, around, assumptions)
    active_column = _column(now, active.default_threshold, assumptions)
    draft_column = _column(tuning, policy.default_threshold, assumptions)
    return Tuner(
        workflow=workflow,
        titles=contract.label_titles if contract else {},
        material=known,
        tuning=tuning,
        closed=closed,
        recommendation=advice,
        stored=stored,
        assumptions=assumptions,
        human=human,
        today=today,
        active=active_column,
        draft=draft_column,
        certified=None if advice.threshold is None else _column(tuning, advice.threshold, assumptions),
        cost_optimal=_column(tuning, round(cost_optimal_threshold(assumptions), 4), assumptions),
        labels=tuning.labels_at(policy.default_threshold),
        overdue=_overdue(actor, workflow, assumptions, draft_column.at, active_column.at),
        policy=policy,
    )


def _period(question: Question, today: date) -> Period:
    last = question.last or today
    first = question.first or last - timedelta(days=USUAL_DAYS - 1)
    return Period(first, last, is_chosen=question.first is not None)


def _draft(active: Policy, question: Question) -> Policy:
    """Return the active policy with the question's thresholds."""
    own = dict(active.label_thresholds)
    for label, value in (question.labels or {}).items():
        if isinstance(value, str):
            own.pop(label, None)
        else:
            own[label] = value
    threshold = question.threshold
    default = active.default_threshold if isinstance(threshold, str) else threshold
    return replace(active, default_threshold=default, label_thresholds=own)


def _assumptions(
    question: Question, stored: StoredAssumptions, workflow: WorkflowFacts, known: Material, human: HumanError
) -> Assumptions:
    measured = human.share or 0.0
    return Assumptions(
        review_cost=_first(question.review_cost, stored.review_cost),
        wrong_cost=_first(question.wrong_cost, stored.wrong_cost),
        review_minutes=_first(question.minutes, stored.review_minutes),
        items_a_day=_first(question.items_a_day, stored.items_a_day, known.items_a_day),
        sample_rate=_first(question.sample_rate, workflow.draw_rate),
        human_error=_first(question.human_error, stored.human_error, measured),
    )


def _first(*values: float | None) -> float:
    return next(float(value) for value in values if value is not None)


def _column(tuning: Tuning, threshold: float | None, assumptions: Assumptions) -> Column:
    at = tuning.at(threshold)
    return Column(at, money(assumptions, at))


def _overdue(actor: Actor, workflow: WorkflowFacts, assumptions: Assumptions, draft: At, active: At) -> Overdue | None:
    """Return the forecast of the queues under the draft; None where nothing is expected to come."""
    if not assumptions.items_a_day:
        return None
    load = queue_load(actor, workflow.id)
    return overdue(
        load,
        reviews_a_day=_reviews(assumptions, draft),
        reviews_now=_reviews(assumptions, active),
        minutes=assumptions.review_minutes,
    )


def _reviews(assumptions: Assumptions, at: At) -> float:
    return assumptions.items_a_day * (1 - at.automatic * (1 - assumptions.sample_rate))
