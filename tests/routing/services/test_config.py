"""Configuring workflows: what is refused, where, and what the trail keeps."""

import json
from pathlib import Path
from typing import Any

import pytest
import skops.io
from django.db import transaction
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline

from governance.domain import ForbiddenError, NotFoundError, Role
from governance.models import AuditEvent, AuditPayload
from routing.models import Contract, Model, Workflow
from routing.services import config
from routing.services.model_versions import ModelVersionTakenError
from routing.services.rows import ConfigurationError
from routing.services.workflows import IncompleteWorkflowError, KeyTakenError
from tests.conftest import House
from tests.factories import INPUT_SCHEMA, OUTPUT_SCHEMA, POLICY_BODY

KEYS = ["triage", "escalations"]


@pytest.fixture
def storage(tmp_path: Path, settings: Any) -> Path:
    """The default storage in a folder of the test's own."""
    backend = {"BACKEND": "django.core.files.storage.FileSystemStorage", "OPTIONS": {"location": str(tmp_path)}}
    settings.STORAGES = settings.STORAGES | {"default": backend}
    return tmp_path


@pytest.fixture(scope="module")
def model_file() -> bytes:
    pipeline = make_pipeline(TfidfVectorizer(), LogisticRegression())
    pipeline.fit(["the bill", "the parcel", "hello"], ["billing", "delivery", "other"])
    return bytes(skops.io.dumps(pipeline))


def last_event() -> tuple[str, dict[str, Any]]:
    event = AuditEvent.objects.order_by("-id")[0]
    return event.action, json.loads(bytes(AuditPayload.objects.get(event_id=event.id).body))


def draft(house: House, **settings: Any) -> Workflow:
    return config.create_workflow(actor=house.actor(house.owner), key="returns", name="Returns", **settings)


def add_contract(house: House, version: str = "1.0.0", **schemas: Any) -> Contract:
    return config.add_contract(
        actor=house.actor(house.owner),
        workflow=house.workflow,
        version=version,
        input_schema=schemas.get("input_schema", INPUT_SCHEMA),
        output_schema=schemas.get("output_schema", OUTPUT_SCHEMA),
    )


def add_policy(house: House, body: Any, **options: Any) -> Any:
    actor = house.actor(house.owner)
    return config.add_policy_version(actor=actor, workflow=house.workflow, body=body, queue_keys=KEYS, **options)


def test_a_workflow_begins_as_a_draft(house: House) -> None:
    workflow = draft(house, draw_rate=0.1)

    assert (workflow.state, workflow.draw_rate, workflow.workspace_id) == ("draft", 0.1, house.workspace.id)
    assert last_event() == ("workflow.created", {"key": "returns", "name": "Returns"})


def test_a_key_is_taken_once(house: House) -> None:
    with pytest.raises(KeyTakenError):
        config.create_workflow(actor=house.actor(house.owner), key=house.workflow.key, name="Again")


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("draw_rate", 1.5),
        ("draw_rate", -0.1),
        ("fallback", "pray"),
        ("max_attempts", 0),
        ("escalation_role", "auditor"),
    ],
)
def test_a_setting_has_its_bounds(house: House, field: str, value: object) -> None:
    with pytest.raises(ConfigurationError) as caught:
        config.change_workflow(actor=house.actor(house.owner), workflow=house.workflow, **{field: value})

    assert caught.value.extra["field"] == field


def test_the_trail_keeps_before_and_after(house: House) -> None:
    changed = config.change_workflow(
        actor=house.actor(house.owner),
        workflow=house.workflow,
        draw_rate=0.2,
        name=house.workflow.name,
    )

    assert changed.draw_rate == 0.2
    assert last_event() == ("workflow.changed", {"changes": {"draw_rate": [0.0, 0.2]}})


def test_an_active_workflow_keeps_its_fallback(house: House) -> None:
    with pytest.raises(ConfigurationError):
        config.change_workflow(actor=house.actor(house.owner), workflow=house.workflow, fallback="")


