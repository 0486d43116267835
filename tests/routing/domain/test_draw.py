"""The keyed draw."""

from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from routing.domain.draw import CALIBRATION, CANARY, draw, is_drawn

KEY = b"k" * 32
FAMILY = UUID(int=7)
ITEMS = [UUID(int=n * 2**64 + n) for n in range(4_000)]


def test_a_draw_never_changes() -> None:
    u = 0.9139001063018444
    assert draw(KEY, purpose=CALIBRATION, family=FAMILY, item_id=UUID(int=1)) == u
    assert draw(KEY, purpose=CALIBRATION, family=str(FAMILY), item_id=UUID(int=1)) == u


@given(st.binary(min_size=1, max_size=64), st.text(max_size=20), st.text(max_size=20), st.uuids())
def test_a_draw_is_a_share(key: bytes, purpose: str, family: str, item_id: UUID) -> None:
    assert 0 <= draw(key, purpose=purpose, family=family, item_id=item_id) < 1


def test_draws_are_uniform() -> None:
    drawn = [draw(KEY, purpose=CALIBRATION, family=FAMILY, item_id=item) for item in ITEMS]
    counts = [sum(low / 10 <= u < (low + 1) / 10 for u in drawn) for low in range(10)]
    chi_squared = sum((count - 400) ** 2 / 400 for count in counts)
    assert chi_squared < 27.9  # the .999 quantile at 9 degrees of freedom


def test_stages_nest() -> None:
    small = [i for i in ITEMS if is_drawn(KEY, 0.05, purpose=CANARY, family=FAMILY, item_id=i)]
    large = [i for i in ITEMS if is_drawn(KEY, 0.25, purpose=CANARY, family=FAMILY, item_id=i)]
    assert set(small) < set(large)


def test_purposes_families_and_keys_are_independent() -> None:
    def sample(key: bytes, purpose: str, family: UUID) -> set[UUID]:
        return {item for item in ITEMS if is_drawn(key, 0.5, purpose=purpose, family=family, item_id=item)}

    base = sample(KEY, CALIBRATION, FAMILY)
    others = [
        sample(KEY, CANARY, FAMILY),
        sample(KEY, CALIBRATION, UUID(int=8)),
        sample(b"other key", CALIBRATION, FAMILY),
    ]
    assert all(0.45 < len(base & other) / len(base) < 0.55 for other in others)


def test_the_encoding_is_unambiguous() -> None:
    item = UUID(int=1)
    assert draw(KEY, purpose="ab", family="c", item_id=item) != draw(KEY, purpose="a", family="bc", item_id=item)


@pytest.mark.parametrize(("probability", "expected"), [(0.0, False), (1.0, True)])
def test_the_ends_draw_none_and_all(probability: float, expected: bool) -> None:
    assert {is_drawn(KEY, probability, purpose=CANARY, family="x", item_id=i) for i in ITEMS[:50]} == {expected}
