"""Why a release can't go on as it was asked."""

from http import HTTPStatus

from django.utils.translation import gettext_noop as _

from governance.domain import ConflictError, ProductError


class ProposalStateError(ConflictError):
    """The proposal is in a state that does not allow this."""

    code = "proposal_state"
    title = _("The proposal's state does not allow this")


class ProposalOutdatedError(ConflictError):
    """Another version than the one that the proposal changes has come into force."""

    code = "proposal_outdated"
    title = _("Another version is in force than the one that this proposal changes")


class ApprovalNeededError(ConflictError):
    """A second person has to approve first."""

    code = "approval_needed"
    title = _("A second person has to approve this first")


class OwnProposalError(ProductError):
    """Nobody approves what they proposed themselves."""

    code = "own_proposal"
    status = HTTPStatus.FORBIDDEN
    title = _("You can't approve your own proposal")


class PersonNeededError(ProductError):
    """Only a person approves."""

    code = "person_needed"
    status = HTTPStatus.FORBIDDEN
    title = _("Only a person can approve a proposal")


class NotYourProposalError(ProductError):
    """Only who proposed it can do this."""

    code = "not_yours"
    status = HTTPStatus.FORBIDDEN
    title = _("This proposal is somebody else's")


class AnotherStagedError(ConflictError):
    """Another version is staged at the moment."""

    code = "another_is_staged"
    title = _("Another version is staged in this workflow")


class NothingChangesError(ConflictError):
    """The proposed version is in force already, or says what the one in force says."""

    code = "nothing_changes"
    title = _("That is what is in force already")
