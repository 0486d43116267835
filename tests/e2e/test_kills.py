"""What a workstation loses when something is taken away from it: nothing that was typed, and nothing is sent twice."""

from collections.abc import Callable
from contextlib import suppress
from typing import Any

import pytest
from playwright.sync_api import Error, Page, Route, expect

from tests.e2e.browser import sign_in
from tests.e2e.conftest import OpenAs
from tests.e2e.desk import SEND, Desk
from tests.e2e.product import Product

pytestmark = pytest.mark.e2e

NOTE = "half a thought about order 7, a 1 x"
# What Chromium itself says of a request that failed; the page must add nothing.
NETWORK = ("Failed to load resource", "WebSocket connection to")


@pytest.fixture
def desk_of(product: Product, open_as: OpenAs) -> Callable[..., Desk]:
    """Return a workstation whose network may fail."""

    def open_desk(role: str | None, **options: Any) -> Desk:
        return Desk(product, open_as(role, but=NETWORK, **options), product.desk("kills", items=90))

    return open_desk


def assert_stored_once(desk: Desk, item: str, **expected: str | None) -> None:
    (decision,) = desk.decisions_on(item)
    assert {name: decision[name] for name in expected} == expected
    assert decision["counts"]


def close_tab(desk: Desk) -> Page:
    """Close the tab as a person does, and return an empty one of the same browser."""
    context = desk.page.context
    other = context.new_page()
    with desk.page.expect_event("close"):
        desk.page.close(run_before_unload=True)
    return other


def crash_tab(desk: Desk) -> Page:
    """End the tab's process, so that it can't say good-bye, and return an empty tab of the same browser."""
    other = desk.page.context.new_page()
    with desk.page.expect_event("crash"), suppress(Error):
        desk.page.goto("chrome://crash")
    return other


@pytest.mark.parametrize("end", [close_tab, crash_tab], ids=["closed", "crashed"])
def test_a_tab_that_goes_in_mid_typing_loses_nothing(desk_of: Callable[..., Desk], end: Callable[[Desk], Page]) -> None:
    desk = desk_of("reviewer")
    item = desk.open().item
    label = desk.choose("2")
    desk.write(NOTE)

    again = Desk(desk.product, end(desk), desk.queue)
    if end is crash_tab:
        again.end_lease(item)
    again.wait_until(lambda: again.review_of(item)["state"] == "open", "the item is in its queue again")
    seen = again.open()

    assert (seen.item, seen.chosen) == (item, label)
    expect(again.note).to_have_value(NOTE)
    assert again.decisions_on(item) == []
    again.press(SEND)
    again.settle()
    assert_stored_once(again, item, label=label, note=NOTE)


def test_a_session_that_ends_while_one_decides_keeps_answers_until_one_is_signed_in(
    product: Product, desk_of: Callable[..., Desk]
) -> None:
    desk = desk_of(None)
    login = product.logins["colleague"]
    sign_in(desk.page, product.url, login.email, login.password)
    item = desk.open().item
    label = desk.choose("3")
    desk.write(NOTE)
    (session,) = [one for one in desk.page.context.cookies() if one["name"] == "aios_session"]
    product.rows("DELETE FROM django_session WHERE session_key = %(key)s", key=session["value"])

    following = desk.press(SEND).item
    expect(desk.page.locator("#saved")).to_contain_text("Not saved: you were signed out.")
    expect(desk.told("you were signed out").first).to_be_attached()
    desk.write("and another")
    with desk.page.context.expect_page() as opened:
        desk.page.get_by_role("link", name="Sign in in a new tab").click()
    other = opened.value
    other.get_by_label("E-mail").fill(login.email)
    other.get_by_label("Password").fill(login.password)
    other.get_by_role("button", name="Sign in").click()
    other.wait_for_url(lambda address: "/accounts/login/" not in address)

    desk.settle()
    assert_stored_once(desk, item, label=label, note=NOTE)
    assert desk.see().item == following
    expect(desk.note).to_have_value("and another")
    assert desk.decisions_on(following) == []


