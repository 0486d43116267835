"""One product for the tests that take its servers away; each leaves it at work again."""

from collections.abc import Iterator

import pytest

from tests.own_product import OwnProduct, own_product


@pytest.fixture(scope="session")
def product(tmp_path_factory: pytest.TempPathFactory) -> Iterator[OwnProduct]:
    """Servers, web, worker and sweep; answers are final at once, so that nothing happens later by itself."""
    with own_product(tmp_path_factory.mktemp("logs"), "worker", "sweep") as running:
        running.rows("UPDATE review_queue SET undo_window_s = 0 RETURNING id")
        yield running
