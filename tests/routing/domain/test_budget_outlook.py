"""How far a budget is from its next state, against the bound itself."""

import numpy as np
import pytest

from routing.domain.budget_outlook import path_of, right_until_within, wrong_until_spent
from routing.domain.live_bound import upper


def test_one_per_cent_is_435_right_answers_away() -> None:
    assert right_until_within(0, 0, limit=0.01, delta=0.05) == 435
    assert right_until_within(0, 435, limit=0.01, delta=0.05) == 0
    assert right_until_within(300, 400, limit=0.01, delta=0.05) is None


@pytest.mark.parametrize(("wrong", "n"), [(0, 435), (1, 900), (4, 2_000)])
def test_so_many_wrong_answers_spend_it_and_one_fewer_do_not(wrong: int, n: int) -> None:
    more = wrong_until_spent(wrong, n, limit=0.01, delta=0.05)
    assert more is not None
    assert upper(wrong + more, n + more, 0.05) > 0.01
    assert upper(wrong + more - 1, n + more - 1, 0.05) <= 0.01


def test_what_is_not_within_can_not_leave_it() -> None:
    assert wrong_until_spent(0, 434, limit=0.01, delta=0.05) is None


def test_a_path_has_every_wrong_answer_and_its_end() -> None:
    answers = np.zeros(5_000, dtype=bool)
    answers[[10, 700, 4_321]] = True
    path = path_of(answers, delta=0.05)
    assert [point.n for point in path] == sorted({point.n for point in path})
    assert {11, 701, 4_322} <= {point.n for point in path}
    assert (path[-1].n, path[-1].wrong) == (5_000, 3)
    assert path[-1].upper == upper(3, 5_000, 0.05)
    assert len(path) < 80
    assert path_of([], delta=0.05) == []
