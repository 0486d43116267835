"""Why a person may look at a sensitive field; what they choose stands in the item's trail."""

from enum import StrEnum

from django.utils.translation import gettext_lazy as _


class RevealReason(StrEnum):
    """What a sensitive field is looked at for."""

    NEEDED_TO_DECIDE = "needed_to_decide"
    IDENTITY_CHECK = "identity_check"
    DATA_REQUEST = "data_request"
    OTHER = "other"


TITLES = {
    RevealReason.NEEDED_TO_DECIDE: _("Needed to decide"),
    RevealReason.IDENTITY_CHECK: _("To check who somebody is"),
    RevealReason.DATA_REQUEST: _("The person asked for their data"),
    RevealReason.OTHER: _("Something else"),
}
# A code that says nothing by itself asks for a note.
NEED_A_NOTE = frozenset({RevealReason.OTHER})
