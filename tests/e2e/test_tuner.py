"""The tuner in a browser: hand, slider and field move the same threshold, refusals can be read, and who may not propose can't."""

import re

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

from tests.e2e.conftest import OpenAs
from tests.e2e.product import Product

pytestmark = pytest.mark.e2e

# The demo's digits can be certified; its support messages are too few.
CERTIFIED = "/w/demo/workflows/digit-reading/thresholds/"
REFUSED = "/w/demo/workflows/support-triage/thresholds/"
OWN_WAY = {"preload": False, "resultTypes": ["violations"]}
PHONE = {"width": 390, "height": 844}


def opened(page: Page, path: str) -> Page:
    page.goto(path)
    settled(page)
    return page


def settled(page: Page) -> None:
    """Wait until what was asked last is shown."""
    expect(page.locator("#tuner")).to_have_attribute("aria-busy", "false")


def automatic(page: Page) -> float:
    return float(page.locator("[data-figure=automatic]").inner_text().split("\u00a0")[0])


def drafted(page: Page) -> str:
    return page.locator("#threshold").input_value()


def test_dragging_the_mark_moves_threshold_and_figures(open_as: OpenAs) -> None:
    page = opened(open_as("owner"), CERTIFIED)
    before, at = automatic(page), drafted(page)
    handle = page.locator(".mark--draft .handle")
    box = handle.bounding_box()
    assert box
    page.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    page.mouse.down()
    page.mouse.move(box["x"] - 60, box["y"] + 40, steps=8)
    page.mouse.up()
    expect(page.locator("[data-figure=automatic] .bad")).to_contain_text("▼")
    settled(page)
    assert automatic(page) < before
    assert float(drafted(page)) > float(at)
    moved = handle.bounding_box()
    assert moved
    assert moved["x"] < box["x"] - 30
    expect(page.locator("#draft-badge")).to_have_text(re.compile(r"^draft of v\d+$"))
    expect(page.locator("#compare .col-draft .mono")).to_have_text(drafted(page))
    expect(page.locator("#labels-title")).to_have_text(f"By label, at {drafted(page)}")


def test_the_slider_does_the_same_from_the_keyboard(open_as: OpenAs) -> None:
    page = opened(open_as("owner"), CERTIFIED)
    before, at = automatic(page), drafted(page)
    slider = page.get_by_role("slider", name="Share decided automatically")
    slider.focus()
    for _press in range(6):
        page.keyboard.press("ArrowLeft")
    expect(page.locator("[data-figure=automatic] .bad")).to_contain_text("points")
    settled(page)
    assert automatic(page) < before
    assert float(drafted(page)) > float(at)
    assert drafted(page) in (slider.get_attribute("aria-valuetext") or "")
    expect(page.locator(".mark--draft .handle-text")).to_contain_text(drafted(page))


def test_the_field_does_the_same_and_refuses_what_is_no_threshold(open_as: OpenAs) -> None:
    page = opened(open_as("owner"), CERTIFIED)
    field = page.get_by_label("Threshold", exact=True)
    field.fill("0.9")
    field.press("Enter")
    expect(page.locator("#compare .col-draft .mono")).to_have_text("0.900")
    field.press("ArrowUp")
    expect(page.locator("#compare .col-draft .mono")).to_have_text("0.901")
    field.fill("1.7")
    field.press("Enter")
    expect(field).to_have_attribute("aria-invalid", "true")
    expect(page.locator("#compare .col-draft .mono")).to_have_text("0.901")


def test_assumptions_change_money_and_are_kept_when_asked(product: Product, open_as: OpenAs) -> None:
    page = opened(open_as("owner"), CERTIFIED)
    before = page.locator("[data-figure=cost]").inner_text()
    page.get_by_label("One wrong accept").fill("400")
    page.get_by_label("One wrong accept").press("Tab")
    expect(page.locator("[data-figure=cost]")).not_to_have_text(before)
    page.get_by_role("button", name="Keep these assumptions").click()
    expect(page.locator(".toasts")).to_contain_text("Kept")
    expect(page.locator("#keep")).to_be_hidden()
    (row,) = product.rows("SELECT wrong_cost FROM routing_assumptions")
    assert row["wrong_cost"] == 400


def test_a_label_gets_a_threshold_of_its_own_and_loses_it(open_as: OpenAs) -> None:
    page = opened(open_as("owner"), CERTIFIED)
    field = page.get_by_label("Threshold of 8")
    field.fill("never")
    field.press("Tab")
    row = page.locator("#labels tr", has=page.locator("[data-own='8']"))
    expect(row.locator(".badge")).to_have_text("never automatic")
    page.get_by_label("Threshold of 8").fill("")
    page.get_by_label("Threshold of 8").press("Tab")
    expect(row.locator(".badge")).to_have_text("pooled")


