"""Failures that only a call over HTTP can have."""

from http import HTTPStatus

from django.utils.translation import gettext_noop

from governance.domain import ConflictError, InvalidError, ProductError


class WorkspaceNeededError(ProductError):
    """The caller belongs to several workspaces and named none."""

    code = "workspace_needed"
    title = gettext_noop("Say which workspace you mean")


class CsrfFailedError(ProductError):
    """A browser's write came without its token."""

    code = "csrf_failed"
    status = HTTPStatus.FORBIDDEN
    title = gettext_noop("This does not come from our own page")


class SecondFactorNeededError(ProductError):
    """The role asks for a second factor that the person has not set up."""

    code = "second_factor_needed"
    status = HTTPStatus.FORBIDDEN
    title = gettext_noop("A second factor is needed")


class LengthRequiredError(ProductError):
    """The body came in pieces, without saying how long it is."""

    code = "length_required"
    status = HTTPStatus.LENGTH_REQUIRED
    title = gettext_noop("The body's length is needed")


class FieldsInvalidError(InvalidError):
    """Members of the body are missing, unknown or of the wrong kind."""

    code = "invalid_fields"
    title = gettext_noop("Members of the body can't be accepted")


class IdempotencyKeyReusedError(InvalidError):
    """The key belongs to another request."""

    code = "idempotency_key_reused"
    title = gettext_noop("This Idempotency-Key was used for another request")


class IdempotencyInFlightError(ConflictError):
    """The first request with the key has no answer yet."""

    code = "idempotency_in_flight"
    title = gettext_noop("The first request with this Idempotency-Key is still being worked on")