@pytest.mark.parametrize("role", [Role.REVIEWER, Role.LEAD, Role.AUDITOR, Role.INTEGRATOR])
def test_only_owner_and_admin_configure(house: House, role: Role) -> None:
    actor = house.actor(house.people[role.value])
    for service in (
        lambda: config.create_workflow(actor=actor, key="x", name="X"),
        lambda: config.pause_workflow(actor=actor, workflow=house.workflow),
        lambda: config.add_policy_version(actor=actor, workflow=house.workflow, body=POLICY_BODY, queue_keys=KEYS),
    ):
        with pytest.raises(ForbiddenError), transaction.atomic():
            service()


def test_activation_names_everything_that_is_missing(house: House) -> None:
    with pytest.raises(IncompleteWorkflowError) as caught:
        config.activate_workflow(actor=house.actor(house.owner), workflow=draft(house), queue_keys=[])

    assert caught.value.extra["missing"] == [
        "a fallback",
        "an escalation role",
        "a contract",
        "a queue",
        "the queue “escalations” for escalations",
    ]


def test_pause_and_activate(house: House) -> None:
    owner = house.actor(house.owner)

    paused = config.pause_workflow(actor=owner, workflow=house.workflow)
    active = config.activate_workflow(actor=owner, workflow=paused, queue_keys=KEYS)

    assert (paused.state, active.state) == ("paused", "active")
    assert last_event()[0] == "workflow.activated"


def test_activation_checks_the_policy_again(house: House) -> None:
    owner = house.actor(house.owner)
    paused = config.pause_workflow(actor=owner, workflow=house.workflow)

    with pytest.raises(ConfigurationError, match="no queue “triage”"):
        config.activate_workflow(actor=owner, workflow=paused, queue_keys=["escalations"])


@pytest.mark.parametrize("version", ["1.0.0", "0.9.9", "1.0", "v2.0.0", "01.0.0", "2.0.0-rc1", ""])
def test_versions_grow(house: House, version: str) -> None:
    with pytest.raises(ConfigurationError) as caught:
        add_contract(house, version)

    assert caught.value.extra["field"] == "version"


def test_a_contract_version_is_added_and_put_in_force(house: House) -> None:
    contract = add_contract(house, "1.10.0")
    house.workflow.refresh_from_db()
    assert house.workflow.contract_id != contract.id

    config.set_contract(actor=house.actor(house.owner), workflow=house.workflow, contract=contract)

    house.workflow.refresh_from_db()
    assert house.workflow.contract_id == contract.id
    assert last_event()[1]["before"] == "1.0.0"


def test_a_broken_schema_is_refused_with_pointers(house: House) -> None:
    broken = {"type": "object", "properties": {"text": {"$ref": "https://example.com/x"}}}

    with pytest.raises(ConfigurationError) as caught:
        add_contract(house, "1.1.0", input_schema=broken)

    assert caught.value.extra["field"] == "input_schema"
    assert caught.value.extra["errors"][0]["pointer"] == "/properties/text/$ref"


def test_labels_of_the_active_policy_stay_in_the_contract(house: House) -> None:
    owner = house.actor(house.owner)
    version = add_policy(house, POLICY_BODY | {"label_thresholds": {"billing": 0.5}})
    config.activate_policy_version(actor=owner, version=version, queue_keys=KEYS)
    without = json.loads(json.dumps(OUTPUT_SCHEMA))
    without["properties"]["label"]["enum"] = ["delivery", "other"]
    contract = add_contract(house, "2.0.0", output_schema=without)

    with pytest.raises(ConfigurationError) as caught:
        config.set_contract(actor=owner, workflow=house.workflow, contract=contract)

    assert caught.value.extra["errors"][0]["pointer"] == "/label_thresholds/billing"


