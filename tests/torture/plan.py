"""What one run is: how long, how much, which seed, where things lie, and what it must have seen to count."""

import json
import math
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Self

LEASE_S = 10
UNDO_S = 3
SETTLE_S = 60
FEWEST_REFUSALS = 50


@dataclass(frozen=True)
class Ports:
    """Where the product and what stands around it listen, all on the loopback."""

    web: list[int]
    proxy: list[int]
    receivers: int
    models: int
    canary: int


@dataclass(frozen=True)
class Plan:
    """One round of the test in one folder, with one database."""

    name: str
    folder: Path
    product: Path
    minutes: float
    items: int
    seed: int
    ports: Ports
    database_url: str
    admin_url: str
    # A short round for a mutation needs the faults that reach it, not the whole number of them.
    has_quota: bool = True
    environment: dict[str, str] = field(default_factory=dict)

    @property
    def seconds(self) -> float:
        """Return for how long faults are inflicted."""
        return self.minutes * 60

    @property
    def clients(self) -> Path:
        """Return the folder of the clients' journals."""
        return self.folder / "clients"

    @property
    def stop_file(self) -> Path:
        """Return the file whose being there asks the clients to come to an end."""
        return self.folder / "stop-clients"

    @property
    def calm_file(self) -> Path:
        """Return the file whose being there makes receivers and models behave."""
        return self.folder / "calm"

    def quota(self) -> dict[str, int]:
        """Return how often each fault must have happened: the long form's numbers, in proportion."""
        share = self.minutes / 10
        return {
            "kill": math.ceil(150 * share),
            "valkey": math.ceil(10 * share),
            "terminate": math.ceil(10 * share),
            "kill_postgres": math.ceil(2 * share),
            "stop": math.ceil(10 * share),
        }

    def save(self) -> None:
        """Write the plan where the processes of the round find it."""
        data = asdict(self) | {"folder": str(self.folder), "product": str(self.product)}
        (self.folder / "plan.json").write_text(json.dumps(data, indent=1))

    @classmethod
    def load(cls, folder: Path) -> Self:
        """Read the plan of a folder."""
        data = json.loads((folder / "plan.json").read_text())
        data["folder"], data["product"] = Path(data["folder"]), Path(data["product"])
        data["ports"] = Ports(**data["ports"])
        return cls(**data)
