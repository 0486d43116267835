"""Which fault comes when: drawn once from the seed, so that a run can be repeated."""

import math
import random
from dataclasses import dataclass

from tests.torture.product import EVERYBODY, WORKERS

_START_S = 2.0


@dataclass(frozen=True)
class Fault:
    """One fault, at a time counted from the start of the faults."""

    at: float
    kind: str
    target: str = ""
    how: str = ""
    seconds: float = 0.0


def schedule(seed: int, seconds: float, quota: dict[str, int]) -> list[Fault]:
    """Return the faults of a round in their order: somewhat more than the quota, since some find nothing to hit."""
    chance = random.Random(seed)

    def somewhere(count: float) -> list[float]:
        return [chance.uniform(_START_S, seconds) for _ in range(math.ceil(count))]

    faults = []
    for at in somewhere(quota["kill"] * 1.2):
        target = chance.choice(EVERYBODY)
        how = chance.choice(["main", "child", "group"]) if target in WORKERS else "main"
        faults.append(Fault(at, "kill", target, how))
    faults += [
        Fault(at, chance.choice(["flush", "kill_valkey"]), seconds=chance.uniform(0.2, 2.5))
        for at in somewhere(quota["valkey"])
    ]
    faults += [Fault(at, "terminate") for at in somewhere(quota["terminate"])]
    faults += [Fault(at, "kill_backend") for at in somewhere(quota["kill_postgres"])]
    for at in somewhere(quota["stop"]):
        faults.append(Fault(at, "stop", chance.choice(EVERYBODY), seconds=chance.uniform(1.5, 6)))
    for at in somewhere(quota["stop"] / 2):
        faults.append(Fault(at, "stall", chance.choice(WORKERS), seconds=chance.uniform(6, 9)))
    # Evenly spread: PostgreSQL needs its time to come back, and so do those who use it.
    count = quota["kill_postgres"]
    for number in range(count):
        at = seconds * (number + chance.uniform(0.3, 0.7)) / count
        faults.append(Fault(at, "kill_postgres", seconds=chance.uniform(0.5, 3)))
    shifts = [Fault(at, "shift") for at in _every(5.0, seconds)]
    return sorted(faults + shifts, key=lambda fault: fault.at)


def _every(step: float, seconds: float) -> list[float]:
    return [step * number for number in range(1, int(seconds / step) + 1)]