@pytest.mark.parametrize("fate", ["open again", "on its way back", "taken by another"])
def test_a_lease_that_ends_while_one_types_says_so_and_keeps_the_answer(
    product: Product, open_as: OpenAs, fate: str
) -> None:
    is_taken = fate == "taken by another"
    desk = Desk(product, open_as("reviewer", but=NETWORK), product.desk("leases", items=40, lease_s=12))
    item = desk.open().item
    label, note = desk.choose("1"), f"{NOTE}, {fate}"
    desk.write(note)

    claims: list[Route] = []
    if fate == "on its way back":
        desk.page.route("**/claim/", lambda route: claims.append(route))  # noqa: PLW0108 - Playwright marks the function it is given
    if is_taken:
        other = open_as("colleague")
        desk.page.context.set_offline(True)  # so that the page does not come first
        desk.end_lease(item)
        take(product, other, desk, item)
        desk.page.context.set_offline(False)
    else:
        desk.end_lease(item)
    expect(desk.alert).to_contain_text("ran out", timeout=25_000)
    assert desk.see().item == item
    expect(desk.note).to_have_value(note)
    desk.press(SEND)
    for claim in claims:
        claim.continue_()
    desk.page.unroute("**/claim/")
    desk.settle()

    assert bool(claims) == (fate == "on its way back")
    if not is_taken:
        assert len(desk.decisions_on(item)) == 1, "nobody else had it, so it was held for the person again"
    kept = [(row["label"], row["note"]) for row in (*desk.decisions_on(item), *desk.late_answers_on(item))]
    assert kept.count((label, note)) == 1, "the answer is there once: as the decision, or as a second opinion"
    if is_taken:
        expect(desk.told("kept as a second opinion").first).to_be_visible()
        assert desk.decisions_on(item) == []
        assert desk.review_of(item)["state"] == "leased"


def take(product: Product, page: Page, desk: Desk, item: str) -> None:
    """Have somebody else claim from the queue until they hold the item."""
    page.goto("/w/demo/items/")
    token = next(one["value"] for one in page.context.cookies() if one["name"] == "aios_csrf")
    for _once in range(20):
        answer = page.request.post(
            f"/api/v1/queues/{desk.queue}/claim/",
            data={"count": 1},
            headers={"X-CSRFToken": token, "Aios-Workspace": "demo", "Origin": product.url},
        )
        if item in [review["item"]["external_id"] for review in answer.json()["reviews"]]:
            return
    raise AssertionError(f"{item} was not handed out")


def test_a_network_that_is_cut_holds_answers_back_until_it_is_there_again(desk_of: Callable[..., Desk]) -> None:
    desk = desk_of("reviewer")
    first = desk.open().item
    attempts: list[str] = []
    desk.page.on("requestfailed", lambda request: attempts.append(request.url))
    desk.page.context.set_offline(True)

    label = desk.choose("4")
    desk.write(NOTE)
    second = desk.press(SEND).item
    third = desk.press("x").item
    desk.write("offline")
    expect(desk.page.locator("#saved")).to_contain_text("Not saved yet, trying again in")
    expect(desk.told("Not saved yet").first).to_be_attached()
    desk.wait_until(lambda: sum(url.endswith("/decide/") for url in attempts) >= 4, "it was tried again and again")
    assert desk.decisions_on(first) == []
    desk.page.context.set_offline(False)

    desk.settle()
    assert_stored_once(desk, first, label=label, note=NOTE)
    assert_stored_once(desk, second, action="reject", note="")
    assert desk.see().item == third
    expect(desk.note).to_have_value("offline")


def test_answers_of_a_tab_that_closed_without_a_network_go_out_from_the_next(desk_of: Callable[..., Desk]) -> None:
    desk = desk_of("colleague")
    item = desk.open().item
    desk.page.context.set_offline(True)
    label = desk.choose("5")
    desk.write(NOTE)
    desk.press(SEND)
    expect(desk.page.locator("#saved")).to_contain_text("Not saved yet")
    page = close_tab(desk)
    page.context.set_offline(False)

    again = Desk(desk.product, page, desk.queue)
    again.open()
    expect(again.told("An answer from before was sent.").first).to_be_attached(timeout=20_000)
    again.settle()
    assert_stored_once(again, item, label=label, note=NOTE)


def test_an_answer_whose_receipt_is_lost_is_stored_once(desk_of: Callable[..., Desk]) -> None:
    desk = desk_of("reviewer")
    item = desk.open().item
    lost: list[int] = []

    def lose(route: Route) -> None:
        if len(lost) < 2:
            lost.append(route.fetch().status)
            route.abort()
        else:
            route.continue_()

    desk.page.route("**/decide/", lose)
    label = desk.choose("6")
    desk.write(NOTE)
    desk.press(SEND)
    desk.settle()

    assert lost == [200, 200], "the product took it each time"
    assert_stored_once(desk, item, label=label, note=NOTE)


def test_a_web_process_that_is_killed_costs_nothing(product: Product, desk_of: Callable[..., Desk]) -> None:
    desk = desk_of("colleague")
    first = desk.open().item
    label = desk.choose("2")
    desk.write(NOTE)
    second = desk.press(SEND).item
    product.kill_web()  # the answer may have arrived, or not
    third = desk.press("x").item
    desk.write("nobody there")
    expect(desk.page.locator("#saved")).not_to_have_text("All saved")
    product.restart_web()

    desk.settle()
    assert_stored_once(desk, first, label=label, note=NOTE)
    assert_stored_once(desk, second, action="reject", note="")
    assert desk.see().item == third
    expect(desk.note).to_have_value("nobody there")
    assert desk.decisions_on(third) == []
