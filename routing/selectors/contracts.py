"""Contracts and workflows as the stages need them: immutable parts are kept in memory."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from typing import Any
from uuid import UUID

from governance.domain import NotFoundError
from routing.domain.contracts import Compiled, compile_schema, labels_of, sensitive_of, titles_of, views_of
from routing.domain.forms import LABEL, FormField, form_of, needed_names
from routing.models import Contract

_KEPT_S = 30


@dataclass(frozen=True, slots=True)
class ContractFacts:
    """A contract version, compiled."""

    id: UUID
    version: str
    workflow_id: UUID
    workflow_key: str
    workflow_name: str
    validator: Compiled
    output_validator: Compiled
    labels: tuple[str, ...]
    label_titles: dict[str, str]
    views: dict[str, Any]
    sensitive: tuple[str, ...]
    input_schema: dict[str, Any]
    output_schema: dict[str, Any]
    titles: dict[str, str]
    form: tuple[FormField, ...]
    needed: frozenset[str]

    @property
    def takes_label(self) -> bool:
        """Tell whether an answer has a label; a schema that names fields and no label takes fields only."""
        return not self.form or LABEL in self.output_schema["properties"]

    @property
    def needs_fields(self) -> bool:
        """Tell whether an answer can't do without further fields."""
        return bool(self.needed - {LABEL})


def contract_facts(contract_id: UUID) -> ContractFacts:
    """Return a contract version, compiled; one statement at most every 30 seconds and process."""
    return _remembered(contract_id, int(time.monotonic() / _KEPT_S))


def contract_of_version(workflow_id: UUID, version: str) -> ContractFacts:
    """Return one version of a workflow's contract."""
    found = Contract.objects.filter(workflow_id=workflow_id, version=version).values_list("id", flat=True).first()
    if found is None:
        raise NotFoundError(detail=f"The workflow has no contract version {version!r}.", extra={"contract": version})
    return contract_facts(found)


@lru_cache(maxsize=256)
def _remembered(contract_id: UUID, _period: int) -> ContractFacts:
    contract = Contract.objects.select_related("workflow").get(id=contract_id)
    titles: Callable[[str, str], str] = contract.output_schema.get("x-label-titles", {}).get
    labels = labels_of(contract.output_schema)
    return ContractFacts(
        id=contract.id,
        version=contract.version,
        workflow_id=contract.workflow_id,
        workflow_key=contract.workflow.key,
        workflow_name=contract.workflow.name,
        validator=compile_schema(contract.input_schema),
        output_validator=compile_schema(contract.output_schema),
        labels=labels,
        label_titles={label: titles(label, label.replace("_", " ").capitalize()) for label in labels},
        views=views_of(contract.input_schema),
        sensitive=tuple(sensitive_of(contract.input_schema)),
        input_schema=contract.input_schema,
        output_schema=contract.output_schema,
        titles=titles_of(contract.input_schema),
        form=tuple(form_of(contract.output_schema)),
        needed=needed_names(contract.output_schema),
    )
