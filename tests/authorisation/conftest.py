"""The house where everything that has an address exists."""

import pytest
from django.db import transaction

from governance.services.clients import create_client
from review.services.attachments import store_attachment
from review.services.claim import claim_reviews
from routing.services.budgets import create_budget
from routing.services.releases import propose
from tests.certified import certify
from tests.conftest import House, build_house
from tests.delivering import endpoint_of, publish
from tests.review.services.test_datasets import freeze
from tests.review.services.test_loop import decide
from tests.routing.services.replaying import replayed


@pytest.fixture
def worked(house: House, monkeypatch: pytest.MonkeyPatch) -> House:
    """The cast, with one of everything that has an address."""
    monkeypatch.setattr("governance.views.access.lacks_second_factor", lambda _membership: False)
    house.in_review("decided", "open", "leased")
    reviewer = house.actor(house.reviewer)
    review, _other = claim_reviews(actor=reviewer, count=2)
    decide(reviewer, review)
    owner = house.actor(house.owner)
    create_client(actor=owner, name="Shop")
    store_attachment(actor=owner, content=b"some text", name="a.txt")
    freeze(house)
    laxer = {"default_threshold": 0.8, "queue": "triage"}
    propose(actor=owner, workflow=house.workflow, body=laxer, reason="fewer reviews")
    create_budget(actor=owner, workflow=house.workflow, target=0.01)
    replayed(house, laxer)
    certify(house)
    endpoint_of(house)
    publish(house)
    return house


@pytest.fixture
def stored(live_db: None) -> House:
    """The cast, committed: sockets work on connections of their own."""
    with transaction.atomic():
        return build_house()
