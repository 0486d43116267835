"""What a person has set for themselves."""

from typing import Any

from governance.domain import Actor
from governance.models import User


def stored_preferences(actor: Actor) -> dict[str, Any]:
    """Return the settings that are kept with the person's account; an API client has none."""
    if actor.id is None:
        return {}
    stored = User.objects.filter(id=actor.id).values_list("preferences", flat=True).first()
    return stored if isinstance(stored, dict) else {}
