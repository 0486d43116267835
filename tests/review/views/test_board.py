"""The lead's board as a page: who sees it, what stands on it, and how little it asks of the database."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from governance.models import User
from review.models import Queue, Review
from review.services.claim import claim_reviews
from review.services.queues import pause_queue
from routing.models import Workflow
from routing.services.restrictions import stop_automation
from tests.conftest import House, leave_workspace
from tests.review.api.conftest import statements
from tests.review.services.test_loop import decide

Browser = Callable[[User], Client]


@pytest.fixture
def browser(house: House, monkeypatch: pytest.MonkeyPatch) -> Browser:
    """Return a signed-in browser."""
    monkeypatch.setattr("governance.views.access.lacks_second_factor", lambda _membership: False)

    def open_as(user: User) -> Client:
        client = Client()
        client.force_login(user)
        leave_workspace()
        return client

    return open_as


def address(house: House) -> str:
    return reverse("review:queues", kwargs={"workspace": house.workspace.slug})


def shown(house: House, client: Client) -> str:
    answer = client.get(address(house))
    assert answer.status_code == 200
    return " ".join(answer.content.decode().split())


@pytest.mark.parametrize(("who", "sees"), [("lead", True), ("owner", True), ("admin", True), ("reviewer", False)])
def test_who_leads_sees_the_board_and_others_their_list(house: House, browser: Browser, who: str, sees: bool) -> None:
    page = shown(house, browser(house.people[who]))
    assert ('id="board"' in page, 'id="queues"' in page) == (sees, not sees)
    assert ("Stop automation" in page) == sees


def test_a_refresh_gets_the_live_part_alone(house: House, browser: Browser) -> None:
    house.in_review("one")
    answer = browser(house.lead).get(address(house), headers={"HX-Request": "true"})
    assert b"<html" not in answer.content
    assert b"<dialog" not in answer.content
    assert b'data-queue="triage"' in answer.content


def test_everything_is_said_in_words(house: House, browser: Browser) -> None:
    house.in_review("one", "two", "three", "four")
    reviewer = house.actor(house.reviewer)
    for review in claim_reviews(actor=reviewer, count=2):
        decide(reviewer, review)
    claim_reviews(actor=reviewer, count=1)
    Queue.objects.update(undo_window_s=0)
    Review.objects.filter(state="open").update(due_at=timezone.now() - timedelta(minutes=1))
    page = shown(house, browser(house.lead))

    assert "with 1 person" in page
    assert "1 overdue" in page
    assert "grew by 2" in page
    assert "100 %, 2 of 2" in page
    assert "Take back…" in page
    assert "Assign…" in page


def test_a_stop_stands_on_the_board_and_the_owners_page(house: House, browser: Browser) -> None:
    stop_automation(actor=house.actor(house.lead), workflow=house.workflow, reason="wrong <labels>")
    lead, owner = shown(house, browser(house.lead)), shown(house, browser(house.owner))
    assert "Support triage: automation is stopped" in lead
    assert "wrong &lt;labels&gt;" in lead
    assert "Nothing was accepted automatically after 0.0" in lead
    assert ("Resume…" in lead, "An owner can resume it." in lead) == (False, True)
    assert "Resume…" in owner

    path = reverse("review:workflow", kwargs={"workspace": house.workspace.slug, "key": "support-triage"})
    content = browser(house.owner).get(path).content.decode()
    assert "Automation is stopped" in content
    assert "wrong &lt;labels&gt;" in content
    admin = browser(house.owner).get("/admin/routing/workflow/").content.decode()
    assert "resume it on the board" in admin


def test_what_is_held_from_before_the_stop_is_counted(house: House, browser: Browser) -> None:
    Workflow.objects.filter(id=house.workflow.id).update(hold_s=600)
    house.in_review("one", "two", confidence=0.99)
    stop_automation(actor=house.actor(house.lead), workflow=house.workflow, reason="wrong labels")
    assert "2 automatic outcomes from before are still held" in shown(house, browser(house.lead))


def test_a_paused_queue_says_so_and_can_be_opened(house: House, browser: Browser) -> None:
    house.in_review("one")
    pause_queue(actor=house.actor(house.lead), key="triage", is_paused=True, reason="a")
    page = shown(house, browser(house.lead))
    assert "paused: nothing is handed out" in page
    assert 'data-act="open"' in page


def test_the_page_takes_few_statements(house: House, browser: Browser) -> None:
    house.in_review(*"abcdefgh")
    claim_reviews(actor=house.actor(house.reviewer), count=3)
    client = browser(house.lead)
    client.get(address(house))
    leave_workspace()
    with statements() as found:
        client.get(address(house), headers={"HX-Request": "true"})
    # Session, person and membership beside the board's five.
    assert len(found) <= 8, found
