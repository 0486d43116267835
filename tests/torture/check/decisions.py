"""I2: the acknowledged decision is the effective one, and the only one. I3: an old fence changes nothing."""

from collections import Counter, defaultdict

from tests.torture.check.evidence import Call, Evidence, Row
from tests.torture.check.verdict import Verdict
from tests.torture.plan import FEWEST_REFUSALS

_STALE = "stale_fence"


def effective_decisions(evidence: Evidence) -> Verdict:
    """Check what reviewers were told against what counts."""
    verdict = Verdict("I2", "one effective decision per slot, and it is the acknowledged one")
    by_mark: dict[str, list[Row]] = defaultdict(list)
    for row in evidence.decisions.values():
        by_mark[row["note"]].append(row)
    sent: dict[str, list[Call]] = defaultdict(list)
    for call in evidence.of_kind("decide"):
        sent[call.told["note"]].append(call)
    undone = _undone_events(evidence)
    tried, granted = _undo_calls(evidence)
    for mark, calls in sent.items():
        _check_answer(verdict, calls, by_mark[mark])
    for decision in evidence.decisions.values():
        _check_decision(verdict, evidence, decision, sent.get(decision["note"], []), undone, tried, granted)
    slots = Counter((row["item"], row["round"], row["slot"]) for row in evidence.reviews.values())
    for slot, count in slots.items():
        verdict.expect(count == 1, f"slot {slot} has {count} reviews")
    lasting = Counter(row["review"] for row in evidence.decisions.values() if row["id"] not in undone)
    for review, count in lasting.items():
        verdict.expect(count == 1, f"review {review} has {count} decisions that nobody took back")
    verdict.note = f"{len(evidence.decisions)} decisions, {len(undone)} undone"
    return verdict


def _check_answer(verdict: Verdict, calls: list[Call], rows: list[Row]) -> None:
    """Check one answer of a reviewer, however often it was sent, against the decisions that carry its mark."""
    mark, sent = calls[0].told["note"], calls[0].told
    told = {call.answer["decision"]["id"] for call in calls if call.is_good and call.answer["decision"]}
    verdict.expect(len(rows) <= 1, f"{mark} is recorded {len(rows)} times")
    verdict.expect(len(told) <= 1, f"{mark} was acknowledged as {sorted(told)}")
    if told:
        verdict.expect({row["id"] for row in rows} == told, f"{mark} was acknowledged as {told}, recorded is {rows}")
    elif rows:
        is_unknown = any(call.status is None for call in calls)
        verdict.expect(is_unknown, f"{mark} was refused ({[call.code for call in calls]}) and is recorded all the same")
    for row in rows:
        is_same = (row["review"], row["fence"], row["user"], row["action"]) == (
            sent["review"],
            sent["fence"],
            sent["user"],
            sent["action"],
        )
        is_same &= sent["label"] is None or sent["label"] == row["label"]
        verdict.expect(is_same, f"{mark} was sent as {sent} and is recorded as {row}")


def _check_decision(
    verdict: Verdict,
    evidence: Evidence,
    decision: Row,
    calls: list[Call],
    undone: set[str],
    tried: set[str],
    granted: set[str],
) -> None:
    review = evidence.reviews[decision["review"]]
    is_effective = review["decision"] == decision["id"] and review["state"] == "decided"
    verdict.expect(calls, f"decision {decision['id']} was sent by nobody: {decision}")
    if decision["id"] in granted:
        verdict.expect(not is_effective, f"decision {decision['id']} was undone and still counts")
    elif decision["id"] not in tried:
        verdict.expect(is_effective, f"decision {decision['id']} was not taken back and does not count: {review}")
        verdict.expect(decision["id"] not in undone, f"decision {decision['id']} was undone by nobody")


def _undo_calls(evidence: Evidence) -> tuple[set[str], set[str]]:
    calls = evidence.of_kind("undo")
    return {call.told["decision"] for call in calls}, {call.told["decision"] for call in calls if call.is_good}


def _undone_events(evidence: Evidence) -> set[str]:
    return {
        event["data"]["decision"]
        for trail in evidence.trails.values()
        for event in trail
        if event["action"] == "decision.undone"
    }


def fences(evidence: Evidence) -> Verdict:
    """Replay every item's trail: whoever changes a review holds it, under the fence they name."""
    verdict = Verdict("I3", "what happened to reviews happened under the present fence")
    for item, trail in evidence.trails.items():
        _Replay(verdict, item).run(trail)
    refusals = sum(call.code == _STALE for call in evidence.of_kind("decide", "release", "renew"))
    verdict.note = f"{refusals} refused as stale"
    if evidence.plan.has_quota:
        verdict.expect(refusals >= FEWEST_REFUSALS, f"only {refusals} stale fences were refused")
    return verdict


class _Replay:
    """The life of one item's reviews, from its trail alone."""

    def __init__(self, verdict: Verdict, item: str) -> None:
        self._verdict = verdict
        self._item = item
        self._lease: dict[str, tuple[int, str] | None] = {}
        self._highest: dict[str, int] = {}
        self._decided: dict[str, tuple[str, str]] = {}
        self._attempt = 0

    def run(self, trail: list[Row]) -> None:
        for event in trail:
            step = getattr(self, "_" + event["action"].replace(".", "_"), None)
            if step is not None:
                step(event, event["data"])

    def _expect(self, holds: object, event: Row, why: str) -> None:
        self._verdict.expect(holds, f"{self._item} #{event['seq']} {event['action']}: {why}")

    def _review_claimed(self, event: Row, data: Row) -> None:
        review, fence = data["review"], data["fence"]
        self._expect(self._lease.get(review) is None, event, f"claimed while {self._lease.get(review)} held it")
        self._expect(review not in self._decided, event, "claimed although it was decided")
        self._expect(fence > self._highest.get(review, 0), event, "its fence does not grow")
        self._highest[review], self._lease[review] = fence, (fence, event["actor"])

    def _ends(self, event: Row, data: Row, *, is_holder: bool) -> None:
        held = self._lease.get(data["review"])
        self._expect(
            held is not None and held[0] == data["fence"], event, f"under fence {data['fence']}, held is {held}"
        )
        if is_holder:
            self._expect(held is not None and held[1] == event["actor"], event, "by somebody who does not hold it")
        self._lease[data["review"]] = None
        self._highest[data["review"]] = max(self._highest.get(data["review"], 0), data["fence"] + 1)

    def _review_expired(self, event: Row, data: Row) -> None:
        self._ends(event, data, is_holder=False)

    def _review_released(self, event: Row, data: Row) -> None:
        self._ends(event, data, is_holder=True)

    _review_skipped = _review_escalated = _review_released

    def _decision_made(self, event: Row, data: Row) -> None:
        self._ends(event, data, is_holder=True)
        self._highest[data["review"]] = data["fence"]
        self._decided[data["review"]] = (data["decision"], event["actor"])

    def _decision_undone(self, event: Row, data: Row) -> None:
        decided = self._decided.pop(data["review"], None)
        self._expect(decided == (data["decision"], event["actor"]), event, f"decided is {decided}")
        fence = data["fence"] + 1
        self._highest[data["review"]], self._lease[data["review"]] = fence, (fence, event["actor"])

    def _item_postponed(self, event: Row, data: Row) -> None:
        self._expect(data["attempt"] > self._attempt, event, f"attempt {self._attempt} was over already")
        self._attempt = data["attempt"]

    _item_died = _item_routed = _item_postponed
