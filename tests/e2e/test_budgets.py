"""Error budgets and drift in a browser: what is spent cannot be overlooked, and an owner restores it."""

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

from tests.e2e.conftest import OpenAs
from tests.e2e.product import Product
from tests.e2e.test_pages import OWN_WAY

pytestmark = pytest.mark.e2e

KEY = "watched-desk"
WORKFLOW = f"/w/demo/workflows/{KEY}/"
BUDGETS, DRIFT = f"{WORKFLOW}budgets/", f"{WORKFLOW}drift/"
PHONE = {"width": 390, "height": 844}


@pytest.fixture(scope="module")
def watched(product: Product) -> str:
    """A workflow of its own with two budgets, one of them spent, and a bad window among good ones."""
    key = product.desk(KEY, items=2)
    product.hands.run("tests.e2e.furnish_watch", key)
    return key


def serious(page: Page) -> list[str]:
    found = Axe().run(page, options=OWN_WAY).response["violations"]
    return [one["id"] for one in found if one["impact"] in ("serious", "critical")]


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("address", [BUDGETS, DRIFT, WORKFLOW])
def test_axe_finds_nothing_and_nothing_sticks_out(open_as: OpenAs, watched: str, address: str, theme: str) -> None:
    for options in ({}, {"viewport": PHONE}):
        page = open_as("owner", color_scheme=theme, **options)
        page.goto(address)
        expect(page.locator("h1")).to_be_visible()
        assert serious(page) == []
        assert page.evaluate("document.documentElement.scrollWidth") <= page.evaluate("innerWidth")


def test_drift_shows_then_and_now_and_every_window(open_as: OpenAs, watched: str) -> None:
    page = open_as("lead")
    page.goto(DRIFT)
    expect(page.locator(".psi-dot")).to_have_count(7)
    expect(page.locator(".psi-dot--warn")).to_have_count(1)
    expect(page.locator(".psi-limit")).to_have_count(3)
    for title in ("Confidence", "Length of the text", "Known words", "Predicted labels"):
        card = page.locator("section.card", has=page.get_by_role("heading", name=title))
        expect(card.locator("rect.now").first).to_be_visible()
        expect(card).to_contain_text("PSI")
    expect(page.locator(".page-head .badge")).to_have_text("no drift")


def test_a_spent_budget_is_seen_everywhere_and_restored_with_a_reason(open_as: OpenAs, watched: str) -> None:
    lead = open_as("lead")
    lead.goto("/w/demo/queues/")
    banner = lead.locator(".callout--bad", has_text="watched-desk")
    expect(banner).to_contain_text("items with a value above 1,000 go to people, because the error budget is spent")
    banner.get_by_role("link", name="To the budget").click()
    spent = lead.locator(".budget--spent")
    expect(spent).to_contain_text("Value above 1,000: at most 5 % wrong")
    expect(spent).to_contain_text("These items go to people")
    expect(spent.get_by_role("img")).to_be_visible()
    expect(lead.get_by_text("Restore…")).to_have_count(0)

    owner = open_as("owner")
    owner.goto("/w/demo/notices/")
    expect(owner.get_by_text("an error budget is spent").first).to_be_visible()
    owner.get_by_role("link", name="Open the workflow").first.click()
    expect(owner.locator(".watch-line")).to_contain_text("Value above 1,000, 5 %: spent")
    owner.goto(BUDGETS)
    card = owner.locator(".budget--spent")
    card.get_by_text("Restore…").click()
    card.get_by_label("Reason").first.fill("labels were corrected")
    card.get_by_role("button", name="Restore the budget").click()
    expect(owner.locator(".toast")).to_contain_text("The policy decides again")
    expect(owner.locator(".budget--spent")).to_have_count(0)
    expect(owner.locator(".budget", has_text="Value above 1,000")).to_contain_text("measuring")


def test_an_owner_adds_a_budget_and_gives_it_up(open_as: OpenAs, watched: str) -> None:
    page = open_as("owner")
    page.goto(BUDGETS)
    before = page.locator(".budget").count()
    page.get_by_label("Wrong, at most (%)").fill("1")
    page.get_by_label("Segment").fill("vip")
    page.get_by_role("button", name="Add the budget").click()
    expect(page.locator(".budget")).to_have_count(before + 1)
    card = page.locator(".budget", has_text="“vip”: at most 1 % wrong")
    expect(card).to_contain_text("measuring")

    page.get_by_label("Segment").fill("vip")
    page.get_by_label("Wrong, at most (%)").fill("1")
    page.get_by_role("button", name="Add the budget").click()
    expect(page.locator(".field-error")).to_contain_text("There is a budget for these items already")

    card.get_by_text("Give up…").click()
    card.get_by_label("Reason").fill("no longer promised")
    card.get_by_role("button", name="Give the budget up").click()
    expect(page.locator(".budget")).to_have_count(before)
