"""Bot-made history: past items go through the very services that live ones do, only with the time they pretend to be from."""

import math
import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from django.db import transaction

from governance.domain import Actor, system_actor
from governance.selectors.scope import enter_workspace
from review.domain.states import DecisionAction
from review.selectors.leased import LeasedReview
from review.services.adjudicate import open_adjudications
from review.services.claim import claim_reviews
from review.services.decide import Answer, record_decision
from review.services.intake import Submission, receive_items
from review.services.pipeline import process_received
from routing.selectors.workflows import access_workflow

# Whoever sees a suggestion looks less closely than whoever does not.
_MISTAKE_RATE = 0.04
_BLIND_MISTAKE_RATE = 0.008
_MEDIAN_ACTIVE_MS = 14_000


@dataclass(frozen=True, slots=True)
class Past:
    """An item of the past with the answer that a good reviewer gives."""

    submission: Submission
    truth: str


def play_day(
    *,
    sender: Actor,
    reviewers: Sequence[Actor],
    workflow_key: str,
    day: datetime,
    items: Sequence[Past],
    labels: Sequence[str],
    chance: random.Random,
) -> None:
    """Send one day's items, route them, and have bots answer in the afternoon, a second one where the first and the model disagree."""
    for past in items:
        past.submission.occurred_at = day + timedelta(minutes=chance.uniform(0, 7 * 60))
    with transaction.atomic():
        enter_workspace(sender.workspace_id)
        workflow = access_workflow(workflow_key)
        receive_items(actor=sender, workflow=workflow, submissions=[past.submission for past in items])
    process_received(workspace_id=sender.workspace_id, workflow_id=workflow.id)
    truths = {past.submission.external_id: past.truth for past in items}
    answer = _answerer(truths, labels, chance)
    at = _answer_all(reviewers, day + timedelta(hours=7), answer, chance)
    with transaction.atomic():
        enter_workspace(sender.workspace_id)
        disputed = open_adjudications(actor=system_actor(sender.workspace_id))
    if disputed:
        _answer_all(reviewers, at, answer, chance)


Answerer = Callable[[LeasedReview], Answer]


def _answer_all(reviewers: Sequence[Actor], at: datetime, answer: Answerer, chance: random.Random) -> datetime:
    """Have the reviewers answer in turns until none of them finds anything; return when the last one was done."""
    idle = turn = 0
    while idle < len(reviewers):
        done = _answer_some(reviewers[turn % len(reviewers)], at, answer, chance)
        idle, turn, at = (idle + 1 if done is None else 0), turn + 1, done or at
    return at


def _answer_some(reviewer: Actor, at: datetime, answer: Answerer, chance: random.Random) -> datetime | None:
    """Answer a handful of reviews one after the other; return when the next may start, or nothing if none is left."""
    with transaction.atomic():
        enter_workspace(reviewer.workspace_id)
        claimed = claim_reviews(actor=reviewer, count=10, occurred_at=at)
        for review in claimed:
            given = answer(review)
            at += timedelta(milliseconds=given.active_ms, seconds=chance.uniform(2, 20))
            record_decision(actor=reviewer, review_id=review.id, fence=review.fence, answer=given, occurred_at=at)
    return at if claimed else None


def _answerer(truths: dict[str, str], labels: Sequence[str], chance: random.Random) -> Answerer:
    def answer(review: LeasedReview) -> Answer:
        label = truths.get(review.external_id) or chance.choice(labels)
        suggested = review.prediction.label if review.prediction else None
        if chance.random() < (_BLIND_MISTAKE_RATE if suggested is None else _MISTAKE_RATE):
            label = chance.choice(labels)
        action = DecisionAction.ACCEPT if label == suggested else DecisionAction.CORRECT
        active_ms = int(chance.lognormvariate(math.log(_MEDIAN_ACTIVE_MS), 0.6))
        return Answer(action=action, label=label, active_ms=active_ms)

    return answer


def send(*, sender: Actor, workflow_key: str, submissions: Sequence[Submission]) -> UUID:
    """Send items that stay in the queues and return the workflow's id."""
    with transaction.atomic():
        enter_workspace(sender.workspace_id)
        workflow = access_workflow(workflow_key)
        receive_items(actor=sender, workflow=workflow, submissions=submissions)
    process_received(workspace_id=sender.workspace_id, workflow_id=workflow.id)
    return workflow.id
