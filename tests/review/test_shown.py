"""Money and shares have one way to be written, which the reader's language decides."""

import pytest
from django.utils import translation

from review.templatetags.replays import hours
from review.templatetags.shown import NOTHING, money, rate

SPACE = "\N{NO-BREAK SPACE}"


@pytest.mark.parametrize(
    ("amount", "english", "german"),
    [
        (1464, f"€{SPACE}1,464", f"1.464{SPACE}€"),
        (1463.6, f"€{SPACE}1,464", f"1.464{SPACE}€"),
        (1.45, f"€{SPACE}1.45", f"1,45{SPACE}€"),
        (0, f"€{SPACE}0", f"0{SPACE}€"),
        (None, NOTHING, NOTHING),
    ],
)
def test_money_is_whole_unless_it_is_little(amount: float | None, english: str, german: str) -> None:
    assert money(amount, "EUR") == english
    with translation.override("de"):
        assert money(amount, "EUR") == german


def test_a_currency_without_a_sign_keeps_its_letters() -> None:
    assert money(12, "CHF") == f"CHF{SPACE}12"


@pytest.mark.parametrize(
    ("share", "said"),
    [(0, "0"), (0.0042, "0.42"), (0.0199, "1.99"), (0.0996, "10.0"), (0.125, "12.5"), (1, "100")],
)
def test_an_error_rate_is_exact_where_targets_are(share: float, said: str) -> None:
    assert rate(share) == f"{said}{SPACE}%"
    assert rate(None) == NOTHING


@pytest.mark.parametrize(("value", "said"), [(0.15, f"9{SPACE}min"), (11.53, f"11.5{SPACE}h"), (None, NOTHING)])
def test_little_work_is_said_in_minutes(value: float | None, said: str) -> None:
    assert hours(value) == said
