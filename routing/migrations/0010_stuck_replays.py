"""Which replays have nobody who carries them out."""

from pathlib import Path

from django.db import migrations

from governance.sql import run_file

_SQL = Path(__file__).resolve().parent.parent / "sql"


class Migration(migrations.Migration):
    dependencies = [
        ("routing", "0009_adjudication"),
    ]

    operations = [
        run_file(
            _SQL / "0010_stuck_replays.sql",
            reverse="DROP INDEX replay_unfinished; DROP FUNCTION aios_stuck_replays(interval)",
        ),
    ]
