"""Committed work in whichever database, in short words."""

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any
from uuid import UUID

from django.db import connections, transaction

from governance.selectors.scope import enter_workspace
from review.domain.states import DecisionAction
from review.services.claim import claim_reviews
from review.services.decide import Answer, record_decision
from tests.conftest import House

ADMIN = os.environ.get("AIOS_TEST_ADMIN_URL", "")


@contextmanager
def working_in(name: str) -> Iterator[None]:
    """Let the product in this process work in another database."""
    before = {alias: connections[alias].settings_dict["NAME"] for alias in connections}
    connections.close_all()
    for alias in before:
        connections[alias].settings_dict["NAME"] = name
    try:
        yield
    finally:
        connections.close_all()
        for alias, own in before.items():
            connections[alias].settings_dict["NAME"] = own


def inside(house: House, work: Callable[[], Any]) -> Any:
    with transaction.atomic():
        enter_workspace(house.workspace.id)
        return work()


def decide_one(house: House, person: str) -> UUID | None:
    """Claim and decide, a transaction each; return the decision."""
    actor = inside(house, lambda: house.actor(house.people[person]))
    reviews = inside(house, lambda: claim_reviews(actor=actor, count=1))
    if not reviews:
        return None
    answer = Answer(DecisionAction.CORRECT, label="other")
    given = {"review_id": reviews[0].id, "fence": reviews[0].fence, "answer": answer}
    return UUID(str(inside(house, lambda: record_decision(actor=actor, **given)).decision_id))
