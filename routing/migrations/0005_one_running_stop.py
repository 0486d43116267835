from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("routing", "0004_text_terms"),
    ]

    operations = [
        migrations.AddConstraint(
            model_name="restriction",
            constraint=models.UniqueConstraint(
                condition=models.Q(("cause", "stop"), ("lifted_at__isnull", True)),
                fields=("workflow", "segment"),
                name="one_running_stop",
            ),
        ),
    ]
