"""Row-level security and immutability in review."""

from pathlib import Path

from django.db import migrations

from governance.sql import run_file


class Migration(migrations.Migration):
    dependencies = [("review", "0001_initial"), ("routing", "0002_protect")]
    operations = [run_file(Path(__file__).parents[1] / "sql/0002_protect.sql")]
