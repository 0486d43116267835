"""Addresses: every form that people paste, and those of the embedded services."""

from pathlib import Path

import pytest

from aios_site.stack.home import Home
from aios_site.stack.urls import celery_url, database_settings, embedded_urls, with_database


def test_an_ordinary_address_with_escapes_and_options() -> None:
    settings = database_settings(
        "postgresql://us%40er:p%3Aw%20d@db.example:5433/na%20me?sslmode=require&connect_timeout=3"
    )

    assert settings == {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": "na me",
        "USER": "us@er",
        "PASSWORD": "p:w d",
        "HOST": "db.example",
        "PORT": "5433",
        "OPTIONS": {"sslmode": "require", "connect_timeout": "3"},
    }


def test_a_socket_address_names_its_folder_as_host(tmp_path: Path) -> None:
    home = Home.at(tmp_path)

    settings = database_settings(embedded_urls(home).database)

    assert (settings["HOST"], settings["PORT"]) == (str(home.runtime), "5432")
    assert (settings["USER"], settings["NAME"], settings["OPTIONS"]) == ("aios_app", "aios", {})


@pytest.mark.parametrize(
    "url", ["mysql://localhost/x", "localhost/x", "postgresql://localhost", "postgresql://localhost/"]
)
def test_what_is_no_database_address_is_refused(url: str) -> None:
    with pytest.raises(ValueError, match="a database address"):
        database_settings(url)


def test_another_database_keeps_the_rest() -> None:
    assert with_database("postgresql://u:p@h:1/a?host=%2Frun", "b c") == "postgresql://u:p@h:1/b%20c?host=%2Frun"


def test_celery_has_its_own_form_for_a_socket() -> None:
    assert celery_url("unix:///run/a/valkey.sock?db=3") == "redis+socket:///run/a/valkey.sock?virtual_host=3"


def test_a_tcp_address_is_the_same_for_celery() -> None:
    assert celery_url("rediss://:pw@cache.example:6380/1") == "rediss://:pw@cache.example:6380/1"
