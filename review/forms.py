"""Forms of the pages."""

from datetime import UTC, datetime, time, timedelta
from typing import Any

from django import forms
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

_ONE_DAY = timedelta(days=1)


class _DateInput(forms.DateInput):
    input_type = "date"


class DatasetForm(forms.Form):
    """Which answers to freeze: a workflow's, from one day up to and with another."""

    workflow = forms.ChoiceField(label=_("Workflow"), widget=forms.Select(attrs={"class": "select"}))
    period_from = forms.DateField(
        label=_("First day"),
        widget=_DateInput(format="%Y-%m-%d", attrs={"class": "input"}),
    )
    period_to = forms.DateField(
        label=_("Last day"),
        widget=_DateInput(format="%Y-%m-%d", attrs={"class": "input"}),
    )

    def __init__(self, *args: Any, workflows: list[tuple[str, str]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["workflow"]
        assert isinstance(field, forms.ChoiceField)  # noqa: S101 - as declared above
        field.choices = workflows

    def clean(self) -> dict[str, Any]:
        """Refuse a period that ends before it begins."""
        cleaned = super().clean() or {}
        first, last = cleaned.get("period_from"), cleaned.get("period_to")
        if first and last and last < first:
            self.add_error("period_to", _("The last day lies before the first."))
        return cleaned

    def period(self) -> tuple[datetime, datetime]:
        """Return the days as a half-open span of time."""
        first, last = self.cleaned_data["period_from"], self.cleaned_data["period_to"]
        return _midnight(first), _midnight(last + _ONE_DAY)


def _midnight(day: Any) -> datetime:
    return timezone.make_aware(datetime.combine(day, time.min))


class _MomentInput(forms.DateTimeInput):
    input_type = "datetime-local"


class MomentField(forms.CharField):
    """A moment: with its offset as the page's script sends it, else taken as UTC."""

    widget = _MomentInput(attrs={"class": "input"})

    def clean(self, value: Any) -> Any:
        """Return the moment."""
        text = super().clean(value)
        try:
            at = datetime.fromisoformat(text)
        except ValueError:
            raise forms.ValidationError(_("Enter a day and a time.")) from None
        return at if at.tzinfo is not None else at.replace(tzinfo=UTC)


class ReplayForm(forms.Form):
    """What to send again: an endpoint's events of a period."""

    endpoint = forms.ChoiceField(label=_("Endpoint"), widget=forms.Select(attrs={"class": "select"}))
    since = MomentField(label=_("From"))
    until = MomentField(label=_("Until"))

    def __init__(self, *args: Any, endpoints: list[tuple[str, str]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.auto_id = "replay_%s"
        field = self.fields["endpoint"]
        assert isinstance(field, forms.ChoiceField)  # noqa: S101 - as declared above
        field.choices = endpoints

    def clean(self) -> dict[str, Any]:
        """Refuse a period that ends before it begins."""
        cleaned = super().clean() or {}
        since, until = cleaned.get("since"), cleaned.get("until")
        if since and until and until <= since:
            self.add_error("until", _("The period ends before it begins."))
        return cleaned


def _decimal() -> forms.NumberInput:
    return forms.NumberInput(attrs={"class": "input", "step": "any", "inputmode": "decimal"})


class BudgetForm(forms.Form):
    """An error budget: a share in per cent, and which items it is about."""

    target = forms.FloatField(
        label=_("Wrong, at most (%)"),
        min_value=0.01,
        max_value=50,
        initial=0.5,
        widget=_decimal(),
    )
    segment = forms.CharField(
        label=_("Segment"),
        max_length=63,
        required=False,
        widget=forms.TextInput(attrs={"class": "input"}),
        help_text=_("Empty: all items."),
    )
    value_above = forms.FloatField(
        label=_("Value above"),
        required=False,
        widget=_decimal(),
        help_text=_("Empty: of any value, and those without one."),
    )

    def content(self) -> dict[str, Any]:
        """Return the budget as the service takes it."""
        return self.cleaned_data | {"target": self.cleaned_data["target"] / 100}


class PlanForm(forms.Form):
    """What is to be certified how often; shares in per cent."""

    target = forms.FloatField(
        label=_("Wrong, at most (%)"),
        min_value=0.01,
        max_value=50,
        initial=2,
        widget=_decimal(),
    )
    every_days = forms.IntegerField(
        label=_("Certified every (days)"),
        min_value=1,
        max_value=366,
        initial=14,
        widget=forms.NumberInput(attrs={"class": "input"}),
    )
    delta = forms.ChoiceField(
        label=_("Said with"),
        choices=[("0.1", "90 %"), ("0.05", "95 %"), ("0.01", "99 %")],
        initial="0.05",
        widget=forms.Select(attrs={"class": "select"}),
    )
    mode = forms.ChoiceField(
        label=_("Share drawn"),
        choices=[("computed", _("computed from the promise")), ("by_hand", _("set by hand"))],
        widget=forms.Select(attrs={"class": "select"}),
    )
    rate = forms.FloatField(
        label=_("Share by hand (%)"),
        min_value=0,
        max_value=100,
        required=False,
        widget=_decimal(),
    )

    def clean(self) -> dict[str, Any]:
        """Want a share where it is set by hand."""
        cleaned = super().clean() or {}
        if cleaned.get("mode") == "by_hand" and cleaned.get("rate") is None and "rate" not in self.errors:
            self.add_error("rate", _("Say which share is drawn."))
        return cleaned

    def content(self) -> dict[str, Any]:
        """Return the promise as the service takes it."""
        said = self.cleaned_data
        return {
            "target": said["target"] / 100,
            "every_days": said["every_days"],
            "delta": float(said["delta"]),
            "mode": said["mode"],
            "rate": said["rate"] / 100 if said["mode"] == "by_hand" else None,
        }
