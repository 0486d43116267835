"""How items of each kind look, and how their fields are corrected."""

import os
from pathlib import Path
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Locator, Page, expect

from tests.e2e.conftest import OpenAs
from tests.e2e.furnish_views import HIDDEN, KINDS, MARKUP
from tests.e2e.product import Product

pytestmark = pytest.mark.e2e

READY = "article[aria-busy=false] .item-head"
OWN_WAY = {"preload": False, "resultTypes": ["violations"]}
# Who looks, and how: each by somebody else, so that nobody holds what another is to see.
LOOKS: dict[str, tuple[str, dict[str, Any]]] = {
    "light": ("reviewer", {"color_scheme": "light"}),
    "dark": ("colleague", {"color_scheme": "dark"}),
    "phone": ("lead", {"viewport": {"width": 390, "height": 844}}),
}
SHOTS = os.environ.get("AIOS_SHOTS")


@pytest.fixture(scope="module")
def gallery(product: Product) -> Product:
    """The product with an item of each kind."""
    product.hands.run("tests.e2e.furnish_views")
    return product


def see(page: Page, queue: str) -> Locator:
    """Open a queue and return the item on the screen."""
    page.goto(f"/w/demo/work/{queue}/")
    page.wait_for_selector(READY)
    return page.locator("#item")


def shoot(page: Page, name: str) -> None:
    if SHOTS:
        page.screenshot(path=Path(SHOTS) / f"{name}.png")


@pytest.mark.usefixtures("gallery")
@pytest.mark.parametrize("look", LOOKS)
def test_every_view_is_readable_for_everyone(open_as: OpenAs, look: str) -> None:
    role, options = LOOKS[look]
    page = open_as(role, **options)
    findings = []
    for queue in [*(f"view-{kind}" for kind in KINDS), "form-pay", "fields-as-read"]:
        see(page, queue)
        shoot(page, f"{queue}-{look}")
        for violation in Axe().run(page, options=OWN_WAY).response["violations"]:
            if violation["impact"] in ("serious", "critical"):
                places = [" ".join(map(str, node["target"])) for node in violation["nodes"][:4]]
                findings.append(f"{queue} {violation['id']}: {'; '.join(places)}")
        if page.evaluate("document.documentElement.scrollWidth > innerWidth"):
            findings.append(f"{queue}: wider than the screen")

    assert findings == []


@pytest.mark.usefixtures("gallery")
def test_text_stands_in_its_own_direction_with_nothing_hidden_or_alive(open_as: OpenAs) -> None:
    page = open_as("reviewer")
    item = see(page, "view-text")
    arabic, hidden, markup = (item.locator(".reading p").nth(n) for n in range(3))

    assert arabic.evaluate("(p) => getComputedStyle(p).direction") == "rtl"
    assert hidden.evaluate("(p) => getComputedStyle(p).direction") == "ltr"
    assert hidden.locator(".unseen").all_inner_texts() == ["U+200B \u00d73", "U+202E", "U+202C"]
    assert not set(HIDDEN) & set(hidden.inner_text()) - set(HIDDEN.encode("ascii", "ignore").decode())
    expect(markup).to_have_text(MARKUP)
    assert item.locator("a[href], .reading img, .reading b").count() == 0


@pytest.mark.usefixtures("gallery")
def test_a_long_text_and_a_long_table_stay_usable(open_as: OpenAs) -> None:
    page = open_as("reviewer")
    item = see(page, "view-long")
    assert len(item.locator(".reading").inner_text()) > 19_000
    page.keyboard.press("Space")
    page.wait_for_function("document.getElementById('item').scrollTop > 100")

    item = see(page, "view-table")
    table = item.locator(".view-table")
    expect(table.locator("tbody tr")).to_have_count(200)
    item.get_by_role("button", name="Show 200 more of 500").click()
    item.get_by_role("button", name="Show 100 more of 500").click()
    expect(table.locator("tbody tr")).to_have_count(500)
    table.evaluate("(wrap) => wrap.scrollTo(0, 4000)")
    assert (
        table.evaluate(
            "(wrap) => wrap.querySelector('th').getBoundingClientRect().top - wrap.getBoundingClientRect().top"
        )
        < 5
    )
    assert table.evaluate("(wrap) => wrap.clientHeight < innerHeight")
    assert table.locator("td.num").first.evaluate("(cell) => getComputedStyle(cell).textAlign") == "end"
    assert table.locator("th.num").all_inner_texts() == ["Amount"]


