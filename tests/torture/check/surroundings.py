"""I8: nobody sees another workspace. I9: nothing inside is reached. I11: all comes to rest. And the trails, and the rules."""

import json
from collections import Counter

from tests.torture.cast import NORTH, SOUTH
from tests.torture.check.evidence import Evidence
from tests.torture.check.verdict import Verdict
from tests.torture.journal import read_journal

_REFUSED = frozenset({403, 404})


def isolation(evidence: Evidence) -> Verdict:
    """Check that strangers were refused, and that every actor in a workspace belongs to it."""
    verdict = Verdict("I8", "no read or write across workspaces")
    for call in evidence.of_kind("cross", "list"):
        if call.status is None:
            continue
        theirs = NORTH if f"stranger-{SOUTH}" in call.op else SOUTH
        verdict.expect(f"{theirs}-only" not in json.dumps(call.answer), f"{call.op} was told of the other workspace")
        if call.kind == "cross":
            verdict.expect(
                call.status in _REFUSED, f"{call.op} got {call.status} at {call.told['path']}: {call.answer}"
            )
    strangers = evidence.rows(
        "SELECT e.id FROM governance_auditevent e WHERE e.actor_kind = 'person' AND NOT EXISTS (SELECT FROM governance_membership m"
        " WHERE m.pseudonym = e.actor_pseudonym AND m.workspace_id = e.workspace_id)"
    )
    verdict.expect(not strangers, f"{len(strangers)} events by people of another workspace")
    for table, parent in (
        ("review_review", "review_item"),
        ("review_decision", "review_item"),
        ("review_outcome", "review_item"),
    ):
        mixed = evidence.rows(
            f"SELECT c.id FROM {table} c JOIN {parent} p ON p.id = c.item_id WHERE p.workspace_id <> c.workspace_id"
        )
        verdict.expect(not mixed, f"{len(mixed)} rows of {table} belong to another workspace than their item")
    return verdict


def canary(evidence: Evidence) -> Verdict:
    """Check that the internal host that must never be reached was not."""
    verdict = Verdict("I9", "requests that reached the internal canary")
    file = evidence.plan.folder / "canary.jsonl"
    reached = list(read_journal(file)) if file.exists() else []
    for entry in reached:
        verdict.expect(None, f"reached: {entry}")
    cast = evidence.cast
    verdict.checked += len(cast.canary_configured) + len(cast.canary_refused) + len(cast.canary_forced)
    tried = evidence.rows(
        "SELECT count(*) AS attempts, count(DISTINCT d.endpoint_id) AS endpoints FROM governance_deliveryattempt a"
        " JOIN governance_delivery d ON d.id = a.delivery_id JOIN governance_webhookendpoint e ON e.id = d.endpoint_id"
        " WHERE e.name LIKE 'canary%'"
    )[0]
    verdict.expect(tried["attempts"], "nothing was ever sent towards the canary, so this says nothing")
    verdict.note = (
        f"{len(cast.canary_refused)} addresses refused when saved, {tried['attempts']} attempts towards"
        f" {tried['endpoints']} that were saved all the same"
    )
    return verdict


def rest(evidence: Evidence) -> Verdict:
    """Check that everything came to rest in time."""
    verdict = Verdict("I11", "everything settled after the faults stopped")
    settled = next(entry for entry in evidence.faults if entry["event"] == "settled")
    limit = settled["limit"]
    verdict.expect(not settled["left"], f"not settled after {settled['seconds']} s: {settled['left']}")
    verdict.expect(settled["seconds"] <= limit, f"settled after {settled['seconds']} s, {limit} are allowed")
    verdict.note = f"{settled['seconds']} s"
    return verdict


def trails(evidence: Evidence) -> Verdict:
    """Check that no stream of the audit trail has a gap."""
    verdict = Verdict("audit", "streams without gaps, events and counters agree")
    rows = evidence.rows(
        "SELECT e.stream_kind, e.stream_id, count(*) AS events, count(DISTINCT e.stream_seq) AS distinct_seqs,"
        " min(e.stream_seq) AS first, max(e.stream_seq) AS last,"
        " coalesce(max(i.event_count), max(s.last_seq)) AS counted"
        " FROM governance_auditevent e LEFT JOIN review_item i ON e.stream_kind = 'item' AND i.id = e.stream_id"
        " LEFT JOIN governance_auditstream s ON s.kind = e.stream_kind AND s.stream_id = e.stream_id"
        " GROUP BY e.stream_kind, e.stream_id"
    )
    for row in rows:
        numbers = {row[name] for name in ("events", "distinct_seqs", "last", "counted")}
        verdict.expect(row["first"] == 1 and len(numbers) == 1, f"{row['stream_kind']} {row['stream_id']}: {row}")
    for item in evidence.items.keys() - evidence.trails.keys():
        verdict.expect(None, f"item {item} has no trail")
    return verdict


def rules(evidence: Evidence) -> Verdict:
    """Take over what the repository's own rules found."""
    verdict = Verdict("rules", "the repository's own rules for rows")
    file = evidence.plan.folder / "rules.json"
    if verdict.expect(file.exists(), "the rules were not asked"):
        for rule, found in json.loads(file.read_text()).items():
            verdict.expect(None, f"{rule}: {found['count']} rows, such as {found['rows'][:2]}")
    return verdict


def faults(evidence: Evidence) -> tuple[Verdict, dict[str, int]]:
    """Check that enough was done to the product for the rest to mean something, and count it."""
    verdict = Verdict("faults", "as many as were promised")
    done = Counter(entry["kind"] for entry in evidence.faults if entry["event"] == "fault")
    counts = {
        "kill": done["kill"],
        "valkey": done["flush"] + done["kill_valkey"],
        "terminate": done["terminate"],
        "kill_postgres": done["kill_postgres"],
        "stop": done["stop"] + done["stall"],
    }
    if evidence.plan.has_quota:
        for kind, fewest in evidence.plan.quota().items():
            verdict.expect(counts[kind] >= fewest, f"{counts[kind]} x {kind}, {fewest} were promised")
    lost = Counter(str(why) for call in evidence.calls for why in call.lost)
    cuts = Counter(entry["event"] for entry in read_journal(evidence.plan.folder / "proxy.jsonl"))
    downstream = Counter(entry["mode"] for entry in read_journal(evidence.plan.folder / "receivers.jsonl"))
    if evidence.plan.has_quota:
        for what in ("slow_line", "cut_answer", "cut_request"):
            verdict.expect(cuts[what], f"no {what}")
        for what in ("error", "busy", "cut", "hang", "redirect"):
            verdict.expect(downstream[what], f"no receiver answered by {what}")
    other = {
        "kill_backend": done["kill_backend"],
        "ended by itself": sum(entry["event"] == "ended" for entry in evidence.faults),
        **cuts,
        **{f"receiver: {mode}": count for mode, count in downstream.items()},
        **{f"lost: {why}": count for why, count in lost.items()},
    }
    return verdict, counts | other


def failpoints(evidence: Evidence) -> tuple[Verdict, dict[str, int]]:
    """Check that a process died at every step where one can be made to."""
    verdict = Verdict("failpoints", "a process died at every step")
    fired = Counter(entry["failpoint"] for entry in evidence.faults if entry["event"] == "fired")
    armed = {entry["failpoint"] for entry in evidence.faults if entry["event"] == "started" and entry["failpoint"]}
    if evidence.plan.has_quota:
        known = json.loads((evidence.plan.folder / "failpoints.json").read_text())
        for name in sorted(armed.union(known)):
            verdict.expect(fired[name], f"{name} never fired")
    return verdict, {name: fired[name] for name in sorted(fired)}
