"""What items failed of, in words."""

from django import template
from django.utils.translation import gettext_lazy

from review.domain.losses import LossCause
from routing.domain.predictions import Failure

register = template.Library()

FAILURES = {
    LossCause.WORKER_LOST: gettext_lazy("A worker stopped in the middle, each time"),
    LossCause.TOO_SLOW: gettext_lazy("The prediction took too long, each time"),
    LossCause.UNROUTABLE: gettext_lazy("The answer could not be carried out"),
    Failure.UNKNOWN_LABEL: gettext_lazy("The model answered with a label that the contract does not know"),
    Failure.NOT_A_NUMBER: gettext_lazy("The model's confidence was not a number from 0 to 1"),
    Failure.MODEL_ERROR: gettext_lazy("The model raised an error"),
    Failure.TIMEOUT: gettext_lazy("The model did not answer in time"),
    Failure.MODEL_MISSING: gettext_lazy("There was no model, or no prediction came with the item"),
    Failure.MODEL_ALTERED: gettext_lazy("The model's file is not the one that was registered"),
    Failure.BAD_OUTPUT: gettext_lazy("The model's answer could not be read"),
}


@register.filter
def failure_words(failure: str) -> str:
    """Return what a failure's code means."""
    return str(FAILURES.get(failure, failure.replace("_", " ").capitalize()))  # type: ignore[call-overload]


@register.filter
def without_code(error: str, failure: str) -> str:
    """Return an item's error without the code that stands beside it anyway."""
    return error.removeprefix(f"{failure}: ")
