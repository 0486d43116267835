"""The page of versions: what it shows to whom, and in how few statements."""

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from governance.models import User, Workspace
from routing.models import PolicyProposal
from routing.services import releases
from tests.conftest import House
from tests.review.views.test_pages import browser, statements_of  # noqa: F401 - the fixture
from tests.routing.services.releasing import LAXER, LAXEST, in_force, owner, proposed, second

Browser = Callable[[User], Client]


def address(house: House, name: str = "versions", **kwargs: Any) -> str:
    where = {"workspace": house.workspace.slug} | (kwargs or {"key": house.workflow.key})
    return reverse(f"review:{name}", kwargs=where)


def page(house: House, client: Client, path: str = "", **headers: str) -> str:
    answer = client.get(path or address(house), headers=headers)
    assert answer.status_code == 200
    house.enter()
    return str(answer.content.decode())


def ask(house: House) -> None:
    Workspace.objects.filter(id=house.workspace.id).update(approves_policies=True)


@pytest.fixture
def released(house: House) -> House:
    """A workflow at its third version, with a proposal on its way."""
    in_force(house)
    in_force(house, LAXEST)
    proposed(house, LAXER | {"rules": [{"kind": "value_above", "limit": 500, "to": "review"}]})
    return house


def test_it_shows_what_is_proposed_with_its_change(released: House, browser: Browser) -> None:  # noqa: F811
    told = page(released, browser(released.owner))

    assert "A value above 500 goes to people" in told
    assert "accepts less" in told
    assert "in place of standard v3" in told
    assert f"proposed by {released.owner.name}" in told
    assert "There are no items of the last days to try it on" in told


def test_the_preview_that_the_proposer_saw_stands_beside_it(house: House, browser: Browser) -> None:  # noqa: F811
    figures = {"automatic": 0.6, "bound": 0.01, "n": 300, "k": 1, "reviews": 120}
    seen = {"kind": "tuner", "active": figures, "draft": figures | {"automatic": 0.7, "reviews": 90}}
    proposed(house, preview=seen)
    told = page(house, browser(house.owner))

    assert "1.00\u00a0% (n = 300, k = 1)" in told
    assert "70\u00a0%" in told


def test_without_one_the_items_of_the_last_days_are_counted(house: House, browser: Browser) -> None:  # noqa: F811
    house.in_review("one", "two", "three", confidence=0.85)
    house.in_review("four", confidence=0.95)
    proposal = proposed(house)

    assert (proposal.preview["kind"], proposal.preview["to_auto"], proposal.preview["to_people"]) == ("counts", 3, 0)
    told = page(house, browser(house.owner))
    assert "Automatic, of 4 items in 14 days" in told
    assert "25\u00a0%" in told


@pytest.mark.parametrize(
    "odd",
    [
        {"kind": "tuner", "active": 1, "draft": {}},
        {"kind": "tuner", "active": {"bound": "x"}, "draft": {"n": []}},
        {"kind": ["tuner"]},
        {"kind": "counts", "items": "x"},
    ],
    ids=["no-objects", "no-numbers", "odd-kind", "odd-counts"],
)
def test_an_odd_preview_breaks_no_page(house: House, browser: Browser, odd: dict[str, Any]) -> None:  # noqa: F811
    proposed(house, preview=odd)

    assert "There are no items of the last days" in page(house, browser(house.owner))


def test_each_sees_the_steps_that_they_can_take(released: House, browser: Browser) -> None:  # noqa: F811
    ask(released)
    own, other = page(released, browser(released.owner)), page(released, browser(released.admin))
    reader = page(released, browser(released.auditor))

    assert "/withdraw/" in own
    assert "/approve/" not in own
    assert "/stage/" not in own
    assert "A second person has to approve it" in own
    assert "/approve/" in other
    assert "/refuse/" in other
    for act in ("data-act", "Propose as code", "Return…"):
        assert act not in reader


