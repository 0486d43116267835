"""A policy change as a release, in a browser: proposed by one, approved by another, staged, in force, and back."""

import json
import re
from collections.abc import Iterator

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Locator, Page, expect

from tests.e2e.conftest import OpenAs
from tests.e2e.product import Product
from tests.e2e.test_pages import OWN_WAY

pytestmark = pytest.mark.e2e

KEY = "release-desk"
ADDRESS = f"/w/demo/workflows/{KEY}/versions/"


@pytest.fixture(scope="module")
def workflow(product: Product) -> str:
    """A workflow of its own, so that no other test routes by what happens here."""
    return product.desk(KEY, items=2)


@pytest.fixture
def asking(product: Product, workflow: str) -> Iterator[str]:
    """A second person approves policies, as an admin said in the administration."""
    yield workflow
    product.rows("UPDATE governance_workspace SET approves_policies = false WHERE slug = 'demo'")
    product.rows(
        "UPDATE routing_policyproposal p SET state = 'withdrawn', ended_at = now() FROM routing_workflow w"
        " WHERE w.id = p.workflow_id AND w.key = %(key)s AND p.state IN ('proposed', 'approved', 'staged')",
        key=KEY,
    )
    product.rows(
        "UPDATE routing_workflow SET candidate_version_id = NULL, candidate_share = 0 WHERE key = %(key)s", key=KEY
    )


def routes_by(product: Product) -> tuple[int, int | None, float]:
    (row,) = product.rows(
        "SELECT p.number, c.number AS candidate, w.candidate_share FROM routing_workflow w"
        " JOIN routing_policyversion p ON p.id = w.policy_version_id"
        " LEFT JOIN routing_policyversion c ON c.id = w.candidate_version_id WHERE w.key = %(key)s",
        key=KEY,
    )
    return row["number"], row["candidate"], row["candidate_share"]


def answer(page: Page, button: Locator, yes: str, reason: str = "") -> None:
    """Press a button and answer what its dialog asks."""
    button.click()
    dialog = page.get_by_role("dialog")
    expect(dialog).to_be_visible()
    if reason:
        dialog.get_by_label("Reason").fill(reason)
    dialog.get_by_role("button", name=yes, exact=True).click()
    expect(dialog).to_be_hidden()


def proposal(page: Page, version: str) -> Locator:
    return page.get_by_role("region", name=f"Proposal of {version}")


def serious(page: Page) -> list[str]:
    found = Axe().run(page, options=OWN_WAY).response["violations"]
    return [
        f"{page.url} {one['id']} {one['nodes'][0]['target']}"
        for one in found
        if one["impact"] in ("serious", "critical")
    ]


def burn(product: Product) -> None:
    """Do what the watch does when the error budget burns."""
    product.hands.run("tests.e2e.burn", KEY, "The error budget is spent")


def propose_as_code(page: Page, threshold: str, reason: str) -> None:
    page.get_by_role("button", name="Propose as code").click()
    dialog = page.get_by_role("dialog")
    text = dialog.get_by_label("Policy")
    text.fill(re.sub(r"default_threshold: \S+", f"default_threshold: {threshold}", text.input_value()))
    dialog.get_by_label("Reason").fill(reason)
    dialog.get_by_role("button", name="Propose", exact=True).click()


