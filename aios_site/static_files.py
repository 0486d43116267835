"""Static files, compressed on their way: from disk where `collectstatic` made them so, else once per process."""

import gzip
import re
from collections.abc import Mapping
from http import HTTPStatus
from io import BytesIO
from pathlib import Path
from typing import Any

from whitenoise.middleware import WhiteNoiseMiddleware
from whitenoise.responders import Response, StaticFile

_WORTH_IT = re.compile(r"\.(?:css|js|mjs|svg|json|map|txt|html)$")
_TAKES_GZIP = re.compile(r"\bgzip\b(?!\s*;\s*q=0(?:\.0*)?(?:,|$))")
_OWN_HEADERS = {"content-length", "content-encoding", "vary"}


class CompressedOnce:
    """A file that is compressed when it is first asked for by somebody who takes that."""

    def __init__(self, path: Path, plain: StaticFile) -> None:
        self._path = path
        self._plain = plain
        self._body: bytes | None = None

    def get_response(self, method: str, request_headers: Mapping[str, str]) -> Response:
        """Return the answer as WhiteNoise serves it."""
        response = self._plain.get_response(method, request_headers)
        if response.status != HTTPStatus.OK:
            return response
        kept = [(name, value) for name, value in response.headers if name.lower() not in _OWN_HEADERS]
        vary = ("Vary", "Accept-Encoding")
        if not _TAKES_GZIP.search(request_headers.get("HTTP_ACCEPT_ENCODING", "")):
            length = [(name, value) for name, value in response.headers if name.lower() == "content-length"]
            return Response(response.status, [*kept, *length, vary], response.file)
        if self._body is None:
            self._body = gzip.compress(self._path.read_bytes(), mtime=0)
        if response.file is not None:
            response.file.close()
        headers = [*kept, ("Content-Encoding", "gzip"), ("Content-Length", str(len(self._body))), vary]
        return Response(response.status, headers, None if response.file is None else BytesIO(self._body))


class StaticFilesMiddleware(WhiteNoiseMiddleware):  # type: ignore[misc]
    """Serves what the browser needs beside pages."""

    def get_static_file(self, path: str, url: str, stat_cache: Mapping[str, Any] | None = None) -> Any:
        """Return the file; where no compressed copy lies beside it, one that is made at need."""
        found = super().get_static_file(path, url, stat_cache=stat_cache)
        has_copy = len(found.alternatives) > 1
        if has_copy or self.autorefresh or not _WORTH_IT.search(path):
            return found
        return CompressedOnce(Path(path), found)
