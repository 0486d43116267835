"""The delivery log: what went where, every attempt, and sending again."""

from collections.abc import Iterable
from datetime import timedelta
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.http import require_POST, require_safe

from governance.domain import Capability
from governance.selectors.deliveries import access_endpoint, endpoints
from governance.services.endpoints import enable_endpoint, replay_delivery, replay_range
from governance.views.access import WorkspaceRequest, workspace_page
from review.forms import ReplayForm
from review.selectors.delivery_log import (
    STATES,
    LogQuery,
    access_logged,
    attempts_of,
    failure_reasons,
    find_logged,
)
from review.templatetags.deliveries import STATE_CHOICES

_LONGEST = 200
_MOST_BANNERS = 4
_PERIODS = {
    "hour": timedelta(hours=1),
    "day": timedelta(days=1),
    "week": timedelta(days=7),
    "month": timedelta(days=30),
}
_PERIOD_CHOICES = [
    ("hour", gettext_lazy("The last hour")),
    ("day", gettext_lazy("The last 24 hours")),
    ("week", gettext_lazy("The last 7 days")),
    ("month", gettext_lazy("The last 30 days")),
]


@require_safe
@workspace_page(Capability.SEE_AUDIT)
def deliveries(request: WorkspaceRequest, workspace: str) -> HttpResponse:
    """Show the log, newest first; for htmx its live part alone."""
    return _log(request)


@require_safe
@workspace_page(Capability.SEE_AUDIT)
def delivery(request: WorkspaceRequest, workspace: str, delivery_id: UUID) -> HttpResponse:
    """Show one delivery with its attempts; for htmx the attempts alone."""
    found = access_logged(request.actor, delivery_id)
    template = "review/_delivery_attempts.html" if "HX-Request" in request.headers else "review/delivery.html"
    return render(request, template, {"nav": "deliveries", "delivery": found, "tries": attempts_of(found)})


@require_POST
@workspace_page(Capability.CONFIGURE)
def delivery_replay(request: WorkspaceRequest, workspace: str, delivery_id: UUID) -> HttpResponse:
    """Send one event to its endpoint again."""
    found = access_logged(request.actor, delivery_id)
    replay_delivery(actor=request.actor, delivery_id=found.id)
    messages.success(request, _("It is sent to %(name)s again.") % {"name": found.endpoint_name})
    return redirect("review:delivery", workspace=workspace, delivery_id=found.id)


@require_POST
@workspace_page(Capability.CONFIGURE)
def deliveries_replay(request: WorkspaceRequest, workspace: str) -> HttpResponse:
    """Send the events of a period to an endpoint again, and say how many they are."""
    form = ReplayForm(request.POST, endpoints=_choices(endpoints(request.actor)))
    if not form.is_valid():
        return _log(request, form)
    asked = form.cleaned_data
    endpoint = access_endpoint(request.actor, UUID(asked["endpoint"]))
    count = replay_range(actor=request.actor, endpoint=endpoint, since=asked["since"], until=asked["until"])
    told = ngettext("%(count)d event is sent to %(name)s again.", "%(count)d events are sent to %(name)s again.", count)
    messages.success(request, told % {"count": count, "name": endpoint.name})
    return redirect("review:deliveries", workspace=workspace)


@require_POST
@workspace_page(Capability.CONFIGURE)
def endpoint_enable(request: WorkspaceRequest, workspace: str, endpoint_id: UUID) -> HttpResponse:
    """Switch an endpoint on again."""
    endpoint = access_endpoint(request.actor, endpoint_id)
    enable_endpoint(actor=request.actor, endpoint=endpoint)
    told = _("%(name)s is on again. What was published while it was off goes there when you replay that period.")
    messages.success(request, told % {"name": endpoint.name})
    return redirect("review:deliveries", workspace=workspace)


def _log(request: WorkspaceRequest, form: ReplayForm | None = None) -> HttpResponse:
    asked = _asked(request)
    known = endpoints(request.actor)
    period = _PERIODS.get(asked["period"])
    query = LogQuery(
        endpoint=_uuid(asked["endpoint"]),
        state=asked["state"],
        since=timezone.now() - period if period else None,
        external_id=asked["external_id"],
        before=_uuid(request.GET.get("before", "")),
    )
    troubled = sorted(
        (one for one in known if not one.is_enabled or one.failing_since is not None),
        key=lambda one: (one.disabled_reason == "by_hand", one.is_enabled),
    )
    context: dict[str, Any] = {
        "nav": "deliveries",
        "query": asked | {"is_filtered": any(asked.values()) or query.before is not None},
        "states": STATE_CHOICES,
        "periods": _PERIOD_CHOICES,
        "endpoints": known,
        "troubled": troubled[:_MOST_BANNERS],
        "more_troubled": max(0, len(troubled) - _MOST_BANNERS),
        "reasons": failure_reasons([one.id for one in troubled[:_MOST_BANNERS]]),
        "log": find_logged(request.actor, query),
        "form": form or ReplayForm(endpoints=_choices(known)),
    }
    is_part = "HX-Request" in request.headers
    return render(request, "review/_deliveries_live.html" if is_part else "review/deliveries.html", context)


def _asked(request: WorkspaceRequest) -> dict[str, str]:
    """Return the filters as texts; what means nothing is left out."""
    names = ("endpoint", "state", "period", "external_id")
    asked = {name: request.GET.get(name, "").replace("\x00", "").strip()[:_LONGEST] for name in names}
    known = {"state": asked["state"] in STATES, "period": asked["period"] in _PERIODS}
    known["endpoint"] = _uuid(asked["endpoint"]) is not None
    return {name: text if known.get(name, True) else "" for name, text in asked.items()}


def _choices(known: Iterable[Any]) -> list[tuple[str, str]]:
    return [(str(endpoint.id), endpoint.name) for endpoint in known]


def _uuid(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None
