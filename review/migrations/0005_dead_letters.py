"""Why and since when an item is dead, which attempts count, and datasets with amended answers."""

from pathlib import Path

from django.db import migrations, models

from governance.sql import run_file


class Migration(migrations.Migration):
    dependencies = [("review", "0004_amending_and_waiting")]

    operations = [
        migrations.AddField("item", "attempts_forgiven", models.PositiveSmallIntegerField(db_default=0)),
        migrations.AddField("item", "losses", models.PositiveSmallIntegerField(db_default=0)),
        migrations.AddField("item", "failure", models.CharField(blank=True, db_default="", max_length=32)),
        migrations.AddField("item", "died_at", models.DateTimeField(null=True)),
        migrations.AddField("datasetrow", "outcome_id", models.UUIDField(null=True)),
        run_file(Path(__file__).parents[1] / "sql/0005_dead_letters.sql"),
        migrations.AddIndex(
            "item",
            models.Index(fields=["workspace", "id"], condition=models.Q(state="dead"), name="item_dead_newest"),
        ),
        migrations.AddIndex(
            "item",
            models.Index(
                fields=["workspace", "workflow", "failure", "died_at"],
                condition=models.Q(state="dead"),
                name="item_dead_reasons",
            ),
        ),
        migrations.AddIndex(
            "outcome",
            models.Index(fields=["item"], condition=models.Q(source="amended"), name="outcome_amended"),
        ),
    ]
