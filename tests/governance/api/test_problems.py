"""Failures are problem documents: what went wrong for the caller, nothing of the inside."""

from typing import Any

import pytest
from django.db import OperationalError
from redis.exceptions import ConnectionError as RedisUnreachableError
from rest_framework.test import APIClient

from governance.api.permissions import HasCapability
from governance.api.views import ApiView
from governance.domain import Capability
from review.api import queues
from tests.conftest import House
from tests.review.api.conftest import Api


def test_an_unknown_call_is_a_problem_document(house: House, api: Api) -> None:
    answer = api(house.reviewer).get("/api/v1/nothing/here/")

    assert (answer.status_code, answer.json()["code"]) == (404, "no_such_call")
    assert answer["Content-Type"] == "application/problem+json"


@pytest.mark.parametrize("method", ["delete", "patch", "options", "put"])
def test_a_method_that_a_call_does_not_have_is_405(house: House, api: Api, method: str) -> None:
    answer = getattr(api(house.owner), method)("/api/v1/queues/")

    assert (answer.status_code, answer.json()["code"]) == (405, "method_not_allowed")


def test_an_unreachable_database_is_503_with_a_time_to_wait(
    house: House,
    api: Api,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def fail(*_args: Any) -> None:
        raise OperationalError("the server closed the connection unexpectedly at 10.0.0.7")

    client = api(house.reviewer)
    monkeypatch.setattr(queues, "queues_for", fail)
    answer = client.get("/api/v1/queues/")

    assert (answer.status_code, answer.json()["code"]) == (503, "unavailable")
    assert answer["Retry-After"] == "2"
    assert "10.0.0.7" not in answer.content.decode()


def test_an_error_of_ours_says_nothing_of_the_inside(house: House, api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_args: Any) -> None:
        raise RuntimeError("secret detail")

    client = api(house.reviewer)
    client.raise_request_exception = False
    monkeypatch.setattr(queues, "queues_for", fail)
    answer = client.get("/api/v1/queues/")

    assert (answer.status_code, answer.json()["code"]) == (500, "internal")
    assert "secret detail" not in answer.content.decode()
    assert answer["X-Request-ID"] in answer.json()["detail"]


def test_a_login_page_without_valkey_is_a_503_page(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_args: Any, **_kwargs: Any) -> None:
        raise RedisUnreachableError("nobody there")

    monkeypatch.setattr("django.core.cache.backends.redis.RedisCache.get", fail)
    monkeypatch.setattr("django.core.cache.backends.redis.RedisCache.incr", fail)
    monkeypatch.setattr("django.core.cache.backends.redis.RedisCache.add", fail)
    answer = APIClient().post("/accounts/login/", {"login": "a@example.com", "password": "x" * 12}, format="multipart")

    assert answer.status_code == 503
    assert answer["Content-Type"].startswith("text/html")


def test_a_view_that_does_not_declare_what_it_requires_cannot_be_defined() -> None:
    with pytest.raises(TypeError, match="handles"):
        type("Careless", (ApiView,), {"get": lambda _self, _request: None})
    with pytest.raises(TypeError, match="declares"):
        type("Idle", (ApiView,), {"required": {"GET": Capability.REVIEW}})


def test_the_permission_is_the_default_of_every_view() -> None:
    assert ApiView.permission_classes == [HasCapability]
