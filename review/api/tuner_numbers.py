"""Numbers and days of the tuner's sentences, as the reader's language writes them."""

from datetime import date

from django.utils import timezone
from django.utils.formats import date_format, number_format
from django.utils.html import avoid_wrapping
from django.utils.translation import gettext as _

from review.templatetags.shown import NOTHING, decimal


def goal(share: float) -> str:
    """Return a target as it was typed: 1 %, 0.5 %."""
    number = f"{share * 100:.4f}".rstrip("0").rstrip(".")
    return avoid_wrapping(_("%(number)s %%") % {"number": decimal(number)})


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
    """Return a day as 4 December, with its year where that is not the present one."""
    if day is None:
        return NOTHING
    return date_format(day, _("j F") if day.year == timezone.now().year else _("j F Y"))
