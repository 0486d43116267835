"""Labelled corrections: freeze, list, look at the first rows, download."""

from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpResponse, HttpResponseBase, StreamingHttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from governance.domain import Capability
from governance.views.access import WorkspaceRequest, workspace_page
from review.forms import DatasetForm
from review.selectors.dataset_rows import dataset_page
from review.selectors.datasets import access_dataset, datasets
from review.services.dataset_files import MEDIA_TYPES
from review.services.datasets import create_dataset, record_download, stream_dataset
from review.views.items import titles_of
from routing.selectors.workflows import workflows

_PREVIEW = 20


@require_http_methods(["GET", "HEAD", "POST"])
@workspace_page(Capability.EXPORT)
def dataset_list(request: WorkspaceRequest, workspace: str) -> HttpResponse:
    """Show the datasets; a posted form freezes one."""
    choices = [(workflow.key, workflow.name) for workflow in workflows()]
    form = DatasetForm(request.POST if request.method == "POST" else None, workflows=choices)
    if request.method == "POST" and form.is_valid():
        since, until = form.period()
        made = create_dataset(
            actor=request.actor,
            workflow_key=form.cleaned_data["workflow"],
            period_from=since,
            period_to=until,
        )
        messages.success(request, _("Frozen as #%(number)d.") % {"number": made.number})
        return redirect("review:dataset", workspace=workspace, dataset_id=made.id)
    context = {"nav": "datasets", "form": form, "datasets": datasets(), "may_create": bool(choices)}
    return render(request, "review/datasets.html", context)


@require_safe
@workspace_page(Capability.EXPORT)
def dataset(request: WorkspaceRequest, workspace: str, dataset_id: UUID) -> HttpResponse:
    """Show a dataset and its first rows."""
    found = access_dataset(dataset_id)
    context = {
        "nav": "datasets",
        "dataset": found,
        "preview": dataset_page(found, most=_PREVIEW),
        "titles": titles_of(workflows()),
    }
    return render(request, "review/dataset.html", context)


@require_safe
@workspace_page(Capability.EXPORT)
def dataset_download(request: WorkspaceRequest, workspace: str, dataset_id: UUID) -> HttpResponseBase:
    """Stream a dataset; the rows are read after this request's transaction, each page in its own."""
    form = request.GET.get("format", "jsonl")
    if form not in MEDIA_TYPES:
        raise Http404
    found = access_dataset(dataset_id)
    record_download(actor=request.actor, dataset_id=dataset_id, form=form)
    return StreamingHttpResponse(
        stream_dataset(found, form),
        content_type=MEDIA_TYPES[form],
        headers={"Content-Disposition": f'attachment; filename="{found.file_name(form)}"'},
    )
