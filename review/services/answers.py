"""What an answer must keep of its contract, whoever gives it and when."""

from typing import Any

from django.utils.translation import gettext as _

from governance.domain import InvalidError
from review.domain.errors import UnknownLabelError
from routing.domain.contracts import problems
from routing.domain.forms import LABEL
from routing.selectors.contracts import ContractFacts

NOTE_LENGTH = 4000


def check_label(contract: ContractFacts, label: str | None) -> None:
    """Refuse a label that the contract does not know, and none where it needs one."""
    if contract.labels:
        if label not in contract.labels:
            raise UnknownLabelError(
                detail=_("“%(label)s” is not a label of this contract.") % {"label": label},
                extra={"pointer": "/label", "allowed": list(contract.labels)},
            )
    elif label is None and LABEL in contract.needed:
        raise UnknownLabelError(detail=_("This contract needs a label."), extra={"pointer": "/label"})
    elif label is not None and not contract.takes_label:
        raise UnknownLabelError(detail=_("This contract has fields and no label."), extra={"pointer": "/label"})


def check_fields(contract: ContractFacts, label: str | None, fields: dict[str, Any], *, is_whole: bool = True) -> None:
    """Refuse fields that break the contract's output schema, beside a label or alone.

    A whole answer brings every field that the schema requires. One that says that nothing applies may leave out any, but
    what it brings is checked. A contract that requires nothing but a label is not asked about an answer without fields.
    """
    if not fields and not (is_whole and contract.needs_fields):
        return
    found = _broken(contract, label, fields)
    if not is_whole:
        found = [problem for problem in found if not _is_missing(problem)]
    if found:
        raise InvalidError(detail=_("The fields break the contract's output schema."), extra={"errors": found})


def _broken(contract: ContractFacts, label: str | None, fields: dict[str, Any]) -> list[dict[str, str]]:
    if contract.takes_label and LABEL in fields:
        return [{"pointer": "/label", "message": "The label stands beside the fields, not in them.", "code": LABEL}]
    beside = {LABEL: label} if contract.takes_label and label is not None else {}
    return problems(contract.output_validator, beside | fields)


def _is_missing(problem: dict[str, str]) -> bool:
    """Tell whether all that is wrong is a missing field of the answer itself."""
    return problem["code"] == "required" and problem["pointer"].count("/") == 1


def check_note(note: str) -> None:
    """Refuse a note that is too long."""
    if len(note) > NOTE_LENGTH:
        raise InvalidError(
            detail=_("A note holds at most %(most)d characters.") % {"most": NOTE_LENGTH}, extra={"pointer": "/note"}
        )
