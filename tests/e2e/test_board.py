"""The lead's board in a browser: live without moving under the hand, and everything on it can be done and undone."""

import re

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

from tests.e2e.conftest import OpenAs
from tests.e2e.product import Product

pytestmark = pytest.mark.e2e

BOARD = "/w/demo/queues/"
OWN_WAY = {"preload": False, "resultTypes": ["violations"]}
PHONE = {"width": 390, "height": 844}
DIALOG = "dialog#act"


def confirm(page: Page, button: str, reason: str | None = None) -> None:
    """Answer the open dialog."""
    if reason is not None:
        page.get_by_label("Reason").fill(reason)
    page.locator(DIALOG).get_by_role("button", name=button).click()
    expect(page.locator(DIALOG)).to_be_hidden()


def test_a_queue_is_paused_and_opened_with_a_reason(open_as: OpenAs) -> None:
    page = open_as("lead")
    page.goto(BOARD)
    row = page.locator("tr[data-queue=complaints]")
    row.get_by_role("button", name="Pause Complaints").click()
    page.locator(DIALOG).get_by_role("button", name="Pause the queue").click()
    expect(page.locator("#act-error")).to_have_text("Say why in a few words.")
    confirm(page, "Pause the queue", "wrong instructions")
    expect(row.locator(".badge--warn")).to_contain_text("paused")
    # Focus stays where the hand was.
    expect(row.get_by_role("button", name="Open Complaints again")).to_be_focused()
    page.keyboard.press("Enter")
    page.get_by_label("Reason").fill("corrected")
    page.keyboard.press("Control+Enter")

    expect(row.locator(".badge--warn")).to_have_count(0)


def test_automation_is_stopped_by_a_lead_and_resumed_by_an_owner(open_as: OpenAs) -> None:
    lead = open_as("lead")
    lead.goto(BOARD)
    lead.get_by_role("button", name="Stop automation…").click()
    lead.locator(DIALOG).get_by_label("Workflow").select_option(label="Digit reading")
    confirm(lead, "Stop automation", "wrong labels")
    banner = lead.locator(".callout--bad")
    expect(banner).to_contain_text("Digit reading: automation is stopped")
    expect(banner).to_contain_text("Nothing was accepted automatically after 0.0")
    expect(banner.get_by_role("button")).to_have_count(0)

    owner = open_as("owner")
    owner.goto(BOARD)
    owner.get_by_role("button", name="Resume…").click()
    confirm(owner, "Resume automation", "model replaced")
    expect(owner.locator(".callout--bad")).to_have_count(0)


def test_rows_stay_under_the_hand_and_numbers_go_on(product: Product, open_as: OpenAs) -> None:
    """While the pointer rests on the board a held item comes and goes: its row waits, and a button says so."""
    board = open_as("owner")
    board.goto(BOARD)
    expect(board.locator("#live")).to_have_text("live")
    held = board.locator("tr[data-queue=high-value] [data-count=leased]")
    before = held.inner_text()
    rows = board.locator("[data-part=held] tbody tr").count()
    place = board.locator("tr[data-queue=high-value]")
    place.hover()
    box = place.bounding_box()

    station = open_as("colleague")
    station.goto("/w/demo/work/high-value/")
    station.wait_for_selector("article[aria-busy=false] .item-head")
    expect(held).not_to_have_text(before)
    expect(board.locator("#newer")).to_be_visible(timeout=15_000)
    assert board.locator("[data-part=held] tbody tr").count() == rows
    assert place.bounding_box() == box

    board.locator("#newer").click()
    expect(board.locator("#newer")).to_be_hidden()
    taken = board.locator("[data-part=held] tbody tr", has_text="Amara Osei").first
    taken.get_by_role("button", name=re.compile("^Take .* back from Amara Osei$")).click()
    confirm(board, "Take back")
    expect(board.locator(".toasts")).to_contain_text("Taken back")
    (event,) = product.rows("SELECT actor_kind FROM governance_auditevent WHERE action = 'review.taken_back'")
    assert event["actor_kind"] == "person"


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_on_a_phone_nothing_sticks_out_and_axe_finds_nothing_serious(open_as: OpenAs, theme: str) -> None:
    page = open_as("lead", color_scheme=theme, viewport=PHONE)
    page.goto(BOARD)
    page.wait_for_selector("tr[data-queue]")
    assert page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]
    page.get_by_role("button", name="Stop automation…").click()
    found = Axe().run(page, options=OWN_WAY).response["violations"]
    assert [one["id"] for one in found if one["impact"] in ("serious", "critical")] == []
    page.keyboard.press("Escape")
    found = Axe().run(page, options=OWN_WAY).response["violations"]
    assert [one["id"] for one in found if one["impact"] in ("serious", "critical")] == []
