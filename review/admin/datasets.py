"""Datasets, to look at; they are made and downloaded on their page."""

from django.contrib import admin

from governance.admin.scoped import ScopedAdmin
from governance.domain import Capability
from review.models import Dataset


@admin.register(Dataset)
class DatasetAdmin(ScopedAdmin[Dataset]):
    """Datasets."""

    to_view = to_write = Capability.EXPORT
    can_add = False
    is_immutable = True
    fields = ("workflow", "number", "period_from", "period_to", "frozen_at", "row_count", "created_at")
    list_display = ("workflow", "number", "period_from", "period_to", "row_count", "created_at")
    list_display_links = ("workflow", "number")
    list_select_related = ("workflow",)
    ordering = ("-created_at",)
