"""Disagreements in the calibration sample: what was said first, and which nobody else has been asked about yet."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("routing", "0008_watched_workflows")]

    operations = [
        migrations.AddField(
            model_name="observation",
            name="first_label",
            field=models.CharField(max_length=200, null=True),
        ),
        migrations.AddField(
            model_name="observation",
            name="asked_again_at",
            field=models.DateTimeField(null=True),
        ),
        migrations.AddIndex(
            model_name="observation",
            index=models.Index(
                condition=models.Q(
                    ("asked_again_at__isnull", True),
                    ("closed_at__isnull", True),
                    ("source", "calibration"),
                    ("wrong__isnull", True),
                ),
                fields=["workspace"],
                name="observation_disputed",
            ),
        ),
    ]