@pytest.mark.usefixtures("gallery")
def test_a_masked_value_is_asked_for_at_its_place(open_as: OpenAs) -> None:
    page = open_as("reviewer")
    item = see(page, "view-document")
    page.evaluate("addEventListener('reveal', ({ detail }) => { globalThis.asked = detail.pointer; })")
    item.locator("button[data-reveal]").click()

    assert page.evaluate("globalThis.asked") == "/document/account"
    assert "DE02" not in page.content()
    expect(item.locator(".doc dt").first).to_have_text("Company")
    expect(item.locator(".doc-part h4")).to_have_text(["Addressed to", "Used"])


@pytest.mark.usefixtures("gallery")
def test_a_revealed_value_takes_the_place_of_its_lock(open_as: OpenAs) -> None:
    page = open_as("reviewer")
    see(page, "view-document")
    shown = page.evaluate(
        """async () => {
          const { showPayload } = await import("/static/js/work/payload.js");
          const item = { payload: { a: { iban: null, n: 1 }, b: [{ c: null }] }, masked: ["/a/iban", "/b/0/c"], sensitive: ["/a/iban", "/b/*/c"], views: {} };
          const node = document.createElement("div");
          node.append(...showPayload(item, { revealed: new Map([["/a/iban", "DE1"], ["/b/0/c", "second"]]) }).body);
          return [node.textContent, node.querySelectorAll("button[data-reveal]").length];
        }"""
    )

    assert "DE1" in shown[0]
    assert "second" in shown[0]
    assert shown[1] == 0


@pytest.mark.usefixtures("gallery")
def test_two_versions_say_what_went_and_what_came(open_as: OpenAs) -> None:
    page = open_as("reviewer")
    item = see(page, "view-diff")

    assert item.locator("del.gone").all_inner_texts()[1:] == ["30", "150"]
    assert item.locator("ins.came").all_inner_texts()[1:] == ["14", "250"]
    expect(item.locator(".diff p[dir]")).to_contain_text("within [removed: 30] [added: 14] days")
    item = see(page, "view-versions")
    expect(item.locator("tr.diff-row")).to_have_count(1)
    expect(item.locator("tr.diff-row")).to_contain_text("Street")
    expect(item.locator("details summary")).to_have_text("2 fields are the same")


@pytest.mark.usefixtures("gallery")
def test_differences_put_together_are_the_two_texts_again(open_as: OpenAs) -> None:
    page = open_as("reviewer")
    see(page, "view-diff")
    wrong = page.evaluate(
        """async () => {
          const { difference } = await import("/static/js/work/views/words.js");
          const { seed } = { seed: 7 };
          let state = seed;
          const random = (most) => { state = (state * 1103515245 + 12345) % 2147483648; return state % most; };
          const words = ["a", "b", "c,", "dog", " ", "\\n", "é", "日本", "🙂"];
          const text = (length) => Array.from({ length }, () => words[random(words.length)] + (random(3) ? " " : "")).join("");
          const wrong = [];
          const pairs = Array.from({ length: 400 }, () => [text(random(30)), text(random(30))]);
          pairs.push(["x ".repeat(9000), "y ".repeat(9000)], ["line\\n".repeat(9000), "line\\n".repeat(8999) + "other\\n"], ["", "new"], ["old", ""]);
          for (const [before, after] of pairs) {
            const pieces = difference(before, after);
            const join = (kinds) => pieces.filter(({ kind }) => kinds.includes(kind)).map(({ text: piece }) => piece).join("");
            if (join(["same", "del"]) !== before || join(["same", "ins"]) !== after) wrong.push([before.slice(0, 80), after.slice(0, 80)]);
          }
          return wrong;
        }"""
    )

    assert wrong == []


