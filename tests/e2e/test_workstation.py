"""A reviewer at work, by the keyboard alone; and what a blind review lets through."""

import json
from datetime import date, timedelta
from typing import Any

import pytest
from playwright.sync_api import Page, Response, expect

from tests.e2e.conftest import OpenAs
from tests.e2e.product import Product
from tests.processes import eventually

pytestmark = pytest.mark.e2e

ON_SCREEN = "article[aria-busy=false] .item-head .facts dd.mono"
TELLING = ("kind", "draw", "drawn", "state", "disposition", "prediction", "outcome", "trail", "suggestion_shown")


class Keyboard:
    """Hands on the keys of a workstation."""

    def __init__(self, page: Page) -> None:
        self.page = page

    def item(self) -> str:
        """Return the item that is on the screen, once it can be answered."""
        return self.page.locator(ON_SCREEN).inner_text()

    def press(self, *keys: str) -> str:
        """Press keys, wait for another item, and return the one that is gone."""
        gone = self.item()
        for key in keys:
            self.page.keyboard.press(key)
        expect(self.page.locator(ON_SCREEN)).not_to_have_text(gone)
        return gone

    def chosen(self) -> str:
        """Return the label that is chosen."""
        return str(self.page.locator("#labels input:checked").get_attribute("value"))

    def suggested(self) -> bool:
        """Tell whether a suggestion is shown."""
        return self.page.locator("#suggest").is_visible()


def test_ten_items_are_cleared_by_keyboard_alone(product: Product, open_as: OpenAs) -> None:
    page = open_as(None)
    _sign_in_by_keys(page, product, "reviewer")
    page.goto("/w/demo/work/")
    keys = Keyboard(page)
    answered: dict[str, tuple[str, str | None]] = {}

    for digit in "123456":
        keys.item()
        page.keyboard.press(digit)
        expect(page.locator("#labels input:checked")).to_have_count(1)
        label = keys.chosen()
        answered[keys.press("Control+Enter")] = ("", label)
    accepted = 0
    while accepted < 3:
        if keys.suggested():
            answered[keys.press("a")] = ("accept", None)
            accepted += 1
        else:
            answered[keys.press("1", "Control+Enter")] = ("", None)

    taken_back = keys.press("2", "Control+Enter")
    page.keyboard.press("u")
    expect(page.locator(ON_SCREEN)).to_have_text(taken_back)
    answered[keys.press("x")] = ("reject", None)

    page.keyboard.press("s")
    expect(page.get_by_role("dialog")).to_be_visible()
    skipped = keys.press("1", "Control+Enter")
    page.keyboard.press("e")
    expect(page.get_by_role("dialog")).to_be_visible()
    escalated = keys.press("2", "Control+Enter")
    expect(page.locator("#saved")).to_have_text("All saved")

    assert len(answered) >= 10
    stored = _decisions(product, answered)
    assert {row["external_id"] for row in stored} == set(answered)
    assert len(stored) == len(answered), "each decision is effective once"
    for row in stored:
        action, chosen = answered[row["external_id"]]
        assert action in ("", row["action"])
        assert chosen in (None, row["label"])
        assert row["active_ms"] >= 0
    assert all(not row["decided"] for row in _reviews(product, [skipped, escalated]))
    waits = page.evaluate("performance.getEntriesByName('aios:next-item').map((entry) => entry.duration)")
    assert waits, "the browser measured how long each next item took"


def test_what_is_typed_stays_typing(open_as: OpenAs) -> None:
    page = open_as("colleague")
    page.goto("/w/demo/work/support-triage/")
    item = Keyboard(page).item()
    page.keyboard.press("n")
    page.keyboard.type("a 1 2 s e x u")
    page.keyboard.press("Escape")
    page.keyboard.press("Enter")
    page.keyboard.press("Backspace")

    expect(page.locator("#note")).to_have_value("a 1 2 s e x u")
    expect(page.locator(ON_SCREEN)).to_have_text(item)
    expect(page.locator("#labels input:checked")).to_have_count(0)


