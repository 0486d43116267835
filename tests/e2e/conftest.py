"""One product and one browser for all browser tests; every page that they open must keep its console empty."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from tests.e2e.browser import chromium, find_chromium, sign_in
from tests.e2e.product import Product, running_product

# What an action brings about may take a while where the machine does other things; no test waits for this to pass.
expect.set_options(timeout=20_000)
OpenAs = Callable[..., Page]
TELL_VIOLATIONS = """
addEventListener("securitypolicyviolation", (event) =>
  console.error(`CSP: ${event.violatedDirective} ${event.blockedURI} ${event.sourceFile}:${event.lineNumber}`), true);
"""


@pytest.fixture(scope="session")
def chromium_path() -> str:
    """The browser; skips where there is none."""
    path = find_chromium()
    if path is None:
        pytest.skip("no Chromium on this machine (set AIOS_CHROMIUM, or run `playwright install chromium`)")
    return path


@pytest.fixture(scope="session")
def product(chromium_path: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Product]:
    """The running product, in a database of its own."""
    with running_product(tmp_path_factory.mktemp("product")) as running:
        yield running


@pytest.fixture(scope="package")
def browser(chromium_path: str) -> Iterator[Browser]:
    """A headless browser. It lives no longer than these tests, since the loop that drives it bars the ORM."""
    with chromium(chromium_path) as running:
        yield running


@pytest.fixture(scope="package")
def signed_in(browser: Browser, product: Product) -> Callable[[str], dict[str, Any]]:
    """Return a person's cookies by their role; each signs in once."""
    states: dict[str, dict[str, Any]] = {}

    def state_of(role: str) -> dict[str, Any]:
        if role not in states:
            context = browser.new_context()
            login = product.logins[role]
            sign_in(context.new_page(), product.url, login.email, login.password)
            states[role] = dict(context.storage_state())
            context.close()
        return states[role]

    return state_of


@pytest.fixture
def open_as(browser: Browser, product: Product, signed_in: Callable[[str], dict[str, Any]]) -> Iterator[OpenAs]:
    """Return a page of a person (of nobody: None); afterwards no page of that context may have complained about anything.

    `but` names beginnings of complaints that belong to what the test does, as of a browser without a network.
    """
    contexts: list[BrowserContext] = []
    complaints: list[str] = []

    def open_page(role: str | None, *, but: tuple[str, ...] = (), **options: Any) -> Page:
        state: Any = signed_in(role) if role else None
        context = browser.new_context(base_url=product.url, storage_state=state, reduced_motion="reduce", **options)
        context.add_init_script(TELL_VIOLATIONS)
        contexts.append(context)

        def complain(text: str, kind: str, page: Page | None) -> None:
            if not (but and text.startswith(but)):
                complaints.append(f"{kind}: {text} ({page.url if page else 'no page'})")

        context.on("console", lambda message: complain(message.text, message.type, message.page))
        context.on("weberror", lambda error: complain(str(error.error), "uncaught", error.page))
        return context.new_page()

    yield open_page
    for context in contexts:
        context.close()
    assert complaints == []
