"""The other pages, as a browser sees them: readable for everyone, live, and with files to take away."""

import csv
import io
import re
from datetime import date, timedelta

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

from tests.e2e.conftest import OpenAs

pytestmark = pytest.mark.e2e

# With preloading on, axe writes styles into the page, which its policy forbids.
OWN_WAY = {"preload": False, "resultTypes": ["violations"]}
ITEM = "article[aria-busy=false] .item-head"
# Role, address, what is there when the page is complete, and what to follow from there.
PAGES = [
    (None, "/accounts/login/", "main form", None),
    ("lead", "/w/demo/queues/", "tr[data-queue]", None),
    ("lead", "/w/demo/work/support-triage/", ITEM, None),
    ("lead", "/w/demo/work/paper-slips/", ITEM, None),
    ("owner", "/w/demo/items/", ".table-link", None),
    ("owner", "/w/demo/items/?workflow=support-triage&state=resolved", ".table-link", ".table-link"),
    ("owner", "/w/demo/workflows/", ".table-link", None),
    ("owner", "/w/demo/workflows/support-triage/", ".figures", None),
    ("owner", "/w/demo/workflows/digit-reading/thresholds/", "#tuner[aria-busy=false]", None),
    ("owner", "/w/demo/datasets/", "main form", None),
    ("lead", "/w/demo/dead/", "#dead .card", None),
    ("admin", "/admin/", "#content", None),
    ("admin", "/admin/review/queue/", "#result_list", None),
    ("admin", "/admin/review/queue/", "#result_list", "#result_list tbody a"),
]


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_axe_finds_nothing_serious(open_as: OpenAs, theme: str) -> None:
    axe = Axe()
    findings: list[str] = []
    pages: dict[str | None, Page] = {}
    for role, path, ready, follow in PAGES:
        if role not in pages:
            pages[role] = open_as(role, color_scheme=theme)
        page = pages[role]
        page.goto(path)
        page.wait_for_selector(ready)
        if follow:
            with page.expect_navigation():
                page.locator(follow).first.click()
        for violation in axe.run(page, options=OWN_WAY).response["violations"]:
            if violation["impact"] in ("serious", "critical"):
                places = [" ".join(map(str, node["target"])) for node in violation["nodes"][:4]]
                findings.append(f"{page.url} {violation['id']}: {'; '.join(places)}")

    assert findings == []


def test_the_administration_knows_its_workspace_while_it_draws(open_as: OpenAs) -> None:
    page = open_as("admin")
    page.goto("/admin/review/queue/")
    page.get_by_role("link", name="Complaints").click()

    expect(page.locator(".field-workflow")).to_contain_text("Support triage")
    expect(page.get_by_label("Jonas Weir")).to_be_checked()
    expect(page.get_by_label("Olga Lindqvist")).not_to_be_checked()


def test_a_dataset_is_frozen_and_downloaded(open_as: OpenAs) -> None:
    page = open_as("owner", accept_downloads=True)
    page.goto("/w/demo/datasets/")
    page.get_by_label("Workflow").select_option(label="Support triage")
    page.get_by_label("First day").fill((date.today() - timedelta(days=40)).isoformat())
    page.get_by_label("Last day").fill(date.today().isoformat())
    page.get_by_role("button", name="Freeze").click()
    shown = page.get_by_text(re.compile(r"\d+ rows")).inner_text()
    with page.expect_download() as waiting:
        page.get_by_role("link", name="CSV").first.click()

    rows = list(csv.DictReader(io.StringIO(waiting.value.path().read_text(encoding="utf-8"))))
    assert f"{len(rows)} rows" in shown.replace(",", "")
    assert len(rows) > 20
    # An answer that was amended meanwhile was shown nothing.
    assert {row["suggestion_shown"] for row in rows if row["amended"] != "true"} == {"true", "false"}
    assert all(row["external_id"].startswith("LF-") for row in rows)


def test_queue_counts_change_while_one_looks(open_as: OpenAs) -> None:
    board = open_as("owner")
    board.goto("/w/demo/queues/")
    expect(board.locator("#live")).to_have_text("live")
    row = board.locator("tr[data-queue=complaints]")
    held = row.locator("[data-count=leased]").inner_text()

    station = open_as("lead")
    station.goto("/w/demo/work/complaints/")
    station.wait_for_selector(ITEM)
    expect(row.locator("[data-count=leased]")).not_to_have_text(held)
    station.goto("/w/demo/queues/")

    expect(row.locator("[data-count=leased]")).to_have_text(held)
    expect(row.locator("[data-count=depth]")).to_have_text(re.compile(r"^\d+$"))
