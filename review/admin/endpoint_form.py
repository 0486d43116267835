"""The forms of a webhook endpoint."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from governance.admin.scoped import ScopedForm
from governance.domain import EVENT_TYPES
from routing.selectors.workflows import workflows


class EndpointForm(ScopedForm):
    """An endpoint, with what it is sent as boxes to tick."""

    event_types = forms.MultipleChoiceField(
        label=_("Events"),
        choices=[(name, name) for name in EVENT_TYPES],
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text=_("None ticked: every event."),
    )
    workflows = forms.MultipleChoiceField(
        label=_("Workflows"),
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text=_("None ticked: every workflow, those to come as well."),
    )

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        field = self.fields.get("workflows")
        if isinstance(field, forms.MultipleChoiceField):
            field.choices = [(workflow.key, workflow.name) for workflow in workflows()]
        for name, text in (
            ("url", _("https; what lies inside your own network needs an entry of an admin under private hosts.")),
            ("concurrency", _("Events of one item are always sent one after the other.")),
        ):
            if name in self.fields:
                self.fields[name].help_text = text


class RotateForm(forms.Form):
    """How long both secrets sign."""

    overlap_s = forms.ChoiceField(
        label=_("The old secret goes on signing"),
        choices=[
            ("86400", _("for a day")),
            ("604800", _("for a week")),
            ("3600", _("for an hour")),
            ("0", _("no longer: it is known to somebody")),
        ],
    )
