"""What a proposal is, and since when its version is in force."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("routing", "0006_thresholds"),
    ]

    operations = [
        migrations.AddField(
            model_name="policyproposal",
            name="kind",
            field=models.CharField(
                choices=[
                    ("change", "Change"),
                    ("return", "Return to an earlier version"),
                    ("at_once", "Activated without a proposal"),
                ],
                db_default="change",
                default="change",
                max_length=8,
            ),
        ),
        migrations.AddField(
            model_name="policyproposal",
            name="in_force_at",
            field=models.DateTimeField(null=True),
        ),
    ]
