"""I4: every outcome reached its receivers, under one id, with the same bytes, signed, and in order."""

import base64
import hashlib
import json
from collections import defaultdict
from datetime import UTC, datetime
from functools import cached_property
from typing import Any

from standardwebhooks import Webhook

from tests.torture.cast import Endpoint
from tests.torture.check.evidence import Evidence, Row
from tests.torture.check.verdict import Verdict
from tests.torture.journal import read_journal

_TAKEN = frozenset({"ok", "slow"})
_TOLERANCE_S = 300


def deliveries(evidence: Evidence) -> Verdict:
    """Check what receivers got against what items became."""
    verdict = Verdict("I4", "every outcome reached its receivers: one id, same bytes, signed, in order")
    arrivals = _Arrivals(evidence)
    for endpoint in evidence.cast.endpoints:
        _check_endpoint(verdict, evidence, endpoint, arrivals.by_endpoint[endpoint.name])
    _check_amendments(verdict, evidence)
    requests = sum(len(one) for ids in arrivals.by_endpoint.values() for one in ids.values())
    verdict.note = f"{requests} requests, {sum(len(ids) for ids in arrivals.by_endpoint.values())} deliveries"
    return verdict


class _Arrivals:
    """The receivers' journal, by endpoint and webhook-id, in the order of arrival."""

    def __init__(self, evidence: Evidence) -> None:
        self._file = evidence.plan.folder / "receivers.jsonl"

    @cached_property
    def by_endpoint(self) -> dict[str, dict[str, list[Row]]]:
        found: dict[str, dict[str, list[Row]]] = defaultdict(lambda: defaultdict(list))
        for entry in read_journal(self._file):
            entry["body"] = base64.b64decode(entry["body"])
            found[entry["name"]][entry["headers"].get("webhook-id", "")].append(entry)
        return found


def _check_endpoint(verdict: Verdict, evidence: Evidence, endpoint: Endpoint, arrived: dict[str, list[Row]]) -> None:
    """Check one endpoint: all it was to get, nothing else, each the same every time, and in order."""
    outcomes_there: dict[str, str] = {}
    first_at: dict[str, list[tuple[float, int]]] = defaultdict(list)
    for message in evidence.messages.values():
        if message["workspace"] != evidence.cast.workspaces[endpoint.workspace]:
            continue
        if endpoint.event_types and message["type"] not in endpoint.event_types:
            continue
        requests = arrived.get(message["id"], [])
        taken = [request for request in requests if request["mode"] in _TAKEN]
        if verdict.expect(taken, f"{endpoint.name} never took {message['type']} {message['id']} of {message['item']}"):
            outcomes_there[message["outcome"]] = message["label"]
            first_at[message["item"]].append((requests[0]["at"], message["seq"]))
    for message_id, requests in arrived.items():
        known = evidence.messages.get(message_id)
        if not verdict.expect(known, f"{endpoint.name} got {message_id}, which is no message"):
            continue
        assert known is not None
        _check_requests(verdict, endpoint, known, requests)
        is_ours = known["workspace"] == evidence.cast.workspaces[endpoint.workspace]
        verdict.expect(is_ours, f"{endpoint.name} got {message_id} of another workspace")
        is_chosen = not endpoint.event_types or known["type"] in endpoint.event_types
        verdict.expect(is_chosen, f"{endpoint.name} got {known['type']}")
    for item, order in first_at.items():
        by_arrival = [seq for _at, seq in sorted(order)]
        verdict.expect(by_arrival == sorted(by_arrival), f"{endpoint.name} got the events of {item} as {by_arrival}")
    if not endpoint.event_types:
        _check_outcomes(verdict, evidence, endpoint, outcomes_there)


def _check_requests(verdict: Verdict, endpoint: Endpoint, message: Row, requests: list[Row]) -> None:
    shas = {hashlib.sha256(request["body"]).hexdigest() for request in requests}
    verdict.expect(shas == {message["sha"]}, f"{endpoint.name} got {message['id']} with {len(shas)} bodies")
    read: Any = json.loads(requests[0]["body"])
    verdict.expect(read["id"] == message["id"], f"{message['id']} says that it is {read['id']}")
    signer = Webhook(endpoint.secret)
    for request in requests:
        headers = request["headers"]
        sent_at = datetime.fromtimestamp(int(headers["webhook-timestamp"]), UTC)
        signature = signer.sign(message["id"], sent_at, request["body"].decode())
        is_signed = signature in headers["webhook-signature"].split(" ")
        verdict.expect(is_signed, f"{endpoint.name}: {message['id']} is signed {headers['webhook-signature']}")
        is_fresh = abs(request["at"] - sent_at.timestamp()) < _TOLERANCE_S
        verdict.expect(is_fresh, f"{endpoint.name}: {message['id']} was signed {sent_at}, sent {request['at']}")


def _check_outcomes(verdict: Verdict, evidence: Evidence, endpoint: Endpoint, there: dict[str, str]) -> None:
    """Check from the items' side: their outcomes and all that those supersede left, and nothing that was undone."""
    standing: set[str] = set()
    for item in evidence.items.values():
        if item["workspace"] != evidence.cast.workspaces[endpoint.workspace] or item["state"] != "resolved":
            continue
        outcome = item["outcome"]
        while outcome is not None:
            standing.add(outcome)
            row = evidence.outcomes[outcome]
            is_there = there.get(outcome, "missing") == row["label"]
            verdict.expect(
                is_there, f"{endpoint.name}: {row['source']} outcome {outcome} of {item['id']} did not arrive"
            )
            outcome = row["supersedes"]
    for outcome in there.keys() - standing:
        verdict.expect(None, f"{endpoint.name} got outcome {outcome}, which was undone or never was")


def _check_amendments(verdict: Verdict, evidence: Evidence) -> None:
    """Check that an acknowledged amendment is the item's outcome, or was superseded by another one."""
    superseded = {row["supersedes"] for row in evidence.outcomes.values()}
    current = {item["outcome"] for item in evidence.items.values()}
    for call in evidence.of_kind("amend"):
        if call.is_good:
            outcome = call.answer["outcome"]["id"]
            stands = outcome in current or outcome in superseded
            verdict.expect(
                stands and evidence.outcomes[outcome]["label"] == call.told["label"], f"{call.op} is lost: {outcome}"
            )
