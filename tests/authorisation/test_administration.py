"""The administration, asked for by everybody."""

import pytest
from django.contrib import admin

from tests.authorisation.addresses import address, browser_of, ids_of
from tests.conftest import House
from tests.test_authorisation import ADMIN, ADMIN_MODELS, EVERYBODY, walk


@pytest.mark.parametrize("who", EVERYBODY)
def test_the_administration_opens_to_owners_and_admins(worked: House, who: str) -> None:
    ids = ids_of(worked)
    some = {model: model_id(model) for model in ADMIN_MODELS}
    client = browser_of(worked, who)
    for route in [route for route, _pattern in walk() if route.startswith(ADMIN)]:
        named = next((model for model in ADMIN_MODELS if route.startswith(f"{ADMIN}{model}/")), None)
        target = address(route, ids | {"<path:object_id>": some[named] if named else "1"})
        answer = client.get(target)
        assert answer.status_code < 500, target
        if who == "anonymous":
            assert answer.status_code == 302, target
        elif who not in {"owner", "admin", "outsider"} and route.removeprefix(ADMIN) not in {
            "login/", "logout/", "password_change/", "password_change/done/"
        }:  # fmt: skip
            assert answer.status_code == 403, (target, answer.status_code)
        elif named and who in {"owner", "admin"} and who not in ADMIN_MODELS[named]:
            assert answer.status_code in {302, 403}, (target, answer.status_code)
        elif named and route.endswith(f"{named}/") and who in ADMIN_MODELS[named]:
            assert answer.status_code == 200, target


def model_id(model: str) -> str:
    app, name = model.split("/")
    (found,) = [one for one in admin.site._registry if (one._meta.app_label, one._meta.model_name) == (app, name)]
    row = found._default_manager.first()
    return str(row.pk) if row else "01890000-0000-7000-8000-000000000000"


def test_an_admin_of_another_workspace_administers_nothing_here(worked: House) -> None:
    worked.enter()
    some = {model: model_id(model) for model in ADMIN_MODELS}
    client = browser_of(worked, "outsider")
    for model, row_id in some.items():
        for view in ("change/", "delete/", "history/"):
            for method in (client.get, client.post):
                answer = method(f"/{ADMIN}{model}/{row_id}/{view}")
                assert answer.status_code in {302, 403, 404}, (model, view, answer.status_code)
        assert f"/{row_id}/" not in client.get(f"/{ADMIN}{model}/").content.decode()
