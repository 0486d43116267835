"""Reading bodies: strict JSON, lines of JSON, and raw files; never more than the view's limit."""

from typing import IO, Any

from rest_framework.parsers import BaseParser

from governance import strict_json
from governance.domain import MalformedError, ProductError, TooLargeError


def read_limited(stream: IO[bytes], max_bytes: int) -> bytes:
    """Return the whole body, or refuse it once it is over the limit, whatever its headers said."""
    raw = stream.read(max_bytes + 1)
    if len(raw) > max_bytes:
        raise TooLargeError(detail=f"The body is larger than {max_bytes} bytes.", extra={"max_bytes": max_bytes})
    return raw


def refused(error: strict_json.JsonRefused) -> ProductError:
    """Return a refusal of the reader as the problem that the caller is told."""
    if error.code == "too_large":
        return TooLargeError(detail=error.detail)
    extra: dict[str, Any] = {"reason": error.code}
    if error.line is not None:
        extra["line"] = error.line
    return MalformedError(detail=error.detail, extra=extra)


class RawParser(BaseParser):
    """Takes any body as its bytes."""

    media_type = "*/*"

    def parse(self, stream: Any, _media_type: str | None = None, parser_context: Any = None) -> Any:
        """Return the bytes, and keep them on the request."""
        raw = read_limited(stream, parser_context["view"].max_bytes)
        parser_context["request"].raw_body = raw
        return raw


class StrictJSONParser(RawParser):
    """Takes JSON that means one thing; what it refuses is a 400 or 413, never an error of ours."""

    media_type = "application/json"

    def parse(self, stream: Any, media_type: str | None = None, parser_context: Any = None) -> Any:
        """Return the value."""
        raw = super().parse(stream, media_type, parser_context)
        try:
            return strict_json.loads(raw, max_bytes=parser_context["view"].max_bytes)
        except strict_json.JsonRefused as error:
            raise refused(error) from None


class LinesParser(RawParser):
    """Takes NDJSON or a JSON array as bytes; the view reads it line by line."""

    media_type = "application/x-ndjson"


class JsonBytesParser(RawParser):
    """The same under JSON's own media type."""

    media_type = "application/json"
