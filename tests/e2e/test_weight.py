"""What a page weighs at a first visit, as the product serves it; and axe on what the other tests leave out."""

from collections.abc import Callable
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.urls import URLPattern, URLResolver, get_resolver, resolve
from playwright.sync_api import Page, expect

from tests.e2e.conftest import OpenAs
from tests.e2e.desk import ITEM, Desk
from tests.e2e.product import Product
from tests.e2e.test_pages import OWN_WAY, PAGES

pytestmark = pytest.mark.e2e

MOST_BYTES = 150_000
# Of people who review, lead and own; PAGES has the others that they see.
VISITS = [
    *[(role, path, ready, follow) for role, path, ready, follow in PAGES if not path.startswith("/admin/")],
    ("reviewer", "/w/demo/work/", ITEM, None),
    ("reviewer", "/w/demo/notices/", "main", None),
    ("reviewer", "/w/demo/items/?workflow=support-triage", ".table-link", ".table-link"),
    ("owner", "/w/demo/deliveries/", "#log", None),
    ("owner", "/w/", "main", None),
    *[
        ("owner", f"/w/demo/workflows/digit-reading/{page}/", "main .card", None)
        for page in ("replay", "sample", "budgets", "drift", "versions")
    ],
    ("owner", "/w/demo/certificates/", "main", None),
]
# Addresses of the workspace that are no page by themselves: files, what is only posted to, and where one is sent on.
NO_PAGES = {"review:home", "review:metrics", "review:dataset_download", "review:version_code", "review:proposal"}
# The demo has none of these before somebody makes one; they are lists with less on them than those that lead to them.
NOT_THERE_YET = {"review:dataset", "review:delivery", "review:certificate"}
POSTED = ("_replay", "_enable", "_read", "_retire", "_withdraw", "_add", "_restore", "_plan", "_try_again")


class Scales:
    """Adds up what the network brings to a page."""

    def __init__(self, page: Page) -> None:
        self.bytes = 0
        self.types: dict[str, int] = {}
        self._kinds: dict[str, str] = {}
        network = page.context.new_cdp_session(page)
        network.send("Network.enable")
        network.on("Network.responseReceived", self._began)
        network.on("Network.loadingFinished", self._ended)

    def _began(self, event: dict[str, Any]) -> None:
        self._kinds[event["requestId"]] = event["type"]

    def _ended(self, event: dict[str, Any]) -> None:
        size = int(event["encodedDataLength"])
        kind = self._kinds.get(event["requestId"], "?")
        self.bytes += size
        self.types[kind] = self.types.get(kind, 0) + size


def visit(page: Page, path: str, ready: str, follow: str | None) -> Scales:
    """Go to a page and return what it weighed; where there is something to follow, what that weighed."""
    address = path
    if follow:
        page.goto(path)
        page.wait_for_selector(ready)
        found = page.locator(follow)
        address = str(found.first.get_attribute("href")) if found.count() else path
        page.goto("about:blank")
        page.context.new_cdp_session(page).send("Network.clearBrowserCache")
    scales = Scales(page)
    page.goto(address)
    if not follow:
        page.wait_for_selector(ready)
    page.wait_for_load_state("load")
    page.wait_for_timeout(250)  # what scripts fetch after the page is there
    return scales


def test_no_page_weighs_more_than_a_moment(open_as: OpenAs, record_property: Callable[[str, Any], None]) -> None:
    weights: dict[str, int] = {}
    for role, path, ready, follow in VISITS:
        page = open_as(role)
        scales = visit(page, path, ready, follow)
        name = f"{role or 'nobody'} {path}{' >' if follow else ''}"
        weights[name] = scales.bytes
        record_property(f"{name}, bytes", scales.bytes)
        print(f"{scales.bytes:>8} {name} {scales.types}")
        page.close()

    assert {name: weight for name, weight in weights.items() if not 2_000 < weight < MOST_BYTES} == {}


def test_every_page_of_a_workspace_is_weighed() -> None:
    followed = {"review:item"}
    visited = {resolve(path.partition("?")[0]).view_name for _role, path, _ready, _follow in VISITS} | followed
    included = [one for one in get_resolver().url_patterns if isinstance(one, URLResolver)]
    (namespace,) = [one for one in included if one.namespace == "review"]
    pages = {f"review:{pattern.name}" for pattern in namespace.url_patterns if isinstance(pattern, URLPattern)}

    assert {page for page in pages - NO_PAGES if not page.endswith(POSTED)} - NOT_THERE_YET <= visited


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_axe_finds_nothing_serious_in_what_opens_over_the_workstation(
    product: Product, open_as: OpenAs, theme: str
) -> None:
    desk = Desk(product, open_as("lead", color_scheme=theme), "support-triage")
    desk.open()
    findings = []
    for key, name in [("?", "keys"), ("s", "skip"), ("e", "escalate"), ("0", "search"), ("Control+k", "palette")]:
        desk.page.keyboard.press(key)
        expect(desk.page.get_by_role("dialog")).to_be_visible()
        findings += serious(desk.page, name)
        desk.page.keyboard.press("Escape")
        expect(desk.page.get_by_role("dialog")).to_have_count(0)
    desk.choose("1")
    desk.write("a note")
    findings += serious(desk.page, "with an answer")
    desk.page.set_viewport_size({"width": 390, "height": 844})
    findings += serious(desk.page, "on a phone")

    assert findings == []


def serious(page: Page, where: str) -> list[str]:
    found = Axe().run(page, options=OWN_WAY).response["violations"]
    return [
        f"{where} {one['id']}: {'; '.join(' '.join(map(str, node['target'])) for node in one['nodes'][:4])}"
        for one in found
        if one["impact"] in ("serious", "critical")
    ]