def test_the_certified_threshold_is_taken_and_proposed_with_a_reason(product: Product, open_as: OpenAs) -> None:
    page = opened(open_as("owner"), CERTIFIED)
    propose = page.get_by_role("button", name=re.compile("^Propose v"))
    expect(propose).to_have_attribute("aria-disabled", "true")
    page.get_by_role("button", name=re.compile("^Use certified")).click()
    expect(page.locator("#verdict")).to_contain_text("Keeps 2\u00a0%")
    expect(propose).to_have_attribute("aria-disabled", "false")
    settled(page)
    wanted = float(drafted(page))
    propose.click()
    page.get_by_role("button", name="Propose Ctrl Enter").click()
    expect(page.locator("#proposal-error")).to_have_text("Say why in a few words.")
    page.get_by_label("Reason").fill("the sample allows more")
    page.keyboard.press("Control+Enter")
    expect(page.locator("#proposal")).to_be_hidden()
    expect(page.locator(".toasts")).to_contain_text("Proposed.")
    (row,) = product.rows(
        "SELECT p.reason, p.preview ->> 'target' AS target, v.body ->> 'default_threshold' AS threshold"
        " FROM routing_policyproposal p JOIN routing_policyversion v ON v.id = p.version_id WHERE p.reason = 'the sample allows more'"
    )
    assert (row["reason"], float(row["target"])) == ("the sample allows more", 0.02)
    assert float(row["threshold"]) == pytest.approx(wanted, abs=1e-6)
    page.get_by_role("link", name="To the versions").click()
    page.wait_for_url("**/versions/")


def test_a_refusal_says_why_what_is_missing_and_what_would_help(open_as: OpenAs) -> None:
    page = opened(open_as("owner"), REFUSED)
    refusal = page.locator("#refusal")
    expect(refusal.locator("h2")).to_have_text("No threshold can be certified for 2\u00a0% yet")
    for sentence in re.findall(r"[^.]+\.(?:\s|$)", refusal.locator("p").inner_text()):
        assert re.fullmatch(r"\s*[A-Z0-9][^%({]*(?:\u00a0%[^%({]*)*\.\s*", sentence), sentence
    # Each installation draws a sample of its own: where the surest of its few answers is wrong, no number of them would do.
    missing = page.locator("#missing")
    if missing.locator(".figure-value").count():
        expect(missing.locator(".figure-value")).to_have_text(re.compile(r"^\d+$"))
        expect(missing).to_contain_text("more sample answers would likely certify 2\u00a0%")
        expect(page.locator("#ways .way")).not_to_have_count(0)
    else:
        expect(missing).to_have_text("More answers alone would not help; see what was checked below.")
    expect(page.locator("#checks li.bad")).not_to_have_count(0)
    # Laxer than what is active is not for proposing; stricter is.
    field = page.get_by_label("Threshold", exact=True)
    propose = page.get_by_role("button", name=re.compile("^Propose v"))
    field.fill("0.5")
    field.press("Enter")
    expect(page.locator("#draft-badge")).to_be_visible()
    settled(page)
    expect(propose).to_have_attribute("aria-disabled", "true")
    field.fill("0.9")
    field.press("Enter")
    expect(propose).to_have_attribute("aria-disabled", "false")


@pytest.mark.parametrize("role", ["lead", "auditor"])
def test_who_may_not_configure_looks_and_cannot_propose(open_as: OpenAs, role: str) -> None:
    page = opened(open_as(role), CERTIFIED)
    field = page.get_by_label("Threshold", exact=True)
    field.fill("0.9")
    field.press("Enter")
    expect(page.locator("#compare .col-draft .mono")).to_have_text("0.900")
    expect(page.locator("#propose, #keep, #labels input")).to_have_count(0)


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("path", [CERTIFIED, REFUSED], ids=["certified", "refused"])
def test_axe_finds_nothing_serious_and_a_phone_scrolls_no_page_sideways(open_as: OpenAs, theme: str, path: str) -> None:
    wide = opened(open_as("owner", color_scheme=theme), path)
    narrow = opened(open_as("owner", color_scheme=theme, viewport=PHONE), path)
    assert narrow.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]
    for page in (wide, narrow):
        found = Axe().run(page, options=OWN_WAY).response["violations"]
        assert [one["id"] for one in found if one["impact"] in ("serious", "critical")] == []
