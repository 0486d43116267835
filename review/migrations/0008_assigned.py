"""Reviews that were given to somebody who has gone are everybody's again."""

from pathlib import Path

from django.db import migrations, models

from governance.sql import run_file


class Migration(migrations.Migration):
    dependencies = [("review", "0007_drafts_and_snoozing")]

    operations = [
        migrations.AddIndex(
            model_name="review",
            index=models.Index(
                condition=models.Q(("assigned_to__isnull", False), ("state", "open")),
                fields=["assigned_to"],
                name="review_assigned",
            ),
        ),
        run_file(Path(__file__).parents[1] / "sql/0008_assigned.sql"),
    ]
