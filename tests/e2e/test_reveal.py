"""Masked fields on the item page: a reason first, then the value in its place, and a line in the trail."""

import os
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

from tests.e2e.conftest import OpenAs
from tests.e2e.test_pages import OWN_WAY

pytestmark = pytest.mark.e2e

ANSWERED = "/w/demo/items/?workflow=support-triage&state=resolved"


def an_item(page: Page) -> None:
    """Open an item of the demo with masked fields."""
    page.goto(ANSWERED)
    page.locator(".table-link").first.click()
    page.wait_for_selector("button[data-reveal]")


def serious(page: Page) -> list[str]:
    found = Axe().run(page, options=OWN_WAY).response["violations"]
    return [violation["id"] for violation in found if violation["impact"] in ("serious", "critical")]


def picture(page: Page, name: str) -> None:
    """Keep a picture where somebody wants to look at it."""
    if folder := os.environ.get("AIOS_SHOTS"):
        page.screenshot(path=Path(folder) / f"{name}.png")


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_a_reason_reveals_all_masked_fields_by_keys_alone(open_as: OpenAs, theme: str) -> None:
    page = open_as("owner", color_scheme=theme)
    an_item(page)
    dialog = page.locator("#reveal")
    picture(page, f"item-{theme}")
    page.locator("[data-reveal-all]").focus()
    page.keyboard.press("Enter")
    expect(dialog).to_be_visible()
    page.keyboard.press("Control+Enter")
    expect(dialog.get_by_role("alert")).to_have_text("Choose a reason first.")
    assert serious(page) == []
    picture(page, f"dialog-{theme}")
    page.keyboard.press("Space")
    page.keyboard.press("Control+Enter")
    expect(dialog).to_be_hidden()

    expect(page.locator(".revealed")).to_have_count(2)
    expect(page.locator(".revealed").nth(1)).to_contain_text("@")
    expect(page.locator("button[data-reveal], [data-reveal-all]")).to_have_count(0)
    assert serious(page) == []
    picture(page, f"revealed-{theme}")
    page.reload()
    expect(page.locator("button[data-reveal]")).to_have_count(2)
    expect(page.locator(".trail")).to_contain_text("Sensitive fields looked at")
    expect(page.locator(".trail")).to_contain_text("/customer/email")


def test_one_field_is_revealed_alone_and_another_reason_needs_a_note(open_as: OpenAs) -> None:
    page = open_as("reviewer")
    an_item(page)
    dialog = page.locator("#reveal")
    page.locator("button[data-reveal='/customer/email']").click()
    dialog.get_by_label("Something else").check()
    dialog.get_by_role("button", name="Reveal").click()
    expect(dialog.get_by_role("alert")).to_contain_text("Say in the note")
    page.keyboard.type("Asked for by phone")
    dialog.get_by_role("button", name="Reveal").click()
    expect(page.locator(".revealed")).to_have_count(1)
    expect(page.locator(".revealed")).to_be_focused()
    expect(page.locator("button[data-reveal]")).to_have_count(1)


def test_leaving_the_dialog_reveals_nothing_and_gives_the_focus_back(open_as: OpenAs) -> None:
    page = open_as("reviewer")
    an_item(page)
    button = page.locator("button[data-reveal]").first
    button.click()
    page.keyboard.press("Escape")

    expect(page.locator("#reveal")).to_be_hidden()
    expect(button).to_be_focused()
    expect(page.locator(".revealed")).to_have_count(0)
