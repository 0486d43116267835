"""The workstation: the page and what its script needs to know at the start; work itself goes over the API."""

from typing import Any

from django.conf import settings
from django.http import HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from governance.domain import Actor, Capability
from governance.selectors.preferences import stored_preferences
from governance.views.access import WorkspaceRequest, workspace_page
from review.domain.errors import QueueMissingError
from review.domain.preferences import preferences_from
from review.selectors.history import PastAnswer, past_answers, shift_since
from review.selectors.queues import QueueFacts, queues_for

API = "/api/v1/"


@require_safe
@workspace_page(Capability.REVIEW)
def work(request: WorkspaceRequest, workspace: str, queue_key: str | None = None) -> HttpResponse:
    """Show the workstation, for one queue or for all that the person may work."""
    actor = request.actor
    queues = [queue for queue in queues_for(actor) if queue.may_work]
    if queue_key is not None and all(queue.key != queue_key for queue in queues):
        raise QueueMissingError(detail=_("There is no queue “%(key)s” that you may work.") % {"key": queue_key})
    return render(request, "review/work.html", {"nav": "work", "config": _config(actor, workspace, queue_key, queues)})


def _config(actor: Actor, workspace: str, queue_key: str | None, queues: list[QueueFacts]) -> dict[str, Any]:
    midnight = timezone.localtime().replace(hour=0, minute=0, second=0, microsecond=0)
    shift = shift_since(actor, midnight)
    return {
        "workspace": workspace,
        "api": API,
        "queue_key": queue_key,
        "person": {"id": actor.id, "name": actor.name, "may_amend": actor.can(Capability.AMEND)},
        "queues": [_queue(queue) for queue in queues],
        "history": [_past(answer) for answer in past_answers(actor)],
        # The language is what the page is in: it may have been chosen before signing in.
        "preferences": preferences_from(stored_preferences(actor)).stored() | {"language": get_language()},
        "languages": [(code, str(name)) for code, name in settings.LANGUAGES],
        "today": {"decided": shift.decided, "median_active_ms": shift.median_active_ms},
    }


def _queue(queue: QueueFacts) -> dict[str, Any]:
    names = ("key", "name", "depth", "oldest_at", "due_soon", "overdue", "leased")
    return {name: getattr(queue, name) for name in names}


def _past(answer: PastAnswer) -> dict[str, Any]:
    return {
        "decision_id": answer.decision_id,
        "item_id": answer.item_id,
        "external_id": answer.external_id,
        "label": answer.title or _("No label applies"),
        "action": answer.action,
        "occurred_at": answer.occurred_at,
        "undo_until": answer.undo_until,
    }
