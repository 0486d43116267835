"""The support messages written for this product, and which of them train the model."""

import hashlib
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).resolve().parents[2] / "demo/support_triage"
_TRAINING_SHARE = 0.5


@dataclass(frozen=True, slots=True)
class Message:
    """One support message with its true intent."""

    payload: dict[str, Any]
    label: str
    value: float | None
    is_ambiguous: bool
    also: str | None
    is_injection: bool

    @property
    def text(self) -> str:
        """What the model reads."""
        return f"{self.payload['subject']}\n{self.payload['body']}"

    @property
    def trains(self) -> bool:
        """Tell whether it belongs to the training half, which is fixed by its content."""
        digest = hashlib.sha256(self.payload["body"].encode()).digest()
        return not self.is_injection and int.from_bytes(digest[:4]) / 2**32 < _TRAINING_SHARE


def messages() -> list[Message]:
    """Return every message, in an order that mixes the intents and never changes."""
    rows = [json.loads(line) for path in sorted(FOLDER.glob("*.jsonl")) for line in path.open(encoding="utf-8")]
    rows.sort(key=lambda row: hashlib.sha256(row["body"].encode()).digest())
    return [_message(row) for row in rows]


def _message(row: dict[str, Any]) -> Message:
    payload = {name: row[name] for name in ("subject", "body", "channel", "customer")}
    if row.get("order_value") is not None:
        payload["order_value"] = row["order_value"]
    return Message(
        payload=payload,
        label=row["label"],
        value=row.get("order_value"),
        is_ambiguous=bool(row.get("ambiguous")),
        also=row.get("also"),
        is_injection=bool(row.get("injection")),
    )
