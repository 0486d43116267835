"""What is likely true where many people answered."""

import numpy as np
import pytest

from routing.domain.dawid_skene import dawid_skene

LABELS = "abc"
SKILL = {"good": 0.95, "fair": 0.75, "poor": 0.45, "poorer": 0.4, "worst": 0.35}


def answers(items: int) -> tuple[list[str], list[tuple[int, str, str]]]:
    """Return the truth, and what five people of known skill said of it; one of five answers is missing."""
    rng = np.random.default_rng(5)
    truth = [LABELS[at] for at in rng.choice(3, items, p=[0.5, 0.3, 0.2])]
    said = [
        (item, person, label if rng.random() < skill else LABELS[rng.integers(3)])
        for item, label in enumerate(truth)
        for person, skill in SKILL.items()
        if rng.random() < 0.8
    ]
    return truth, said


def test_the_better_people_count_for_more() -> None:
    truth, said = answers(600)
    found = dawid_skene(said)
    assert found is not None
    votes = {item: [label for at, _person, label in said if at == item] for item in found.by_item}
    by_votes = np.mean([max(LABELS, key=votes[item].count) == truth[item] for item in range(600) if item in votes])
    by_skill = np.mean([found.label_of(item) == truth[item] for item in range(600) if item in votes])
    assert by_skill > by_votes + 0.03
    assert found.prior.tolist() == pytest.approx([0.5, 0.3, 0.2], abs=0.06)


def test_how_people_err_is_found() -> None:
    _truth, said = answers(600)
    found = dawid_skene(said)
    assert found is not None
    for person, skill in SKILL.items():
        diagonal = np.diag(found.by_person[person]) @ found.prior
        assert diagonal == pytest.approx(skill + (1 - skill) / 3, abs=0.08)
        assert found.by_person[person].sum(axis=1).tolist() == pytest.approx([1, 1, 1])


def test_who_always_agree_are_believed() -> None:
    found = dawid_skene([(item, person, "xy"[item % 2]) for item in range(20) for person in "pq"])
    assert found is not None
    assert [found.label_of(item) for item in range(4)] == ["x", "y", "x", "y"]
    assert found.by_item[0].max() > 0.99


def test_no_answers_make_no_consensus() -> None:
    assert dawid_skene([]) is None
