"""How often an item may be with a worker that stops, and with how much company it is tried again."""

from enum import StrEnum

BATCH = 256
# With each loss an item's company shrinks to a quarter: 256, 64, 16, 4, and twice alone. So whoever dies of it was alone
# when a worker stopped, and no item dies of its neighbours.
MOST_LOSSES = 6
LOSSES_ALONE = 4


class LossCause(StrEnum):
    """Why an item came back from a worker without an answer, and what a dead one failed of."""

    WORKER_LOST = "worker_lost"
    TOO_SLOW = "too_slow"
    UNROUTABLE = "unroutable"


def company(losses: int) -> int:
    """Return how many items are claimed together that have been lost so often."""
    return max(1, BATCH >> (2 * min(losses, LOSSES_ALONE)))
