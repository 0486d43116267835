"""Whether a second person approves policies."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("governance", "0009_forget_notices"),
    ]

    operations = [
        migrations.AddField(
            model_name="workspace",
            name="approves_policies",
            field=models.BooleanField(
                db_default=False, default=False, verbose_name="a second person approves policies"
            ),
        ),
    ]
