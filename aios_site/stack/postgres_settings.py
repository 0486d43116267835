"""The settings files of the embedded PostgreSQL, written anew at each start."""

import os
from collections.abc import Iterable

from aios_site.stack.home import POSTGRES_PORT, Home

_ROLES = ("postgres", "aios_owner", "aios_app")
_GIGABYTE = 2**30


def settings(home: Home, cluster: str, *, durable: bool) -> str:
    """Return postgresql.conf: a small machine, many short transactions, every acknowledged commit on disk.

    Only throw-away clusters (durable=False) may forget.
    """
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    buffers = 512 if memory >= 4 * _GIGABYTE else 128
    values = {
        "listen_addresses": "''",
        "unix_socket_directories": f"'{home.runtime}'",
        "unix_socket_permissions": "0700",
        "port": POSTGRES_PORT,
        "cluster_name": f"'{cluster}'",
        "update_process_title": "on",
        "max_connections": 300,
        "max_locks_per_transaction": 128,
        "shared_buffers": f"{buffers}MB",
        "effective_cache_size": f"{max(256, memory // 2 // 2**20)}MB",
        "work_mem": "16MB",
        "maintenance_work_mem": "128MB",
        "wal_level": "replica",
        "max_wal_size": "2GB",
        "min_wal_size": "160MB",
        "checkpoint_timeout": "15min",
        "synchronous_commit": "on",
        "fsync": "on" if durable else "off",
        "full_page_writes": "on" if durable else "off",
        "random_page_cost": 1.1,
        "jit": "off",
        "autovacuum_naptime": "10s",
        "timezone": "'UTC'",
        "log_timezone": "'UTC'",
        "log_line_prefix": "'%m [%p] %u@%d '",
        "log_checkpoints": "off",
        "default_text_search_config": "'pg_catalog.english'",
    }
    lines = [f"{name} = {value}" for name, value in values.items()]
    return "\n".join(["# Written at each start of the stack; changes are lost.", *lines, ""])


def hba() -> str:
    """Return pg_hba.conf: local sockets only, and the kernel says who is there."""
    return "local all all peer map=aios\n"


def ident(people: Iterable[str]) -> str:
    """Return pg_ident.conf: these operating-system accounts may be each of the product's roles."""
    lines = [f'aios "{person}" {role}' for person in sorted(people) for role in _ROLES]
    return "\n".join([*lines, ""])
