"""Who takes part in a round, and with what: written by `prepare`, read by clients, receivers and the checker."""

import json
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Self

LABELS = {"billing": "Billing", "delivery": "Delivery", "other": "Other"}
NORTH, SOUTH = "north", "south"


@dataclass(frozen=True)
class Member:
    """Somebody with a token."""

    name: str
    role: str
    workspace: str
    token: str
    user: str


@dataclass(frozen=True)
class Flow:
    """A workflow, and whether its predictions come with the items."""

    key: str
    workspace: str
    kind: str


@dataclass(frozen=True)
class Endpoint:
    """A webhook endpoint that was configured, with the secret that was shown once."""

    id: str
    name: str
    workspace: str
    url: str
    secret: str
    event_types: list[str]


@dataclass
class Cast:
    """Everybody and everything of a round."""

    workspaces: dict[str, str] = field(default_factory=dict)
    members: list[Member] = field(default_factory=list)
    flows: list[Flow] = field(default_factory=list)
    endpoints: list[Endpoint] = field(default_factory=list)
    # Addresses of the internal canary that were configured (the guard must stop them later) or refused at once.
    canary_configured: list[str] = field(default_factory=list)
    canary_refused: list[str] = field(default_factory=list)
    # Written into the database past the guard at saving.
    canary_forced: list[str] = field(default_factory=list)

    def playing(self, role: str, workspace: str = NORTH) -> list[Member]:
        """Return the members of a role."""
        return [member for member in self.members if member.role == role and member.workspace == workspace]

    def save(self, folder: Path) -> None:
        """Write the cast; it holds tokens and secrets of a throw-away database."""
        (folder / "cast.json").write_text(json.dumps(asdict(self), indent=1))

    @classmethod
    def load(cls, folder: Path) -> Self:
        """Read the cast of a folder."""
        data = json.loads((folder / "cast.json").read_text())
        data["members"] = [Member(**one) for one in data["members"]]
        data["flows"] = [Flow(**one) for one in data["flows"]]
        data["endpoints"] = [Endpoint(**one) for one in data["endpoints"]]
        return cls(**data)
