"""What every page of the administration keeps to: one workspace, capabilities, services, nothing deleted."""

from typing import TYPE_CHECKING, Any, ClassVar, Generic, TypeVar, cast
from uuid import UUID

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import FieldDoesNotExist
from django.db import transaction
from django.db.models import ForeignKey, Model, QuerySet
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _

from governance.domain import Actor, Capability, ProductError
from governance.models import User
from governance.selectors.members import active_people
from governance.views.access import WorkspaceRequest

Row = TypeVar("Row", bound=Model)

if TYPE_CHECKING:
    AnyForm = forms.ModelForm[Any]
    RowAdmin = admin.ModelAdmin
else:
    # Django's own classes take no type arguments when they run.
    AnyForm = forms.ModelForm

    class RowAdmin(admin.ModelAdmin, Generic[Row]):
        """ModelAdmin as the type checker knows it."""


class ScopedForm(AnyForm):
    """A form that also shows what the service refused after the fields themselves were fine."""

    refusal: ClassVar[ProductError | None] = None
    workspace_id: ClassVar[UUID]

    def clean(self) -> dict[str, Any] | None:
        """Put the service's refusal beside the field that it names."""
        cleaned = super().clean()
        if self.refusal is not None:
            field = self.refusal.extra.get("field")
            self.add_error(field if field in self.fields else None, str(self.refusal))
        return cleaned


class ScopedAdmin(RowAdmin[Row]):
    """Shows the rows of the entered workspace and saves through services."""

    is_scoped = True
    form = ScopedForm
    show_full_result_count = False
    list_per_page = 50
    actions_on_bottom = False
    view_on_site = False

    # Who sees the rows, who writes them; and whether a row may change once it is there.
    to_view: ClassVar[Capability] = Capability.CONFIGURE
    to_write: ClassVar[Capability] = Capability.CONFIGURE
    can_add: ClassVar[bool] = True
    is_immutable: ClassVar[bool] = False

    def save_service(self, actor: Actor, row: Row, form: AnyForm, *, change: bool) -> Row:
        """Store what the form says by a service and return the stored row; every admin that writes says how."""
        raise NotImplementedError

    def save_model(self, request: HttpRequest, obj: Row, form: Any, change: bool) -> None:
        """Hand the form over to the service."""
        take_over(obj, self.save_service(actor_of(request), obj, form, change=change))

    def changeform_view(
        self,
        request: HttpRequest,
        object_id: str | None = None,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        """Show the form again with what the service refused, beside the field in question."""
        try:
            with transaction.atomic():
                return super().changeform_view(request, object_id, form_url, extra_context)
        except ProductError as refusal:
            request.refusal = refusal  # type: ignore[attr-defined]
            return super().changeform_view(request, object_id, form_url, extra_context)

    def get_form(self, request: HttpRequest, obj: Row | None = None, change: bool = False, **options: Any) -> Any:
        """Return the form, which knows of the service's refusal if there was one."""
        form = super().get_form(request, obj, change, **options)
        return type(
            form.__name__,
            (form,),
            {"refusal": getattr(request, "refusal", None), "workspace_id": actor_of(request).workspace_id},
        )

    def get_queryset(self, request: HttpRequest) -> QuerySet[Row]:
        """Return the workspace's rows; row-level security would show no others either."""
        return super().get_queryset(request).filter(workspace_id=actor_of(request).workspace_id)

    def formfield_for_foreignkey(self, db_field: ForeignKey[Any, Any], request: HttpRequest, **options: Any) -> Any:
        """Offer only what belongs to the workspace."""
        related = db_field.related_model
        if related is User:
            options["queryset"] = active_people()
        elif _has_workspace(related):
            options["queryset"] = related._default_manager.filter(workspace_id=actor_of(request).workspace_id)
        else:
            message = f"{related.__name__} belongs to no workspace and can't be chosen"
            raise TypeError(message)
        return super().formfield_for_foreignkey(db_field, request, **options)

    def has_module_permission(self, request: HttpRequest) -> bool:
        """Show the app where one of its rows may be seen."""
        return self.has_view_permission(request)

    def has_view_permission(self, request: HttpRequest, _obj: Row | None = None) -> bool:
        """Ask the role, not Django's permissions."""
        return actor_of(request).can(self.to_view)

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Ask the role."""
        return self.can_add and actor_of(request).can(self.to_write)

    def has_change_permission(self, request: HttpRequest, _obj: Row | None = None) -> bool:
        """Ask the role; what never changes is shown and not edited."""
        return not self.is_immutable and actor_of(request).can(self.to_write)

    def has_delete_permission(self, _request: HttpRequest, _obj: Row | None = None) -> bool:
        """Delete nothing: things are paused, ended or superseded."""
        return False

    def has_write_permission(self, request: HttpRequest) -> bool:
        """Let actions ask for the role that writes."""
        return actor_of(request).can(self.to_write)

    def log_addition(self, *_args: Any, **_options: Any) -> Any:
        """Leave it to the audit trail: Django's own log knows no workspaces."""

    def log_change(self, *_args: Any, **_options: Any) -> Any:
        """Leave it to the audit trail."""

    def history_view(self, request: HttpRequest, object_id: str, extra_context: Any = None) -> HttpResponse:
        """Show no history of Django's: what happened stands in the audit events."""
        empty: dict[str, Any] = {"action_list": []} | (extra_context or {})
        return super().history_view(request, object_id, empty)

    def for_each(self, request: HttpRequest, rows: QuerySet[Row], service: Any) -> int:
        """Call a service for each chosen row; a refusal is told and changes nothing. Return how many went well."""
        done = 0
        for row in rows:
            try:
                with transaction.atomic():
                    service(row)
                done += 1
            except ProductError as refusal:
                self.message_user(request, f"{row}: {refusal}", messages.ERROR)
        if done:
            self.message_user(request, _("Done: %(count)s") % {"count": done}, messages.SUCCESS)
        return done


def actor_of(request: HttpRequest) -> Actor:
    """Return who the admin site let in."""
    return cast("WorkspaceRequest", request).actor


def take_over(shown: Model, stored: Model) -> None:
    """Let the row that a form made stand for the row that a service stored."""
    shown.__dict__.update(stored.__dict__)


def _has_workspace(model: type[Model]) -> bool:
    try:
        model._meta.get_field("workspace")
    except FieldDoesNotExist:
        return False
    return True
