"""Correcting an answer that has left: on the item's page, and with the key that undoes once the window is over."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Page, expect

from tests.e2e.conftest import OpenAs
from tests.e2e.desk import SEND, Desk
from tests.e2e.product import Product
from tests.e2e.test_reveal import ANSWERED, serious
from tests.processes import eventually

pytestmark = pytest.mark.e2e


def an_answered_item(page: Page) -> None:
    page.goto(ANSWERED)
    page.locator(".table-link").first.click()
    expect(page.get_by_role("heading", name="Answer", exact=True)).to_be_visible()


def test_a_lead_corrects_the_answer_of_an_item_by_keys(open_as: OpenAs) -> None:
    page = open_as("lead")
    an_answered_item(page)
    before = page.locator(".answer-label").inner_text()
    page.get_by_role("button", name="Correct…").press("Enter")
    dialog = page.get_by_role("dialog", name="Correct the answer")
    expect(dialog).to_be_visible()
    page.keyboard.press(SEND)
    expect(dialog.get_by_role("alert")).to_have_text("Choose the right answer first.")
    assert serious(page) == []
    right = "Complaint about service" if before != "Complaint about service" else "Payment problem"
    dialog.get_by_role("combobox", name="Right answer").select_option(label=right)
    page.keyboard.press(SEND)
    expect(page.locator(".answer-label")).to_have_text(right)
    expect(page.get_by_role("heading", name="Before it was amended")).to_be_visible()


def test_who_may_not_amend_is_offered_no_correction(open_as: OpenAs) -> None:
    page = open_as("reviewer")
    an_answered_item(page)
    expect(page.get_by_role("button", name="Correct…")).to_have_count(0)


@pytest.fixture
def short_window(product: Product) -> Iterator[None]:
    """Answers in the demo's queue leave after two seconds."""
    window = "UPDATE review_queue SET undo_window_s = %(seconds)s WHERE key = 'support-triage' RETURNING id"
    product.rows(window, seconds=2)
    yield
    product.rows(window, seconds=30)


@pytest.mark.usefixtures("short_window")
def test_once_the_window_is_over_the_key_that_undoes_offers_a_correction(product: Product, open_as: OpenAs) -> None:
    desk = Desk(product, open_as("lead"), "support-triage")
    seen = desk.open()
    # A blind answer may be disputed; whoever may be asked about that does not amend.
    while not seen.suggested:
        seen = desk.press("x")
    item = seen.item
    desk.press("x")
    desk.settle()
    expect(desk.page.locator("#undo")).to_be_hidden(timeout=20_000)

    def state() -> str:
        (row,) = product.rows("SELECT state FROM review_item WHERE external_id = %(item)s", item=item)
        return str(row["state"])

    eventually(lambda: state() == "resolved", what="the answer has left")
    desk.page.keyboard.press("u")
    dialog = desk.page.get_by_role("dialog", name="Correct the answer")
    expect(dialog).to_contain_text("has left already")
    dialog.get_by_role("combobox", name="Right answer").select_option(label="Payment problem")
    desk.page.keyboard.press(SEND)
    expect(desk.told("Corrected: Payment problem.")).to_be_attached()
    (outcome,) = product.rows(
        "SELECT o.label, o.source FROM review_item i JOIN review_outcome o ON o.id = i.outcome_id WHERE i.external_id = %(item)s",
        item=item,
    )
    assert (outcome["label"], outcome["source"]) == ("payment_problem", "amended")
