"""The page of failed items: what is there, and what its forms do."""

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from governance.models import User
from review.models import Item
from tests.conftest import House
from tests.review.services.test_dead_letters import dead
from tests.review.views.test_pages import browser  # noqa: F401 - the fixture
from tests.workers import states

Browser = Callable[[User], Client]


def address(house: House) -> str:
    return reverse("review:dead", kwargs={"workspace": house.workspace.slug})


def post(house: House, client: Client, **fields: str) -> Any:
    answer = client.post(address(house), fields, follow=True)
    assert answer.status_code == 200
    house.enter()
    return answer


def test_it_says_what_failed_of_what_and_the_frame_counts(house: House, browser: Browser) -> None:  # noqa: F811
    dead(house, "one", "two")
    page = browser(house.lead).get(address(house)).content.decode()
    assert "The model answered with a label that the contract does not know" in page
    assert 'nav-count--bad">2<' in page
    assert "Try 2 again" in page
    assert "nav-count--bad" not in browser(house.auditor).get(address(house).replace("dead", "items")).content.decode()


def test_it_says_that_nothing_has_failed(house: House, browser: Browser) -> None:  # noqa: F811
    page = browser(house.lead).get(address(house)).content.decode()
    assert "Nothing has failed" in page
    assert "nav-count--bad" not in page


def test_htmx_gets_the_list_alone(house: House, browser: Browser) -> None:  # noqa: F811
    dead(house, "one")
    page = browser(house.lead).get(address(house), headers={"HX-Request": "true"}).content.decode()
    assert "<main" not in page
    assert "Try 1 again" in page


@pytest.mark.parametrize(
    ("action", "state", "said"),
    [
        ("replay", "received", "goes to the model again"),
        ("people", "in_review", "is with people now"),
        ("withdraw", "withdrawn", "is withdrawn"),
    ],
)
def test_one_item_is_dealt_with_by_its_buttons(
    house: House,
    browser: Browser,  # noqa: F811
    action: str,
    state: str,
    said: str,
) -> None:
    first, second = dead(house, "one", "two")
    client = browser(house.lead)
    assert said in post(house, client, action=action, item=str(first)).content.decode()
    assert Item.objects.get(id=first).state == state
    assert Item.objects.get(id=second).state == "dead"
    again = post(house, client, action=action, item=str(first)).content.decode()
    assert "only a dead one" in again or "The item is" in again or action == "withdraw"


def test_all_of_a_kind_are_dealt_with_and_the_rest_stays(house: House, browser: Browser) -> None:  # noqa: F811
    dead(house, *"abc")
    dead(house, "d", label="")
    client = browser(house.lead)
    answer = post(house, client, all="1", action="people", workflow=house.workflow.key, failure="unknown_label")
    assert "3 items are with people now" in answer.content.decode()
    assert "Try 1 again" in answer.content.decode()
    assert states(house) == {"in_review": 3, "dead": 1}
    answer = post(house, client, all="1", action="replay", workflow="", failure="")
    assert "1 item goes to the model again" in answer.content.decode()
    assert states(house) == {"in_review": 3, "received": 1}


@pytest.mark.parametrize("who", ["reviewer", "auditor", "integrator", "outsider"])
def test_nobody_else_deals_with_them(house: House, browser: Browser, who: str) -> None:  # noqa: F811
    (item_id,) = dead(house, "one")
    for fields in ({"item": str(item_id)}, {"all": "1"}):
        assert browser(house.people[who]).post(address(house), {"action": "replay"} | fields).status_code in {403, 404}
    house.enter()
    assert Item.objects.get(id=item_id).state == "dead"


@pytest.mark.parametrize("fields", [{}, {"action": "x"}, {"action": "replay"}, {"action": "withdraw", "all": "1"}])
def test_a_form_that_says_nothing_changes_nothing(
    house: House,
    browser: Browser,  # noqa: F811
    fields: dict[str, str],
) -> None:
    (item_id,) = dead(house, "one")
    assert browser(house.lead).post(address(house), fields).status_code == 200
    assert (
        browser(house.lead).get(address(house), {"before": "x", "workflow": "\x00", "failure": "x"}).status_code == 200
    )
    house.enter()
    assert Item.objects.get(id=item_id).state == "dead"
