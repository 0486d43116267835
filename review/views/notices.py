"""What colleagues have told a person, with the way to the items."""

from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST, require_safe

from governance.domain import Capability
from governance.selectors.notices import NoticePage, notices_of
from governance.services.notices import read_notices
from governance.views.access import WorkspaceRequest, workspace_page
from routing.selectors.workflows import workflows


@require_safe
@workspace_page(Capability.REVIEW)
def notices(request: WorkspaceRequest, workspace: str) -> HttpResponse:
    """Show the person's notices, newest first: all, or those that they have not read."""
    unread_only = request.GET.get("unread") == "1"
    before = _uuid(request.GET.get("before", ""))
    page = notices_of(request.actor, unread_only=unread_only, before=before)
    context = {
        "nav": "notices",
        "page": page,
        "workflow_keys": _workflow_keys(page),
        "unread_only": unread_only,
        "is_later_page": before is not None,
    }
    return render(request, "review/notices.html", context)


@require_POST
@workspace_page(Capability.REVIEW)
def notices_read(request: WorkspaceRequest, workspace: str) -> HttpResponse:
    """Mark one notice as read, or all of them, and go back; on the way to an item, go on to it."""
    named, item_id = _uuid(request.POST.get("notice", "")), _uuid(request.POST.get("item", ""))
    if named is not None:
        read_notices(actor=request.actor, ids=[named])
    elif "all" in request.POST:
        count = read_notices(actor=request.actor)
        text = ngettext("%(n)d notice is marked as read.", "%(n)d notices are marked as read.", count)
        messages.success(request, text % {"n": count} if count else _("There was nothing left to read."))
    if item_id is not None:
        return redirect("review:item", workspace=workspace, item_id=item_id)
    return redirect("review:notices", workspace=workspace)


def _workflow_keys(page: NoticePage) -> dict[UUID, str]:
    """Return the addresses of the workflows that notices are about; nothing is asked where none is."""
    if not any(notice.object_kind == "workflow" for notice in page.notices):
        return {}
    return {workflow.id: workflow.key for workflow in workflows()}


def _uuid(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None
