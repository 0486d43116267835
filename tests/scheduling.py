"""Which tests run in one process, those that share something that takes long to make; and which begin first, the longest.

xdist's own marks rewrite the ids of tests, which pytest 9.2 no longer lets a plugin do; so folders and files are named here.
"""

from typing import Any

import pytest
from xdist.scheduler import LoadScopeScheduling

TOGETHER = (
    # Two halves, each with a product and a browser.
    (
        "tests/e2e/test_keys.py",
        "tests/e2e/test_kills.py",
        "tests/e2e/test_shift.py",
        "tests/e2e/test_tools.py",
        "tests/e2e/test_weight.py",
        "tests/e2e/test_workstation.py",
    ),
    ("tests/e2e/",),
    # One product, whose servers are taken away and come back.
    ("tests/aios_site/test_postgres_away.py", "tests/aios_site/test_valkey_away.py"),
    ("tests/aios_site/serving/",),
    ("tests/review/services/test_banking77.py",),
    # The same model, trained once.
    (
        "tests/review/services/test_recommend.py",
        "tests/routing/backends/test_training.py",
        "tests/routing/domain/test_banking77.py",
    ),
)
# What takes long by itself. Begun late, any of it would leave the other processes idle at the end.
LONG = (
    *(place for places in TOGETHER for place in places),
    "tests/aios_site/test_start_order.py",
    "tests/aios_site/test_backup.py",
    "tests/aios_site/test_worker_stop.py",
    "tests/aios_site/test_web_stop.py",
    "tests/aios_site/test_upgrade.py",
    "tests/review/model/",
    "tests/review/selectors/test_neighbours.py",
    "tests/review/api/test_blind_everywhere.py",
    "tests/governance/delivery/test_sweep_process.py",
    "tests/governance/delivery/test_locks.py",
    "tests/routing/services/test_certificates.py",
    "tests/review/services/test_races.py",
)


class Scheduling(LoadScopeScheduling):
    """Every test is a unit of work by itself, but for those that stay together; units begin in the order of their tests."""

    def _split_scope(self, nodeid: str) -> str:
        return next((places[0] for places in TOGETHER if nodeid.startswith(places)), nodeid)


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Scheduling | None:
    """Take the place of `--dist loadgroup`."""
    if config.getvalue("dist") != "loadgroup":
        return None
    config.option.loadscopereorder = False
    return Scheduling(config, log)


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Put what takes long first, after the tests have been shuffled."""
    places = {place: number for number, place in enumerate(LONG)}
    items.sort(key=lambda item: next((n for place, n in places.items() if item.nodeid.startswith(place)), len(places)))
