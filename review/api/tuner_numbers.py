"""Numbers and days of the tuner's sentences, as the reader's language writes them."""

from datetime import date

from django.utils.formats import date_format, number_format
from django.utils.html import avoid_wrapping
from django.utils.translation import gettext as _

from review.templatetags.shown import NOTHING, decimal

_FEW_PERCENT = 0.1
_SIGNS = {"EUR": "€", "USD": "$", "GBP": "£"}


def rate(share: float | None) -> str:
    """Return an error rate as a percentage with as many places as small ones need."""
    if share is None:
        return NOTHING
    places = 2 if share < _FEW_PERCENT else 1
    number = f"{share * 100:.{places}f}".rstrip("0").rstrip(".") if share in {0, 1} else f"{share * 100:.{places}f}"
    return avoid_wrapping(_("%(number)s %%") % {"number": decimal(number)})


def goal(share: float) -> str:
    """Return a target as it was typed: 1 %, 0.5 %."""
    number = f"{share * 100:.4f}".rstrip("0").rstrip(".")
    return avoid_wrapping(_("%(number)s %%") % {"number": decimal(number)})


def currency_sign(currency: str) -> str:
    """Return the sign of a currency, or its three letters."""
    return _SIGNS.get(currency, currency)


def count(number: float) -> str:
    """Return a whole number with its thousands set apart."""
    return number_format(round(number), force_grouping=True)


def threshold_words(threshold: float | None) -> str:
    """Return a threshold with three places, more where it has them."""
    if threshold is None:
        return _("never")
    short = f"{threshold:.6f}".rstrip("0")
    return decimal(short.ljust(5, "0"))


def day_words(day: date | None) -> str:
    """Return a day as 4 December."""
    return NOTHING if day is None else date_format(day, "j F")


def share_words(share: float) -> str:
    """Return a share as a whole percentage."""
    return avoid_wrapping(_("%(number)s %%") % {"number": decimal(f"{share * 100:.0f}")})
