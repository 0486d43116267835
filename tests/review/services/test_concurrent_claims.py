"""Many people claiming at once, on real connections."""

import threading
from collections import Counter

import pytest
from django.db import connection, transaction

from governance.domain import Actor, ActorKind, Role
from governance.selectors.scope import enter_workspace
from review.domain.states import DecisionAction
from review.models import QueueMember, Review
from review.services.claim import claim_reviews
from review.services.decide import Answer, Decided, record_decision
from tests.conftest import build_house
from tests.factories import MembershipFactory

pytestmark = pytest.mark.services

PEOPLE = 50
REVIEWS = 1000


def test_fifty_threads_get_a_thousand_reviews_each_handed_out_once(live_db: None) -> None:
    with transaction.atomic():
        house = build_house()
        house.in_review(*(f"text {n}" for n in range(REVIEWS)))
        actors = []
        for _ in range(PEOPLE):
            membership = MembershipFactory.create(workspace=house.workspace, role=Role.REVIEWER.value)
            QueueMember.objects.create(workspace=house.workspace, queue=house.queue, user=membership.user)
            actors.append(
                Actor(
                    kind=ActorKind.PERSON,
                    workspace_id=house.workspace.id,
                    pseudonym=membership.pseudonym,
                    id=membership.user_id,
                    role=Role.REVIEWER,
                ),
            )
    handed: Counter[object] = Counter()
    failures: list[BaseException] = []
    gate = threading.Barrier(PEOPLE)

    def work(actor: Actor) -> None:
        try:
            gate.wait()
            while True:
                with transaction.atomic():
                    enter_workspace(house.workspace.id)
                    claimed = claim_reviews(actor=actor, count=3)
                if not claimed:
                    return
                handed.update(review.id for review in claimed)
        except BaseException as failure:
            failures.append(failure)
        finally:
            connection.close()

    threads = [threading.Thread(target=work, args=(actor,)) for actor in actors]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []
    assert len(handed) == REVIEWS
    assert set(handed.values()) == {1}
    with transaction.atomic():
        house.enter()
        assert Review.objects.filter(state="leased", fence=1).count() == REVIEWS


def test_of_two_answers_under_one_fence_one_is_effective(live_db: None) -> None:
    with transaction.atomic():
        house = build_house()
        house.in_review("text")
        reviewer = house.actor(house.reviewer)
        (review,) = claim_reviews(actor=reviewer, count=1)
    results: list[object] = []
    gate = threading.Barrier(8)

    def work(label: str) -> None:
        gate.wait()
        with transaction.atomic():
            enter_workspace(house.workspace.id)
            answer = Answer(action=DecisionAction.CORRECT, label=label)
            results.append(record_decision(actor=reviewer, review_id=review.id, fence=review.fence, answer=answer))
        connection.close()

    threads = [threading.Thread(target=work, args=(label,)) for label in ["other", "delivery"] * 4]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    effective = {result.decision_id for result in results if isinstance(result, Decided)}
    assert len(results) == 8
    assert len(effective) == 1
