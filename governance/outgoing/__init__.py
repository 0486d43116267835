"""Requests to addresses that customers name: webhooks and models. Nothing else in the product opens a connection to them.

The rules: the host is looked up once, every address that the lookup gives is checked, and the connection goes to one of exactly
these; no redirect is followed, no proxy is asked, an answer is cut at a size and the whole takes no longer than it may.
"""

from governance.outgoing.client import OutgoingClient, send
from governance.outgoing.failures import ForbiddenAddressError, OutgoingError, OutgoingFailure, Reason
from governance.outgoing.messages import OutgoingRequest, OutgoingResponse
from governance.outgoing.targets import check_url

__all__ = [
    "ForbiddenAddressError",
    "OutgoingClient",
    "OutgoingError",
    "OutgoingFailure",
    "OutgoingRequest",
    "OutgoingResponse",
    "Reason",
    "check_url",
    "send",
]
