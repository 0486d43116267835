"""Finding items, and one item with all that became of it."""

from uuid import UUID

from django.http import HttpResponse, QueryDict
from django.shortcuts import render
from django.views.decorators.http import require_safe

from governance.domain import Actor, Capability
from governance.selectors.names import names_of
from governance.selectors.trails import stream_events
from governance.views.access import WorkspaceRequest, workspace_page
from review.domain.reveal_reasons import NEED_A_NOTE, TITLES
from review.domain.states import ItemState
from review.selectors.item_detail import ItemDetail, access_item
from review.selectors.item_search import ItemQuery, find_items
from review.templatetags.shown import STATES
from review.templatetags.trails import people_named
from routing.selectors.contracts import contract_facts
from routing.selectors.workflows import WorkflowFacts, workflows

_ASKED = ("external_id", "state", "workflow", "label", "words")
_LONGEST = 200


@require_safe
@workspace_page(Capability.SEE_ITEMS)
def items(request: WorkspaceRequest, workspace: str) -> HttpResponse:
    """Show the items that a search finds, newest first."""
    asked = {name: request.GET.get(name, "").replace("\x00", "").strip()[:_LONGEST] for name in _ASKED}
    if asked["state"] not in set(ItemState):
        asked["state"] = ""
    known = workflows()
    context = {
        "nav": "items",
        "query": asked,
        "states": [(state.value, title) for state, (_tone, title) in STATES.items()],
        "workflows": known,
        "page": find_items(request.actor, _query(request.GET, asked)),
        "titles": titles_of(known),
    }
    return render(request, "review/items.html", context)


@require_safe
@workspace_page(Capability.SEE_ITEMS)
def item(request: WorkspaceRequest, workspace: str, item_id: UUID) -> HttpResponse:
    """Show one item, as far as the person may know."""
    actor = request.actor
    detail = access_item(actor, item_id)
    trail = stream_events("item", item_id) if detail.fate else None
    names = names_of(people_named(trail or []))
    context = {
        "nav": "items",
        "item": detail,
        "trail": trail,
        # Decisions come with their reviewer's pseudonym as text, events with it as a UUID.
        "names": names | {str(pseudonym): name for pseudonym, name in names.items()},
        "may_amend": _may_amend(actor, detail),
        "amend_labels": list(detail.contract.label_titles.items()),
        "reveal_reasons": [(reason.value, title, reason in NEED_A_NOTE) for reason, title in TITLES.items()],
    }
    return render(request, "review/item.html", context)


def _may_amend(actor: Actor, detail: ItemDetail) -> bool:
    """Tell whether the person may put another label in the place of the item's answer, which has left."""
    is_final = detail.fate is not None and detail.fate.state == ItemState.RESOLVED
    return is_final and bool(detail.contract.labels) and actor.can(Capability.AMEND)


def _query(given: QueryDict, asked: dict[str, str]) -> ItemQuery:
    return ItemQuery(
        external_id=asked["external_id"],
        state=asked["state"],
        workflow=asked["workflow"],
        label=asked["label"],
        words=asked["words"],
        before=_before(given),
    )


def _before(asked: QueryDict) -> UUID | None:
    try:
        return UUID(asked.get("before", ""))
    except ValueError:
        return None


def titles_of(known: list[WorkflowFacts]) -> dict[str, str]:
    """Return the titles of every label that a workflow knows."""
    titles: dict[str, str] = {}
    for workflow in known:
        if workflow.contract_id is not None:
            titles |= contract_facts(workflow.contract_id).label_titles
    return titles
