"""Queues, their members, and setting a workflow up in one go."""

import json
from typing import Any

import pytest
from django.db import transaction

from governance.domain import ForbiddenError, InvalidError, Role
from governance.models import AuditEvent, AuditPayload
from governance.services.members import change_member
from review.models import Queue
from review.selectors.queue_keys import queue_keys
from review.services.queues import QueueKeyTakenError, change_queue, create_queue, set_queue_members
from review.services.setup import QueueSpec, set_up_workflow
from routing.services.rows import ConfigurationError
from tests.conftest import House
from tests.factories import INPUT_SCHEMA, OUTPUT_SCHEMA


def last_event() -> tuple[str, dict[str, Any]]:
    event = AuditEvent.objects.order_by("-id")[0]
    return event.action, json.loads(bytes(AuditPayload.objects.get(event_id=event.id).body))


def test_a_queue_is_made_and_audited(house: House) -> None:
    queue = create_queue(
        actor=house.actor(house.owner),
        workflow_id=house.workflow.id,
        key="night",
        name="Night",
        undo_window_s=10,
    )

    assert (queue.workspace_id, queue.undo_window_s) == (house.workspace.id, 10)
    assert last_event() == ("queue.created", {"key": "night"})


def test_a_key_is_taken_once(house: House) -> None:
    with pytest.raises(QueueKeyTakenError):
        create_queue(actor=house.actor(house.owner), workflow_id=house.workflow.id, key="triage", name="X")


@pytest.mark.parametrize(
    ("field", "value"), [("lease_s", 5), ("undo_window_s", -1), ("role", "reviewer"), ("name", "")]
)
def test_a_setting_has_its_bounds(house: House, field: str, value: object) -> None:
    with pytest.raises(InvalidError) as caught:
        change_queue(actor=house.actor(house.owner), queue=house.queue, **{field: value})

    assert caught.value.extra == {"field": field}


def test_the_trail_keeps_before_and_after(house: House) -> None:
    change_queue(actor=house.actor(house.owner), queue=house.queue, is_paused=True, name=house.queue.name)

    house.queue.refresh_from_db()
    assert house.queue.is_paused
    assert last_event() == ("queue.changed", {"key": "triage", "changes": {"is_paused": [False, True]}})


def test_members_are_set_and_kept_as_pseudonyms(house: House) -> None:
    set_queue_members(
        actor=house.actor(house.lead),
        queue=house.queue,
        people=[house.reviewer.id, house.owner.id],
    )

    assert set(house.queue.members.all()) == {house.reviewer, house.owner}
    removed = sorted(str(house.actor(person).pseudonym) for person in (house.colleague, house.lead))
    assert last_event() == (
        "queue.members_changed",
        {"key": "triage", "added": [str(house.actor(house.owner).pseudonym)], "removed": removed},
    )


def test_only_active_members_work_a_queue(house: House) -> None:
    change_member(actor=house.actor(house.admin), membership=house.membership(house.auditor), is_active=False)

    for person in (house.outsider, house.auditor):
        with pytest.raises(InvalidError), transaction.atomic():
            set_queue_members(actor=house.actor(house.lead), queue=house.queue, people=[person.id])


@pytest.mark.parametrize("role", [Role.REVIEWER, Role.LEAD, Role.AUDITOR, Role.INTEGRATOR])
def test_only_owner_and_admin_make_queues(house: House, role: Role) -> None:
    with pytest.raises(ForbiddenError):
        create_queue(actor=house.actor(house.people[role.value]), workflow_id=house.workflow.id, key="x", name="X")


def set_up(house: House, **changes: Any) -> Any:
    asked: dict[str, Any] = {
        "actor": house.actor(house.owner),
        "key": "returns",
        "name": "Returns",
        "input_schema": INPUT_SCHEMA,
        "output_schema": OUTPUT_SCHEMA,
        "queues": [QueueSpec(key="returns", name="Returns", members=[house.reviewer.id])],
        "model_name": "returns",
        "policy_body": {"default_threshold": 0.9, "queue": "returns"},
    }
    return set_up_workflow(**(asked | changes))


def test_a_workflow_is_set_up_in_one_go(house: House) -> None:
    workflow = set_up(house)

    assert workflow.is_active
    assert workflow.takes_predictions
    assert workflow.policy_number == 1
    assert list(Queue.objects.get(key="returns").members.all()) == [house.reviewer]
    assert queue_keys(workflow.id) == ["escalations", "returns", "triage"]


def test_a_workflow_without_a_queue_of_its_own_is_not_activated(house: House) -> None:
    with pytest.raises(ConfigurationError, match="no queue"):
        set_up(house, queues=[], policy_body={"default_threshold": 0.9, "queue": "triage"})
