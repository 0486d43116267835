"""Why a request did not go out, or brought no answer."""

from enum import StrEnum

from django.utils.translation import gettext_noop

from governance.domain import InvalidError


class Reason(StrEnum):
    """What went wrong on the way to an answer."""

    REQUEST = "request"
    LOOKUP = "lookup"
    CONNECT = "connect"
    TLS = "tls"
    TIMEOUT = "timeout"
    PROTOCOL = "protocol"


class OutgoingFailure(Exception):  # noqa: N818 - the two below are the errors, this is what they have in common
    """There is no answer."""


class ForbiddenAddressError(InvalidError, OutgoingFailure):
    """The address may not be called; nothing was sent, and no connection was made."""

    code = "address_refused"
    title = gettext_noop("This address can't be called")


class OutgoingError(OutgoingFailure):
    """The request failed on its way; `reason` says at which step."""

    def __init__(self, reason: Reason, detail: str) -> None:
        """Keep the step and the sentence."""
        super().__init__(detail)
        self.reason = reason
        self.detail = detail
