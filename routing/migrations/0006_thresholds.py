"""What thresholds rest on: sample plans and windows, certificates, replays, proposals, budgets, drift."""

from pathlib import Path

import django.contrib.postgres.fields
import django.core.validators
import django.db.models.deletion
import django.db.models.functions.datetime
from django.db import migrations, models

import governance.domain
from governance.sql import run_file


class Migration(migrations.Migration):
    dependencies = [
        ("governance", "0010_approves_policies"),
        ("routing", "0005_one_running_stop"),
    ]

    operations = [
        migrations.CreateModel(
            name="Assumptions",
            fields=[
                (
                    "workflow",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE,
                        primary_key=True,
                        related_name="assumptions",
                        serialize=False,
                        to="routing.workflow",
                    ),
                ),
                ("currency", models.CharField(default="EUR", max_length=3, verbose_name="currency")),
                (
                    "review_cost",
                    models.FloatField(
                        default=1,
                        validators=[django.core.validators.MinValueValidator(0)],
                        verbose_name="cost of a review",
                    ),
                ),
                (
                    "wrong_cost",
                    models.FloatField(
                        default=25,
                        validators=[django.core.validators.MinValueValidator(0)],
                        verbose_name="cost of a wrong acceptance",
                    ),
                ),
                (
                    "review_minutes",
                    models.FloatField(
                        default=0.5,
                        validators=[django.core.validators.MinValueValidator(0)],
                        verbose_name="minutes a review",
                    ),
                ),
                ("items_a_day", models.PositiveIntegerField(blank=True, null=True, verbose_name="items a day")),
                (
                    "human_error",
                    models.FloatField(
                        blank=True,
                        null=True,
                        validators=[
                            django.core.validators.MinValueValidator(0),
                            django.core.validators.MaxValueValidator(1),
                        ],
                        verbose_name="people's own error",
                    ),
                ),
            ],
            options={
                "verbose_name": "assumptions",
                "verbose_name_plural": "assumptions",
            },
        ),
        migrations.CreateModel(
            name="Certificate",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=governance.domain.uuid7, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("number", models.PositiveIntegerField()),
                ("model_version_id", models.UUIDField()),
                ("policy_version_id", models.UUIDField()),
                ("contract_id", models.UUIDField()),
                ("segment", models.CharField(blank=True, max_length=63)),
                ("target", models.FloatField()),
                ("delta", models.FloatField()),
                ("attempt", models.PositiveSmallIntegerField()),
                ("method", models.CharField(max_length=63)),
                ("threshold", models.FloatField()),
                ("label_thresholds", models.JSONField(default=dict)),
                ("n", models.PositiveIntegerField()),
                ("wrong", models.PositiveIntegerField()),
                ("bound", models.FloatField()),
                ("p_value", models.FloatField()),
                ("coverage", models.FloatField()),
                ("details", models.JSONField()),
                ("data_sha256", models.CharField(max_length=64)),
                ("issued_at", models.DateTimeField()),
                ("expires_at", models.DateTimeField()),
                ("issued_by_id", models.UUIDField(null=True)),
            ],
            options={
                "verbose_name": "certificate",
                "verbose_name_plural": "certificates",
            },
        ),
        migrations.CreateModel(
            name="DriftReference",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=governance.domain.uuid7, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("model_version_id", models.UUIDField()),
                ("n", models.PositiveIntegerField()),
                ("first_id", models.BigIntegerField()),
                ("last_id", models.BigIntegerField()),
                ("body", models.JSONField()),
                ("recorded_at", models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
            ],
        ),
        migrations.CreateModel(
            name="DriftWindow",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=governance.domain.uuid7, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("model_version_id", models.UUIDField()),
                ("number", models.PositiveIntegerField()),
                ("n", models.PositiveIntegerField()),
                ("first_id", models.BigIntegerField()),
                ("last_id", models.BigIntegerField()),
                ("first_at", models.DateTimeField()),
                ("last_at", models.DateTimeField()),
                ("measures", models.JSONField()),
                ("worst_psi", models.FloatField()),
                (
                    "level",
                    models.CharField(
                        choices=[
                            ("none", "No drift"),
                            ("raised", "A stricter threshold"),
                            ("people", "Everything to people"),
                        ],
                        max_length=8,
                    ),
                ),
                ("recorded_at", models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
            ],
        ),
        migrations.CreateModel(
            name="ErrorBudget",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=governance.domain.uuid7, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("segment", models.CharField(blank=True, max_length=63, verbose_name="segment")),
                ("value_above", models.FloatField(blank=True, null=True, verbose_name="only items of a value above")),
                (
                    "target",
                    models.FloatField(
                        default=0.005,
                        validators=[
                            django.core.validators.MinValueValidator(0.0001),
                            django.core.validators.MaxValueValidator(0.5),
                        ],
                        verbose_name="wrong at most",
                    ),
                ),
                ("delta", models.FloatField(default=0.05, verbose_name="chance of being wrong about it")),
                ("is_active", models.BooleanField(default=True, verbose_name="kept")),
                ("counts_from", models.DateTimeField(null=True)),
                ("model_version_id", models.UUIDField(null=True)),
                (
                    "state",
                    models.CharField(
                        choices=[("measuring", "Measuring"), ("within", "Within"), ("spent", "Spent")],
                        default="measuring",
                        max_length=10,
                    ),
                ),
                ("n", models.PositiveIntegerField(default=0)),
                ("wrong", models.PositiveIntegerField(default=0)),
                ("upper", models.FloatField(default=1)),
                ("lower", models.FloatField(default=0)),
                ("evaluated_at", models.DateTimeField(null=True)),
                ("spent_at", models.DateTimeField(null=True)),
            ],
            options={
                "verbose_name": "error budget",
                "verbose_name_plural": "error budgets",
            },
        ),
        migrations.CreateModel(
            name="PolicyProposal",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=governance.domain.uuid7, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("preview", models.JSONField(default=dict)),
                ("reason", models.CharField(max_length=300, verbose_name="reason")),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("proposed", "Proposed"),
                            ("approved", "Approved"),
                            ("staged", "Staged"),
                            ("full", "In force"),
                            ("replaced", "Replaced"),
                            ("rolled_back", "Rolled back"),
                            ("refused", "Refused"),
                            ("withdrawn", "Withdrawn"),
                        ],
                        default="proposed",
                        max_length=12,
                    ),
                ),
                ("share", models.FloatField(default=0)),
                ("proposed_by_id", models.UUIDField()),
                ("proposed_at", models.DateTimeField(auto_now_add=True)),
                ("approved_by_id", models.UUIDField(null=True)),
                ("approved_at", models.DateTimeField(null=True)),
                ("staged_at", models.DateTimeField(null=True)),
                ("ended_at", models.DateTimeField(null=True)),
                ("end_reason", models.CharField(blank=True, max_length=300)),
            ],
            options={
                "verbose_name": "policy proposal",
                "verbose_name_plural": "policy proposals",
            },
        ),
        migrations.CreateModel(
            name="Replay",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=governance.domain.uuid7, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("body", models.JSONField()),
                ("from_at", models.DateTimeField()),
                ("until_at", models.DateTimeField()),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("waiting", "Waiting"),
                            ("running", "Running"),
                            ("done", "Done"),
                            ("failed", "Failed"),
                        ],
                        default="waiting",
                        max_length=8,
                    ),
                ),
                ("total", models.PositiveIntegerField(default=0)),
                ("replayed", models.PositiveIntegerField(default=0)),
                ("problem", models.CharField(blank=True, max_length=300)),
                ("result", models.JSONField(default=dict)),
                ("flips", models.BinaryField(default=bytes)),
                ("requested_by_id", models.UUIDField()),
                ("requested_at", models.DateTimeField(auto_now_add=True)),
                ("heartbeat_at", models.DateTimeField(null=True)),
                ("finished_at", models.DateTimeField(null=True)),
            ],
        ),
        migrations.CreateModel(
            name="SamplePlan",
            fields=[
                (
                    "workflow",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE,
                        primary_key=True,
                        related_name="sample_plan",
                        serialize=False,
                        to="routing.workflow",
                    ),
                ),
                ("target", models.FloatField(default=0.02, verbose_name="wrong at most")),
                ("delta", models.FloatField(default=0.05, verbose_name="chance of being wrong about it")),
                (
                    "every_days",
                    models.PositiveSmallIntegerField(
                        default=14,
                        validators=[
                            django.core.validators.MinValueValidator(1),
                            django.core.validators.MaxValueValidator(366),
                        ],
                        verbose_name="certified every so many days",
                    ),
                ),
                (
                    "mode",
                    models.CharField(
                        choices=[("computed", "Computed from the promise"), ("by_hand", "Set by hand")],
                        default="by_hand",
                        max_length=8,
                        verbose_name="share drawn",
                    ),
                ),
                ("starts_on", models.DateField(verbose_name="first window begins")),
                ("updated_at", models.DateTimeField(auto_now=True)),
            ],
            options={
                "verbose_name": "sample plan",
                "verbose_name_plural": "sample plans",
            },
        ),
        migrations.CreateModel(
            name="SampleWindow",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=governance.domain.uuid7, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("number", models.PositiveIntegerField()),
                ("first_day", models.DateField()),
                ("last_day", models.DateField()),
                ("target", models.FloatField()),
                ("delta", models.FloatField()),
                ("attempt", models.PositiveSmallIntegerField(default=1)),
                (
                    "state",
                    models.CharField(
                        choices=[("open", "Open"), ("certified", "Certified"), ("refused", "Refused")],
                        default="open",
                        max_length=10,
                    ),
                ),
                ("refusal", models.JSONField(default=dict)),
                ("closed_at", models.DateTimeField(null=True)),
            ],
        ),
        migrations.AddField(
            model_name="prediction",
            name="input_length",
            field=models.IntegerField(null=True),
        ),
        migrations.AddField(
            model_name="prediction",
            name="known_share",
            field=models.FloatField(null=True),
        ),
        migrations.AddField(
            model_name="restriction",
            name="value_above",
            field=models.FloatField(null=True),
        ),
        migrations.AddField(
            model_name="routingdecision",
            name="missing",
            field=django.contrib.postgres.fields.ArrayField(
                base_field=models.CharField(max_length=200), null=True, size=None
            ),
        ),
        migrations.AddField(
            model_name="workflow",
            name="candidate_share",
            field=models.FloatField(db_default=0, default=0),
        ),
        migrations.AddField(
            model_name="workflow",
            name="candidate_version",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="routing.policyversion",
            ),
        ),
        migrations.AddField(
            model_name="workflow",
            name="uncertified",
            field=models.CharField(
                choices=[("keep", "Goes on, and the owner is told"), ("people", "Everything goes to people")],
                db_default="keep",
                default="keep",
                max_length=8,
                verbose_name="without a valid certificate",
            ),
        ),
        migrations.AlterField(
            model_name="restriction",
            name="cause",
            field=models.CharField(
                choices=[
                    ("stop", "Stopped by a person"),
                    ("budget", "Error budget spent"),
                    ("drift", "Drift"),
                    ("certificate", "No valid certificate"),
                ],
                max_length=16,
            ),
        ),
        migrations.AddIndex(
            model_name="routingdecision",
            index=models.Index(
                condition=models.Q(("drawn", True)), fields=["workflow", "occurred_at"], name="sample_by_time"
            ),
        ),
        migrations.AddConstraint(
            model_name="restriction",
            constraint=models.UniqueConstraint(
                condition=models.Q(("lifted_at__isnull", True)),
                fields=("workflow", "cause", "segment", "value_above"),
                name="one_running_limit_a_cause",
                nulls_distinct=False,
            ),
        ),
        migrations.AddConstraint(
            model_name="workflow",
            constraint=models.CheckConstraint(
                condition=models.Q(("candidate_share__gte", 0), ("candidate_share__lte", 1)),
                name="candidate_share_is_a_share",
            ),
        ),
        migrations.AddField(
            model_name="assumptions",
            name="workspace",
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, to="governance.workspace"),
        ),
        migrations.AddField(
            model_name="certificate",
            name="workflow",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT, related_name="certificates", to="routing.workflow"
            ),
        ),
        migrations.AddField(
            model_name="certificate",
            name="workspace",
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, to="governance.workspace"),
        ),
        migrations.AddField(
            model_name="driftreference",
            name="workflow",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.CASCADE, related_name="drift_references", to="routing.workflow"
            ),
        ),
        migrations.AddField(
            model_name="driftreference",
            name="workspace",
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, to="governance.workspace"),
        ),
        migrations.AddField(
            model_name="driftwindow",
            name="workflow",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.CASCADE, related_name="drift_windows", to="routing.workflow"
            ),
        ),
        migrations.AddField(
            model_name="driftwindow",
            name="workspace",
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, to="governance.workspace"),
        ),
        migrations.AddField(
            model_name="errorbudget",
            name="restriction",
            field=models.ForeignKey(
                null=True, on_delete=django.db.models.deletion.SET_NULL, related_name="+", to="routing.restriction"
            ),
        ),
        migrations.AddField(
            model_name="errorbudget",
            name="workflow",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.CASCADE, related_name="budgets", to="routing.workflow"
            ),
        ),
        migrations.AddField(
            model_name="errorbudget",
            name="workspace",
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, to="governance.workspace"),
        ),
        migrations.AddField(
            model_name="policyproposal",
            name="base_version",
            field=models.ForeignKey(
                null=True, on_delete=django.db.models.deletion.PROTECT, related_name="+", to="routing.policyversion"
            ),
        ),
        migrations.AddField(
            model_name="policyproposal",
            name="version",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT, related_name="proposals", to="routing.policyversion"
            ),
        ),
        migrations.AddField(
            model_name="policyproposal",
            name="workflow",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.CASCADE, related_name="proposals", to="routing.workflow"
            ),
        ),
        migrations.AddField(
            model_name="policyproposal",
            name="workspace",
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, to="governance.workspace"),
        ),
        migrations.AddField(
            model_name="replay",
            name="base_version",
            field=models.ForeignKey(
                null=True, on_delete=django.db.models.deletion.PROTECT, related_name="+", to="routing.policyversion"
            ),
        ),
        migrations.AddField(
            model_name="replay",
            name="workflow",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.CASCADE, related_name="replays", to="routing.workflow"
            ),
        ),
        migrations.AddField(
            model_name="replay",
            name="workspace",
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, to="governance.workspace"),
        ),
        migrations.AddField(
            model_name="policyproposal",
            name="replay",
            field=models.ForeignKey(
                null=True, on_delete=django.db.models.deletion.PROTECT, related_name="proposals", to="routing.replay"
            ),
        ),
        migrations.AddField(
            model_name="sampleplan",
            name="workspace",
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, to="governance.workspace"),
        ),
        migrations.AddField(
            model_name="samplewindow",
            name="workflow",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.CASCADE, related_name="sample_windows", to="routing.workflow"
            ),
        ),
        migrations.AddField(
            model_name="samplewindow",
            name="workspace",
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, to="governance.workspace"),
        ),
        migrations.AddField(
            model_name="certificate",
            name="window",
            field=models.OneToOneField(
                on_delete=django.db.models.deletion.PROTECT, related_name="certificate", to="routing.samplewindow"
            ),
        ),
        migrations.CreateModel(
            name="CertificateVoid",
            fields=[
                (
                    "certificate",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.PROTECT,
                        primary_key=True,
                        related_name="void",
                        serialize=False,
                        to="routing.certificate",
                    ),
                ),
                (
                    "cause",
                    models.CharField(
                        choices=[
                            ("model", "A new model version"),
                            ("drift", "A drift alarm"),
                            ("contract", "A new contract"),
                            ("owner", "Withdrawn by an owner"),
                        ],
                        max_length=8,
                    ),
                ),
                ("reason", models.CharField(blank=True, max_length=300)),
                ("voided_at", models.DateTimeField()),
                (
                    "workspace",
                    models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, to="governance.workspace"),
                ),
            ],
        ),
        migrations.AddConstraint(
            model_name="driftreference",
            constraint=models.UniqueConstraint(
                fields=("workflow", "model_version_id"), name="one_reference_a_model_version"
            ),
        ),
        migrations.AddConstraint(
            model_name="driftwindow",
            constraint=models.UniqueConstraint(
                fields=("workflow", "model_version_id", "number"), name="drift_window_number_unique"
            ),
        ),
        migrations.AddConstraint(
            model_name="errorbudget",
            constraint=models.UniqueConstraint(
                condition=models.Q(("is_active", True)),
                fields=("workflow", "segment", "value_above"),
                name="one_budget_a_part",
                nulls_distinct=False,
            ),
        ),
        migrations.AddConstraint(
            model_name="errorbudget",
            constraint=models.CheckConstraint(
                condition=models.Q(("target__gt", 0), ("target__lt", 1), ("delta__gt", 0), ("delta__lt", 1)),
                name="budget_target_and_delta_are_shares",
            ),
        ),
        migrations.AddIndex(
            model_name="replay",
            index=models.Index(fields=["workflow", "-requested_at"], name="replay_by_time"),
        ),
        migrations.AddIndex(
            model_name="policyproposal",
            index=models.Index(fields=["workflow", "-proposed_at"], name="proposal_by_time"),
        ),
        migrations.AddConstraint(
            model_name="policyproposal",
            constraint=models.UniqueConstraint(
                condition=models.Q(("state", "staged")), fields=("workflow",), name="one_staged_proposal"
            ),
        ),
        migrations.AddConstraint(
            model_name="policyproposal",
            constraint=models.CheckConstraint(
                condition=models.Q(("share__gte", 0), ("share__lte", 1)), name="proposal_share_is_a_share"
            ),
        ),
        migrations.AddConstraint(
            model_name="sampleplan",
            constraint=models.CheckConstraint(
                condition=models.Q(("target__gt", 0), ("target__lt", 1), ("delta__gt", 0), ("delta__lt", 1)),
                name="plan_target_and_delta_are_shares",
            ),
        ),
        migrations.AddConstraint(
            model_name="samplewindow",
            constraint=models.UniqueConstraint(fields=("workflow", "number"), name="window_number_unique_in_workflow"),
        ),
        migrations.AddConstraint(
            model_name="samplewindow",
            constraint=models.UniqueConstraint(fields=("workflow", "first_day"), name="one_window_a_first_day"),
        ),
        migrations.AddConstraint(
            model_name="samplewindow",
            constraint=models.CheckConstraint(
                condition=models.Q(("last_day__gte", models.F("first_day"))), name="window_has_a_day"
            ),
        ),
        migrations.AddConstraint(
            model_name="samplewindow",
            constraint=models.CheckConstraint(
                condition=models.Q(("state", "open"), ("closed_at__isnull", False), _connector="OR"),
                name="closed_window_says_when",
            ),
        ),
        migrations.AddConstraint(
            model_name="certificate",
            constraint=models.UniqueConstraint(
                fields=("workflow", "number"), name="certificate_number_unique_in_workflow"
            ),
        ),
        migrations.AddConstraint(
            model_name="certificate",
            constraint=models.CheckConstraint(
                condition=models.Q(("bound__lte", models.F("target"))), name="certificate_keeps_its_target"
            ),
        ),
        run_file(Path(__file__).parents[1] / "sql/0006_thresholds.sql"),
    ]