@pytest.mark.parametrize(
    ("change", "pointer"),
    [
        ({"default_threshold": 2}, "/default_threshold"),
        ({"label_thresholds": {"a/b": 0.5}}, "/label_thresholds/a~1b"),
        ({"queue": "nowhere"}, "/queue"),
        ({"label_queues": {"billing": "nowhere"}}, "/label_queues/billing"),
        ({"rules": [{"kind": "value_above", "limit": 1, "to": "review", "queue": "nowhere"}]}, "/rules/0/queue"),
        ({"unknown": 1}, "/unknown"),
    ],
)
def test_a_policy_is_refused_with_its_pointer(house: House, change: dict[str, Any], pointer: str) -> None:
    with pytest.raises(ConfigurationError) as caught:
        add_policy(house, POLICY_BODY | change)

    assert caught.value.extra["field"] == "body"
    assert caught.value.extra["errors"][0]["pointer"] == pointer


def test_policy_versions_count_up_and_one_is_active(house: House) -> None:
    first, second = add_policy(house, POLICY_BODY), add_policy(house, POLICY_BODY | {"default_threshold": 0.8})

    config.activate_policy_version(actor=house.actor(house.owner), version=second, queue_keys=KEYS)

    house.workflow.refresh_from_db()
    assert (first.number, second.number) == (2, 3)
    assert house.workflow.policy_version_id == second.id
    action, data = last_event()
    assert action == "policy.activated"
    assert data["body"]["default_threshold"] == 0.8


def test_another_policy_counts_for_itself(house: House) -> None:
    assert add_policy(house, POLICY_BODY, policy_name="night").number == 1


def test_a_model_file_is_stored_by_its_content(house: House, storage: Path, model_file: bytes) -> None:
    owner = house.actor(house.owner)
    register: dict[str, Any] = {
        "actor": owner,
        "workflow": house.workflow,
        "model_name": "triage",
        "content": model_file,
    }

    first = config.register_model_version(version="2", **register)
    second = config.register_model_version(version="3", **register)
    config.set_model_version(actor=owner, workflow=house.workflow, model_version=second)

    house.workflow.refresh_from_db()
    assert first.file == second.file == f"models/{first.sha256}.skops"
    assert (storage / first.file).read_bytes() == model_file
    assert (first.backend, house.workflow.model_version_id) == ("local", second.id)
    assert Model.objects.count() == 1


def test_an_altered_file_in_the_storage_is_replaced(house: House, storage: Path, model_file: bytes) -> None:
    register: dict[str, Any] = {"actor": house.actor(house.owner), "workflow": house.workflow, "model_name": "triage"}
    first = config.register_model_version(version="2", content=model_file, **register)
    (storage / first.file).write_bytes(b"something else")

    config.register_model_version(version="3", content=model_file, **register)

    assert (storage / first.file).read_bytes() == model_file


def test_what_can_not_be_loaded_is_not_registered(house: House, storage: Path) -> None:
    with pytest.raises(ConfigurationError) as caught:
        config.register_model_version(
            actor=house.actor(house.owner),
            workflow=house.workflow,
            model_name="triage",
            version="2",
            content=b"no model",
        )

    assert caught.value.extra["field"] == "file"
    assert not list(storage.rglob("*.skops"))


def test_a_version_is_registered_once(house: House) -> None:
    with pytest.raises(ModelVersionTakenError):
        config.register_model_version(
            actor=house.actor(house.owner),
            workflow=house.workflow,
            model_name="triage",
            version="1",
        )


@pytest.mark.parametrize("version", ["", "2" * 33])
def test_a_version_is_as_long_as_its_column_takes(house: House, version: str) -> None:
    with pytest.raises(ConfigurationError) as caught:
        config.register_model_version(
            actor=house.actor(house.owner), workflow=house.workflow, model_name="triage", version=version
        )

    assert caught.value.extra["field"] == "version"


def test_another_workflows_model_is_not_put_in_charge(house: House) -> None:
    other = draft(house)
    version = config.register_model_version(
        actor=house.actor(house.owner),
        workflow=other,
        model_name="returns",
        version="1",
    )

    with pytest.raises(NotFoundError):
        config.set_model_version(actor=house.actor(house.owner), workflow=house.workflow, model_version=version)
