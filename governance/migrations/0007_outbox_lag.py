"""How late the outbox is, over all workspaces."""

from pathlib import Path

from django.db import migrations

from governance.sql import run_file


class Migration(migrations.Migration):
    dependencies = [("governance", "0006_delivery_access")]
    operations = [
        run_file(
            Path(__file__).parents[1] / "sql/0007_outbox_lag.sql",
            reverse="DROP FUNCTION aios_outbox_lag()",
        ),
    ]
