"""The words of the scripts in another language than English."""

import hashlib
from functools import cache
from pathlib import Path

from django.conf import settings
from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse
from django.utils import translation
from django.views.decorators.cache import cache_control
from django.views.decorators.gzip import gzip_page
from django.views.decorators.http import etag, require_safe
from django.views.i18n import JavaScriptCatalog

_DOMAIN = "djangojs"


class _Words(JavaScriptCatalog):
    domain = _DOMAIN
    packages = ["aios_site"]

    def get_paths(self, packages: list[str]) -> list[str]:
        """Return where the product's own words are; those of the admin's scripts would only weigh."""
        return [str(path) for path in settings.LOCALE_PATHS]


@cache
def _etag(language: str) -> str:
    digest = hashlib.sha256()
    for folder in settings.LOCALE_PATHS:
        digest.update((Path(folder) / language / "LC_MESSAGES" / f"{_DOMAIN}.mo").read_bytes())
    return f'"{digest.hexdigest()[:20]}"'


def _etag_of(_request: HttpRequest, language: str) -> str | None:
    return _etag(language) if _is_translated(language) else None


def _is_translated(language: str) -> bool:
    return language != settings.LANGUAGE_CODE and language in dict(settings.LANGUAGES)


@transaction.non_atomic_requests
@require_safe
@gzip_page
@cache_control(public=True, max_age=600)
@etag(_etag_of)
def words(request: HttpRequest, language: str) -> HttpResponse:
    """Return a plain script that defines gettext and ngettext; the language is the address's, whoever asks."""
    if not _is_translated(language):
        raise Http404
    with translation.override(language):
        response = _Words.as_view()(request)
    response["Content-Language"] = language
    return response  # type: ignore[return-value]
