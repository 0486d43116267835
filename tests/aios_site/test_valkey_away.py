"""Valkey killed, silent and back: people and senders notice nothing, and workers take up their work by themselves."""

import http.cookiejar
import re
import time
import urllib.error
import urllib.parse
import urllib.request

from governance.valkey import _TIMEOUT_S
from tests.own_product import OwnProduct
from tests.processes import eventually


def all_routed(product: OwnProduct) -> bool:
    return not {"received", "predicting"} & set(product.states())


def test_killed_four_times_workers_come_back_and_catch_up(product: OwnProduct) -> None:
    assert [product.send_item().status for _ in range(5)] == [201] * 5
    eventually(lambda: all_routed(product), what="routed")
    for _ in range(4):
        product.kill("valkey")
        assert [product.send_item().status for _ in range(5)] == [201] * 5
        claimed, decided = product.review_one()
        assert (claimed.status, decided.status) == (200, 200)
        ready = product.call("GET", "/readyz")
        assert (ready.status, ready.json["status"], ready.json["parts"]["broker"]["status"]) == (
            200,
            "degraded",
            "down",
        )
        product.start_again("valkey")
        # Should Celery give up all the same, the worker begins anew, which takes longer.
        eventually(lambda: all_routed(product), within_s=150, what="caught up")
    assert product.send_item().status == 201
    eventually(lambda: all_routed(product), what="routed")
    product.rows("DELETE FROM governance_heartbeat WHERE name = 'canary' RETURNING name")
    eventually(lambda: product.part("canary") == "ok", what="the canary came through")
    assert all(process.is_running for process in product.processes.values())


def test_a_valkey_that_accepts_and_never_answers_is_asked_once_in_a_while(product: OwnProduct) -> None:
    eventually(lambda: product.part("broker") == "ok", what="broker")
    assert product.send_item().status == 201
    eventually(lambda: all_routed(product), what="routed")
    calls = 40
    product.pause("valkey", is_paused=True)
    try:
        started = time.monotonic()
        answers = [product.call("GET", "/api/v1/queues/", role="reviewer").status for _ in range(calls)]
        answers += [product.send_item().status for _ in range(calls)]
        took_s = time.monotonic() - started
    finally:
        product.pause("valkey", is_paused=False)
    assert answers == [200] * calls + [201] * calls
    assert took_s < 2 * calls * _TIMEOUT_S / 2, "as if every call had waited for Valkey"
    eventually(lambda: all_routed(product), what="caught up")


def test_nobody_signs_in_without_the_throttles(product: OwnProduct) -> None:
    eventually(lambda: product.part("broker") == "ok", what="broker")
    assert sign_in(product)[0] == 200
    product.kill("valkey")
    try:
        status, text = sign_in(product)
        assert status == 503
        assert "again" in text
        assert "Traceback" not in text
    finally:
        product.start_again("valkey")
    assert sign_in(product)[0] == 200


def sign_in(product: OwnProduct) -> tuple[int, str]:
    """Fetch the form and send it, as a browser does; the password is a wrong one."""
    address = f"http://127.0.0.1:{product.port}/accounts/login/"
    browser = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(http.cookiejar.CookieJar()))
    with browser.open(address, timeout=30) as page:
        found = re.search(r'name="csrfmiddlewaretoken" value="(\w+)"', page.read().decode())
    assert found is not None
    form = {"csrfmiddlewaretoken": found[1], "login": "nobody@example.com", "password": "not the one"}
    try:
        with browser.open(address, urllib.parse.urlencode(form).encode(), timeout=30) as answer:
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as refusal:
        with refusal:
            return refusal.code, refusal.read().decode()
