"""Items that were given up: why, which, and what is to become of them."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from uuid import UUID

from django.contrib import messages
from django.db import transaction
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods

from governance.domain import Actor, Capability, ProductError
from governance.views.access import WorkspaceRequest, workspace_page
from review.selectors.dead_letters import dead_groups, dead_items
from review.services.dead_letters import (
    Emptied,
    replay_all,
    replay_item,
    send_all_to_people,
    send_to_people,
    withdraw_dead,
)
from routing.selectors.workflows import workflows

_ONE: dict[str, Callable[..., None]] = {"replay": replay_item, "people": send_to_people, "withdraw": withdraw_dead}
_ALL: dict[str, Callable[..., Emptied]] = {"replay": replay_all, "people": send_all_to_people}
_LONGEST = 200


@dataclass(frozen=True, slots=True)
class _Asked:
    """Which dead items a request is about; empty texts where it does not matter."""

    workflow: str
    failure: str

    @property
    def query(self) -> str:
        """Return it as the query of an address."""
        given = {name: value for name in ("workflow", "failure") if (value := getattr(self, name))}
        return f"?{urlencode(given)}" if given else ""


Job = Callable[[], list[Emptied]]


@transaction.non_atomic_requests
@require_http_methods(["GET", "HEAD", "POST"])
def dead(request: HttpRequest, workspace: str) -> HttpResponseBase:
    """Show the dead items; a posted form deals with one, or with all of a kind, batch by batch in transactions of their own."""
    jobs: list[Job] = []
    with transaction.atomic():
        response = _page(request, workspace, jobs)
    for job in jobs:
        _tell(request, job())
    return response


@workspace_page(Capability.LEAD_QUEUES)
def _page(request: WorkspaceRequest, workspace: str, jobs: list[Job]) -> HttpResponse:
    asked = _asked(request)
    if request.method == "POST" and _act(request, asked, jobs):
        # Of a kind that was dealt with as a whole nothing is left to look at.
        left = "" if jobs else asked.query
        return redirect(reverse("review:dead", kwargs={"workspace": workspace}) + left)
    groups = dead_groups()
    shown = [
        group for group in groups if asked.workflow in ("", group.workflow_key) and asked.failure in ("", group.failure)
    ]
    before = _uuid(request.GET.get("before", ""))
    context = {
        "nav": "dead",
        "asked": asked,
        "groups": groups,
        "shown": shown,
        "total": sum(group.items for group in shown),
        "page": dead_items(workflow_key=asked.workflow or None, failure=asked.failure or None, before=before),
        "is_later_page": before is not None,
    }
    template = "review/_dead_live.html" if "HX-Request" in request.headers else "review/dead.html"
    return render(request, template, context)


def _act(request: WorkspaceRequest, asked: _Asked, jobs: list[Job]) -> bool:
    """Do what the form says, or put it down to be done after this transaction; tell whether it said anything."""
    action, item_id = request.POST.get("action", ""), _uuid(request.POST.get("item", ""))
    if item_id is not None and action in _ONE:
        try:
            with transaction.atomic():
                _ONE[action](actor=request.actor, item_id=item_id)
        except ProductError as refused:
            messages.error(request, str(refused))
        else:
            messages.success(request, _done(action, 1))
        return True
    if "all" in request.POST and action in _ALL:
        jobs.append(_job(request.actor, action, asked))
        return True
    return False


def _job(actor: Actor, action: str, asked: _Asked) -> Job:
    keys = {group.workflow_key for group in dead_groups(asked.workflow or None) if asked.failure in ("", group.failure)}
    chosen = [workflow for workflow in workflows() if workflow.key in keys]
    moves = [
        partial(_ALL[action], actor=actor, workflow=workflow, failure=asked.failure or None) for workflow in chosen
    ]
    return lambda: [move() for move in moves]


def _tell(request: HttpRequest, emptied: list[Emptied]) -> None:
    moved, refused = sum(one.moved for one in emptied), sum(one.refused for one in emptied)
    if moved or not refused:
        messages.success(request, _done(request.POST["action"], moved))
    if refused:
        text = ngettext(
            "%(n)d item can't be moved and stays here.", "%(n)d items can't be moved and stay here.", refused
        )
        messages.error(request, text % {"n": refused})
    if not all(one.is_complete for one in emptied):
        messages.warning(request, _("There was not time for all of them. Ask again for the rest."))


def _done(action: str, count: int) -> str:
    match action:
        case "replay":
            text = ngettext("%(n)d item goes to the model again.", "%(n)d items go to the model again.", count)
        case "people":
            text = ngettext("%(n)d item is with people now.", "%(n)d items are with people now.", count)
        case _:
            text = ngettext("%(n)d item is withdrawn.", "%(n)d items are withdrawn.", count)
    return text % {"n": count}


def _asked(request: HttpRequest) -> _Asked:
    given = request.POST if request.method == "POST" else request.GET
    texts = {name: given.get(name, "").replace("\x00", "").strip()[:_LONGEST] for name in ("workflow", "failure")}
    return _Asked(**texts)


def _uuid(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None
