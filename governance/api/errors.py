"""Failures that only a call over HTTP can have."""

from http import HTTPStatus

from governance.domain import ConflictError, InvalidError, ProductError


class WorkspaceNeededError(ProductError):
    """The caller belongs to several workspaces and named none."""

    code = "workspace_needed"
    title = "Say which workspace you mean"


class CsrfFailedError(ProductError):
    """A browser's write came without its token."""

    code = "csrf_failed"
    status = HTTPStatus.FORBIDDEN
    title = "This does not come from our own page"


class SecondFactorNeededError(ProductError):
    """The role asks for a second factor that the person has not set up."""

    code = "second_factor_needed"
    status = HTTPStatus.FORBIDDEN
    title = "A second factor is needed"


class LengthRequiredError(ProductError):
    """The body came in pieces, without saying how long it is."""

    code = "length_required"
    status = HTTPStatus.LENGTH_REQUIRED
    title = "The body's length is needed"


class FieldsInvalidError(InvalidError):
    """Members of the body are missing, unknown or of the wrong kind."""

    code = "invalid_fields"
    title = "Members of the body can't be accepted"


class IdempotencyKeyReusedError(InvalidError):
    """The key belongs to another request."""

    code = "idempotency_key_reused"
    title = "This Idempotency-Key was used for another request"


class IdempotencyInFlightError(ConflictError):
    """The first request with the key has no answer yet."""

    code = "idempotency_in_flight"
    title = "The first request with this Idempotency-Key is still being worked on"
