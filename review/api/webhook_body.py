"""Reading what a caller wants of a webhook endpoint."""

from collections.abc import Callable
from typing import Any

from governance.api.body import Body
from routing.selectors.workflows import workflows

MEMBERS = ("name", "url", "event_types", "workflows", "concurrency")
_MOST_LISTED = 200


def endpoint_members(data: Any, *, is_new: bool) -> dict[str, Any]:
    """Return the members that are there, each of its kind; what an address or an event type may be, the service knows."""
    body = Body(data, known=MEMBERS if is_new else (*MEMBERS, "is_enabled"))
    readers: dict[str, Callable[[], Any]] = {
        "name": lambda: body.text("name", most=120, is_required=True),
        "url": lambda: body.text("url", most=1000, is_required=True),
        "event_types": lambda: _texts(body, "event_types"),
        "workflows": lambda: _workflows(body),
        "concurrency": lambda: body.whole("concurrency", least=1, most=32),
        "is_enabled": lambda: _flag(body, "is_enabled"),
    }
    must = {"name", "url"} if is_new else set()
    asked = {name: read() for name, read in readers.items() if name in must or body.has(name)}
    body.close()
    return asked


def _texts(body: Body, name: str) -> list[str]:
    """Return a list of short texts, each once."""
    value = body.any(name)
    if not isinstance(value, list) or len(value) > _MOST_LISTED or not all(isinstance(text, str) for text in value):
        body.refuse(f"/{name}", "type", "A list of texts is expected.")
        return []
    return list(dict.fromkeys(value))


def _workflows(body: Body) -> list[str]:
    keys = _texts(body, "workflows")
    known = {workflow.key for workflow in workflows()} if keys else set()
    for place, key in enumerate(keys):
        if key not in known:
            body.refuse(f"/workflows/{place}", "unknown", "There is no such workflow.")
    return keys


def _flag(body: Body, name: str) -> bool:
    value = body.any(name)
    if not isinstance(value, bool):
        body.refuse(f"/{name}", "type", "true or false is expected.")
    return value is True
