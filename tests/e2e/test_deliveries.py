"""The delivery log in a browser: an endpoint is made, tried out, fails, is mended, and what it missed is sent again."""

import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from zoneinfo import ZoneInfo

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Locator, Page, expect
from standardwebhooks import Webhook

from tests.e2e.conftest import OpenAs
from tests.e2e.product import Product
from tests.e2e.test_pages import OWN_WAY

pytestmark = pytest.mark.e2e

BUSY = "<b>busy</b> \u202eevil\u202c"


@dataclass
class Receiver:
    """A customer's server on this machine: what came, and what it answers with."""

    port: int = 0
    status: int = 503
    came: list[tuple[dict[str, str], bytes]] = field(default_factory=list)

    @property
    def name(self) -> str:
        """What its endpoint is called."""
        return f"Shop {self.port}"


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    """A server that can be told how to answer."""
    told = Receiver()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            told.came.append(({name.lower(): value for name, value in self.headers.items()}, body))
            answer = (BUSY if told.status >= 400 else "ok").encode()
            self.send_response(told.status)
            self.send_header("Content-Length", str(len(answer)))
            self.end_headers()
            self.wfile.write(answer)

        def log_message(self, *_arguments: object) -> None:
            """Keep quiet."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    told.port = server.server_address[1]
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield told
    server.shutdown()
    server.server_close()
    thread.join()


@pytest.fixture
def endpoint(open_as: OpenAs, product: Product, receiver: Receiver) -> Iterator[str]:
    """An endpoint of the demo workspace, named Shop and its port, made in the administration; its secret."""
    page = open_as("admin")
    page.goto("/admin/governance/privatehost/add/")
    page.get_by_label("Host").fill("127.0.0.1")
    page.get_by_label("Port").fill(str(receiver.port))
    page.get_by_role("button", name="Save", exact=True).click()
    page.goto("/admin/governance/webhookendpoint/add/")
    if "reauthenticate" in page.url:  # asked for once in a while
        page.get_by_label("Password").fill(product.logins["admin"].password)
        page.get_by_role("button", name="Confirm").click()
    page.get_by_label("Name").fill(receiver.name)
    page.get_by_label("Address").fill(f"http://127.0.0.1:{receiver.port}/hook")
    page.get_by_role("button", name="Save", exact=True).click()
    yield page.locator(".messagelist .warning").inner_text().rpartition(" ")[2]
    product.rows(
        "UPDATE governance_webhookendpoint SET is_enabled = false, disabled_reason = 'by_hand', disabled_at = now()"
        " WHERE is_enabled"
    )


def reload_until(page: Page, wanted: Locator) -> None:
    """Ask the page again until something is there; rows arrive when the sweep process gets to them."""
    for _once in range(40):
        if wanted.count():
            return
        page.wait_for_timeout(500)
        page.reload()
    expect(wanted).to_be_visible()


def serious(page: Page) -> list[str]:
    found = Axe().run(page, options=OWN_WAY).response["violations"]
    return [f"{page.url} {one['id']}" for one in found if one["impact"] in ("serious", "critical")]


def test_an_endpoint_fails_and_what_it_missed_is_sent_again(open_as: OpenAs, receiver: Receiver, endpoint: str) -> None:
    admin = open_as("admin")
    admin.goto("/admin/governance/webhookendpoint/")
    admin.get_by_role("checkbox", name=f"Select this object for an action - {receiver.name}").check()
    admin.locator("select[name=action]").select_option(label="Send a test event")
    admin.get_by_role("button", name="Go").click()
    expect(admin.locator(".messagelist")).to_contain_text("Done: 1")

    found: list[str] = []
    for theme in ("light", "dark"):
        page = open_as("owner", color_scheme=theme)
        page.goto("/w/demo/deliveries/")
        page.get_by_label("Endpoint").first.select_option(label=receiver.name)
        row = page.locator("tr[data-delivery]", has_text="webhook.ping").first
        reload_until(page, row.get_by_text("503 Service Unavailable"))
        expect(row).to_contain_text("tried, waits")
        expect(page.get_by_role("heading", name=f"{receiver.name} is failing")).to_be_visible()
        opener = row.get_by_role("button", name="Attempts of webhook.ping")
        opener.focus()
        page.keyboard.press("Enter")
        expect(opener).to_have_attribute("aria-expanded", "true")
        excerpt = page.locator(".try-excerpt").first
        expect(excerpt).to_contain_text("<b>busy</b> U+202EevilU+202C")
        assert excerpt.locator("b").count() == 0
        found += serious(page)
        page.get_by_role("button", name="Replay a period").click()
        expect(page.get_by_role("dialog")).to_be_visible()
        found += serious(page)
        page.keyboard.press("Escape")
        expect(page.get_by_role("dialog")).to_be_hidden()
        page.keyboard.press("Escape")
        opener.click()
        expect(page.locator(".log-tries:visible")).to_have_count(0)
        row.get_by_role("link").first.click()
        expect(page.get_by_role("heading", name="webhook.ping")).to_be_visible()
        found += serious(page)
    assert found == []


def test_a_period_is_replayed_in_the_readers_own_zone(
    open_as: OpenAs, product: Product, receiver: Receiver, endpoint: str
) -> None:
    receiver.status = 200
    (feed,) = product.rows(
        "SELECT count(*) AS events, min(published_at) AS first, max(published_at) AS last"
        " FROM governance_outboxmessage WHERE published_seq IS NOT NULL AND endpoint_id IS NULL"
    )
    page = open_as("owner", timezone_id="Pacific/Kiritimati")  # fourteen hours ahead
    page.goto("/w/demo/deliveries/")
    page.get_by_role("button", name="Replay a period").click()
    page.get_by_role("dialog").get_by_label("Endpoint").select_option(label=receiver.name)
    dialog = page.get_by_role("dialog")
    expect(dialog).to_contain_text("Times are in your own zone, Pacific/Kiritimati.")
    dialog.get_by_label("From").fill(_local(feed["first"] - timedelta(minutes=1)))
    dialog.get_by_label("Until").fill(_local(feed["last"] + timedelta(minutes=1)))
    dialog.get_by_role("button", name="Replay").click()

    expect(page.get_by_role("status")).to_have_text(f"{feed['events']} events are sent to {receiver.name} again.")
    page.get_by_label("Endpoint").first.select_option(label=receiver.name)
    page.get_by_label("State").select_option(label="Delivered")
    reload_until(page, page.locator("tr[data-delivery]").nth(49))
    page.get_by_role("link", name="Older deliveries").click()
    expect(page.locator("tr[data-delivery]").first).to_contain_text("item.resolved")
    headers, body = receiver.came[0]
    assert Webhook(endpoint).verify(body, headers)["type"] == "item.resolved"


def _local(at: datetime) -> str:
    return at.astimezone(ZoneInfo("Pacific/Kiritimati")).strftime("%Y-%m-%dT%H:%M")
