"""Sample and certificates in a browser: planned, looked at, printed on one page; and a disagreement settled by keys alone."""

import re

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

from tests.e2e.conftest import OpenAs
from tests.e2e.furnish_sample import NAME
from tests.e2e.product import Product

pytestmark = pytest.mark.e2e

SAMPLE = f"/w/demo/workflows/{NAME}/sample/"
LIST = f"/w/demo/certificates/?workflow={NAME}"
OWN_WAY = {"preload": False, "resultTypes": ["violations"]}
PHONE = {"width": 390, "height": 844}
# What a PDF calls its pages.
_PAGE = re.compile(rb"/Type\s*/Page\b")


@pytest.fixture(scope="module")
def proved(product: Product) -> Product:
    """The product with a workflow whose sample has brought a certificate."""
    product.hands.run("tests.e2e.furnish_sample")
    return product


def certificate_page(open_as: OpenAs, **options: object) -> Page:
    page = open_as("owner", **options)
    page.goto(LIST)
    page.get_by_role("link", name="C-0001").click()
    return page


def test_a_certificate_prints_on_one_page(proved: Product, open_as: OpenAs) -> None:
    page = certificate_page(open_as)
    expect(page.locator(".claim")).to_contain_text("at most 1 in 50 is wrong")
    expect(page.locator(".proofline")).to_contain_text("seen: 2 wrong of 500")
    expect(page.get_by_role("button", name="Print")).to_be_visible()
    assert len(_PAGE.findall(page.pdf(format="A4", prefer_css_page_size=True))) == 1


def test_the_sample_says_what_came_of_its_windows(proved: Product, open_as: OpenAs) -> None:
    page = open_as("owner")
    page.goto(SAMPLE)
    expect(page.get_by_text("Preview, not a certificate").first).to_be_visible()
    expect(page.get_by_role("link", name="Certificate C-0001")).to_be_visible()
    expect(page.locator("main")).to_contain_text(
        "There are too few answers that the policy would accept automatically."
    )
    page.get_by_label("Certified every (days)").fill("6")
    page.get_by_role("button", name="Plan", exact=True).click()
    expect(page.get_by_text("The sample is drawn by this plan from now on.")).to_be_visible()
    expect(page.get_by_label("Certified every (days)")).to_have_value("6")


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("narrow", [False, True], ids=["wide", "narrow"])
def test_axe_finds_nothing(proved: Product, open_as: OpenAs, scheme: str, narrow: bool) -> None:
    options = {"color_scheme": scheme} | ({"viewport": PHONE} if narrow else {})
    page = certificate_page(open_as, **options)
    for address in (page.url, LIST, SAMPLE):
        page.goto(address)
        found = Axe().run(page, options=OWN_WAY).response["violations"]
        assert [(one["id"], one["nodes"][0]["target"]) for one in found] == [], address
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), address


def test_a_disagreement_is_settled_by_keys_without_knowing_whose_answer_is_whose(
    proved: Product, open_as: OpenAs
) -> None:
    page = open_as("reviewer")
    page.goto(f"/w/demo/work/{NAME}/")
    panel = page.get_by_role("region", name="Two answers")
    expect(panel).to_contain_text("Two answers were given")
    expect(panel.get_by_role("button")).to_have_count(2)
    expect(page.locator("#why")).to_contain_text("Two answers differ; yours decides")
    expect(page.locator("#suggest")).to_be_hidden()
    chosen = panel.get_by_role("button").nth(1).inner_text().split("\n")[0].strip()
    page.keyboard.press("2")
    expect(page.locator("#labels input:checked")).to_have_count(1)
    page.keyboard.press("Control+Enter")
    expect(page.locator("#undo-text")).to_contain_text(chosen.split(" ")[0])
    expect(page.locator("#saved")).to_contain_text("All saved")
    settled = proved.rows(
        "SELECT o.label, o.wrong, o.closed_at IS NOT NULL AS closed FROM routing_observation o"
        " WHERE o.asked_again_at IS NOT NULL AND o.workflow_id = (SELECT id FROM routing_workflow WHERE key = %(key)s)",
        key=NAME,
    )
    assert [(row["label"] in {"billing", "delivery"}, row["closed"]) for row in settled] == [(True, True)]
