"""JSON answers as bytes: one encoder for dates, ids and lists."""

import json
from datetime import datetime
from typing import Any

from django.http import HttpResponse


def json_response(data: Any, *, status: int = 200) -> HttpResponse:
    """Return the data as JSON; times as RFC 3339, ids as text."""
    body = json.dumps(data, default=_plain, ensure_ascii=False, separators=(",", ":"))
    return HttpResponse(body.encode(), status=status, content_type="application/json")


def _plain(value: Any) -> str:
    return value.isoformat() if isinstance(value, datetime) else str(value)
