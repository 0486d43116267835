"""Keeping what a person sets for themselves. It is theirs alone and changes nothing for others, so no trail tells of it."""

from typing import Any

from django.utils.translation import gettext as _

from governance.domain import Actor, ActorKind, ForbiddenError
from governance.models import User


def store_preferences(*, actor: Actor, preferences: dict[str, Any]) -> None:
    """Keep the person's settings with their account, in place of the former ones."""
    if actor.kind is not ActorKind.PERSON or actor.id is None:
        raise ForbiddenError(detail=_("Only a person has settings."))
    User.objects.filter(id=actor.id).update(preferences=preferences)
