"""Queues and who works them."""

from typing import Any

from django import forms
from django.contrib import admin
from django.db.models import Count, QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from governance.admin.scoped import AnyForm, ScopedAdmin, ScopedForm
from governance.domain import Actor
from governance.models import User
from governance.selectors.members import active_people
from review.models import Queue
from review.services.queues import change_queue, create_queue, set_queue_members


class QueueForm(ScopedForm):
    """A queue with its members."""

    people = forms.ModelMultipleChoiceField(
        label=_("Members"),
        queryset=User.objects.none(),
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text=_("They may work the queue whatever their role's queues are."),
    )

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        people = self.fields["people"]
        assert isinstance(people, forms.ModelMultipleChoiceField)  # noqa: S101 - declared above
        people.queryset = active_people()
        if self.instance.pk and not self.instance._state.adding:
            self.initial["people"] = list(self.instance.members.values_list("pk", flat=True))


@admin.register(Queue)
class QueueAdmin(ScopedAdmin[Queue]):
    """Queues."""

    form = QueueForm
    list_display = ("name", "key", "workflow", "role", "people_count", "undo_window_s", "sla_s", "is_paused")
    list_filter = ("is_paused", "allows_bulk")
    list_select_related = ("workflow",)
    search_fields = ("name", "key")
    ordering = ("name",)
    fieldsets = (
        (None, {"fields": ("workflow", "key", "name", "is_paused", "allows_bulk")}),
        (_("Who works it"), {"fields": ("role", "people")}),
        (_("Times"), {"fields": ("undo_window_s", "lease_s", "sla_s", "step_s")}),
    )

    def get_readonly_fields(self, _request: HttpRequest, obj: Queue | None = None) -> tuple[str, ...]:
        """Keep key and workflow: policies name the one, open work belongs to the other."""
        return () if obj is None else ("workflow", "key")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Queue]:
        """Count the members along."""
        return super().get_queryset(request).annotate(people_count=Count("memberships"))

    @admin.display(description=_("members"), ordering="people_count")
    def people_count(self, row: Any) -> int:
        """Return how many members work it."""
        return int(row.people_count)

    def save_service(self, actor: Actor, row: Queue, form: AnyForm, *, change: bool) -> Queue:
        """Create or change the queue, and set its members."""
        settings = dict(form.cleaned_data)
        people = [person.id for person in settings.pop("people")]
        if change:
            queue = change_queue(actor=actor, queue=row, **settings)
        else:
            queue = create_queue(actor=actor, workflow_id=settings.pop("workflow").id, **settings)
        set_queue_members(actor=actor, queue=queue, people=people)
        return queue
