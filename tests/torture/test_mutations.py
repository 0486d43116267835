"""The mutations fit the source as it is; whether a run notices them is for `make torture` to say."""

from pathlib import Path

import pytest
from django.db import connection

from tests.torture.mutations import MUTATIONS, Mutation
from tests.torture.source import ROOT, Patch, PatchError, patched


@pytest.mark.parametrize(
    "patch", [patch for mutation in MUTATIONS for patch in mutation.patches], ids=lambda one: one.file
)
def test_a_mutation_changes_what_it_was_written_for(patch: Patch) -> None:
    before = (ROOT / patch.file).read_text()

    after = patched(before, patch)

    assert after != before
    compile(after, patch.file, "exec")


def test_a_mutation_that_no_longer_fits_is_refused() -> None:
    with pytest.raises(PatchError):
        patched("nothing of the kind", Patch(str(Path("some.py")), "fence = ", ""))


@pytest.mark.parametrize("mutation", [one for one in MUTATIONS if one.sql], ids=lambda one: one.name)
def test_a_mutation_drops_what_is_there(db: None, mutation: Mutation) -> None:
    constraint = mutation.sql.rpartition(" ")[2]
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM pg_constraint WHERE conname = %s", [constraint])
        assert cursor.fetchone() == (1,)
