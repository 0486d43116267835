"""SQL that Django can't express, in numbered files that never change once released; migrations read them."""

from pathlib import Path

from django.db.migrations.operations import RunSQL


def run_file(path: Path, *, reverse: str | None = None) -> RunSQL:
    """Return the migration operation that runs a file of SQL."""
    return RunSQL(path.read_text(), reverse_sql=reverse or RunSQL.noop)
