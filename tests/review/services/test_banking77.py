"""BANKING77 from its files to the queues: what the product says of real input, recomputed from the model's file alone."""

import csv
import hashlib
import json
import math
import os
from collections import Counter
from collections.abc import Iterator
from io import StringIO
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import skops.io
from django.core.files.storage import default_storage
from django.core.management import call_command
from django.db import transaction
from pytest_django import DjangoDbBlocker
from scipy.stats import binom

from governance.models import AuditEvent, OutboxMessage
from governance.selectors.scope import enter_workspace
from governance.selectors.workspaces import draw_key
from review.models import Item, Outcome, Queue, Review
from review.services.pipeline import process_received
from routing.domain.draw import CALIBRATION, is_drawn
from routing.models import ModelVersion, Prediction, RoutingDecision
from routing.selectors.workflows import WorkflowFacts, access_workflow
from tests.conftest import House, _empty_everything, build_house
from tests.invariants import broken

FOLDER = Path(os.environ.get("AIOS_DATASETS", "/nonexistent")) / "banking77"
ITEMS, DRAW_RATE = 3080, 0.05

pytestmark = pytest.mark.skipif(
    not (FOLDER / "test.csv").exists(),
    reason="AIOS_DATASETS names no folder that holds banking77/test.csv",
)


