"""Backup while people work, restore elsewhere, and work goes on from there."""

import json
import os
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import suppress
from io import StringIO
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from uuid import UUID

import psycopg
import pytest
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.core.management import CommandError, call_command
from django.db import DatabaseError, connection, connections, transaction
from django.test import Client
from psycopg import sql

from aios_site.backup import check, facts, load, product, programs, save
from aios_site.backup.archive import open_archive
from aios_site.stack.embedded import EmbeddedServices
from aios_site.stack.roles import prepare_database
from aios_site.stack.urls import with_database
from governance.selectors import readiness
from review.models import Decision, Item
from tests.aios_site.working import ADMIN, decide_one, inside, working_in
from tests.conftest import House, build_house
from tests.invariants import broken

ROOT = Path(__file__).resolve().parents[2]
# The tables of the release before, and those of others that they need.
LAST_RELEASE = (
    ("governance", "0004_access"),
    ("routing", "0002_protect"),
    ("review", "0003_functions"),
    ("sessions", "0001_initial"),
)


@pytest.fixture
def house(live_db: None) -> House:
    """The cast, committed, with work in progress."""
    with transaction.atomic():
        made = build_house()
        made.in_review(*(f"text {number}" for number in range(12)))
        made.in_review("sure", confidence=0.99)
    return made


@pytest.fixture
def storage(tmp_path: Path, settings: Any) -> Path:
    """A storage of the test's own, with two files in it."""
    use_storage(settings, tmp_path / "stored")
    default_storage.save("attachments/one/" + "a" * 64, ContentFile(b"a picture"))
    default_storage.save("models/" + "b" * 64 + ".skops", ContentFile(b"x" * 2_000_000))
    return tmp_path / "stored"


@pytest.fixture
def second() -> Iterator[str]:
    """The name of a database that a restore makes; it is dropped afterwards, and whatever was kept beside it."""
    name = f"{connection.settings_dict['NAME']}_second"
    yield name
    with psycopg.connect(ADMIN, autocommit=True) as admin:
        found = admin.execute("SELECT datname FROM pg_database WHERE datname LIKE %s", [f"{name}%"]).fetchall()
        for (one,) in found:
            admin.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(one)))


def backed_up(tmp_path: Path, *more: str) -> dict[str, Any]:
    """Back up to the usual file and return what the command said."""
    out = StringIO()
    call_command("backup", "--to", str(tmp_path / "backup.tar"), "--json", *more, stdout=out)
    return dict(json.loads(out.getvalue()))


@pytest.fixture
def restored(
    tmp_path: Path, settings: Any, monkeypatch: pytest.MonkeyPatch, second: str
) -> Callable[..., dict[str, Any]]:
    """Return what restores the usual file into the second database and another storage; it returns what was said."""

    def restore(*more: str) -> dict[str, Any]:
        out = StringIO()
        arguments = ("--from", str(tmp_path / "backup.tar"), "--json", "--admin-url", ADMIN, *more)
        with monkeypatch.context() as patch:
            for name in ("DATABASE_URL", "DATABASE_OWNER_URL"):
                patch.setenv(name, with_database(os.environ[name], second))
            use_storage(settings, tmp_path / "restored files")
            with suppress(CommandError):
                call_command("restore", *arguments, stdout=out)
        use_storage(settings, tmp_path / "stored")
        return dict(json.loads(out.getvalue()))

    return restore


def use_storage(settings: Any, root: Path) -> None:
    """Keep files in a folder from now on."""
    settings.STORAGE_ROOT = root
    settings.STORAGES = settings.STORAGES | {
        "default": {"BACKEND": "django.core.files.storage.FileSystemStorage", "OPTIONS": {"location": str(root)}}
    }


class Writers:
    """Threads that send, route, claim and decide until they are stopped; they remember what was acknowledged."""

    def __init__(self, house: House) -> None:
        self.house = house
        self.items: list[UUID] = []
        self.decisions: list[UUID] = []
        self.failures: list[BaseException] = []
        self._stop = threading.Event()
        self._threads = [threading.Thread(target=self._run, args=(work,)) for work in (self._send, self._decide)]

    def __enter__(self) -> "Writers":
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_error: object) -> None:
        self._stop.set()
        for thread in self._threads:
            thread.join()

    def wait(self) -> None:
        """Return when both have done something, or one has failed."""
        while not (self.items and self.decisions) and not self.failures:
            self._stop.wait(0.01)

    def _run(self, work: Callable[[], None]) -> None:
        try:
            while not self._stop.is_set():
                work()
        except BaseException as failure:
            self.failures.append(failure)
        finally:
            connections.close_all()

    def _send(self) -> None:
        self.items += inside(self.house, lambda: self.house.receive("more", "of it"))
        inside(self.house, self.house.route)

    def _decide(self) -> None:
        decision = decide_one(self.house, "colleague")
        self.decisions += [decision] if decision else []


