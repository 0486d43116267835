"""Loading a public data set as a workflow: train on its training part, register the model, send the rest as items."""

import csv
import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from uuid import UUID

from django.db import transaction

from governance.domain import Actor, InvalidError
from governance.selectors.scope import enter_workspace
from review.services.intake import Submission, receive_items
from review.services.setup import DRAFT, QueueSpec, label_schema, set_up_workflow
from routing.backends.training import train_text
from routing.selectors.workflows import WorkflowFacts

BATCH = 1000
BANKING77 = "banking77"
_INPUT = {
    "$schema": DRAFT,
    "type": "object",
    "properties": {
        "text": {"type": "string", "minLength": 1, "maxLength": 5000, "title": "Question", "x-view": "text"}
    },
    "required": ["text"],
    "additionalProperties": False,
}
_THRESHOLD = 0.948


@dataclass(frozen=True, slots=True)
class Loaded:
    """What was loaded."""

    workflow: str
    trained_on: int
    sent: int
    accuracy_at_registration: float | None


def load_banking77(*, actor: Actor, folder: Path, queue_members: list[UUID], draw_rate: float) -> Loaded:
    """Load BANKING77 (Casanueva et al. 2020): 77 intents, train.csv trains the model, test.csv is sent as items."""
    train, test = list(_rows(folder / "train.csv")), list(_rows(folder / "test.csv"))
    labels = {label: label.replace("_", " ").capitalize() for label in _categories(folder, train)}
    model = train_text([text for text, _label in train], [label for _text, label in train], test_share=0.0)
    with transaction.atomic():
        enter_workspace(actor.workspace_id)
        workflow = set_up_workflow(
            actor=actor,
            key=BANKING77,
            name="Banking questions",
            input_schema=_INPUT,
            output_schema=label_schema(labels),
            queues=[
                QueueSpec(key="banking77", name="Banking questions", members=queue_members),
                QueueSpec(key="banking77-escalations", name="Banking escalations", role="lead"),
            ],
            escalation_queue="banking77-escalations",
            policy_body={"default_threshold": _THRESHOLD, "queue": "banking77"},
            model_name="banking77",
            model=model,
            draw_rate=draw_rate,
        )
    for start in range(0, len(test), BATCH):
        _send(actor, workflow, [text for text, _label in test[start : start + BATCH]], start)
    return Loaded(
        workflow=workflow.key,
        trained_on=len(train),
        sent=len(test),
        accuracy_at_registration=model.metrics.get("accuracy"),
    )


def _send(actor: Actor, workflow: WorkflowFacts, texts: list[str], start: int) -> None:
    submissions = [
        Submission(external_id=f"test-{start + number:05d}", payload={"text": text})
        for number, text in enumerate(texts)
    ]
    with transaction.atomic():
        enter_workspace(actor.workspace_id)
        receipts = receive_items(actor=actor, workflow=workflow, submissions=submissions)
    refused = [receipt.refusal for receipt in receipts if receipt.refusal]
    if refused:
        raise InvalidError(detail=f"{len(refused)} rows were refused; the first: {refused[0]}")


def _rows(path: Path) -> Iterator[tuple[str, str]]:
    try:
        with path.open(encoding="utf-8", newline="") as file:
            for row in csv.DictReader(file):
                yield row["text"], row["category"]
    except FileNotFoundError:
        raise InvalidError(detail=f"There is no {path.name} in {path.parent}.") from None
    except KeyError as missing:
        raise InvalidError(detail=f"{path.name} has no column {missing}.") from None


def _categories(folder: Path, train: list[tuple[str, str]]) -> list[str]:
    path = folder / "categories.json"
    if path.exists():
        categories: list[str] = json.loads(path.read_text())
        return categories
    return sorted({label for _text, label in train})
