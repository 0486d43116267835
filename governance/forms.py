"""Forms of governance."""

from django import forms
from django.utils.translation import gettext_lazy as _


class InvitationForm(forms.Form):
    """What an invited person says."""

    name = forms.CharField(
        label=_("Your name"),
        max_length=120,
        widget=forms.TextInput(attrs={"autocomplete": "name"}),
    )
    password = forms.CharField(
        label=_("Password"),
        max_length=1024,
        strip=False,
        help_text=_("A new one of at least 10 characters; if you have an account with this address, its password."),
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
    )