@pytest.mark.services
def test_a_backup_among_writers_is_of_one_moment_and_work_goes_on_from_it(
    house: House, storage: Path, tmp_path: Path, second: str, restored: Callable[..., dict[str, Any]]
) -> None:
    first = [decide_one(house, "reviewer") for _ in range(3)]
    with Writers(house) as writers:
        writers.wait()
        items, decisions = list(writers.items), list(writers.decisions)
        result = backed_up(tmp_path, "--admin-url", ADMIN)
    assert writers.failures == []

    found = restored()

    assert found["is_same_key"], found
    assert (found["files"], found["files_stored"], found["migrated"], found["replaced"]) == (2, 2, 0, None)
    assert found["rows"] == result["rows"]
    assert found["events_proven"] > 20
    assert (tmp_path / "restored files" / "attachments" / "one" / ("a" * 64)).read_bytes() == b"a picture"
    with working_in(second):
        assert inside(house, broken) == {}
        assert inside(house, lambda: Item.objects.filter(id__in=items).count()) == len(items)
        assert inside(house, lambda: Decision.objects.filter(id__in=[*first, *decisions]).count()) == 3 + len(decisions)
        assert decide_one(house, "lead") is not None
        sent = inside(house, lambda: house.receive("after the restore"))
        inside(house, house.route)
        assert inside(house, lambda: Item.objects.get(id=sent[0]).state) == "in_review"
        assert inside(house, broken) == {}
        # Without entering a workspace nothing is seen, and what is written for ever can't be changed.
        assert Item.objects.count() == 0
        with pytest.raises(DatabaseError, match=r"permission denied|append-only"):
            inside(house, lambda: Decision.objects.update(note="changed"))


@pytest.mark.services
def test_the_owner_alone_can_back_up_and_the_application_can_not(house: House, storage: Path, tmp_path: Path) -> None:
    with psycopg.connect(ADMIN) as admin:
        rows = sum(facts.rows_per_table(admin).values())
    assert backed_up(tmp_path)["rows"] == rows
    app = os.environ["DATABASE_URL"]
    with pytest.raises(CommandError, match="does not see every row"):
        call_command("backup", "--to", str(tmp_path / "other.tar"), "--admin-url", app, "--json", stdout=StringIO())
    assert [path.name for path in tmp_path.iterdir() if path.is_file()] == ["backup.tar"]


def test_a_database_with_data_is_replaced_only_when_told_so_and_kept(
    house: House, storage: Path, tmp_path: Path, second: str, restored: Callable[..., dict[str, Any]]
) -> None:
    backed_up(tmp_path, "--admin-url", ADMIN)
    prepare_database(ADMIN, name=second)
    assert restored()["replaced"] is None  # it was empty
    assert restored()["error"] == "target_not_free"

    with psycopg.connect(with_database(ADMIN, second)):
        refused = restored("--replace")
    assert refused["error"] == "target_not_free"
    assert "The product runs" in refused["detail"]

    found = restored("--replace")
    assert found["files_stored"] == 0, found  # they are there already
    with psycopg.connect(with_database(ADMIN, found["replaced"])) as kept:
        assert facts.rows_per_table(kept) == open_archive(tmp_path / "backup.tar").manifest["tables"]


