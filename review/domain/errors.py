"""Failures of the review stages that a caller can act on."""

from http import HTTPStatus

from governance.domain import ConflictError, InvalidError, NotFoundError, ProductError, TooLargeError


class StaleFenceError(ConflictError):
    """The lease is no longer the caller's; the answer was kept."""

    code = "stale_fence"
    title = "This review is no longer leased to you"


class ExternalIdTakenError(ConflictError):
    """The external id belongs to an item with another payload."""

    code = "external_id_taken"
    title = "This external_id belongs to an item with another payload"


class WorkflowNotActiveError(ConflictError):
    """The workflow takes no items now."""

    code = "workflow_not_active"
    title = "This workflow takes no items now"


class UndoWindowClosedError(ConflictError):
    """The decision has left or is about to."""

    code = "undo_window_closed"
    title = "The undo window has closed"


class NothingToAmendError(InvalidError):
    """The amendment says what the outcome says already."""

    code = "nothing_to_amend"
    title = "That is the answer already"


class NotYoursError(ProductError):
    """Only the reviewer who decided may do this."""

    code = "not_yours"
    status = HTTPStatus.FORBIDDEN
    title = "This decision is somebody else's"


class ContractBrokenError(InvalidError):
    """The payload does not keep the contract."""

    code = "contract_broken"
    title = "The payload does not keep the contract"


class UnknownLabelError(InvalidError):
    """The label is not one of the contract's."""

    code = "unknown_label"
    title = "The contract knows no such label"


class NoSuggestionError(InvalidError):
    """There is no suggestion to accept."""

    code = "no_suggestion"
    title = "There is no suggestion to accept"


class QueueMissingError(NotFoundError):
    """No such queue, or it is not the caller's to work."""

    code = "no_such_queue"
    title = "There is no such queue for you"


class BatchTooLargeError(TooLargeError):
    """More items than one batch may hold."""

    code = "batch_too_large"
    title = "The batch holds too many items"


class FileNotTakenError(ProductError):
    """The file is of a kind that is not kept."""

    code = "file_not_taken"
    status = HTTPStatus.UNSUPPORTED_MEDIA_TYPE
    title = "Files of this kind are not taken"
