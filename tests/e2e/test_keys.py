"""Keys and clicks that must not act: nothing is decided but what a person meant."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.e2e.conftest import OpenAs
from tests.e2e.desk import SEND, Desk, Seen
from tests.e2e.product import Product

pytestmark = pytest.mark.e2e

# Keeps what is drawn from being painted, as a busy machine does: frames come when `paint()` is called, and not before.
SLOW_PAINT = """
const frame = requestAnimationFrame.bind(globalThis);
const waiting = [];
let isHeld = true;
globalThis.requestAnimationFrame = (then) => (isHeld ? waiting.push(then) : frame(then));
globalThis.paint = () => { isHeld = false; for (const then of waiting.splice(0)) frame(then); };
"""
PRESS = """(node, facts) => node.dispatchEvent(new KeyboardEvent("keydown", { bubbles: true, cancelable: true, ...facts }))"""


@pytest.fixture
def desk(product: Product, open_as: OpenAs) -> Desk:
    """A workstation with an item on it that has a suggestion, and no draft of an earlier test."""
    desk = Desk(product, open_as("reviewer"), product.desk("keys", items=90))
    seen = desk.open()
    while not seen.suggested or seen.chosen:
        seen = desk.press("x")
    desk.settle()
    return desk


@contextmanager
def nothing_decided(desk: Desk) -> Iterator[Seen]:
    """Whatever happens meanwhile, the same item stays on the screen, and no decision is recorded."""
    seen, before = desk.see(), desk.decisions()
    yield seen
    desk.page.wait_for_timeout(100)
    assert desk.see().item == seen.item
    desk.settle()
    assert desk.decisions() == before


def has_focus(node: Locator) -> bool:
    return bool(node.evaluate("(node) => node === document.activeElement"))


@pytest.mark.parametrize("key", ["x", "a", SEND])
def test_a_held_key_counts_once(desk: Desk, key: str) -> None:
    desk.choose("1")
    before = desk.see().item
    *held, last = key.split("+")
    for one in held:
        desk.page.keyboard.down(one)
    desk.page.keyboard.down(last)
    desk.see(after=before)
    desk.settle()

    with nothing_decided(desk):
        for _repeat in range(20):
            desk.page.keyboard.down(last)
    desk.page.keyboard.up(last)
    for one in held:
        desk.page.keyboard.up(one)
    assert len(desk.decisions_on(before)) == 1


@pytest.mark.parametrize("name", ["Submit and next", "Accept and next", "None fits"])
def test_a_double_click_sends_one_answer(desk: Desk, name: str) -> None:
    desk.choose("1")
    before = desk.see().item
    box = desk.page.get_by_role("button", name=name).bounding_box()
    assert box is not None
    desk.page.mouse.move(box["x"] + 12, box["y"] + box["height"] / 2)
    desk.page.mouse.down(click_count=1)
    desk.page.mouse.up(click_count=1)
    desk.see(after=before)
    desk.settle()

    with nothing_decided(desk):
        desk.page.mouse.down(click_count=2)
        desk.page.mouse.up(click_count=2)
    assert len(desk.decisions_on(before)) == 1


@pytest.mark.parametrize(
    "facts",
    [
        {"modifierAltGraph": True},
        {"ctrlKey": True, "altKey": True},
        {"altKey": True},
        {"isComposing": True},
        {"isComposing": True, "keyCode": 229},
        {"repeat": True},
    ],
    ids="+".join,
)
def test_keys_that_mean_something_else_do_nothing(desk: Desk, facts: dict[str, object]) -> None:
    with nothing_decided(desk) as seen:
        for key in ("a", "x", "1", "e", "s", "0", "?"):
            desk.page.locator("#main").evaluate(PRESS, {"key": key} | facts)
        desk.page.locator("#main").evaluate(PRESS, {"key": "Enter", "ctrlKey": True} | facts)
        assert seen.chosen is None
        expect(desk.page.locator("#labels input:checked")).to_have_count(0)
        expect(desk.page.get_by_role("dialog")).to_have_count(0)


def test_composing_in_the_note_sends_nothing(desk: Desk) -> None:
    desk.choose("1")
    desk.write("")
    keyboard = desk.page.context.new_cdp_session(desk.page)
    with nothing_decided(desk):
        keyboard.send("Input.imeSetComposition", {"text": "に", "selectionStart": 1, "selectionEnd": 1})
        desk.note.evaluate(PRESS, {"key": "Enter", "ctrlKey": True, "isComposing": True})
        desk.note.evaluate(PRESS, {"key": "Process", "code": "Enter", "ctrlKey": True, "isComposing": True})
        keyboard.send("Input.insertText", {"text": "日本"})
        desk.page.keyboard.press("Enter")
    expect(desk.note).to_have_value("日本\n")


def test_what_is_typed_into_the_note_is_text(desk: Desk) -> None:
    desk.write("")
    with nothing_decided(desk):
        desk.page.keyboard.type("a,x,1 u j k s e n z r / ? 0")
        desk.page.keyboard.press("Enter")
        desk.page.keyboard.press("Backspace")
        desk.page.keyboard.press("Control+z")
        desk.page.keyboard.press("Escape")
        desk.page.keyboard.press("Backspace")
        desk.page.keyboard.press("Enter")
        expect(desk.page.locator("#labels input:checked")).to_have_count(0)
        expect(desk.page.get_by_role("dialog")).to_have_count(0)
        assert not has_focus(desk.note)


@pytest.mark.parametrize("opener", ["s", "e", "0", "?"], ids=["skip", "escalate", "search", "help"])
def test_an_open_dialog_keeps_the_keys_to_itself(desk: Desk, opener: str) -> None:
    chosen = desk.choose("1")
    with nothing_decided(desk):
        desk.page.keyboard.press(opener)
        dialog = desk.page.get_by_role("dialog")
        expect(dialog).to_be_visible()
        for key in ("a", "x", "u", "j", "k", "Backspace"):
            desk.page.keyboard.press(key)
        desk.page.keyboard.press("Enter") if opener in ("s", "e") else None
        desk.page.keyboard.press(SEND) if opener in ("s", "e") else None
        expect(dialog).to_be_visible()
        desk.page.keyboard.press("Escape")
        expect(dialog).to_have_count(0)
    assert desk.see().chosen == chosen


def test_keys_wait_for_nothing_that_is_not_painted(product: Product, open_as: OpenAs) -> None:
    page = open_as("colleague")
    page.add_init_script(SLOW_PAINT)
    desk = Desk(product, page, product.desk("keys", items=90))
    before = desk.decisions()
    page.goto(f"/w/demo/work/{desk.queue}/")
    expect(page.locator("article .item-head")).to_have_count(1)
    for key in ("1", "a", "x", SEND, "s", "e"):
        page.keyboard.press(key)
    expect(page.get_by_role("dialog")).to_have_count(0)
    expect(page.locator("#labels input:checked")).to_have_count(0)
    page.evaluate("paint()")
    desk.see()
    desk.settle()

    assert desk.decisions() == before


def test_keys_before_there_is_an_item_do_nothing(product: Product, open_as: OpenAs) -> None:
    page = open_as("colleague")
    desk = Desk(product, page, product.desk("keys", items=90))
    before = desk.decisions()
    held: list[Callable[[], None]] = []
    page.route("**/claim/", lambda route: held.append(route.continue_))
    page.goto(f"/w/demo/work/{desk.queue}/")
    desk.wait_until(lambda: held, "the page asked for items")
    for key in ("1", "a", "x", SEND, "u", "j", "s", "e"):
        page.keyboard.press(key)
    expect(page.get_by_role("dialog")).to_have_count(0)
    held[0]()
    desk.see()
    desk.settle()

    assert desk.decisions() == before


def test_bare_enter_on_a_button_sends_nothing(desk: Desk) -> None:
    desk.choose("1")
    buttons = desk.page.locator("#decide").get_by_role("button")
    with nothing_decided(desk):
        for number in range(buttons.count()):
            button = buttons.nth(number)
            if not button.is_visible():
                continue
            button.focus()
            for key in ("Enter", "Backspace"):
                desk.page.keyboard.press(key)
            if desk.page.get_by_role("dialog").count():
                desk.page.keyboard.press("Enter")
                desk.page.keyboard.press("Escape")
        desk.page.locator("#labels input:checked").focus()
        desk.page.keyboard.press("Enter")


def test_a_click_beside_the_keys_leaves_them_working(desk: Desk) -> None:
    before = desk.see().item
    click_on_content(desk.page)
    desk.press("x")
    desk.settle()

    assert [one["action"] for one in desk.decisions_on(before)] == ["reject"]


def click_on_content(page: Page) -> None:
    page.get_by_role("article", name="Item").click(position={"x": 20, "y": 200})