@pytest.mark.usefixtures("gallery")
def test_ours_and_theirs_are_told_apart_in_words(open_as: OpenAs) -> None:
    page = open_as("reviewer")
    item = see(page, "view-conversation")

    expect(item.locator(".turn")).to_have_count(3)
    expect(item.locator(".turn--ours")).to_contain_text("ours")
    expect(item.locator("time")).to_have_attribute("datetime", "2026-03-01T09:14:00Z")
    expect(item.locator(".turn").nth(2).locator(".unseen").first).to_have_text("U+200B \u00d73")


@pytest.mark.usefixtures("gallery")
def test_an_image_is_turned_and_sized_by_keys(open_as: OpenAs) -> None:
    page = open_as("reviewer")
    scan = see(page, "view-image").locator(".scan")
    page.keyboard.press("t")
    page.keyboard.press("+")

    expect(scan).to_have_attribute("data-turn", "90")
    expect(scan).to_have_attribute("data-zoom", "150")
    page.keyboard.press("f")
    expect(scan).to_have_attribute("data-zoom", "fit")


@pytest.mark.usefixtures("gallery")
def test_fields_are_corrected_by_keys_and_refused_at_their_place(open_as: OpenAs) -> None:
    page = open_as("colleague")
    see(page, "form-pay")
    total = page.get_by_label("Total")
    expect(total).to_have_value("41.9")
    expect(page.locator("[data-pointer='/total']")).to_contain_text("look: .58")
    expect(page.locator("[data-at='/read/total']")).not_to_have_class("kv kv--now")
    total.focus()
    expect(page.locator("[data-at='/read/total']")).to_have_class("kv kv--now")
    total.fill("49,10")
    page.keyboard.press("Enter")
    expect(total).to_be_focused()
    expect(page.locator("[data-pointer='/total'] .was")).to_contain_text("was 41.9")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(total).to_have_value("41.9")

    total.fill("-1")
    page.get_by_label("Reference").fill("ab")
    page.get_by_role("button", name="Add a line").click()
    told = page.evaluate(
        COLLECT, {"total": -1, "reference": "ab", "lines": [{"amount": 1}], "address": {"place": "Ulmen"}}
    )
    assert {error["pointer"] for error in told["errors"]} == {"/total", "/reference", "/lines", "/address/street"}
    assert told["fields"] == {"address": {"place": "Ulmen"}}


@pytest.mark.usefixtures("gallery")
def test_a_contract_without_a_label_asks_for_fields_only(open_as: OpenAs) -> None:
    page = open_as("colleague")
    see(page, "fields-as-read")

    expect(page.locator("#labels")).to_be_hidden()
    expect(page.locator("#fields .out")).to_have_count(10)
    assert page.locator("#fields .out").first.get_attribute("data-pointer") == "/total"


@pytest.mark.usefixtures("gallery")
def test_a_refused_field_says_so_beside_it(open_as: OpenAs) -> None:
    page = open_as("colleague")
    see(page, "form-pay")
    homeless = page.evaluate(
        """async () => {
          const { showFieldErrors } = await import("/static/js/work/fields.js");
          const errors = [{ pointer: "/fields/total", message: "Too much." }, { pointer: "/lines/1/amount", message: "Too little." }, { pointer: "/label", message: "Unknown." }];
          return showFieldErrors(document.getElementById("fields"), errors);
        }"""
    )

    assert [error["pointer"] for error in homeless] == ["/label"]
    total = page.get_by_label("Total")
    expect(total).to_be_focused()
    expect(total).to_have_attribute("aria-invalid", "true")
    expect(total).to_have_accessible_description("0 to 5000 Too much.")
    expect(page.locator("[data-pointer='/lines'] > .field-error")).to_have_text("Line 2: Too little.")
    total.fill("12")
    expect(total).not_to_have_attribute("aria-invalid", "true")
    expect(page.locator("[data-pointer='/total'] > .field-error")).to_be_hidden()


COLLECT = """async (fields) => {
  const { Api } = await import("/static/js/work/api.js");
  const { collectFields } = await import("/static/js/work/fields.js");
  const { reviews: [review] } = await new Api({ base: "/api/v1/", workspace: "demo" }).post("queues/form-pay/claim/", { count: 1 });
  return collectFields({ review, draft: { fields } });
}"""
