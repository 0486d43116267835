"""Pictures of the screens, from a running product: `python -m tests.e2e.shot --url http://127.0.0.1:8000`."""

import argparse
import json
import os
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, BrowserContext, Page

from aios_site.stack.home import default_home
from tests.e2e.browser import chromium, find_chromium, sign_in

WIDE = {"width": 1440, "height": 900}
NARROW = {"width": 390, "height": 844}
THEMES = ("light", "dark")
READY = "article[aria-busy=false] .item-head"


@dataclass(frozen=True, slots=True)
class Shot:
    """One screen: who looks at it, where it is, and what must be there before the picture is taken."""

    name: str
    role: str | None
    path: str
    ready: str = "#main, main"


SHOTS = (
    Shot("login", None, "/accounts/login/", "form"),
    Shot("queues", "lead", "/w/demo/queues/", "tr[data-queue]"),
    Shot("workstation", "reviewer", "/w/demo/work/support-triage/", READY),
    Shot("workstation-image", "reviewer", "/w/demo/work/paper-slips/", READY),
    Shot("overview", "owner", "/w/demo/workflows/support-triage/", ".figures"),
    Shot("workflows", "owner", "/w/demo/workflows/"),
    Shot("items", "owner", "/w/demo/items/", ".table"),
    Shot("item", "owner", "/w/demo/items/?workflow=support-triage&state=resolved", ".table"),
    Shot("deliveries", "owner", "/w/demo/deliveries/", "#log"),
    Shot("datasets", "owner", "/w/demo/datasets/"),
    Shot("dead", "lead", "/w/demo/dead/", "#dead .card"),
    Shot("admin", "admin", "/admin/"),
    Shot("admin-list", "admin", "/admin/review/queue/"),
    Shot("admin-form", "admin", "/admin/review/queue/", "#result_list"),
)
FOLLOWED = {"item": ".table-link", "admin-form": "#result_list tbody a"}


def take(browser: Browser, url: str, logins: dict[str, tuple[str, str]], out: Path, only: set[str]) -> list[Path]:
    """Take every picture that is asked for; return where they are."""
    states = {
        role: _signed_in(browser, url, logins[role])
        for role in {s.role for s in SHOTS if s.role and _is_asked(s.name, only)}
    }
    asked = [shot for shot in SHOTS if _is_asked(shot.name, only)]
    narrow = [shot for shot in asked if shot.name.startswith("workstation")]
    views = [(shot, WIDE) for shot in asked] + [(shot, NARROW) for shot in narrow]
    return [
        _one(browser, url, states.get(shot.role or ""), shot, theme, size, out)
        for theme in THEMES
        for shot, size in views
    ]


def _is_asked(name: str, only: set[str]) -> bool:
    return not only or name in only


def _signed_in(browser: Browser, url: str, login: tuple[str, str]) -> dict[str, object]:
    context = browser.new_context()
    sign_in(context.new_page(), url, *login)
    state = dict(context.storage_state())
    context.close()
    return state


def _one(browser: Browser, url: str, state: Any, shot: Shot, theme: Any, size: Any, out: Path) -> Path:
    context: BrowserContext = browser.new_context(
        viewport=size,
        color_scheme=theme,
        storage_state=state,
        reduced_motion="reduce",
    )
    page = context.new_page()
    page.goto(url + shot.path)
    page.wait_for_selector(shot.ready)
    if shot.name in FOLLOWED:
        page.locator(FOLLOWED[shot.name]).first.click()
        page.wait_for_load_state("load")
    _settle(page)
    path = out / f"{shot.name}-{theme}{'-phone' if size is NARROW else ''}.png"
    page.screenshot(path=path, animations="disabled")
    page.goto("about:blank")  # gives back what the workstation held
    context.close()
    return path


def _settle(page: Page) -> None:
    """Wait until pictures are there and two frames were drawn."""
    page.wait_for_function("() => [...document.images].every((image) => image.complete)")
    page.evaluate("() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))")


def main() -> int:
    """Take the pictures and say where they are."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--url", default=f"http://127.0.0.1:{os.environ.get('PORT', '8000')}")
    parser.add_argument("--logins", type=Path, default=default_home() / "demo-logins.json")
    parser.add_argument("--out", type=Path, default=Path("shots"))
    parser.add_argument("only", nargs="*", help="names of screens; all without")
    options = parser.parse_args()
    if not options.logins.exists():
        print(
            f"{options.logins} is missing: is the product running (make run), and is AIOS_HOME the same?",
            file=sys.stderr,
        )
        return 1
    logins: dict[str, tuple[str, str]] = {}
    for login in json.loads(options.logins.read_text(encoding="utf-8")):
        logins.setdefault(login["role"], (login["email"], login["password"]))
    options.out.mkdir(parents=True, exist_ok=True)
    path = find_chromium()
    if path is None:
        print("No Chromium is here: install one, or `python -m playwright install chromium`.", file=sys.stderr)
        return 1
    with chromium(path) as browser:
        for picture in take(browser, options.url, logins, options.out, set(options.only)):
            print(picture)
    return 0


if __name__ == "__main__":
    sys.exit(main())
