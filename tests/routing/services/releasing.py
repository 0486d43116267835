"""Versions that are proposed and come into force, and what is read of them."""

import json
from typing import Any

from governance.domain import Actor
from governance.models import AuditEvent, AuditPayload
from routing.models import PolicyProposal, Workflow
from routing.services import config, releases
from tests.conftest import House
from tests.factories import OUTPUT_SCHEMA, POLICY_BODY

LAXER = POLICY_BODY | {"default_threshold": 0.8}
LAXEST = POLICY_BODY | {"default_threshold": 0.7}


def owner(house: House) -> Actor:
    return house.actor(house.owner)


def second(house: House) -> Actor:
    return house.actor(house.admin)


def proposed(house: House, body: dict[str, Any] = LAXER, *, by: Actor | None = None, **options: Any) -> PolicyProposal:
    actor = by or owner(house)
    return releases.propose(actor=actor, workflow=house.workflow, body=body, reason="fewer reviews", **options)


def in_force(house: House, body: dict[str, Any] = LAXER) -> PolicyProposal:
    """Bring a policy into force the whole way."""
    proposal = proposed(house, body)
    releases.approve(actor=second(house), proposal_id=proposal.id)
    return releases.finish(actor=owner(house), proposal_id=proposal.id)


def row(house: House) -> Workflow:
    return Workflow.objects.select_related("policy_version", "candidate_version").get(id=house.workflow.id)


def number(house: House) -> int | None:
    version = row(house).policy_version
    return version.number if version else None


def state(proposal: PolicyProposal) -> str:
    return PolicyProposal.objects.get(id=proposal.id).state


def trail(house: House) -> list[str]:
    events = AuditEvent.objects.filter(stream_kind="workflow", stream_id=house.workflow.id).order_by("stream_seq")
    return list(events.values_list("action", flat=True))


def said_last() -> dict[str, Any]:
    event = AuditEvent.objects.order_by("-id")[0]
    return dict(json.loads(bytes(AuditPayload.objects.get(event_id=event.id).body)))


def without(house: House, label: str) -> None:
    """Put a contract in force that lacks a label."""
    schema = json.loads(json.dumps(OUTPUT_SCHEMA))
    schema["properties"]["label"]["enum"].remove(label)
    workflow = Workflow.objects.select_related("contract").get(id=house.workflow.id)
    assert workflow.contract
    contract = config.add_contract(
        actor=owner(house),
        workflow=workflow,
        version="2.0.0",
        input_schema=workflow.contract.input_schema,
        output_schema=schema,
    )
    config.set_contract(actor=owner(house), workflow=workflow, contract=contract)
