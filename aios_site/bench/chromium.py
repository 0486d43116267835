"""A headless Chromium for measurements, tests and pictures: what there is on the machine, or Playwright's own."""

import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from django.core.management.base import CommandError

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

_ON_PATH = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
_ARGUMENTS = ("--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--disable-background-networking")


def require_chromium() -> str:
    """Return the path of a Chromium, or say what is missing."""
    path = find_chromium()
    if path is None:
        message = "There is no Chromium here: set AIOS_CHROMIUM to one, or run `.venv/bin/playwright install chromium`."
        raise CommandError(message)
    return path


def find_chromium() -> str | None:
    """Return a Chromium's path: AIOS_CHROMIUM, the one Playwright fetched, or one of the system's; none without any."""
    with _sync_playwright()() as playwright:
        fetched = playwright.chromium.executable_path
    candidates = [os.environ.get("AIOS_CHROMIUM"), fetched, *map(shutil.which, _ON_PATH)]
    return next((path for path in candidates if path and Path(path).exists()), None)


@contextmanager
def chromium(path: str) -> Iterator["Browser"]:
    """Run a browser without a window."""
    with _sync_playwright()() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=list(_ARGUMENTS))
        try:
            yield browser
        finally:
            browser.close()


def sign_in(page: "Page", url: str, email: str, password: str) -> None:
    """Sign in by the form, and wait for the page behind it."""
    page.goto(f"{url}/accounts/login/")
    page.get_by_label("E-mail").fill(email)
    page.get_by_label("Password").fill(password)
    page.get_by_role("button", name="Sign in").click()
    page.wait_for_url(lambda address: "/accounts/login/" not in address)


def _sync_playwright() -> Callable[[], Any]:
    try:
        from playwright.sync_api import sync_playwright  # noqa: PLC0415 - not there outside of development
    except ImportError as error:
        message = "A browser is driven by Playwright, which is installed for development alone: run `make dev` first."
        raise CommandError(message) from error
    return sync_playwright
