"""Row-level security of governance, and the functions that find a caller's workspace."""

from pathlib import Path

from django.db import migrations

from governance.sql import run_file


class Migration(migrations.Migration):
    dependencies = [
        ("governance", "0003_audit"),
        ("oauth2_provider", "0022_refreshtoken_token_family_index"),
        ("sessions", "0001_initial"),
    ]
    operations = [run_file(Path(__file__).parents[1] / "sql/0004_access.sql")]
