"""The product's pages about a workflow's thresholds, for the administration's pages of policies."""

from django.urls import reverse
from django.utils.translation import gettext as _


def threshold_links(workspace: str, workflow: str) -> list[tuple[str, str]]:
    """Return titles and addresses."""
    address = {"workspace": workspace, "key": workflow}
    return [
        (_("Thresholds"), reverse("review:thresholds", kwargs=address)),
        (_("Versions"), reverse("review:versions", kwargs=address)),
    ]