@pytest.fixture(scope="module")
def loaded(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[House]:
    """The data set loaded by its command and worked through by the pipeline, committed, once for this file."""
    with django_db_blocker.unblock():
        with transaction.atomic():
            house = build_house()
        out = StringIO()
        call_command(
            "load_dataset",
            "banking77",
            "--path",
            str(FOLDER),
            "--workspace",
            house.workspace.slug,
            "--draw-rate",
            str(DRAW_RATE),
            "--json",
            stdout=out,
        )
        told = json.loads(out.getvalue())
        assert (told["workflow"], told["sent"], told["trained_on"]) == ("banking77", ITEMS, 10003)
        with transaction.atomic():
            house.enter()
            workflow = access_workflow("banking77")
        assert process_received(workspace_id=house.workspace.id, workflow_id=workflow.id) == ITEMS
        yield house
        _empty_everything()


@pytest.fixture
def stored(loaded: House, django_db_blocker: DjangoDbBlocker) -> Iterator[House]:
    """The loaded workspace, entered, in a transaction that is rolled back."""
    with django_db_blocker.unblock(), transaction.atomic():
        enter_workspace(loaded.workspace.id)
        yield loaded
        transaction.set_rollback(True)


def workflow() -> WorkflowFacts:
    return access_workflow("banking77")


def threshold() -> float:
    body = workflow().policy_body
    assert body is not None
    assert body.keys() == {"default_threshold", "queue"}
    return float(body["default_threshold"])


def truth() -> dict[str, tuple[str, str]]:
    with (FOLDER / "test.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    return {f"test-{number:05d}": (row["text"], row["category"]) for number, row in enumerate(rows)}


def recomputed() -> tuple[Any, Any, Any]:
    """Return external ids, labels and confidences as the model's file gives them, without the product's code."""
    version = ModelVersion.objects.get(id=workflow().model_version_id)
    with default_storage.open(version.file) as file:
        content = file.read()
    assert hashlib.sha256(content).hexdigest() == version.sha256
    pipeline = skops.io.loads(content, trusted=[])
    known = truth()
    raw = np.asarray(pipeline.predict_proba([text for text, _label in known.values()]), dtype=np.float64)
    logits = np.log(np.clip(raw, 1e-12, None)) / version.config["temperature"]
    powers = np.exp(logits - logits.max(axis=1, keepdims=True))
    scores = powers / powers.sum(axis=1, keepdims=True)
    return np.array(list(known)), pipeline.classes_[scores.argmax(axis=1)], scores.max(axis=1)


def said() -> dict[str, tuple[str, float, str]]:
    """Return what the product stored: by external id the label, the confidence and the disposition."""
    names = dict(Item.objects.filter(workflow_id=workflow().id).values_list("id", "external_id"))
    rows = RoutingDecision.objects.filter(workflow_id=workflow().id).values_list(
        "item_id", "label", "confidence", "disposition"
    )
    return {
        names[item_id]: (str(label), float(confidence or 0), disposition)
        for item_id, label, confidence, disposition in rows
    }


def test_every_item_is_accepted_or_in_a_queue_and_nothing_is_lost(stored: House) -> None:
    known = truth()
    items = Item.objects.filter(workflow_id=workflow().id)
    assert len(known) == ITEMS
    assert set(items.values_list("external_id", flat=True)) == set(known)
    counted = Counter(items.values_list("state", flat=True))
    assert counted.keys() == {"resolved", "in_review"}
    assert sum(counted.values()) == ITEMS
    queue = Queue.objects.get(key="banking77")
    waiting = Review.objects.filter(queue=queue, state="open", item__state="in_review").count()
    assert waiting == counted["in_review"]
    assert Outcome.objects.filter(source="auto").count() == OutboxMessage.objects.count() == counted["resolved"]
    assert Prediction.objects.filter(failure="").count() == ITEMS
    assert AuditEvent.objects.filter(stream_kind="item").count() == 2 * ITEMS
    assert broken() == {}


def test_the_model_is_right_nine_times_in_ten(stored: House) -> None:
    known, answers = truth(), said()
    right = sum(answers[name][0] == label for name, (_text, label) in known.items())
    assert right / ITEMS >= 0.90


def test_coverage_and_error_at_the_policys_threshold_are_those_of_the_models_file(stored: House) -> None:
    names, labels, confidences = recomputed()
    known, answers, limit = truth(), said(), threshold()

    stored_confidence = np.array([answers[name][1] for name in names])
    assert [answers[name][0] for name in names] == labels.tolist()
    np.testing.assert_allclose(stored_confidence, confidences, rtol=1e-6)

    # An item whose text is flagged goes to people however sure the model is.
    flagged = set(Item.objects.exclude(flags=[]).values_list("external_id", flat=True))
    is_covered = (confidences >= limit) & ~np.isin(names, list(flagged))
    is_wrong = labels != np.array([known[name][1] for name in names])
    accepted = np.array([answers[name][2] == "auto_accept" for name in names])
    assert accepted.tolist() == is_covered.tolist()

    delivered = dict(Outcome.objects.filter(source="auto").values_list("item__external_id", "label"))
    errors = sum(label != known[name][1] for name, label in delivered.items())
    assert len(delivered) / ITEMS == pytest.approx(is_covered.mean())
    assert errors / len(delivered) == pytest.approx(is_wrong[is_covered].mean())
    assert 0.2 < is_covered.mean() < 0.9
    assert is_wrong[is_covered].mean() < is_wrong.mean() / 2


def test_the_calibration_share_lies_in_its_binomial_interval(stored: House) -> None:
    drawn = set(RoutingDecision.objects.filter(workflow_id=workflow().id, drawn=True).values_list("item_id", flat=True))
    least, most = binom.interval(0.9999, ITEMS, DRAW_RATE)
    assert least <= len(drawn) <= most
    key, family = draw_key().secret, workflow().id
    ids = Item.objects.filter(workflow_id=family).values_list("id", flat=True)
    again = {one for one in ids if is_drawn(key, DRAW_RATE, purpose=CALIBRATION, family=family, item_id=one)}
    assert again == drawn
    assert set(Review.objects.filter(kind="calibration").values_list("item_id", flat=True)) == drawn


def test_the_metrics_of_the_registered_model_are_those_of_rows_it_never_saw(stored: House) -> None:
    version = ModelVersion.objects.get(id=workflow().model_version_id)
    rows = version.metrics["rows"]
    assert sum(rows.values()) == 10003
    assert rows[version.metrics["measured_on"]] > 500
    known, answers = truth(), said()
    accuracy = sum(answers[name][0] == label for name, (_text, label) in known.items()) / ITEMS
    margin = 3 * math.sqrt(0.1 * 0.9 / rows[version.metrics["measured_on"]])
    assert version.metrics["accuracy"] == pytest.approx(accuracy, abs=margin)
