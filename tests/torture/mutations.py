"""What keeps the invariants, taken away one at a time: a run that does not notice proves nothing."""

from dataclasses import dataclass, field

from tests.torture.source import Patch


@dataclass(frozen=True)
class Mutation:
    """A product that is broken on purpose, by its source, its database, or both."""

    name: str
    what: str
    # Only these count: a run that fails of something else has noticed nothing.
    noticed_by: tuple[str, ...]
    patches: list[Patch] = field(default_factory=list)
    sql: str = ""


MUTATIONS = (
    Mutation(
        "no-fence",
        "deciding and finishing no longer compare fences",
        ("I2", "I3"),
        [
            Patch(
                "review/services/decide.py",
                'row["state"] == ReviewState.LEASED and row["fence"] == fence and row["holder_id"] == actor.id',
                'row["state"] == ReviewState.LEASED and row["holder_id"] == actor.id',
            ),
            Patch(
                "review/services/decide_sql.py",
                "WHERE id = %(review)s::uuid AND fence = %(fence)s::int8 AND state = 'leased'",
                "WHERE id = %(review)s::uuid AND state = 'leased'",
            ),
            Patch(
                "review/services/received.py",
                "WHERE i.fence = t.fence AND i.state = 'predicting'",
                "WHERE i.state = 'predicting'",
            ),
        ],
    ),
    # An external_id's uniqueness is what makes a sender's repeat harmless: nothing is looked up before the insert. The
    # statement names the constraint's columns and would fail without it; as it stands here it says the same with it.
    Mutation(
        "no-unique-external-id",
        "the unique constraint on a workflow's external ids is dropped",
        ("I5",),
        [
            Patch(
                "review/services/intake.py",
                "ON CONFLICT (workflow_id, external_id) DO NOTHING",
                "ON CONFLICT DO NOTHING",
            ),
        ],
        sql="ALTER TABLE review_item DROP CONSTRAINT external_id_unique_in_workflow",
    ),
    Mutation(
        "no-sweeper",
        "the sweeper does nothing",
        ("I1", "I11"),
        [
            Patch(
                "review/services/sweep.py",
                "    with transaction.atomic():\n        workspaces: list[UUID] =",
                "    return 0\n    with transaction.atomic():\n        workspaces: list[UUID] =",
            ),
        ],
    ),
)
