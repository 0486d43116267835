"""Starting the embedded services under a supervisor, for the whole stack, tests and benchmarks alike."""

from aios_site.stack.home import Home
from aios_site.stack.postgres import Postgres
from aios_site.stack.programs import find_programs
from aios_site.stack.roles import prepare_database
from aios_site.stack.supervisor import Supervisor
from aios_site.stack.urls import embedded_urls
from aios_site.stack.valkey import Valkey

_INITDB_SECONDS = 120
_RECOVERY_SECONDS = 300


def start_services(
    supervisor: Supervisor, home: Home, *, postgres: bool = True, valkey: bool = True, durable: bool = True
) -> list[str]:
    """Start what is wanted, wait until it answers, prepare roles and database; return where data lies, in sentences."""
    notes: list[str] = []
    if not (postgres or valkey):
        return notes
    programs = find_programs()
    names = []
    if valkey:
        supervisor.start(Valkey(home, programs).piece())
        names.append("valkey")
    if postgres:
        database = Postgres(home, programs, durable=durable)
        if database.is_new:
            supervisor.run(database.initdb(), timeout=_INITDB_SECONDS)
            database.adopt()
        supervisor.start(database.piece())
        names.append("postgres")
        notes.append(f"Database: {database.data}")
    supervisor.wait_ready(*names, timeout=_RECOVERY_SECONDS)
    if postgres:
        prepare_database(embedded_urls(home).admin, owner_may_create_databases=True)
    return notes