def test_what_can_not_be_restored_touches_nothing(
    house: House,
    storage: Path,
    tmp_path: Path,
    second: str,
    restored: Callable[..., dict[str, Any]],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    backed_up(tmp_path, "--admin-url", ADMIN)
    known = product.known_migrations()
    with monkeypatch.context() as patch:
        patch.setattr(product, "known_migrations", lambda: known - {("review", "0004_amending_and_waiting")})
        refused = restored()
    assert refused["error"] == "wrong_version"
    assert "review.0004_amending_and_waiting" in refused["detail"]

    with monkeypatch.context() as patch:
        patch.setattr(load.shutil, "disk_usage", lambda _path: SimpleNamespace(free=1 << 20))
        assert restored()["error"] == "no_space"

    # Found only in the restored rows: the draft goes again.
    with monkeypatch.context() as patch:
        patch.setattr(check, "_GAPS", "SELECT 1")
        refused = restored()
    assert (refused["error"], "1 streams with gaps" in refused["detail"]) == ("corrupt", True)

    file = tmp_path / "backup.tar"
    content = bytearray(file.read_bytes())
    content[len(content) // 2] ^= 1
    file.write_bytes(content)
    assert restored("--replace")["error"] == "corrupt"

    assert not (tmp_path / "restored files").exists()
    with psycopg.connect(ADMIN) as admin:
        assert admin.execute("SELECT FROM pg_database WHERE datname LIKE %s", [f"{second}%"]).fetchone() is None


def test_tables_of_the_release_before_are_waited_for_and_their_backup_is_brought_up(
    live_db: None,
    storage: Path,
    tmp_path: Path,
    second: str,
    client: Client,
    restored: Callable[..., dict[str, Any]],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    old = f"{second}_old"
    prepare_database(ADMIN, name=old)
    monkeypatch.setattr(readiness, "_seen_complete", False)
    with working_in(old):
        for app, last in LAST_RELEASE:
            call_command("migrate", app, last, verbosity=0)
        assert not readiness.is_schema_complete()  # what web, worker and sweep wait for
        told = client.get("/readyz")
        assert (told.status_code, told.json()["parts"]["migrations"]["status"]) == (503, "missing")
    with psycopg.connect(with_database(ADMIN, old)) as before:
        count = len(facts.migrations(before))
    with monkeypatch.context() as patch:
        patch.setenv("DATABASE_URL", with_database(os.environ["DATABASE_URL"], old))
        backed_up(tmp_path, "--admin-url", ADMIN)

    found = restored()

    assert found["migrated"] == len(product.known_migrations()) - count, found
    with working_in(second):
        assert readiness.is_schema_complete()
        with transaction.atomic():
            house = build_house()
            house.in_review("one")
        assert decide_one(house, "reviewer") is not None
        assert inside(house, broken) == {}


def test_missing_tools_too_little_space_and_wrong_places_are_said_before_anything_is_written(
    house: House, storage: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refused(match: str, to: Path) -> None:
        with pytest.raises(CommandError, match=match):
            call_command("backup", "--to", str(to))

    with monkeypatch.context() as patch:
        patch.setattr(programs, "_candidates", lambda _name: [])
        refused(r"pg_dump of PostgreSQL .* is needed", tmp_path)
    with monkeypatch.context() as patch:
        patch.setattr(save.shutil, "disk_usage", lambda _path: SimpleNamespace(free=1 << 20))
        refused("MB free", tmp_path)
    (tmp_path / "there.tar").touch()
    refused("there already", tmp_path / "there.tar")
    refused("There is no folder", tmp_path / "none" / "x.tar")
    refused("among the product's own files", storage)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["stored", "there.tar"]


def test_the_key_is_not_in_the_file_and_another_one_is_noticed(
    house: House, storage: Path, tmp_path: Path, settings: Any, restored: Callable[..., dict[str, Any]]
) -> None:
    backed_up(tmp_path, "--admin-url", ADMIN)
    assert settings.SECRET_KEY.encode() not in (tmp_path / "backup.tar").read_bytes()
    settings.SECRET_KEY = "another-one-" + "y" * 50
    assert restored()["is_same_key"] is False


def test_a_home_is_restored_while_it_does_not_run_and_backed_up_while_it_does(
    house: House, storage: Path, tmp_path: Path
) -> None:
    if connection.cursor().connection.info.server_version < 180_000:
        pytest.skip(
            "needs PostgreSQL 18 here too: the home's embedded server is one, and the file is to be of its version"
        )
    rows = backed_up(tmp_path, "--admin-url", ADMIN)["rows"]
    home = tmp_path / "home"
    home.mkdir(mode=0o711)
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("DATABASE", "REDIS"))}
    environment |= {"AIOS_LOG_LEVEL": "ERROR", "AIOS_HOME": str(home)}

    def manage(*arguments: str) -> dict[str, Any]:
        command = [sys.executable, str(ROOT / "manage.py"), *arguments, "--json"]
        done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
        assert done.stdout, done.stderr
        return dict(json.loads(done.stdout))

    services = EmbeddedServices(home, durable=False)
    try:
        found = manage("restore", "--from", str(tmp_path / "backup.tar"))
        assert (found.get("rows"), found.get("files_stored")) == (rows, 2), found
        with services:
            again = manage("backup", "--to", str(tmp_path / "again.tar"))
            assert (again["rows"], again["files"]) == (rows, 2)
            refused = manage("restore", "--from", str(tmp_path / "again.tar"), "--replace")
            assert refused["error"] == "target_not_free"
            assert "already running" in refused["detail"]
    finally:
        services.remove()
