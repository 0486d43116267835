"""Which workflows the watch looks at."""

from pathlib import Path

from django.db import migrations

from governance.sql import run_file

_SQL = Path(__file__).resolve().parent.parent / "sql"


class Migration(migrations.Migration):
    dependencies = [
        ("routing", "0007_proposal_kinds"),
    ]

    operations = [
        run_file(_SQL / "0008_watched_workflows.sql", reverse="DROP FUNCTION aios_watched_workflows()"),
    ]