def test_a_blind_item_gives_nothing_away(product: Product, open_as: OpenAs) -> None:
    blind = _bring_to_the_front(product)
    page = open_as("colleague")
    answers: dict[str, str] = {}
    frames: list[str] = []
    page.on("response", lambda response: _keep(answers, response))
    page.on("websocket", lambda socket: socket.on("framereceived", lambda frame: frames.append(str(frame))))

    page.goto(f"/w/demo/work/{blind['queue']}/")
    expect(page.locator(ON_SCREEN)).to_have_text(blind["external_id"])
    expect(page.locator("#why")).to_have_text("Why am I seeing this? Shown without suggestion")
    expect(page.locator("#suggest")).to_be_hidden()
    assert page.locator("main .machine, main .why-scale, main .bar--machine").count() == 0
    claimed = json.loads(next(body for path, body in answers.items() if path.endswith("/claim/")))
    review = next(one for one in claimed["reviews"] if one["item"]["id"] == str(blind["item_id"]))
    assert review["suggestion"] is None
    assert review["why"] == {"text": "Shown without suggestion"}
    assert not _keys(review) & set(TELLING)

    answers.clear()
    page.goto(f"/w/demo/items/{blind['item_id']}/")
    expect(page.get_by_text("You may still be asked about this item without suggestion")).to_be_visible()
    told = page.content() + "".join(answers.values())
    for word in ("badge", "Prediction", "Calibration", "calibration", blind["model"], "Trail", "Margin", "Queue"):
        assert word not in page.locator("main").inner_text(), word
    assert "suggestion_shown" not in told
    assert not _keys(page.request.get(f"/api/v1/items/{blind['item_id']}/").json()) & set(TELLING)
    assert page.request.get(f"/api/v1/items/{blind['item_id']}/trail/").json()["events"] == []
    for state in ("in_review", "resolved", "held"):
        page.goto(f"/w/demo/items/?state={state}&external_id={blind['external_id']}")
        expect(page.get_by_text("Nothing found")).to_be_visible()
    assert not any(str(blind["item_id"]) in frame for frame in frames)


def _sign_in_by_keys(page: Page, product: Product, role: str) -> None:
    page.goto("/accounts/login/")
    login = product.logins[role]
    expect(page.get_by_label("E-mail")).to_be_focused()
    page.keyboard.type(login.email)
    while not page.get_by_label("Password").evaluate("(field) => field === document.activeElement"):
        page.keyboard.press("Tab")
    page.keyboard.type(login.password)
    page.keyboard.press("Enter")
    page.wait_for_url("**/queues/")


def _decisions(product: Product, items: dict[str, tuple[str, str | None]]) -> list[dict[str, Any]]:
    return product.rows(
        "SELECT i.external_id, d.action, d.label, d.active_ms FROM review_review r"
        " JOIN review_decision d ON d.id = r.decision_id JOIN review_item i ON i.id = r.item_id"
        " WHERE i.external_id = ANY(%(items)s) AND d.recorded_at > now() - interval '5 minutes'",
        items=list(items),
    )


def _reviews(product: Product, items: list[str]) -> list[dict[str, Any]]:
    return product.rows(
        "SELECT r.decision_id IS NOT NULL AS decided FROM review_review r JOIN review_item i ON i.id = r.item_id"
        " WHERE i.external_id = ANY(%(items)s)",
        items=items,
    )


def _bring_to_the_front(product: Product) -> dict[str, Any]:
    """Make a blind review the next one that is handed out in its queue; what somebody held before has gone back."""

    def nobody_holds_anything() -> bool:
        product.rows("UPDATE review_review SET lease_until = now() - interval '1 second' WHERE state = 'leased'")
        return not product.rows("SELECT id FROM review_review WHERE state = 'leased'")

    eventually(nobody_holds_anything, what="everything was given back")
    found = product.rows(
        "UPDATE review_review SET rank_at = %(early)s WHERE id = (SELECT r.id FROM review_review r"
        " JOIN routing_workflow w ON w.key = 'support-triage' JOIN review_queue q ON q.id = r.queue_id"
        " AND q.workflow_id = w.id WHERE r.kind = 'calibration' AND r.state = 'open' LIMIT 1)"
        " RETURNING item_id, (SELECT key FROM review_queue WHERE id = queue_id) AS queue,"
        " (SELECT external_id FROM review_item WHERE id = item_id) AS external_id",
        early=date.today() - timedelta(days=900),
    )
    return found[0] | {"model": "triage 1"}


def _keep(answers: dict[str, str], response: Response) -> None:
    if response.request.resource_type in ("fetch", "xhr", "document"):
        answers[response.url] = response.text()


def _keys(value: object) -> set[str]:
    if isinstance(value, dict):
        return set(value).union(*map(_keys, value.values()))
    return set().union(*map(_keys, value)) if isinstance(value, list) else set()
