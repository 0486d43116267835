"""Another language than English: nothing is left out, nothing says something else, and it reaches pages and scripts."""

import gettext
import re
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.core.management import call_command
from django.test import Client
from rest_framework.test import APIClient

from governance.models import User
from tests.conftest import House

Api = Callable[[User], APIClient]
ROOT = Path(settings.BASE_DIR)
LANGUAGES = [code for code, _ in settings.LANGUAGES if code != settings.LANGUAGE_CODE]
CATALOGUES = [(language, domain) for language in LANGUAGES for domain in ("django", "djangojs")]
SOURCES = ("aios_site", "governance", "review", "routing", "static")
PLACE = re.compile(r"%\(\w+\)[#0\- +]?[\d.]*[a-z]|%%|\{\w+\}")
NO_BREAK_SPACE = "\N{NO-BREAK SPACE}"

needs_gettext = pytest.mark.skipif(shutil.which("xgettext") is None, reason="needs GNU gettext")
each_catalogue = pytest.mark.parametrize(("language", "domain"), CATALOGUES)


def catalogue(language: str, domain: str, kind: str, root: Path = ROOT) -> Path:
    return root / "locale" / language / "LC_MESSAGES" / f"{domain}.{kind}"


def messages(compiled: Path) -> dict[str | tuple[str, int], str]:
    with compiled.open("rb") as file:
        found: dict[str | tuple[str, int], str] = gettext.GNUTranslations(file)._catalog
    return found


def picked(po: Path, *flags: str) -> list[str]:
    """The messages that msgattrib picks."""
    said = subprocess.run(["msgattrib", "--no-wrap", *flags, po], check=True, capture_output=True, text=True).stdout
    return re.findall(r'^msgid "(.+)"$', said, re.MULTILINE)


@needs_gettext
@each_catalogue
def test_every_sentence_of_the_product_is_translated(
    language: str, domain: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, settings: Any
) -> None:
    for source in SOURCES:
        shutil.copytree(ROOT / source, tmp_path / source, ignore=shutil.ignore_patterns("__pycache__", "vendor"))
    po = catalogue(language, domain, "po", tmp_path)
    po.parent.mkdir(parents=True)
    shutil.copy(catalogue(language, domain, "po"), po)
    settings.LOCALE_PATHS = [tmp_path / "locale"]
    monkeypatch.chdir(tmp_path)

    call_command("makemessages", locale=[language], domain=domain, verbosity=0)

    assert picked(po, "--untranslated") == [], "run `make messages` and translate these"
    assert picked(po, "--only-fuzzy") == []


@needs_gettext
@each_catalogue
def test_what_is_compiled_is_what_was_translated(language: str, domain: str, tmp_path: Path) -> None:
    anew = tmp_path / "anew.mo"

    subprocess.run(["msgfmt", "--check-format", "-o", anew, catalogue(language, domain, "po")], check=True)

    assert messages(anew) == messages(catalogue(language, domain, "mo")), "run `make messages`"


@each_catalogue
def test_a_translation_has_the_places_of_its_source(language: str, domain: str) -> None:
    found = messages(catalogue(language, domain, "mo"))
    differing = [
        (source, target)
        for key, target in found.items()
        if (source := key if isinstance(key, str) else key[0])
        and (
            set(PLACE.findall(source)) != set(PLACE.findall(target))
            or source.count(NO_BREAK_SPACE) > target.count(NO_BREAK_SPACE)
        )
    ]

    assert len(found) > 100
    assert differing == []


def test_a_page_is_in_the_language_of_the_cookie(house: House) -> None:
    client = Client(headers={"accept-language": "en"})
    client.force_login(house.reviewer)
    client.cookies[settings.LANGUAGE_COOKIE_NAME] = "de"

    page = client.get(f"/w/{house.workspace.slug}/work/").content.decode()

    assert '<html lang="de">' in page
    assert "Senden und weiter" in page
    assert '"/words/de.js"' in page


def test_a_page_is_in_the_language_that_the_browser_asks_for(house: House) -> None:
    german = Client().get("/accounts/login/", headers={"accept-language": "de-AT,de;q=0.9,en;q=0.5"})
    english = Client().get("/accounts/login/", headers={"accept-language": "fr"})

    assert '<html lang="de">' in german.content.decode()
    assert "Auf diesem Computer angemeldet bleiben" in german.content.decode()
    assert '<html lang="en">' in english.content.decode()
    assert "words/" not in english.content.decode()


def test_who_is_not_signed_in_chooses_a_language(house: House) -> None:
    client = Client(headers={"accept-language": "en"})

    answer = client.post("/language/", {"language": "de", "next": "/accounts/login/"})

    assert answer.headers["Location"] == "/accounts/login/"
    assert "Anmelden" in client.get("/accounts/login/").content.decode()


def test_scripts_get_their_words_once(house: House) -> None:
    client = Client(headers={"accept-language": "en"})

    answer = client.get("/words/de.js")

    script = answer.content.decode()
    assert answer.headers["Content-Type"].startswith("text/javascript")
    assert '"Accept and next": "Annehmen und weiter"' in script
    assert '"Choose a date"' not in script, "the words of the admin's scripts only weigh"
    again = client.get("/words/de.js", headers={"if-none-match": answer.headers["ETag"]})
    assert again.status_code == 304
    assert "max-age" in answer.headers["Cache-Control"]


@pytest.mark.parametrize("language", ["en", "fr", "xx-yy"])
def test_there_are_no_words_of_another_language(house: House, language: str) -> None:
    assert Client().get(f"/words/{language}.js").status_code == 404


def test_a_failure_is_told_in_the_language_and_named_for_machines(house: House, api: Api) -> None:
    answer = api(house.reviewer).post(
        "/api/v1/queues/nowhere/claim/", {"count": 1}, format="json", headers={"accept-language": "de"}
    )

    assert answer.json()["code"] == "no_such_queue"
    assert answer.json()["detail"] == "Es gibt keine Warteschlange „nowhere“, die Sie bearbeiten dürfen."
