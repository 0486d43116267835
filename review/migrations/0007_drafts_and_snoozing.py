"""Drafts are forgotten, and what is put off is not counted as waiting."""

from pathlib import Path

from django.db import migrations

from governance.sql import run_file


class Migration(migrations.Migration):
    dependencies = [("review", "0006_desk")]

    operations = [run_file(Path(__file__).parents[1] / "sql/0007_drafts_and_snoozing.sql")]