def test_only_the_version_before_is_returned_to_at_once_where_approval_is_asked(
    released: House,
    browser: Browser,  # noqa: F811
) -> None:
    assert page(released, browser(released.owner)).count('data-tone="danger"') == 2
    ask(released)
    told = page(released, browser(released.owner))

    assert told.count("Propose the return") == 1
    assert told.count('data-yes="Return"') == 1


def test_what_is_written_by_people_is_no_markup(house: House, browser: Browser) -> None:  # noqa: F811
    releases.propose(actor=owner(house), workflow=house.workflow, body=LAXER, reason="<b>bold</b>")

    told = page(house, browser(house.owner))
    assert "<b>bold" not in told
    assert "&lt;b&gt;bold" in told


def test_two_versions_are_compared(released: House, browser: Browser) -> None:  # noqa: F811
    first = released.workflow.policy_version_id
    last = PolicyProposal.objects.get(state="full").version_id
    told = page(released, browser(released.lead), f"{address(released)}?before={first}&after={last}")

    assert "Automatic from" in told
    assert "accepts more" in told
    for odd in ("?before=x&after=y", "?before=%00", f"?before={last}"):
        page(released, browser(released.lead), address(released) + odd)


def test_without_a_choice_what_is_in_force_is_compared_with_what_is_on_its_way(
    released: House,
    browser: Browser,  # noqa: F811
) -> None:
    told = page(released, browser(released.lead)).partition('id="compare"')[2]
    assert "A value above 500 goes to people" in told
    assert "There is nothing to compare it with yet." not in told


def test_what_is_in_force_is_no_earlier_proposal(house: House, browser: Browser) -> None:  # noqa: F811
    in_force(house)
    assert "Earlier proposals" not in page(house, browser(house.owner))
    in_force(house, LAXEST)
    told = page(house, browser(house.owner)).partition("Earlier proposals")[2]
    assert "standard v2" in told
    assert "standard v3" not in told


def test_the_owners_page_tells_of_a_staged_version(house: House, browser: Browser) -> None:  # noqa: F811
    releases.stage(actor=owner(house), proposal_id=proposed(house).id, share=0.25)
    told = page(house, browser(house.owner), address(house, "workflow"))
    assert "v2 routes 25\u00a0% of the items" in told
    assert f'href="{address(house)}"' in told


def test_htmx_gets_the_part_that_changes_alone(released: House, browser: Browser) -> None:  # noqa: F811
    told = page(released, browser(released.owner), **{"HX-Request": "true"})

    assert "<main" not in told
    assert "All versions" in told


def test_a_notice_leads_to_the_proposal(house: House, browser: Browser) -> None:  # noqa: F811
    proposal = proposed(house)
    releases.refuse(actor=second(house), proposal_id=proposal.id, reason="too early")
    client = browser(house.owner)

    notices = client.get(reverse("review:notices", kwargs={"workspace": house.workspace.slug})).content.decode()
    assert "has refused standard v2" in notices
    house.enter()
    told = page(house, client, address(house, "proposal", proposal_id=proposal.id))
    assert f'aria-selected="true" id="proposal-{proposal.id}"' in told


def test_a_version_is_taken_away_as_a_file(house: House, browser: Browser) -> None:  # noqa: F811
    version = house.workflow.policy_version_id
    client = browser(house.auditor)
    answer = client.get(address(house, "version_code", key=house.workflow.key, version_id=version))

    assert answer["Content-Disposition"] == 'attachment; filename="support-triage-v1.yaml"'
    assert b"default_threshold: 0.9" in answer.content


def test_many_versions_cost_no_more_statements(released: House, browser: Browser) -> None:  # noqa: F811
    client = browser(released.owner)
    page(released, client)
    few = statements_of(client, address(released))
    released.enter()
    for number in range(5):
        proposed(released, LAXER | {"priority": number + 1})

    assert statements_of(client, address(released)) == few
    assert few <= 14
