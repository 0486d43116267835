"""What an answer must keep of its contract, whoever gives it and when."""

from typing import Any

from governance.domain import InvalidError
from review.domain.errors import UnknownLabelError
from routing.domain.contracts import problems
from routing.selectors.contracts import ContractFacts

NOTE_LENGTH = 4000


def check_label(contract: ContractFacts, label: str | None) -> None:
    """Refuse a label that the contract does not know."""
    if contract.labels and label not in contract.labels:
        raise UnknownLabelError(
            detail=f"{label!r} is not a label of this contract.",
            extra={"pointer": "/label", "allowed": list(contract.labels)},
        )


def check_fields(contract: ContractFacts, label: str | None, fields: dict[str, Any]) -> None:
    """Refuse fields that break the contract's output schema; beside no label there is nothing to check."""
    if label is None or not fields:
        return
    found = problems(contract.output_validator, {"label": label} | fields)
    if found:
        raise InvalidError(detail="The fields break the contract's output schema.", extra={"errors": found})


def check_note(note: str) -> None:
    """Refuse a note that is too long."""
    if len(note) > NOTE_LENGTH:
        raise InvalidError(detail=f"A note holds at most {NOTE_LENGTH} characters.", extra={"pointer": "/note"})
