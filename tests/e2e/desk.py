"""A person at a workstation: what is on the screen, what keys do, and what the database knows of it."""

from dataclasses import dataclass
from typing import Any

from playwright.sync_api import Locator, Page, expect

from tests.e2e.product import Product

ITEM = "article[aria-busy=false] .item-head"
ON_SCREEN = f"{ITEM} .facts dd.mono"
SEND = "Control+Enter"

# Waits until an item other than the one named is painted, and tells what of it a person sees.
_NEXT = """async ([selector, gone]) => {
  const until = performance.now() + 20000;
  for (;;) {
    const item = document.querySelector(selector)?.textContent;
    if (item && item !== gone) return {
      item,
      suggested: !document.getElementById("suggest").hidden,
      chosen: document.querySelector("#labels input:checked")?.value ?? null,
    };
    if (performance.now() > until) throw new Error(`after ${gone} no other item came up`);
    await new Promise(requestAnimationFrame);
  }
}"""


@dataclass(frozen=True, slots=True)
class Seen:
    """What stands on the screen."""

    item: str
    suggested: bool
    chosen: str | None


class Desk:
    """One page of the workstation."""

    def __init__(self, product: Product, page: Page, queue: str) -> None:
        self.product = product
        self.page = page
        self.queue = queue

    def open(self) -> Seen:
        """Load the page and wait for an item."""
        self.page.goto(f"/w/demo/work/{self.queue}/")
        return self.see()

    def see(self, *, after: str = "") -> Seen:
        """Return what is painted, once it is another item than the one named."""
        return Seen(**self.page.evaluate(_NEXT, [ON_SCREEN, after]))

    def press(self, *keys: str) -> Seen:
        """Press keys and return the item that comes up in place of the present one."""
        gone = self.see().item
        for key in keys:
            self.page.keyboard.press(key)
        return self.see(after=gone)

    def choose(self, digit: str) -> str:
        """Choose a label by its key and return it."""
        self.page.keyboard.press(digit)
        chosen = self.page.locator("#labels input:checked")
        expect(chosen).to_have_count(1)
        return str(chosen.get_attribute("value"))

    def write(self, note: str) -> None:
        """Write a note by the keys, in place of what the person left there before; the hands stay in it."""
        self.page.keyboard.press("n")
        expect(self.note).to_be_focused()
        if self.note.input_value():
            self.note.fill("")
        self.page.keyboard.type(note)

    @property
    def note(self) -> Locator:
        return self.page.get_by_role("textbox", name="Note", exact=True).and_(self.page.locator("#note"))

    @property
    def alert(self) -> Locator:
        """What the form says stands in the way."""
        return self.page.locator("#decide [role=alert]:visible")

    def told(self, sentence: str) -> Locator:
        """Return where a sentence stands that is announced to everybody: an alert or a status."""
        return self.page.locator("[role=alert]:visible, [role=status]").filter(has_text=sentence)

    def settle(self) -> None:
        """Wait until every answer has been taken."""
        expect(self.page.locator("#saved")).to_have_text("All saved", timeout=30_000)

    def decisions(self) -> list[dict[str, Any]]:
        """Return every decision of the queue, taken back or not, the oldest first."""
        return self.product.rows(
            "SELECT i.external_id AS item, d.action, d.label, d.note, r.decision_id = d.id AS counts, u.email AS person"
            "  FROM review_decision d JOIN review_review r ON r.id = d.review_id JOIN review_item i ON i.id = d.item_id"
            "  JOIN governance_user u ON u.id = d.reviewer_id"
            "  JOIN review_queue q ON q.id = r.queue_id WHERE q.key = %(queue)s ORDER BY d.recorded_at",
            queue=self.queue,
        )

    def decisions_on(self, item: str) -> list[dict[str, Any]]:
        """Return every decision on one item."""
        return [decision for decision in self.decisions() if decision["item"] == item]

    def late_answers_on(self, item: str) -> list[dict[str, Any]]:
        """Return the answers that came too late and were kept, as they were sent."""
        rows = self.product.rows(
            "SELECT l.body FROM review_lateanswer l JOIN review_review r ON r.id = l.review_id"
            " JOIN review_item i ON i.id = r.item_id WHERE i.external_id = %(item)s",
            item=item,
        )
        return [row["body"] for row in rows]

    def review_of(self, item: str) -> dict[str, Any]:
        """Return the item's review as it stands."""
        (review,) = self.product.rows(
            "SELECT r.id, r.state, r.fence, r.holder_id FROM review_review r JOIN review_item i ON i.id = r.item_id"
            " JOIN review_queue q ON q.id = r.queue_id WHERE i.external_id = %(item)s AND q.key = %(queue)s",
            item=item,
            queue=self.queue,
        )
        return review

    def end_lease(self, item: str) -> None:
        """Let the lease of an item have run out, and wait until the sweeper has noticed."""
        before = self.review_of(item)
        self.product.rows(
            "UPDATE review_review SET lease_until = now() - interval '1 second' WHERE id = %(id)s AND state = 'leased'",
            id=before["id"],
        )
        self.wait_until(lambda: self.review_of(item)["fence"] > before["fence"], "the sweeper took the lease back")

    def wait_until(self, reached: Any, what: str, *, within_s: float = 20) -> None:
        """Wait for something behind the page, while the page goes on."""
        for _once in range(int(within_s * 20)):
            if reached():
                return
            self.page.wait_for_timeout(50)
        raise AssertionError(f"not within {within_s:.0f} s: {what}")
