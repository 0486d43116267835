"""Terms of predicted texts, and the indexes by which decided items are found as precedents."""

from pathlib import Path

import django.contrib.postgres.fields
from django.db import migrations, models

from governance.sql import run_file

_DROP_INDEXES = "DROP INDEX " + ", ".join(f"observation_by_term_{place}" for place in range(1, 7))


class Migration(migrations.Migration):
    dependencies = [("routing", "0003_http_models_and_item_rate")]

    operations = [
        migrations.AddField(
            model_name="prediction",
            name="terms",
            field=django.contrib.postgres.fields.ArrayField(base_field=models.IntegerField(), null=True, size=None),
        ),
        migrations.AddField(
            model_name="prediction",
            name="term_weights",
            field=django.contrib.postgres.fields.ArrayField(
                base_field=models.SmallIntegerField(), null=True, size=None
            ),
        ),
        migrations.AddField(
            model_name="observation",
            name="terms",
            field=django.contrib.postgres.fields.ArrayField(base_field=models.IntegerField(), null=True, size=None),
        ),
        run_file(Path(__file__).parents[1] / "sql/0004_text_terms.sql", reverse=_DROP_INDEXES),
    ]
