"""A headless Chromium for the browser tests and the pictures: what there is on the machine, or Playwright's own."""

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from playwright.sync_api import Browser, Page, sync_playwright

_ON_PATH = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
_ARGUMENTS = ("--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--disable-background-networking")


def find_chromium() -> str | None:
    """Return a Chromium's path: AIOS_CHROMIUM, the one Playwright fetched, or one of the system's; none without any."""
    with sync_playwright() as playwright:
        fetched = playwright.chromium.executable_path
    candidates = [os.environ.get("AIOS_CHROMIUM"), fetched, *map(shutil.which, _ON_PATH)]
    return next((path for path in candidates if path and Path(path).exists()), None)


@contextmanager
def chromium(path: str) -> Iterator[Browser]:
    """Run a browser without a window."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=list(_ARGUMENTS))
        try:
            yield browser
        finally:
            browser.close()


def sign_in(page: Page, url: str, email: str, password: str) -> None:
    """Sign in by the form, and wait for the page behind it."""
    page.goto(f"{url}/accounts/login/")
    page.get_by_label("E-mail").fill(email)
    page.get_by_label("Password").fill(password)
    page.get_by_role("button", name="Sign in").click()
    page.wait_for_url(lambda address: "/accounts/login/" not in address)
