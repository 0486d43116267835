"""States of items and reviews, and the one table of the changes allowed between them."""

from enum import StrEnum


class ItemState(StrEnum):
    """Where an item stands."""

    RECEIVED = "received"
    PREDICTING = "predicting"
    IN_REVIEW = "in_review"
    HELD = "held"
    RESOLVED = "resolved"
    WITHDRAWN = "withdrawn"
    DEAD = "dead"


class ReviewState(StrEnum):
    """Where one slot of human work stands."""

    OPEN = "open"
    LEASED = "leased"
    DECIDED = "decided"
    CANCELLED = "cancelled"


class ReviewKind(StrEnum):
    """Why a person is asked."""

    PRIMARY = "primary"
    SECOND = "second"
    ADJUDICATION = "adjudication"
    CALIBRATION = "calibration"
    GOLD = "gold"


class DecisionAction(StrEnum):
    """What a reviewer may do with a review."""

    ACCEPT = "accept"
    CORRECT = "correct"
    REJECT = "reject"
    ESCALATE = "escalate"
    SKIP = "skip"


class OutcomeSource(StrEnum):
    """Where an outcome's answer came from."""

    AUTO = "auto"
    HUMAN = "human"
    AMENDED = "amended"


BLIND_KINDS = frozenset({ReviewKind.CALIBRATION, ReviewKind.SECOND, ReviewKind.GOLD})
# An adjudication is openly one, and shows two answers without saying whose; beyond that it is as blind as these.
UNSUGGESTED_KINDS = BLIND_KINDS | {ReviewKind.ADJUDICATION}
OPEN_REVIEW_STATES = (ReviewState.OPEN, ReviewState.LEASED)
# Nothing more is to come; a held outcome may still be undone, so it is not among them.
FINAL_ITEM_STATES = frozenset({ItemState.RESOLVED, ItemState.WITHDRAWN, ItemState.DEAD})

ITEM_TRANSITIONS: dict[ItemState, frozenset[ItemState]] = {
    ItemState.RECEIVED: frozenset({ItemState.PREDICTING, ItemState.WITHDRAWN}),
    ItemState.PREDICTING: frozenset(
        {
            ItemState.RECEIVED,
            ItemState.IN_REVIEW,
            ItemState.HELD,
            ItemState.RESOLVED,
            ItemState.DEAD,
            ItemState.WITHDRAWN,
        },
    ),
    ItemState.IN_REVIEW: frozenset({ItemState.HELD, ItemState.RESOLVED, ItemState.WITHDRAWN}),
    ItemState.HELD: frozenset({ItemState.RESOLVED, ItemState.IN_REVIEW, ItemState.WITHDRAWN}),
    ItemState.RESOLVED: frozenset(),
    ItemState.WITHDRAWN: frozenset(),
    ItemState.DEAD: frozenset({ItemState.RECEIVED, ItemState.IN_REVIEW, ItemState.WITHDRAWN}),
}


def states_before(after: ItemState) -> tuple[ItemState, ...]:
    """Return the states from which an item may come to `after`; what a compare-and-swap tests against."""
    return tuple(before for before, afters in ITEM_TRANSITIONS.items() if after in afters)
