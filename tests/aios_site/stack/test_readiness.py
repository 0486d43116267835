"""Ports, health and the commands' defaults."""

import socket

import pytest

from aios_site.management.commands.migrate import Command
from aios_site.stack.errors import StackError
from aios_site.stack.readiness import answers_healthy, has_pending_migrations, listen


def test_a_taken_port_is_said_before_anything_starts() -> None:
    with listen("127.0.0.1", 0) as first:
        port = first.getsockname()[1]
        with pytest.raises(StackError, match=rf"Port {port} .* PORT=8001 make run"):
            listen("127.0.0.1", port)


def test_nobody_there_is_not_healthy() -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))

        assert not answers_healthy("127.0.0.1", unused.getsockname()[1])


def test_a_database_out_of_reach_is_a_sentence() -> None:
    with pytest.raises(StackError, match="DATABASE_OWNER_URL cannot be reached"):
        has_pending_migrations("postgresql://nobody@127.0.0.1:1/none")


def test_migrate_means_the_owner() -> None:
    assert Command().create_parser("manage.py", "migrate").parse_args([]).database == "owner"
