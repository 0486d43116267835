"""Tools for migrations: row-level security, append-only tables, ownership of functions."""

from pathlib import Path

from django.db import migrations

from governance.sql import run_file


class Migration(migrations.Migration):
    dependencies = [("governance", "0001_initial")]
    operations = [run_file(Path(__file__).parents[1] / "sql/0002_tools.sql")]
