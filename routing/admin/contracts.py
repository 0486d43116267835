"""Contract versions: new ones are added, none is changed."""

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from governance.admin.scoped import AnyForm, ScopedAdmin, actor_of
from governance.domain import Actor
from routing.models import Contract
from routing.services.config import add_contract, set_contract


@admin.register(Contract)
class ContractAdmin(ScopedAdmin[Contract]):
    """Contract versions."""

    is_immutable = True
    list_display = ("workflow", "version", "in_force", "created_at")
    list_display_links = ("version",)
    list_select_related = ("workflow",)
    ordering = ("workflow__name", "-created_at")
    actions = ("put_in_force",)

    def get_fields(self, _request: HttpRequest, obj: Contract | None = None) -> list[Any]:
        """Ask for what a version consists of."""
        asked = ["workflow", "version", "input_schema", "output_schema"]
        return asked if obj is None else [*asked, "in_force", "created_at"]

    def get_readonly_fields(self, _request: HttpRequest, _obj: Contract | None = None) -> list[str]:
        """Name what is told rather than stored."""
        return ["in_force", "created_at"]

    @admin.display(description=_("in force"), boolean=True)
    def in_force(self, row: Contract) -> bool:
        """Tell whether new items have to keep it."""
        return row.workflow.contract_id == row.id

    def save_service(
        self,
        actor: Actor,
        row: Contract,
        form: AnyForm,
        *,
        change: bool,
    ) -> Contract:
        """Add a version."""
        return add_contract(actor=actor, **form.cleaned_data)

    @admin.action(description=_("Put in force for new items"), permissions=["write"])
    def put_in_force(self, request: HttpRequest, queryset: QuerySet[Contract]) -> None:
        """Put the chosen versions in force."""
        actor = actor_of(request)
        rows = queryset.select_related("workflow")
        self.for_each(request, rows, lambda row: set_contract(actor=actor, workflow=row.workflow, contract=row))
