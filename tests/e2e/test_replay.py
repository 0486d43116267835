"""The time machine in a browser: a draft is replayed, its items are looked through, and it is proposed."""

import json
import re
from pathlib import Path
from urllib.parse import quote

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

from tests.e2e.conftest import OpenAs
from tests.e2e.product import Product

pytestmark = pytest.mark.e2e

PATH = "/w/demo/workflows/support-triage/replay/"
OWN_WAY = {"preload": False, "resultTypes": ["violations"]}


def work(product: Product) -> None:
    """Do what a worker does: none runs beside these tests."""
    product.hands.run("tests.e2e.furnish_replay")


def replayed(product: Product, page: Page, threshold: str) -> Page:
    """Replay the active policy with another threshold, and wait until its items are listed."""
    page.goto(PATH)
    page.get_by_label("Automatic from").fill(threshold)
    page.get_by_role("button", name="Replay", exact=True).click()
    page.wait_for_url(re.compile(r"\?id="))
    expect(page.locator("#running")).to_be_visible()
    work(product)
    expect(page.locator("#found")).to_have_text(re.compile(r"^\d"))
    return page


def test_a_draft_is_replayed_and_its_items_are_looked_through(product: Product, open_as: OpenAs) -> None:
    page = replayed(product, open_as("owner"), "0.3")
    expect(page.locator(".diffs")).to_contain_text("0.30")
    expect(page.get_by_label("Automatic from")).to_have_value("0.3")
    listed = page.locator("#rows tr")
    everything = int(page.locator("#found").inner_text().split()[0])
    assert everything > 0
    expect(listed.first).to_contain_text("automatic")

    page.get_by_role("button", name=re.compile("^to escalate")).click()
    expect(page.locator("#found")).to_have_text("0 found")
    expect(listed).to_have_text(["None."])
    page.get_by_role("button", name=re.compile("^to automatic")).click()
    expect(page.locator("#found")).to_have_text(re.compile(rf"^{everything} "))
    page.get_by_label("Human answer").select_option("other")
    expect(page.locator("#found")).not_to_have_text(re.compile(rf"^{everything} "))
    with page.expect_download() as fetched:
        page.locator("#table").click()
    lines = Path(fetched.value.path()).read_text(encoding="utf-8").splitlines()
    assert lines[0].startswith("item_id,external_id,")
    assert {line.split(",")[-2] for line in lines[1:]} <= {"other"}
    page.get_by_label("Human answer").select_option("")
    expect(page.locator("#found")).to_have_text(re.compile(rf"^{everything} "))

    number = listed.nth(1).locator("a").inner_text()
    page.locator("h1").click()
    page.keyboard.press("j")
    page.keyboard.press("j")
    expect(listed.nth(1)).to_have_attribute("aria-selected", "true")
    page.keyboard.press("Enter")
    expect(page.locator("h1")).to_contain_text(number)


def test_the_tuners_draft_is_taken_over_and_can_be_proposed(product: Product, open_as: OpenAs) -> None:
    page = open_as("owner")
    page.goto(PATH)
    body = json.loads(page.locator("#active-body").text_content() or "") | {"default_threshold": 0.3}
    page.goto(f"{PATH}?draft={quote(json.dumps(body))}")
    expect(page.get_by_label("Automatic from")).to_have_value("0.3")
    page.get_by_role("button", name="Replay", exact=True).click()
    page.wait_for_url(re.compile(r"\?id="))
    work(product)
    expect(page.locator("#found")).to_have_text(re.compile(r"^\d"))

    page.get_by_role("button", name="Propose with this preview").click()
    page.locator("#proposal-yes").click()
    expect(page.locator("#proposal-error")).to_have_text("Say why in a few words.")
    page.get_by_label("Reason").fill("fewer reviews")
    page.keyboard.press("Control+Enter")
    page.wait_for_url(re.compile("/versions/"))
    rows = product.rows("SELECT replay_id FROM routing_policyproposal WHERE reason = 'fewer reviews'")
    assert [row["replay_id"] is not None for row in rows] == [True]


def test_a_draft_that_cannot_be_replayed_says_why(open_as: OpenAs) -> None:
    page = open_as("owner", but=("Failed to load resource",))
    page.goto(PATH)
    page.get_by_label("Automatic from").fill("3")
    page.get_by_role("button", name="Replay", exact=True).click()
    expect(page.locator("#ask-error")).to_contain_text("between 0 and 1")
    page.get_by_label("Automatic from").fill("0.5")
    page.get_by_text("The whole draft, with its rules").click()
    page.get_by_label("The draft as JSON").fill('{"default_threshold": 0.5, "queue": "triage", "rule": []}')
    page.get_by_role("button", name="Replay", exact=True).click()
    expect(page.locator("#ask-error")).to_contain_text("unknown")


def test_who_may_not_configure_looks_and_asks_for_nothing(product: Product, open_as: OpenAs) -> None:
    replayed(product, open_as("owner"), "0.3")
    page = open_as("lead")
    page.goto(PATH)
    expect(page.locator("#found")).to_have_text(re.compile(r"^\d"))
    expect(page.locator("#ask")).to_have_count(0)
    expect(page.get_by_role("button", name=re.compile("Propose"))).to_have_count(0)


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_axe_finds_nothing_serious_and_nothing_is_wider_than_a_phone(
    product: Product, open_as: OpenAs, theme: str
) -> None:
    page = replayed(product, open_as("owner", color_scheme=theme), "0.3")
    found = Axe().run(page, options=OWN_WAY).response["violations"]
    assert [one["id"] for one in found if one["impact"] in ("serious", "critical")] == []
    page.set_viewport_size({"width": 390, "height": 844})
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