def test_a_release_goes_from_one_owner_through_another_into_force_and_back(
    open_as: OpenAs, product: Product, asking: str
) -> None:
    admin = open_as("admin")
    admin.goto("/admin/governance/workspace/")
    admin.locator("#result_list tbody a").first.click()
    admin.get_by_label("second person approves policies").check()
    admin.get_by_role("button", name="Save", exact=True).click()
    expect(admin.locator(".messagelist .success")).to_be_visible()

    owner = open_as("owner", but=("Failed to load resource",))
    owner.goto(ADDRESS)
    expect(owner.get_by_text("A second person approves changes before they are staged.")).to_be_visible()
    start, _none, _zero = routes_by(product)
    propose_as_code(owner, "0.99", "Refunds were wrong")
    version = owner.locator("[id^=proposal-] h2").first.inner_text()
    number = int(version.rpartition("v")[2])
    mine = proposal(owner, version)
    expect(mine).to_contain_text("A second person has to approve it")
    expect(mine.get_by_role("button", name="Approve")).to_have_count(0)
    expect(mine.get_by_role("button", name="Stage at 5")).to_have_count(0)

    # What the page does not offer is refused all the same.
    (row,) = product.rows("SELECT id FROM routing_policyproposal ORDER BY proposed_at DESC LIMIT 1")
    told = owner.evaluate(
        """async (path) => {
          const csrf = document.querySelector('meta[name="csrf-token"]').content;
          const answer = await fetch(path, {method: "POST", headers: {"X-CSRFToken": csrf, "Aios-Workspace": "demo"}});
          return answer.json();
        }""",
        f"/api/v1/proposals/{row['id']}/approve/",
    )
    assert told["code"] == "own_proposal", told

    admin.goto("/w/demo/notices/")
    admin.get_by_role("link", name="Open the proposal").first.click()
    theirs = proposal(admin, version)
    expect(theirs).to_contain_text("Refunds were wrong")
    expect(theirs).to_contain_text("accepts less")
    answer(admin, theirs.get_by_role("button", name="Approve"), "Approve")
    expect(theirs).to_contain_text("approved by")

    owner.reload()
    for share, words in ((0.05, "5"), (0.25, "25"), (1.0, "100")):
        name = re.compile(rf"^Stage at {words}\s%$")
        answer(owner, mine.get_by_role("button", name=name), f"Stage at {words}\u00a0%")
        expect(mine.locator("[aria-current=step]")).to_have_text(f"{words}\u00a0%")
        assert routes_by(product) == (start, number, share)
    answer(owner, mine.get_by_role("button", name="Put in force"), "Put in force")
    expect(owner.get_by_text(f"{version} is in force").first).to_be_visible()
    assert routes_by(product) == (number, None, 0)

    # One owner returns to the version before at once, approval or not.
    answer(
        owner, owner.get_by_role("button", name=f"Return to standard v{start}"), "Return", "It sent too much to people"
    )
    expect(owner.get_by_text(f"standard v{start} is in force").first).to_be_visible()
    assert routes_by(product) == (start, None, 0)


def test_a_staged_version_is_rolled_back_by_itself_and_the_page_says_so(
    open_as: OpenAs, product: Product, asking: str
) -> None:
    owner = open_as("owner")
    owner.goto(ADDRESS)
    propose_as_code(owner, "0.7", "More by itself")
    version = owner.locator("[id^=proposal-] h2").first.inner_text()
    mine = proposal(owner, version)
    answer(owner, mine.get_by_role("button", name=re.compile(r"^Stage at 25")), "Stage at 25\u00a0%")
    expect(mine.locator("[aria-current=step]")).to_have_text("25\u00a0%")
    burn(product)
    owner.reload()

    expect(mine).to_have_count(0)
    owner.get_by_text("Earlier proposals").click()
    row = owner.locator(".ended tbody tr").first
    expect(row).to_contain_text("rolled back")
    expect(row).to_contain_text("The error budget is spent")
    assert routes_by(product)[1:] == (None, 0)
    owner.goto("/w/demo/notices/")
    expect(owner.get_by_text(f"{version} for Release-Desk has been rolled back by AIOS Review").first).to_be_visible()


def test_code_that_is_wrong_is_told_with_its_line_and_is_not_lost(open_as: OpenAs, asking: str) -> None:
    owner = open_as("owner", but=("Failed to load resource",))
    owner.goto(ADDRESS)
    propose_as_code(owner, "high", "x")
    dialog = owner.get_by_role("dialog")

    expect(dialog.get_by_role("alert")).to_contain_text("/body/default_threshold: must be a number")
    assert "default_threshold: high" in dialog.get_by_label("Policy").input_value()
    owner.keyboard.press("Escape")
    expect(dialog).to_be_hidden()


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("width", [1440, 390])
def test_axe_finds_nothing_serious(open_as: OpenAs, product: Product, asking: str, theme: str, width: int) -> None:
    owner = open_as("owner", color_scheme=theme, viewport={"width": width, "height": 900})
    owner.goto(ADDRESS)
    propose_as_code(owner, "0.6", "A try")
    expect(owner.locator("[id^=proposal-]").first).to_be_visible()
    found = serious(owner)
    owner.get_by_role("button", name="Put in force").first.click()
    found += serious(owner)
    owner.keyboard.press("Escape")
    owner.get_by_role("button", name="Propose as code").click()
    found += serious(owner)

    assert found == [], json.dumps(found)
