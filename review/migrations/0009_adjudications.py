"""The sweeper finds disagreements in the calibration sample, so that a second person is asked."""

from pathlib import Path

from django.db import migrations

from governance.sql import run_file


class Migration(migrations.Migration):
    dependencies = [("review", "0008_assigned"), ("routing", "0009_adjudication")]

    operations = [run_file(Path(__file__).parents[1] / "sql/0009_adjudications.sql")]
