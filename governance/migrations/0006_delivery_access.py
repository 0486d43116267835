"""Row-level security of delivery."""

from pathlib import Path

from django.db import migrations

from governance.sql import run_file


class Migration(migrations.Migration):
    dependencies = [("governance", "0005_delivery")]
    operations = [run_file(Path(__file__).parents[1] / "sql/0006_delivery.sql")]
