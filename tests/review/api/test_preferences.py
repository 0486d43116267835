"""A person's settings over the API."""

from collections.abc import Callable

from rest_framework.test import APIClient

from governance.models import User
from tests.conftest import House

Api = Callable[[User], APIClient]


def test_settings_are_kept_with_the_person(house: House, api: Api) -> None:
    client = api(house.reviewer)

    sent = client.put("/api/v1/me/preferences/", {"keys": {"accept": "q"}, "text_size": "large"}, format="json")

    assert sent.status_code == 200, sent.content
    assert client.get("/api/v1/me/preferences/").json() == {
        "keys": {"accept": "q"},
        "text_size": "large",
        "blur_images": False,
        "grey_images": False,
        "break_every_min": 0,
        "language": "en",
    }


def test_two_actions_on_one_key_are_refused(house: House, api: Api) -> None:
    client = api(house.reviewer)

    refused = client.put("/api/v1/me/preferences/", {"keys": {"accept": "x"}, "break_every_min": "soon"}, format="json")

    assert refused.status_code == 422
    assert {error["pointer"] for error in refused.json()["errors"]} == {"/keys/accept", "/break_every_min"}
    assert client.get("/api/v1/me/preferences/").json()["keys"] == {}
