"""The workstation in a browser: first paint, from the key to the next item, and what the page weighs."""

import secrets
import statistics
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from aios_site.bench.chromium import chromium, require_chromium, sign_in
from aios_site.bench.ground import ground, machine
from aios_site.bench.report import percentile
from aios_site.bench.seed import WORKFLOW, reviewer_email, seed_open_reviews, seed_workspace

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

_COLD_LOADS = 5
_LATENCY_MS = 300
# A quick person's second thought; with latency somewhat slower than answers go out one after the other.
_PAUSE_MS = {0: 150, _LATENCY_MS: 450}
_OPEN = 1000
_ITEM = "article[aria-busy=false] .item-head"
_PAINT = "performance.getEntriesByName('first-contentful-paint')[0].startTime"
_NEXT = "performance.getEntriesByName('aios:next-item').map((entry) => entry.duration)"
_ANSWERS = "performance.getEntriesByType('resource').filter(({name}) => name.endsWith('/decide/')).map((entry) => entry.duration)"
_WATCH_FOR_ITEM = f"""
new MutationObserver((_changes, watcher) => {{
  if (!document.querySelector("{_ITEM}")) return;
  watcher.disconnect();
  globalThis.itemAt = performance.now();
}}).observe(document, {{ subtree: true, childList: true, attributes: true }});
performance.setResourceTimingBufferSize(5000);
"""


@dataclass(frozen=True)
class _Load:
    paint_ms: float
    item_ms: float
    requests: int
    size: int


def measure(options: dict[str, Any]) -> dict[str, Any]:
    """Return what a reviewer's browser sees; the last line of each latency tells how slow the network really was."""
    path = require_chromium()
    password = secrets.token_urlsafe(12)
    seeded = seed_workspace(reviewers=1, password=password)
    seed_open_reviews(seeded, _OPEN)
    with ground() as running, chromium(path) as browser:
        running.serve()
        running.start("sweep", "sweep")
        url = f"http://127.0.0.1:{running.port}"
        state = _signed_in(browser, url, password)
        _load(browser, url, state)  # warms the server up
        loads = [_load(browser, url, state) for _once in range(_COLD_LOADS)]
        figures: dict[str, Any] = {
            "first_contentful_paint_ms": round(statistics.median(load.paint_ms for load in loads), 1),
            "first_item_ms": round(statistics.median(load.item_ms for load in loads), 1),
            "page_bytes": max(load.size for load in loads),
            "page_requests": max(load.requests for load in loads),
            "cold_loads": len(loads),
        }
        for latency_ms in _PAUSE_MS:
            figures |= _work(browser, url, state, latency_ms=latency_ms, seconds=options["seconds"])
        version = browser.version
    return figures | {"chromium": version, **machine()}


def _signed_in(browser: "Browser", url: str, password: str) -> Any:
    context = browser.new_context()
    sign_in(context.new_page(), url, reviewer_email(0), password)
    state = context.storage_state()
    context.close()
    return state


def _load(browser: "Browser", url: str, state: Any) -> _Load:
    """Open the workstation with an empty cache."""
    context = browser.new_context(storage_state=state)
    page = context.new_page()
    page.add_init_script(_WATCH_FOR_ITEM)
    network = context.new_cdp_session(page)
    sizes: list[int] = []
    network.send("Network.enable")
    network.on("Network.loadingFinished", lambda event: sizes.append(int(event["encodedDataLength"])))
    _open(page, url)
    page.wait_for_load_state("networkidle")
    load = _Load(page.evaluate(_PAINT), page.evaluate("itemAt"), len(sizes), sum(sizes))
    _leave(page)
    context.close()
    return load


def _work(browser: "Browser", url: str, state: Any, *, latency_ms: int, seconds: float) -> dict[str, Any]:
    """Decide one item after the other by keys alone."""
    context = browser.new_context(storage_state=state)
    page = context.new_page()
    page.add_init_script(_WATCH_FOR_ITEM)
    _open(page, url)
    network = context.new_cdp_session(page)
    network.send("Network.enable")
    conditions = {"offline": False, "latency": latency_ms, "downloadThroughput": -1, "uploadThroughput": -1}
    network.send("Network.emulateNetworkConditions", conditions)
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        page.wait_for_selector(_ITEM)
        page.keyboard.press("1")
        page.keyboard.press("Control+Enter")
        page.wait_for_timeout(_PAUSE_MS[latency_ms])
    page.wait_for_function("document.getElementById('saved').textContent.includes('All saved')")
    waits, answers = page.evaluate(_NEXT), page.evaluate(_ANSWERS)
    _leave(page)
    context.close()
    name = f"latency_{latency_ms}_ms"
    return {
        f"key_to_next_item_{name}_p50_ms": round(percentile(waits, 0.5), 1),
        f"key_to_next_item_{name}_p95_ms": round(percentile(waits, 0.95), 1),
        f"decisions_{name}": len(waits),
        f"answer_{name}_p50_ms": round(percentile(answers, 0.5), 1),
    }


def _open(page: "Page", url: str) -> None:
    page.goto(f"{url}/w/bench/work/{WORKFLOW}/")
    page.wait_for_selector(_ITEM)


def _leave(page: "Page") -> None:
    """Go away as a person does, so that what is held is given back."""
    page.goto("about:blank")
