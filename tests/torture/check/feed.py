"""The feed by cursor: whoever has read up to a number has missed nothing below it."""

from collections import defaultdict

from tests.torture.check.evidence import Evidence
from tests.torture.check.verdict import Verdict


def feed(evidence: Evidence) -> Verdict:
    """Check that a reader got every event below its cursor once, and in the order of the numbers."""
    verdict = Verdict("feed", "readers of the feed missed nothing below their cursor")
    by_workspace: dict[str, list[tuple[int, str]]] = defaultdict(list)
    for message in evidence.messages.values():
        if message["seq"] is not None:
            by_workspace[message["workspace"]].append((message["seq"], message["id"]))
    for slug, workspace in evidence.cast.workspaces.items():
        published = sorted(by_workspace[workspace])
        numbers = [seq for seq, _id in published]
        verdict.expect(len(set(numbers)) == len(numbers), f"{slug}: a number was given twice")
        cursor, got = 0, list[str]()
        for call in evidence.of_kind("feed"):
            if call.is_good and call.told["workspace"] == slug:
                verdict.expect(
                    call.told["after"] == cursor, f"{slug}: the reader was at {cursor}, not {call.told['after']}"
                )
                got += call.answer["ids"]
                cursor = call.answer["next_after"]
        wanted = [message_id for seq, message_id in published if seq <= cursor]
        verdict.checked += len(wanted)
        missed, more = set(wanted) - set(got), set(got) - set(wanted)
        verdict.expect(
            not missed, f"{slug}: {len(missed)} events below {cursor} were missed, such as {sorted(missed)[:2]}"
        )
        verdict.expect(not more and len(got) == len(set(got)), f"{slug}: events that were none, or came twice")
        verdict.expect(got == wanted, f"{slug}: events came in another order than their numbers")
        verdict.note += f"{slug} read {len(got)} of {len(published)}; "
    return verdict
