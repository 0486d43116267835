"""The embedded services for real: where data lies, who may do what, and what a violent end leaves behind."""

import os
import stat
import subprocess
import sys
from pathlib import Path

import kombu
import psycopg
import pytest
import redis

from aios_site.stack.embedded import EmbeddedServices
from aios_site.stack.home import SYSTEM_FOLDER, Home
from aios_site.stack.process import processes_matching
from aios_site.stack.urls import celery_url

PROJECT = Path(__file__).resolve().parents[3]
UNTIL_KILLED = """
import sys, time
sys.path.insert(0, sys.argv[1])
from pathlib import Path
from aios_site.stack.embedded import EmbeddedServices
services = EmbeddedServices(Path(sys.argv[2]), durable=False)
services.start()
print("ready", flush=True)
time.sleep(120)
"""


def servers_of(home: Home) -> list[int]:
    """Return the running servers of a home; their command lines name its key, or its data."""
    marks = (f"aios-{home.key}:".encode(), str(home.runtime).encode(), f"{home.path}/postgres".encode())
    return [pid for pid in processes_matching(lambda line: any(mark in line for mark in marks)) if pid != os.getpid()]


def test_a_killed_owner_leaves_no_server_and_the_next_start_finds_the_data(tmp_path: Path) -> None:
    folder = tmp_path / "a home"
    folder.mkdir(mode=0o700)
    home = Home.at(folder)
    argv = [sys.executable, "-c", UNTIL_KILLED, str(PROJECT), str(folder)]
    owner = subprocess.Popen(argv, stdout=subprocess.PIPE, text=True)
    services = EmbeddedServices(folder, durable=False)
    try:
        assert owner.stdout is not None
        assert owner.stdout.readline() == "ready\n"
        with psycopg.connect(services.owner_url) as connection:
            connection.execute("CREATE TABLE kept AS SELECT 1 AS x")
        owner.kill()
        owner.wait()
        with services:
            with psycopg.connect(services.owner_url) as connection:
                assert connection.execute("SELECT x FROM kept").fetchone() == (1,)
            with redis.Redis.from_url(services.redis_url) as valkey:
                assert valkey.ping()
            with kombu.Connection(celery_url(services.redis_url)) as broker:
                broker.ensure_connection(max_retries=1, timeout=2)
            assert stat.S_IMODE(home.runtime.stat().st_mode) == 0o700
        assert servers_of(home) == []
        assert not home.runtime.exists()
    finally:
        owner.kill()
        owner.communicate()
        services.remove()
    assert not (SYSTEM_FOLDER / home.key).exists()


@pytest.mark.skipif("AIOS_TEST_ADMIN_URL" not in os.environ, reason="AIOS_TEST_ADMIN_URL is not set")
def test_the_three_roles_are_as_narrow_as_they_should_be() -> None:
    with psycopg.connect(os.environ["AIOS_TEST_ADMIN_URL"]) as admin:
        roles = admin.execute(
            "SELECT rolname, rolcanlogin, rolsuper OR rolbypassrls OR rolcreaterole OR rolreplication"
            " FROM pg_roles WHERE rolname LIKE 'aios%' ORDER BY 1"
        ).fetchall()
        member = admin.execute(
            "SELECT pg_has_role('aios_owner', 'aios_definer', 'MEMBER'),"
            " pg_has_role('aios_app', 'aios_definer', 'MEMBER'), pg_has_role('aios_app', 'aios_owner', 'MEMBER')"
        ).fetchone()

    assert roles == [("aios_app", True, False), ("aios_definer", False, False), ("aios_owner", True, False)]
    assert member == (True, False, False)


def test_the_runtime_login_reads_and_writes_but_owns_nothing() -> None:
    with psycopg.connect(os.environ["DATABASE_OWNER_URL"], autocommit=True) as owner:
        owner.execute("CREATE TABLE tried (x int)")
    try:
        with psycopg.connect(os.environ["DATABASE_URL"], autocommit=True) as app:
            app.execute("INSERT INTO tried VALUES (1)")
            for statement in ("CREATE TABLE mine ()", "TRUNCATE tried", "DROP TABLE tried", "SET ROLE aios_owner"):
                with pytest.raises(psycopg.errors.InsufficientPrivilege):
                    app.execute(statement)  # psycopg wants literals
    finally:
        with psycopg.connect(os.environ["DATABASE_OWNER_URL"], autocommit=True) as owner:
            owner.execute("DROP TABLE tried")
