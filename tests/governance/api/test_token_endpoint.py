"""Machines get short-lived tokens for their client credentials, and nothing else is granted."""

import base64
from typing import Any

import pytest
from rest_framework.test import APIClient

from governance.domain import Role
from governance.models import ApiClient
from tests.conftest import House, leave_workspace
from tests.factories import cheap_password
from tests.review.api.conftest import ITEMS

TOKEN = "/oauth/token/"


@pytest.fixture
def machine(house: House) -> ApiClient:
    """An integrator's client with the secret `s3cret`."""
    client: ApiClient = ApiClient.objects.create(
        workspace=house.workspace,
        name="shop",
        role=Role.INTEGRATOR.value,
        client_id="shop-client",
        client_secret=cheap_password("s3cret"),
        client_type=ApiClient.CLIENT_CONFIDENTIAL,
        authorization_grant_type=ApiClient.GRANT_CLIENT_CREDENTIALS,
    )
    return client


def ask(**form: Any) -> Any:
    leave_workspace()
    return APIClient().post(TOKEN, {"grant_type": "client_credentials"} | form, format="multipart")


@pytest.mark.usefixtures("machine")
def test_a_client_gets_a_token_that_acts_for_it(house: House) -> None:
    granted = ask(client_id="shop-client", client_secret="s3cret").json()
    leave_workspace()
    client = APIClient()
    client.credentials(HTTP_AUTHORIZATION=f"Bearer {granted['access_token']}")

    sent = client.post(ITEMS, {"external_id": "a", "payload": {"text": "x"}}, format="json")
    claimed = client.post("/api/v1/claim/", {}, format="json")

    assert granted["token_type"] == "Bearer"
    assert 0 < granted["expires_in"] <= 3600
    assert sent.status_code == 201
    assert claimed.status_code == 403


@pytest.mark.usefixtures("machine")
def test_basic_authentication_works_too() -> None:
    leave_workspace()
    basic = base64.b64encode(b"shop-client:s3cret").decode()
    answer = APIClient().post(
        TOKEN,
        {"grant_type": "client_credentials"},
        format="multipart",
        HTTP_AUTHORIZATION=f"Basic {basic}",
    )

    assert answer.status_code == 200
    assert answer["Cache-Control"].startswith("no-store") or "no-store" in answer["Cache-Control"]


@pytest.mark.usefixtures("machine")
@pytest.mark.parametrize(
    ("form", "status", "error"),
    [
        ({"client_id": "shop-client", "client_secret": "wrong"}, 401, "invalid_client"),
        ({"client_id": "nobody", "client_secret": "s3cret"}, 401, "invalid_client"),
        ({"client_id": "shop\x00client", "client_secret": "s3cret"}, 401, "invalid_client"),
        ({}, 401, "invalid_client"),
        ({"grant_type": "password", "username": "a", "password": "b"}, 400, "unsupported_grant_type"),
        ({"grant_type": "refresh_token"}, 400, "unsupported_grant_type"),
        ({"grant_type": "urn:ietf:params:oauth:grant-type:device_code"}, 400, "unsupported_grant_type"),
        ({"grant_type": "authorization_code", "code": "x"}, 400, "unsupported_grant_type"),
    ],
)
def test_everything_else_is_refused_in_json(form: dict[str, str], status: int, error: str) -> None:
    answer = ask(**form)

    assert (answer.status_code, answer.json()["error"]) == (status, error)
    assert answer["Content-Type"].startswith("application/json")


def test_an_inactive_client_gets_nothing_and_its_tokens_end(house: House, machine: ApiClient) -> None:
    token = ask(client_id="shop-client", client_secret="s3cret").json()["access_token"]
    house.enter()
    ApiClient.objects.filter(pk=machine.pk).update(is_active=False)
    leave_workspace()

    refused = ask(client_id="shop-client", client_secret="s3cret")
    used = APIClient().get("/api/v1/items/", HTTP_AUTHORIZATION=f"Bearer {token}")

    assert (refused.status_code, used.status_code) == (401, 401)


@pytest.mark.usefixtures("db")
def test_only_post_is_taken() -> None:
    answer = APIClient().get(TOKEN)

    assert (answer.status_code, answer["Allow"]) == (405, "POST")
