"""`python -m tests.torture.rules FOLDER`: the repository's own rules for rows, asked of every workspace of a round."""

import json
import os
import sys
from pathlib import Path

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "aios_site.settings")


def main(folder: Path) -> None:
    """Write which rules do not hold, with how many rows and some of them."""
    django.setup()
    from uuid import UUID

    from django.db import transaction

    from governance.selectors.scope import enter_workspace
    from tests.invariants import broken
    from tests.torture.cast import Cast

    found: dict[str, dict[str, object]] = {}
    for slug, workspace in Cast.load(folder).workspaces.items():
        with transaction.atomic():
            enter_workspace(UUID(workspace))
            for rule, rows in broken().items():
                found[f"{slug}: {rule}"] = {"count": len(rows), "rows": rows[:5]}
    (folder / "rules.json").write_text(json.dumps(found, indent=1))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
