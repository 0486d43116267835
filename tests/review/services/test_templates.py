"""Answers under a name: checked as an answer would be, offered while they fit."""

import json
from typing import Any

import pytest
from django.db import transaction

from governance.domain import ForbiddenError, InvalidError, NotFoundError
from governance.models import AuditEvent, AuditPayload
from review.models import AnswerTemplate
from review.selectors.templates import templates_for
from review.services.templates import TemplateNameTakenError, change_template, create_template, retire_template
from routing.models import Contract, Workflow
from tests.conftest import House
from tests.factories import INPUT_SCHEMA, OUTPUT_SCHEMA
from tests.invariants import broken

LOST = {
    "name": "Lost",
    "action": "correct",
    "label": "delivery",
    "fields": {"urgent": True},
    "note": "Ask the carrier.",
}


def create(house: House, **content: Any) -> AnswerTemplate:
    return create_template(actor=house.actor(house.owner), workflow_id=house.workflow.id, **(LOST | content))


def last_event() -> tuple[str, dict[str, Any]]:
    event = AuditEvent.objects.order_by("-id")[0]
    return event.action, json.loads(bytes(AuditPayload.objects.get(event_id=event.id).body))


def offered(house: House) -> list[str]:
    return [template.name for template in templates_for([house.workflow.id])[house.workflow.id]]


def test_a_template_is_made_audited_and_offered(house: House) -> None:
    template = create(house)
    (found,) = templates_for([house.workflow.id])[house.workflow.id]

    assert last_event() == ("template.created", LOST | {"reason_code": "", "workflow": "support-triage"})
    assert (found.id, found.name, found.action, found.label) == (template.id, "Lost", "correct", "delivery")
    assert (found.fields, found.note, found.reason_code) == ({"urgent": True}, "Ask the carrier.", "")
    assert broken() == {}


@pytest.mark.parametrize("action", ["reject", "escalate", "skip"])
def test_an_action_without_label_is_a_template_too(house: House, action: str) -> None:
    create(house, action=action, label="", fields={})

    assert [one.label for one in templates_for([house.workflow.id])[house.workflow.id]] == [None]


@pytest.mark.parametrize(
    ("content", "field"),
    [
        ({"label": "no_such"}, "label"),
        ({"label": ""}, "label"),
        ({"fields": {"urgent": "yes"}}, "fields"),
        ({"fields": {"unknown": 1}}, "fields"),
        ({"fields": ["urgent"]}, "fields"),
        ({"action": "reject"}, "label"),
        ({"action": "skip", "label": ""}, "fields"),
        ({"action": "accept"}, "action"),
        ({"name": ""}, "name"),
        ({"name": "x" * 81}, "name"),
        ({"note": "x" * 4001}, "note"),
        ({"reason_code": "x" * 64}, "reason_code"),
    ],
    ids=lambda value: str(value)[:40],
)
def test_what_no_answer_could_say_is_refused_at_its_field(house: House, content: dict[str, Any], field: str) -> None:
    with pytest.raises(InvalidError) as refused, transaction.atomic():
        create(house, **content)

    assert refused.value.extra["field"] == field
    assert not AnswerTemplate.objects.exists()


def test_a_name_is_taken_once_in_a_workflow(house: House) -> None:
    create(house)
    with pytest.raises(TemplateNameTakenError), transaction.atomic():
        create(house)


def test_the_trail_keeps_before_and_after(house: House) -> None:
    template = create(house)
    owner = house.actor(house.owner)
    change_template(actor=owner, template=template, label="other", note=LOST["note"])

    assert last_event() == ("template.changed", {"name": "Lost", "changes": {"label": ["delivery", "other"]}})
    before = AuditEvent.objects.count()
    change_template(actor=owner, template=template, label="other")
    assert AuditEvent.objects.count() == before


def test_a_retired_template_is_offered_no_longer_and_retired_once(house: House) -> None:
    template = create(house)
    owner = house.actor(house.owner)
    retire_template(actor=owner, template=template)
    assert last_event() == ("template.retired", {"name": "Lost"})
    before = AuditEvent.objects.count()
    retire_template(actor=owner, template=template)

    assert offered(house) == []
    assert AuditEvent.objects.count() == before


def test_only_who_configures_makes_templates(house: House) -> None:
    template = create(house)
    for role in ("reviewer", "lead", "auditor", "integrator"):
        actor = house.actor(house.people[role])
        with pytest.raises(ForbiddenError), transaction.atomic():
            create_template(actor=actor, workflow_id=house.workflow.id, **(LOST | {"name": "Other"}))
        with pytest.raises(ForbiddenError), transaction.atomic():
            change_template(actor=actor, template=template, note="")
        with pytest.raises(ForbiddenError), transaction.atomic():
            retire_template(actor=actor, template=template)


def test_a_template_that_is_gone_is_not_found(house: House) -> None:
    template = create(house)
    AnswerTemplate.objects.all().delete()
    with pytest.raises(NotFoundError), transaction.atomic():
        change_template(actor=house.actor(house.owner), template=template, note="")


def test_a_label_that_the_contract_dropped_is_offered_no_longer_and_can_be_retired(house: House) -> None:
    template = create(house)
    create(house, name="Spam", action="reject", label="", fields={})
    narrower = OUTPUT_SCHEMA | {"properties": {"label": {"type": "string", "enum": ["billing"]}}}
    contract = Contract.objects.create(
        workspace=house.workspace,
        workflow=house.workflow,
        version="2.0.0",
        input_schema=INPUT_SCHEMA,
        output_schema=narrower,
    )
    Workflow.objects.filter(id=house.workflow.id).update(contract=contract)

    assert offered(house) == ["Spam"]
    change_template(actor=house.actor(house.owner), template=template, is_active=False)
    with pytest.raises(InvalidError), transaction.atomic():
        change_template(actor=house.actor(house.owner), template=template, is_active=True)


def test_templates_are_asked_for_by_workflow(house: House) -> None:
    create(house)

    assert templates_for([]) == {}
    assert list(templates_for([house.workspace.id]).values()) == [[]]
