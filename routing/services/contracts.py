"""Contract versions: added, never changed; one is in force."""

import hashlib
import re
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from governance import strict_json
from governance.domain import Actor, Capability, NotFoundError
from governance.services import audit
from governance.services.rights import require
from routing import actions
from routing.domain.contracts import check_schema, labels_of
from routing.models import Contract, VoidCause, Workflow
from routing.services.certificates import void_certificates
from routing.services.policies import read_policy
from routing.services.rows import lock_workflow, refused

_SEMVER = re.compile(r"(0|[1-9]\d{0,8})\.(0|[1-9]\d{0,8})\.(0|[1-9]\d{0,8})")
Version = tuple[int, ...]


def add_contract(
    *,
    actor: Actor,
    workflow: Workflow,
    version: str,
    input_schema: Any,
    output_schema: Any,
) -> Contract:
    """Store a contract version above all that the workflow has; putting it in force is another step."""
    with transaction.atomic(savepoint=False):
        require(actor, Capability.CONFIGURE)
        locked = lock_workflow(workflow.id)
        number = _parsed(version)
        newest = max((_parsed(known) for known in _versions(locked)), default=None)
        if newest is not None and number <= newest:
            detail = _("The version must be above %(newest)s.") % {"newest": ".".join(map(str, newest))}
            raise refused("version", detail)
        check_input_schema(input_schema)
        check_output_schema(output_schema)
        contract = Contract.objects.create(
            workspace_id=locked.workspace_id,
            workflow=locked,
            version=version,
            input_schema=input_schema,
            output_schema=output_schema,
        )
        audit.record(
            actor=actor,
            action=actions.CONTRACT_ADDED,
            stream=("workflow", locked.id),
            data={
                "contract": str(contract.id),
                "version": version,
                "input_sha256": _digest(input_schema),
                "output_sha256": _digest(output_schema),
            },
        )
        return contract


def set_contract(*, actor: Actor, workflow: Workflow, contract: Contract) -> Workflow:
    """Put a contract version in force; the policy in force must know no label that it lacks."""
    with transaction.atomic(savepoint=False):
        require(actor, Capability.CONFIGURE)
        locked = lock_workflow(workflow.id)
        if contract.workflow_id != locked.id:
            raise NotFoundError
        if locked.contract_id == contract.id:
            return locked
        if locked.policy_version:
            read_policy(locked.policy_version.body, labels=labels_of(contract.output_schema), queue_keys=None)
        before, locked.contract = locked.contract, contract
        locked.save(update_fields=["contract"])
        audit.record(
            actor=actor,
            action=actions.CONTRACT_SET,
            stream=("workflow", locked.id),
            data={
                "contract": str(contract.id),
                "version": contract.version,
                "before": before.version if before else None,
            },
        )
        void_certificates(
            actor=actor,
            workflow=locked,
            cause=VoidCause.CONTRACT,
            reason=_("Contract %(version)s is in force.") % {"version": contract.version},
        )
        return locked


def check_input_schema(schema: Any) -> None:
    """Refuse what can't be a contract's input schema, with pointers."""
    _check("input_schema", schema, is_output=False)


def check_output_schema(schema: Any) -> None:
    """Refuse what can't be a contract's output schema, with pointers."""
    _check("output_schema", schema, is_output=True)


def _check(field: str, schema: Any, *, is_output: bool) -> None:
    found = [(problem.pointer, problem.message) for problem in check_schema(schema, is_output=is_output)]
    if found:
        raise refused(field, " ".join(f"{pointer or '/'}: {message}" for pointer, message in found), *found)


def _parsed(version: str) -> Version:
    match = _SEMVER.fullmatch(version)
    if match is None:
        raise refused("version", _("A version is three numbers, like 1.0.0."))
    return tuple(int(part) for part in match.groups())


def _versions(workflow: Workflow) -> list[str]:
    return list(Contract.objects.filter(workflow=workflow).values_list("version", flat=True))


def _digest(schema: Any) -> str:
    return hashlib.sha256(strict_json.canonical(schema)).hexdigest()
