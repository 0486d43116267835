"""An upgrade while people work: processes of the release before go on working on the new tables, beside new ones.

That new code waits for its tables is tried in test_start_order.py, and that it brings old ones up in test_backup.py.
"""

import json
import os
import subprocess
import sys
import tarfile
import threading
from io import BytesIO
from pathlib import Path
from typing import Any

import psycopg
import pytest
from django.db import connections, transaction

from governance.models import OutboxMessage, WebhookEndpoint
from governance.services.relay import publish_due
from review.models import Item
from review.services.pipeline import process_received
from review.services.sweep import sweep_once
from tests.aios_site.working import ADMIN, decide_one, inside
from tests.conftest import House, build_house
from tests.invariants import broken

pytestmark = pytest.mark.services

ROOT = Path(__file__).resolve().parents[2]
COMMIT = "83aee48eeea42e146bfe062a4f138f4fdf6525c2"
ROUNDS = 13
# Time passes for a third of what is held.
_OVERTAKE = """
WITH old AS (
    UPDATE review_item SET available_at = available_at - interval '1 hour'
     WHERE state = 'held' AND available_at > now() AND abs(hashtext(id::text)) % 3 = 0 RETURNING id
), earlier AS (
    UPDATE review_decision d SET recorded_at = recorded_at - interval '1 hour' FROM old WHERE d.item_id = old.id
)
UPDATE governance_outboxmessage m SET due_at = due_at - interval '1 hour' FROM old WHERE m.stream_id = old.id"""


@pytest.fixture(scope="module")
def last_release(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The code of the release before, out of the repository's history."""
    packed = subprocess.run(["git", "archive", COMMIT], cwd=ROOT, capture_output=True, check=False)
    if packed.returncode:
        pytest.skip(f"git history without {COMMIT[:7]}: {packed.stderr.decode().strip()}")
    folder = tmp_path_factory.mktemp("last release")
    with tarfile.open(fileobj=BytesIO(packed.stdout)) as tar:
        tar.extractall(folder, filter="data")
    return folder


@pytest.fixture
def house(live_db: None) -> House:
    """The cast, committed, with an endpoint."""
    with transaction.atomic():
        made = build_house()
        WebhookEndpoint.objects.create(workspace=made.workspace, name="Shop", url="https://shop.example/in")
    return made


def test_the_release_before_works_on_the_new_tables_beside_new_code(house: House, last_release: Path) -> None:
    people = (house.integrator.id, house.colleague.id)
    command = [sys.executable, str(ROOT / "tests/aios_site/old_release.py"), str(house.workspace.id)]
    command += [str(house.workflow.id), *map(str, people), str(ROUNDS)]
    failures: list[BaseException] = []
    stop = threading.Event()

    def work_as_new_code() -> None:
        try:
            while not stop.is_set():
                inside(house, lambda: house.receive("new", confidence=0.3))
                process_received(workspace_id=house.workspace.id, workflow_id=house.workflow.id)
                decide_one(house, "reviewer")
                sweep_once()
                # Windows are made to end, so that outcomes of either code leave.
                with psycopg.connect(ADMIN) as admin:
                    admin.execute("SET session_replication_role = replica")
                    # Nobody is in the middle of something while an hour passes at once.
                    admin.execute("LOCK TABLE review_item IN ACCESS EXCLUSIVE MODE")
                    admin.execute(_OVERTAKE)
                publish_due()
        except BaseException as failure:
            failures.append(failure)
        finally:
            connections.close_all()

    thread = threading.Thread(target=work_as_new_code)
    thread.start()
    try:
        environment = os.environ | {"PYTHONPATH": "", "PYTHONWARNINGS": "ignore"}
        old = subprocess.run(command, cwd=last_release, env=environment, capture_output=True, text=True, check=False)
    finally:
        stop.set()
        thread.join()

    assert failures == []
    assert old.returncode == 0, old.stderr[-3000:]
    done: dict[str, Any] = json.loads(old.stdout.splitlines()[-1])
    assert min(done[name] for name in ("received", "routed", "decided", "undone", "released", "withdrawn")) > 0, done
    publish_due()
    assert inside(house, broken) == {}
    assert inside(house, lambda: Item.objects.filter(external_id__startswith="old-").count()) == done["received"]
    assert inside(house, lambda: OutboxMessage.objects.filter(published_seq__isnull=False).count()) > 0
