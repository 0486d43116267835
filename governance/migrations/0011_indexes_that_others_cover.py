"""No index of its own for the workspace where another one begins with it: hot inserts are cheaper."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("governance", "0010_approves_policies")]

    operations = [
        migrations.AlterField(
            model_name="auditstream",
            name="workspace",
            field=models.ForeignKey(
                db_constraint=False,
                db_index=False,
                on_delete=django.db.models.deletion.DO_NOTHING,
                to="governance.workspace",
            ),
        ),
        migrations.AlterField(
            model_name="idempotencyrecord",
            name="workspace",
            field=models.ForeignKey(
                db_index=False, on_delete=django.db.models.deletion.CASCADE, to="governance.workspace"
            ),
        ),
        migrations.AlterField(
            model_name="outboxmessage",
            name="workspace",
            field=models.ForeignKey(
                db_constraint=False,
                db_index=False,
                on_delete=django.db.models.deletion.DO_NOTHING,
                to="governance.workspace",
            ),
        ),
    ]
