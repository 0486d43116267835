"""I1: nothing that was acknowledged is lost. I5: one key, one answer. I10: orders inside a text change nothing."""

from collections import Counter, defaultdict

from tests.torture.check.evidence import Call, Evidence
from tests.torture.check.verdict import Verdict

_FINAL = frozenset({"resolved", "withdrawn", "dead"})


def acknowledged_items(evidence: Evidence) -> Verdict:
    """Check that every acknowledged item is there as it was sent, and final or to be had."""
    verdict = Verdict("I1", "acknowledged items exist, and are final or claimable")
    open_reviews = Counter(row["item"] for row in evidence.reviews.values() if row["state"] in ("open", "leased"))
    looked_at: set[str] = set()
    for call, sent, item_id in evidence.sent_items():
        if not verdict.expect(item_id, f"{call.op}: {sent['external_id']} was refused: {call.answer}"):
            continue
        if item_id in looked_at:
            continue
        looked_at.add(str(item_id))
        item = evidence.items.get(str(item_id))
        if not verdict.expect(
            item, f"{call.op}: {sent['external_id']} was acknowledged as {item_id}, which is not there"
        ):
            continue
        assert item is not None
        stored = (item["external_id"], item["text"], item["workflow"], item["workspace"])
        told = (
            sent["external_id"],
            sent["text"],
            call.told["workflow"],
            evidence.cast.workspaces[call.told["workspace"]],
        )
        verdict.expect(stored == told, f"{item_id} holds {stored}, sent was {told}")
        is_had = item["state"] == "in_review" and open_reviews[item["id"]] == 1
        verdict.expect(
            item["state"] in _FINAL or is_had or item["state"] == "received",
            f"{item_id} is {item['state']} with {open_reviews[item['id']]} open reviews: nobody will ever take it",
        )
    for call in evidence.of_kind("withdraw"):
        if call.is_good:
            state = evidence.items[call.told["item"]]["state"]
            verdict.expect(state == "withdrawn", f"{call.told['item']} was withdrawn and is {state}")
    for call in evidence.of_kind("wait"):
        if call.is_good:
            outcome = call.answer["outcome"]
            is_known = outcome is None or evidence.outcomes.get(outcome["id"], {}).get("label") == outcome["label"]
            verdict.expect(call.answer["id"] == call.told["item"] and is_known, f"{call.op} was told {call.answer}")
    states = Counter(row["state"] for row in evidence.items.values())
    verdict.note = ", ".join(f"{count} {state}" for state, count in sorted(states.items()))
    verdict.expect(looked_at, "nothing was acknowledged at all")
    return verdict


def idempotency(evidence: Evidence) -> Verdict:
    """Check that a key has one answer, another body under it is refused, and a name is one item."""
    verdict = Verdict("I5", "same key or name, same answer; another body is refused")
    by_key: dict[str, list[Call]] = defaultdict(list)
    for call in evidence.of_kind("send", "batch"):
        if call.key and call.status is not None:
            if call.told["other"]:
                verdict.expect(call.status == 422, f"{call.op}: another body under a used key got {call.status}")
            else:
                by_key[call.key].append(call)
        elif call.status is not None and call.told["other"]:
            verdict.expect(call.status == 409, f"{call.op}: another payload under a used name got {call.status}")
    for key, calls in by_key.items():
        answers = {(call.status, call.answer_sha) for call in calls}
        verdict.expect(len(answers) == 1, f"key {key} got {len(answers)} answers: {[call.op for call in calls]}")
        fresh = sum(not call.is_replayed for call in calls)
        verdict.expect(fresh <= 1, f"key {key} was carried out {fresh} times: {[call.op for call in calls]}")
    ids: dict[tuple[str, str, str], set[str]] = defaultdict(set)
    for call, sent, item_id in evidence.sent_items():
        if item_id:
            ids[(call.told["workspace"], call.told["workflow"], sent["external_id"])].add(item_id)
    for name, told in ids.items():
        verdict.expect(len(told) == 1, f"{name} was told to be {sorted(told)}")
    stored = Counter((row["workspace"], row["workflow"], row["external_id"]) for row in evidence.items.values())
    for name, count in stored.items():
        verdict.expect(count == 1, f"{name} is stored {count} times")
    repeats = sum(len(calls) for calls in by_key.values()) - len(by_key)
    verdict.note = f"{len(by_key)} keys, {repeats} repeats"
    return verdict


def injected_text(evidence: Evidence) -> Verdict:
    """Check that no item whose text gives orders was ever accepted without people."""
    verdict = Verdict("I10", "text with orders in it was never auto-accepted")
    accepted = {row["item"] for row in evidence.outcomes.values() if row["source"] == "auto"}
    accepted |= {
        row["item"]
        for row in evidence.rows(
            "SELECT item_id::text AS item FROM routing_routingdecision WHERE disposition = 'auto_accept'"
        )
    }
    plain = 0
    for _call, sent, item_id in evidence.sent_items():
        if sent["injected"]:
            verdict.expect(item_id not in accepted, f"{item_id} was accepted: {sent['text']!r}")
        else:
            plain += item_id in accepted
    # Without this the check would pass on a product that accepts nothing.
    verdict.expect(plain > 0, "no other item was auto-accepted, so this says nothing")
    verdict.note = f"{plain} others auto-accepted"
    return verdict
