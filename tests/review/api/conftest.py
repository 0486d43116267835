"""Shorter ways to call the API as people of the cast."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from rest_framework.test import APIClient

from governance.models import User
from routing.models import Workflow
from tests.conftest import House

ITEMS = "/api/v1/workflows/support-triage/items/"
BATCH = ITEMS + "batch/"
NOT_COUNTED = ("BEGIN", "COMMIT", "SAVEPOINT", "RELEASE SAVEPOINT", "ROLLBACK")
Api = Callable[[User], APIClient]


@pytest.fixture
def blind_house(house: House) -> House:
    """The cast, where every item is drawn for the calibration sample."""
    Workflow.objects.filter(id=house.workflow.id).update(draw_rate=1.0)
    return house


@contextmanager
def statements() -> Iterator[list[str]]:
    """Collect the statements of a block as the design counts them: without transaction control."""
    found: list[str] = []
    with CaptureQueriesContext(connection) as captured:
        yield found
    texts = [query["sql"] or "(a prepared statement)" for query in captured]
    found.extend(text for text in texts if not text.startswith(NOT_COUNTED))


def claim_one(client: APIClient) -> dict[str, Any]:
    """Claim one review and return it."""
    (review,) = client.post("/api/v1/claim/", {"count": 1}, format="json").json()["reviews"]
    return dict(review)


def decide(client: APIClient, review: dict[str, Any], **answer: Any) -> Any:
    """Answer a claimed review."""
    body = {"fence": review["fence"], "active_ms": 1200} | answer
    return client.post(f"/api/v1/reviews/{review['id']}/decide/", body, format="json")
