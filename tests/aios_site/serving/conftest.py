"""A house whose decisions are final at once, one web process, and the tokens of its people."""

import asyncio
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from django.db import connections, transaction

from governance.models import User
from review.domain.states import DecisionAction
from review.models import Queue
from review.services.claim import claim_reviews
from review.services.decide import Answer, record_decision
from tests.aios_site.working import inside
from tests.conftest import House, build_house, client_of
from tests.review.api.conftest import ITEMS
from tests.web import Reply, Web, running_web


@dataclass(frozen=True, slots=True)
class Town:
    """A house with committed rows."""

    house: House
    web: Web

    def token(self, user: User) -> str:
        with transaction.atomic():
            self.house.enter()
            client = client_of(self.house, user)
        return str(client._credentials["HTTP_AUTHORIZATION"]).removeprefix("Bearer ")

    def in_review(self, count: int) -> list[str]:
        with transaction.atomic():
            self.house.enter()
            return [str(item_id) for item_id in self.house.in_review(*(f"text {n}" for n in range(count)))]

    def decide_all(self) -> int:
        """Claim and decide until nothing is left, faster than anybody's wait runs out; return how many were decided."""
        house, decided = self.house, 0
        reviewer = inside(house, lambda: house.actor(house.reviewer))
        answer = Answer(action=DecisionAction.CORRECT, label="other", active_ms=900)
        while reviews := inside(house, lambda: claim_reviews(actor=reviewer, count=10)):
            for one in reviews:
                inside(
                    house,
                    lambda one=one: record_decision(actor=reviewer, review_id=one.id, fence=one.fence, answer=answer),
                )
                decided += 1
        return decided

    async def aside(self, work: Any) -> Any:
        """Work on this process's own database connections without holding the loop up."""

        def done() -> Any:
            try:
                return work()
            finally:
                connections.close_all()

        return await asyncio.to_thread(done)

    async def send(self, token: str, text: str, *, wait: str = "", **request: Any) -> Reply:
        path = f"{ITEMS}?wait={wait}" if wait else ITEMS
        data = {"external_id": text, "payload": {"text": text}}
        return await self.web.call("POST", path, token=token, data=data, **request)

    async def waiting(self) -> int:
        """Return how many callers wait, as the process itself tells."""
        text = (await self.web.call("GET", "/metrics")).body.decode()
        found = re.search(r"^aios_waiting_callers(?:\{[^}]*\})? (\S+)$", text, re.MULTILINE)
        return int(float(found[1])) if found else 0


@pytest.fixture
def settled_house(live_db: None) -> House:
    """The cast, committed; what is decided is final at once."""
    with transaction.atomic():
        house = build_house()
        Queue.objects.update(undo_window_s=0)
    return house


@pytest.fixture(scope="module")
def lasting_web() -> Iterator[Web]:
    """A web process for the tests of a module that do not end it."""
    with running_web() as web:
        yield web


@pytest.fixture
def town(settled_house: House, lasting_web: Web) -> Town:
    """The cast, and a web process that serves them."""
    return Town(settled_house, lasting_web)
