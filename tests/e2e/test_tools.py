"""What a reviewer does beside answering, by keys alone: put off, reveal, ask somebody, use a template, set keys."""

from typing import Any

import pytest
from playwright.sync_api import expect

from tests.e2e.conftest import OpenAs
from tests.e2e.desk import SEND, Desk
from tests.e2e.product import Product

pytestmark = pytest.mark.e2e


@pytest.fixture
def desk(product: Product, open_as: OpenAs) -> Desk:
    """A workstation on the demo's support messages."""
    desk = Desk(product, open_as("reviewer"), "support-triage")
    desk.open()
    return desk


def trail_of(desk: Desk, item: str, action: str) -> list[dict[str, Any]]:
    """Return what the item's trail keeps of an action, the oldest first."""
    rows = desk.product.rows(
        "SELECT convert_from(p.body, 'UTF8')::jsonb AS body FROM governance_auditevent e"
        " JOIN governance_auditpayload p ON p.event_id = e.id JOIN review_item i ON i.id = e.stream_id"
        " WHERE i.external_id = %(item)s AND e.action = %(action)s ORDER BY e.id",
        item=item,
        action=action,
    )
    return [row["body"] for row in rows]


def send_dialog(desk: Desk) -> None:
    """Send the open dialog by its key and wait until it is gone."""
    desk.page.keyboard.press(SEND)
    expect(desk.page.get_by_role("dialog")).to_have_count(0)


def test_an_item_that_is_put_off_comes_to_nobody_until_then(desk: Desk) -> None:
    item = desk.see().item
    desk.page.keyboard.press("z")
    desk.page.keyboard.press("2")
    send_dialog(desk)

    assert desk.see(after=item).item != item
    expect(desk.told("Put off until")).to_be_visible()
    review = desk.review_of(item)
    assert (review["state"], review["holder_id"]) == ("open", None)
    assert len(trail_of(desk, item, "review.snoozed")) == 1


def test_a_masked_field_is_shown_for_a_reason_that_is_kept(desk: Desk) -> None:
    seen = desk.see()
    while not desk.page.locator("#item [data-reveal]").count():
        seen = desk.press("x")
    name = desk.product.rows(
        "SELECT p.body::jsonb #>> '{customer,name}' AS name FROM review_itempayload p"
        " JOIN review_item i ON i.id = p.item_id WHERE i.external_id = %(item)s",
        item=seen.item,
    )[0]["name"]
    shown = desk.page.locator("#item").get_by_text(name, exact=True)
    expect(shown).to_have_count(0)

    desk.page.keyboard.press("r")
    desk.page.keyboard.press("1")
    send_dialog(desk)

    expect(shown).to_be_visible()
    (told,) = trail_of(desk, seen.item, "item.revealed")
    assert told["reason_code"] == "needed_to_decide"
    assert name not in str(told)


def test_an_escalation_reaches_whom_it_names(desk: Desk) -> None:
    item = desk.see().item
    desk.page.keyboard.press("e")
    desk.page.keyboard.press("2")
    person = desk.page.locator(".people-list .tick").first
    expect(person).to_be_visible()
    person.locator("input").check()
    desk.page.get_by_role("dialog").get_by_label("Note").fill("please look")
    send_dialog(desk)
    desk.see(after=item)
    desk.settle()

    (told,) = trail_of(desk, item, "review.escalated")
    assert (told["reason_code"], told["note"], len(told["mentions"])) == ("risk", "please look", 1)
    notices = desk.product.rows(
        "SELECT n.text FROM governance_notice n JOIN review_item i ON i.id = n.object_id WHERE i.external_id = %(item)s",
        item=item,
    )
    assert len(notices) == 1


def test_a_template_fills_in_and_sends_nothing(desk: Desk) -> None:
    item = desk.see().item
    desk.page.keyboard.press("y")
    search = desk.page.get_by_role("combobox", name="Find a template")
    search.fill("parcel")
    desk.page.keyboard.press("Enter")

    expect(desk.page.locator("#labels input:checked")).to_have_count(1)
    expect(desk.note).not_to_have_value("")
    assert desk.see().item == item
    assert desk.decisions_on(item) == []


def test_a_key_of_ones_own_works_and_is_printed_and_a_conflict_is_told(desk: Desk) -> None:
    page = desk.page
    page.get_by_role("button", name="Your settings").click()
    page.get_by_label("Reject: no label applies").press("q")
    page.get_by_label("Skip, asks a reason").press("q")
    expect(page.get_by_text("Q would do two things")).to_be_visible()
    page.keyboard.press(SEND)
    expect(page.get_by_role("dialog").get_by_role("alert")).to_contain_text("Two things are on one key")
    page.get_by_label("Skip, asks a reason").press("s")
    send_dialog(desk)

    expect(page.get_by_role("button", name="None fits")).to_contain_text("Q")
    item = desk.open().item
    desk.press("q")
    desk.settle()
    assert [decision["action"] for decision in desk.decisions_on(item)] == ["reject"]
    page.get_by_role("button", name="Your settings").click()
    page.get_by_role("button", name="The usual keys").click()
    with page.expect_response(lambda answer: "/preferences/" in answer.url and answer.ok):
        send_dialog(desk)


def test_a_command_is_found_by_its_name(desk: Desk) -> None:
    desk.page.keyboard.press("Control+k")
    desk.page.get_by_role("combobox", name="Find a command").fill("break")
    desk.page.keyboard.press("Enter")

    expect(desk.page.get_by_role("heading", name="On a break")).to_be_visible()


def test_a_draft_follows_the_person_to_another_browser(desk: Desk, open_as: OpenAs) -> None:
    item = desk.see().item
    desk.choose("2")
    # The draft is sent at each pause in the typing; the last one counts.
    with desk.page.expect_response(lambda answer: "half a thought" in (answer.request.post_data or "") and answer.ok):
        desk.write("half a thought")
    review = desk.review_of(item)
    rows = desk.product.rows("SELECT body FROM review_draft WHERE review_id = %(id)s", id=review["id"])
    assert rows[0]["body"]["note"] == "half a thought"
    other = Desk(desk.product, open_as("reviewer"), desk.queue)
    desk.page.context.close()
    other.wait_until(lambda: desk.review_of(item)["state"] == "open", "the lease went back")
    seen = other.open()
    while seen.item != item:  # fails at the last of the items held, where no other comes up
        seen = other.press("j")

    expect(other.note).to_have_value("half a thought")
    expect(other.page.locator("#labels input:checked")).to_have_count(1)


def test_corrected_fields_reach_the_decision(product: Product, open_as: OpenAs) -> None:
    desk = Desk(product, open_as("reviewer"), "invoices")
    item = desk.open().item
    desk.choose("1")
    total = desk.page.get_by_label("Total")
    total.fill("12.50")
    desk.page.keyboard.press(SEND)
    desk.see(after=item)
    desk.settle()

    (decision,) = product.rows(
        "SELECT d.action, d.label, d.fields FROM review_decision d JOIN review_item i ON i.id = d.item_id"
        " WHERE i.external_id = %(item)s",
        item=item,
    )
    assert decision["action"] == "correct"
    assert decision["fields"]["total"] == 12.5
