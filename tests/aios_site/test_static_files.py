"""Static files leave the product compressed, whether they were collected or not."""

import gzip
from pathlib import Path

import pytest
from django.conf import settings
from django.http import HttpResponse
from django.test import RequestFactory, override_settings

from aios_site.static_files import StaticFilesMiddleware

FILE = "css/base.css"


def fetch(path: str = FILE, method: str = "GET", **headers: str) -> tuple[int, dict[str, str], bytes]:
    middleware = StaticFilesMiddleware(lambda _request: HttpResponse(status=404))
    request = getattr(RequestFactory(), method.lower())(f"/static/{path}", headers=headers)
    answer = middleware(request)
    body = b"".join(answer.streaming_content) if answer.streaming else answer.content
    for close in answer._resource_closers:  # closing the answer itself would ask the database
        close()
    return answer.status_code, dict(answer.headers), body


def source(path: str = FILE) -> bytes:
    return (Path(settings.BASE_DIR) / "static" / path).read_bytes()


def test_a_file_is_compressed_for_whoever_takes_it() -> None:
    status, headers, body = fetch(accept_encoding="gzip, deflate")

    assert (status, headers["Content-Encoding"], headers["Vary"]) == (200, "gzip", "Accept-Encoding")
    assert gzip.decompress(body) == source()
    assert headers["Content-Length"] == str(len(body))
    assert len(body) < len(source()) / 2


@pytest.mark.parametrize("accepted", ["", "identity", "br", "gzip;q=0"])
def test_everybody_else_gets_it_as_it_is(accepted: str) -> None:
    _status, headers, body = fetch(accept_encoding=accepted)

    assert "Content-Encoding" not in headers
    assert headers["Vary"] == "Accept-Encoding"
    assert (body, headers["Content-Length"]) == (source(), str(len(source())))


def test_asking_for_the_head_and_asking_again_cost_no_body() -> None:
    _status, headers, body = fetch(method="HEAD", accept_encoding="gzip")
    again = fetch(accept_encoding="gzip", if_none_match=headers["ETag"])

    assert (body, headers["Content-Encoding"]) == (b"", "gzip")
    assert (again[0], again[2]) == (304, b"")


def test_what_was_collected_is_served_from_its_compressed_copy(tmp_path: Path) -> None:
    (tmp_path / "css").mkdir()
    (tmp_path / FILE).write_bytes(source())
    (tmp_path / f"{FILE}.gz").write_bytes(gzip.compress(b"the copy"))
    with override_settings(STATIC_ROOT=str(tmp_path), WHITENOISE_USE_FINDERS=False):
        _status, headers, body = fetch(accept_encoding="gzip")

    assert (headers["Content-Encoding"], gzip.decompress(body)) == ("gzip", b"the copy")


def test_collected_files_stand_before_those_that_finders_find(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import subprocess
    import sys

    script = "from django.conf import settings; print(settings.WHITENOISE_USE_FINDERS)"
    told = {}
    for root in (tmp_path, tmp_path / "nowhere"):
        monkeypatch.setenv("AIOS_STATIC_ROOT", str(root))
        monkeypatch.setenv("DJANGO_SETTINGS_MODULE", "aios_site.settings")
        done = subprocess.run(
            [sys.executable, "-c", script], cwd=settings.BASE_DIR, capture_output=True, text=True, check=True
        )
        told[root.exists()] = done.stdout.strip()

    assert told == {True: "False", False: "True"}
