"""Which tests run in one process: those that share something that takes long to make.

xdist's own marks rewrite the ids of tests, which pytest 9.2 no longer lets a plugin do; so folders and files are named here.
"""

from typing import Any

import pytest
from xdist.scheduler import LoadScopeScheduling

TOGETHER = (
    ("tests/aios_site/serving/",),
    ("tests/aios_site/test_postgres_away.py",),
    ("tests/aios_site/test_upgrade.py",),
    ("tests/aios_site/test_valkey_away.py",),
    # Two halves, each with a product and a browser: this one mostly waits for a slow network.
    ("tests/e2e/test_keys.py", "tests/e2e/test_shift.py"),
    ("tests/e2e/",),
    ("tests/review/services/test_banking77.py",),
    # The same model, trained once.
    (
        "tests/review/services/test_recommend.py",
        "tests/routing/backends/test_training.py",
        "tests/routing/domain/test_banking77.py",
    ),
)


class Scheduling(LoadScopeScheduling):
    """Every test is a unit of work by itself, but for those that stay together."""

    def _split_scope(self, nodeid: str) -> str:
        return next((places[0] for places in TOGETHER if nodeid.startswith(places)), nodeid)


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Scheduling | None:
    """Take the place of `--dist loadgroup`."""
    return Scheduling(config, log) if config.getvalue("dist") == "loadgroup" else None
