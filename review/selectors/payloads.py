"""An item's content as it came, for what may look at all of it."""

import json
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.utils.translation import gettext as _

from governance.domain import NotFoundError
from governance.statements import fetch_one
from routing.selectors.contracts import ContractFacts, contract_facts

_PAYLOAD_SQL = """
SELECT i.contract_id, p.body FROM review_item i LEFT JOIN review_itempayload p ON p.item_id = i.id WHERE i.id = %(item)s::uuid"""


@dataclass(frozen=True, slots=True)
class WholePayload:
    """A payload with everything sensitive in it, and its contract; none once it was erased."""

    payload: dict[str, Any] | None
    contract: ContractFacts


def whole_payload(item_id: UUID) -> WholePayload:
    """Return the item's payload, or say that there is no such item in the entered workspace."""
    row = fetch_one(_PAYLOAD_SQL, {"item": item_id})
    if row is None:
        raise NotFoundError(detail=_("There is no such item."), extra={"item": str(item_id)})
    payload = None if row["body"] is None else json.loads(row["body"])
    return WholePayload(payload=payload, contract=contract_facts(row["contract_id"]))
