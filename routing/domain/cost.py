"""What a threshold costs a day, and the threshold that costs least."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Assumptions:
    """What an owner reckons with: money of one currency, minutes, items a day, shares.

    `sample_rate` is the share of all items drawn for the calibration sample, `human_error` the share of reviewed items that people
    get wrong. ValueError on construction: something negative, or a share above 1.
    """

    review_cost: float
    wrong_cost: float
    review_minutes: float = 0.0
    items_a_day: float = 0.0
    sample_rate: float = 0.0
    human_error: float = 0.0

    def __post_init__(self) -> None:
        amounts = (self.review_cost, self.wrong_cost, self.review_minutes, self.items_a_day)
        shares = (self.sample_rate, self.human_error)
        if not all(amount >= 0 for amount in amounts) or not all(0 <= share <= 1 for share in shares):
            raise ValueError("Costs, minutes and items cannot be negative, and shares lie between 0 and 1.")


@dataclass(frozen=True, slots=True)
class Consequences:
    """What a day with a threshold comes to. `worst_cost` is at the upper bound of the error rate instead of the one seen."""

    automatic: float
    reviews: float
    review_hours: float
    wrong_accepted: float
    worst_wrong_accepted: float
    expected_cost: float
    worst_cost: float


def cost_optimal_threshold(assumptions: Assumptions) -> float:
    """Return the calibrated P(correct), in [0, 1], from which accepting is no dearer than a review.

    Accepting costs (1 - P) x wrong_cost, a review costs review_cost + human_error x wrong_cost: accept iff
    P >= 1 - (review_cost / wrong_cost + human_error). $1 against $25 gives .96, with a human error of 2 % .94. 0 means: accept
    everything, as where a wrong one costs nothing. The certified threshold wins where it is stricter.
    """
    if assumptions.wrong_cost == 0:
        return 0.0
    return max(0.0, 1 - (assumptions.review_cost / assumptions.wrong_cost + assumptions.human_error))


def consequences(assumptions: Assumptions, *, automatic_share: float, risk: float, worst_risk: float) -> Consequences:
    """Return what a day comes to when this share is decided automatically and `risk` of it is wrong (at most `worst_risk`).

    Reviews are those of the other items and the blind ones of the sample among the automatic. People's own errors are
    paid for with the other items alone: a blind review corrects what was delivered, it is not delivered itself.
    ValueError: a share outside [0, 1], or a worst risk below the risk.
    """
    if not all(0 <= share <= 1 for share in (automatic_share, risk, worst_risk)) or worst_risk < risk:
        raise ValueError("Shares lie between 0 and 1, and the worst risk is not below the one seen.")
    automatic = assumptions.items_a_day * automatic_share
    to_people = assumptions.items_a_day - automatic
    reviews = to_people + automatic * assumptions.sample_rate
    by_people = reviews * assumptions.review_cost + to_people * assumptions.human_error * assumptions.wrong_cost
    return Consequences(
        automatic=automatic,
        reviews=reviews,
        review_hours=reviews * assumptions.review_minutes / 60,
        wrong_accepted=automatic * risk,
        worst_wrong_accepted=automatic * worst_risk,
        expected_cost=by_people + automatic * risk * assumptions.wrong_cost,
        worst_cost=by_people + automatic * worst_risk * assumptions.wrong_cost,
    )
