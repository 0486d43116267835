"""Letting go of notices that were read long ago."""

from pathlib import Path

from django.db import migrations

from governance.sql import run_file


class Migration(migrations.Migration):
    dependencies = [("governance", "0008_notices_and_preferences")]
    operations = [
        run_file(
            Path(__file__).parents[1] / "sql/0009_forget_notices.sql",
            reverse="DROP FUNCTION aios_forget_notices(interval, integer)",
        ),
    ]
