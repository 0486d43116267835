"""Row-level security and immutability in routing."""

from pathlib import Path

from django.db import migrations

from governance.sql import run_file


class Migration(migrations.Migration):
    dependencies = [("routing", "0001_initial"), ("governance", "0004_access")]
    operations = [run_file(Path(__file__).parents[1] / "sql/0002_protect.sql")]
