"""Agreement and automation bias, by the examples of those who described them."""

import numpy as np
import pytest
from sklearn.metrics import cohen_kappa_score

from routing.domain.agreement import automation_bias, cohens_kappa, krippendorffs_alpha

# Four people, twelve items; Krippendorff 2011.
OBSERVERS = ("123321412...", "1233224125.3", ".3332342251.", "12332441251.")


def test_kappa_is_that_of_others() -> None:
    rng = np.random.default_rng(0)
    one = rng.integers(0, 4, 300)
    other = np.where(rng.random(300) < 0.7, one, rng.integers(0, 4, 300))
    assert cohens_kappa(one.tolist(), other.tolist()) == pytest.approx(cohen_kappa_score(one, other))


@pytest.mark.parametrize(
    ("one", "other", "kappa"), [("", "", None), ("aa", "aa", None), ("ab", "ab", 1.0), ("ab", "ba", -1.0)]
)
def test_kappa_at_its_ends(one: str, other: str, kappa: float | None) -> None:
    assert cohens_kappa(one, other) == kappa


def test_people_who_answered_different_items_cannot_be_compared() -> None:
    with pytest.raises(ValueError, match="the same items"):
        cohens_kappa("ab", "a")


def test_alpha_of_the_example_with_missing_answers_is_743() -> None:
    items = [[label for label in labels if label != "."] for labels in zip(*OBSERVERS, strict=True)]
    assert krippendorffs_alpha(items) == pytest.approx(0.743, abs=5e-4)


@pytest.mark.parametrize(
    ("items", "alpha"), [([], None), (["a", "b"], None), (["aa", "aa"], None), (["aa", "bb"], 1.0), (["ab"], 0.0)]
)
def test_alpha_at_its_ends(items: list[str], alpha: float | None) -> None:
    assert krippendorffs_alpha(items) == alpha


def test_the_interval_of_the_bias_is_newcombes() -> None:
    bias = automation_bias(blind_overturned=56, blind=70, shown_overturned=48, shown=80)
    assert bias is not None
    assert bias.difference == pytest.approx(0.2)
    assert (bias.low, bias.high) == pytest.approx((0.0524, 0.3339), abs=5e-5)


def test_without_answers_of_a_kind_there_is_no_bias() -> None:
    assert automation_bias(blind_overturned=0, blind=0, shown_overturned=1, shown=4) is None
    with pytest.raises(ValueError, match="cannot overturn"):
        automation_bias(blind_overturned=2, blind=1, shown_overturned=1, shown=4)
