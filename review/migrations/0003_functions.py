"""Search, due work and counts across row-level security."""

from pathlib import Path

from django.db import migrations

from governance.sql import run_file


class Migration(migrations.Migration):
    dependencies = [("review", "0002_protect")]
    operations = [run_file(Path(__file__).parents[1] / "sql/0003_functions.sql")]
