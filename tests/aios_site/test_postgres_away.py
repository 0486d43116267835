"""PostgreSQL killed, read-only, full or crowded: clean refusals, nothing half-written, and all goes on without a restart."""

import pytest

from tests.own_product import OwnProduct
from tests.processes import eventually

_READERS = 24


def works(product: OwnProduct) -> None:
    """Check that every thread of web, the worker and the sweep are at work again, in the processes that they were."""
    eventually(lambda: product.call("GET", "/readyz").status == 200, what="ready")
    answers = [product.call("GET", "/api/v1/queues/", role="reviewer").status for _ in range(_READERS)]
    assert answers == [200] * _READERS
    assert product.send_item().status == 201
    eventually(lambda: set(product.states()) <= {"in_review", "held", "resolved"}, what="the worker works")
    assert all(process.is_running for process in product.processes.values())


def loops_run(product: OwnProduct) -> None:
    """Check that every loop of the sweep does a round from now on."""
    with product.admin() as admin:
        admin.execute("DELETE FROM governance_heartbeat WHERE name <> 'canary'")
    for loop in ("sweeper", "relay", "deliverer", "ticker"):
        eventually(lambda loop=loop: product.part(loop) == "ok", what=loop)


def test_killed_and_started_again(product: OwnProduct) -> None:
    works(product)
    for _ in range(2):
        product.kill("postgres")
        for method, path, role in (
            ("GET", "/api/v1/queues/", "reviewer"),
            ("POST", "/api/v1/claim/", "reviewer"),
        ):
            for _ in range(12):
                answer = product.call(method, path, {"count": 1} if method == "POST" else None, role=role)
                assert (answer.status, answer.code, answer.headers["retry-after"]) == (503, "unavailable", "2")
        assert product.send_item().code == "unavailable"
        page = product.call("GET", "/accounts/login/")
        assert product.call("GET", "/healthz").status == 200
        ready = product.call("GET", "/readyz")
        assert (ready.status, ready.json["parts"]["database"]["status"]) == (503, "down")
        product.start_again("postgres")
        works(product)
        loops_run(product)
    assert page.status in (200, 503)


def test_ended_connections_cost_no_request(product: OwnProduct) -> None:
    works(product)
    product.end_connections()
    assert [product.call("GET", "/api/v1/queues/", role="reviewer").status for _ in range(_READERS)] == [200] * _READERS
    works(product)
    loops_run(product)


def test_a_database_that_turned_read_only_is_read_and_refuses_writes_cleanly(product: OwnProduct) -> None:
    before = product.rows("SELECT (SELECT count(*) FROM review_item), (SELECT count(*) FROM governance_auditevent)")
    with product.admin() as admin:
        admin.execute("ALTER DATABASE aios SET default_transaction_read_only = on")
    try:
        product.end_connections()
        answer = product.send_item()
        assert (answer.status, answer.code, answer.headers["retry-after"]) == (503, "read_only", "5")
        assert product.call("POST", "/api/v1/claim/", {"count": 1}, role="reviewer").code == "read_only"
        assert product.call("GET", "/api/v1/queues/", role="reviewer").status == 200
        ready = product.call("GET", "/readyz")
        assert (ready.status, ready.json["parts"]["database"]["status"]) == (200, "read_only")
        assert (
            product.rows("SELECT (SELECT count(*) FROM review_item), (SELECT count(*) FROM governance_auditevent)")
            == before
        )
    finally:
        with product.admin() as admin:
            admin.execute("SET default_transaction_read_only = off")
            admin.execute("ALTER DATABASE aios RESET default_transaction_read_only")
    product.end_connections()
    works(product)


@pytest.mark.parametrize("at_commit", [False, True], ids=["in a statement", "at commit"])
def test_a_full_disk_stores_nothing_in_half(product: OwnProduct, at_commit: bool) -> None:
    works(product)  # and leaves a review to claim
    before = product.rows("SELECT (SELECT count(*) FROM review_item), (SELECT count(*) FROM governance_auditevent)")
    kind = "CONSTRAINT TRIGGER disk_is_full AFTER INSERT" if at_commit else "TRIGGER disk_is_full BEFORE INSERT"
    deferred = "DEFERRABLE INITIALLY DEFERRED" if at_commit else ""
    with product.admin() as admin:
        admin.execute(
            "CREATE OR REPLACE FUNCTION full_disk() RETURNS trigger LANGUAGE plpgsql AS "
            "$$ BEGIN RAISE EXCEPTION 'could not extend file: No space left on device' USING ERRCODE = '53100'; END $$"
        )
        admin.execute(
            f"CREATE {kind} ON governance_auditevent {deferred} FOR EACH ROW EXECUTE FUNCTION full_disk()".encode()
        )
        try:
            answer = product.send_item()
            assert (answer.status, answer.code, answer.headers["retry-after"]) == (507, "storage_full", "30")
            assert "extend file" not in answer.text
            assert product.call("POST", "/api/v1/claim/", {"count": 1}, role="reviewer").code == "storage_full"
            assert product.call("GET", "/api/v1/queues/", role="reviewer").status == 200
        finally:
            admin.execute("DROP TRIGGER disk_is_full ON governance_auditevent")
    after = product.rows("SELECT (SELECT count(*) FROM review_item), (SELECT count(*) FROM governance_auditevent)")
    assert after == before
    works(product)


def test_without_a_free_connection_it_says_so_and_goes_on_later(product: OwnProduct) -> None:
    works(product)
    with product.admin() as admin:
        admin.execute("ALTER ROLE aios_app CONNECTION LIMIT 0")
        try:
            product.end_connections()
            answers = [product.call("GET", "/api/v1/queues/", role="reviewer") for _ in range(_READERS)]
            assert {(answer.status, answer.code) for answer in answers} == {(503, "too_many_connections")}
        finally:
            admin.execute("ALTER ROLE aios_app CONNECTION LIMIT -1")
    works(product)
