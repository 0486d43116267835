"""The hot calls take few statements: this is where their speed comes from."""

import pytest
from django.test import Client
from rest_framework.test import APIClient

from review.models import Queue
from review.services.sweep import sweep_workspace
from routing.models import Workflow
from tests.conftest import House, leave_workspace
from tests.review.api.conftest import Api, claim_one, decide, statements


@pytest.fixture
def browser(house: House) -> APIClient:
    """A signed-in browser that sends its CSRF token."""
    client = APIClient(enforce_csrf_checks=True)
    client.force_login(house.reviewer)
    client.cookies["aios_csrf"] = "a" * 32
    client.credentials(HTTP_X_CSRFTOKEN="a" * 32)
    return client


def test_decide_and_claim_next_takes_four_statements_by_token(house: House, api: Api) -> None:
    house.in_review("one", "two", "three")
    client = api(house.reviewer)
    decide(client, claim_one(client), action="correct", label="other")
    review = claim_one(client)
    leave_workspace()

    with statements() as found:
        answer = decide(client, review, action="accept", claim_next=1)

    assert len(answer.json()["next"]) == 1
    assert len(found) <= 4, found


def test_decide_and_claim_next_takes_five_statements_by_session(house: House, browser: APIClient) -> None:
    house.in_review("one", "two", "three")
    decide(browser, claim_one(browser), action="correct", label="other")
    review = claim_one(browser)
    leave_workspace()

    with statements() as found:
        answer = decide(browser, review, action="accept", claim_next=1)

    assert len(answer.json()["next"]) == 1
    assert len(found) <= 5, found


@pytest.mark.parametrize("path", ["/api/v1/claim/", "/api/v1/queues/triage/claim/"])
def test_claim_takes_two_statements_by_token(house: House, api: Api, path: str) -> None:
    house.in_review("one", "two", "three", "four")
    client = api(house.reviewer)
    claim_one(client)
    leave_workspace()

    with statements() as found:
        answer = client.post(path, {"count": 3}, format="json")

    assert len(answer.json()["reviews"]) == 3
    assert len(found) <= 2, found


def test_claim_takes_three_statements_by_session(house: House, browser: APIClient) -> None:
    house.in_review("one", "two")
    claim_one(browser)
    leave_workspace()

    with statements() as found:
        answer = browser.post("/api/v1/claim/", {"count": 1}, format="json")

    assert len(answer.json()["reviews"]) == 1
    assert len(found) <= 3, found


def test_a_session_without_its_csrf_token_writes_nothing(house: House) -> None:
    house.in_review("one")
    client = Client(enforce_csrf_checks=True)
    client.force_login(house.reviewer)

    answer = client.post("/api/v1/claim/", {"count": 1}, content_type="application/json")

    assert (answer.status_code, answer.json()["code"]) == (403, "csrf_failed")


def test_an_adjudication_and_claim_next_take_six_statements_by_session(
    house: House, browser: APIClient, api: Api
) -> None:
    """One more than other answers: what was delivered is locked and looked at first."""
    Workflow.objects.update(draw_rate=1.0)
    Queue.objects.update(undo_window_s=0)
    house.in_review("one", "two", confidence=0.95)
    for _once in range(2):
        decide(api(house.colleague), claim_one(api(house.colleague)), action="correct", label="other")
    house.enter()
    sweep_workspace(house.workspace.id)
    house.in_review("three")
    decide(browser, claim_one(browser), action="correct", label="other")
    review = claim_one(browser)
    leave_workspace()

    with statements() as found:
        answer = decide(browser, review, action="correct", label="other", claim_next=1)

    assert review["adjudication"]
    assert len(answer.json()["next"]) == 1
    assert len(found) <= 6, found
