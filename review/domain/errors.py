"""Failures of the review stages that a caller can act on."""

from http import HTTPStatus

from django.utils.translation import gettext_noop as _

from governance.domain import ConflictError, InvalidError, NotFoundError, ProductError, TooLargeError


class StaleFenceError(ConflictError):
    """The lease is no longer the caller's; the answer was kept."""

    code = "stale_fence"
    title = _("This review is no longer leased to you")


class ExternalIdTakenError(ConflictError):
    """The external id belongs to an item with another payload."""

    code = "external_id_taken"
    title = _("This external_id belongs to an item with another payload")


class WorkflowNotActiveError(ConflictError):
    """The workflow takes no items now."""

    code = "workflow_not_active"
    title = _("This workflow takes no items now")


class UndoWindowClosedError(ConflictError):
    """The decision has left or is about to."""

    code = "undo_window_closed"
    title = _("The undo window has closed")


class NothingToAmendError(InvalidError):
    """The amendment says what the outcome says already."""

    code = "nothing_to_amend"
    title = _("That is the answer already")


class NotYoursError(ProductError):
    """Only the reviewer who decided may do this."""

    code = "not_yours"
    status = HTTPStatus.FORBIDDEN
    title = _("This decision is somebody else's")


class ContractBrokenError(InvalidError):
    """The payload does not keep the contract."""

    code = "contract_broken"
    title = _("The payload does not keep the contract")


class UnknownLabelError(InvalidError):
    """The label is not one of the contract's."""

    code = "unknown_label"
    title = _("The contract knows no such label")


class NoSuggestionError(InvalidError):
    """There is no suggestion to accept."""

    code = "no_suggestion"
    title = _("There is no suggestion to accept")


class QueueMissingError(NotFoundError):
    """No such queue, or it is not the caller's to work."""

    code = "no_such_queue"
    title = _("There is no such queue for you")


class BatchTooLargeError(TooLargeError):
    """More items than one batch may hold."""

    code = "batch_too_large"
    title = _("The batch holds too many items")


class FileNotTakenError(ProductError):
    """The file is of a kind that is not kept."""

    code = "file_not_taken"
    status = HTTPStatus.UNSUPPORTED_MEDIA_TYPE
    title = _("Files of this kind are not taken")


class ReviewNotOpenError(ConflictError):
    """The review is decided or cancelled, or somebody holds it."""

    code = "review_not_open"
    title = _("This review is not open")


class CannotReviewError(InvalidError):
    """The person can't be given this review."""

    code = "cannot_review"
    title = _("This person can't be given this review")


class NoBulkQueueError(ConflictError):
    """The queue's reviews are answered one by one."""

    code = "bulk_not_allowed"
    title = _("Reviews of this queue are answered one by one")


class NotForBulkError(ConflictError):
    """The review is open, and not one that this person may answer together with others now."""

    code = "not_in_bulk"
    title = _("This review can't be answered together with others")


class NoSuchReviewError(NotFoundError):
    """There is no such review, or it is not one that the caller may work."""

    code = "no_such_review"
    title = _("There is no such review for you")
