"""What a role may call: every view declares, per method, the capability that it asks for."""

from typing import Any

from django.core.exceptions import ImproperlyConfigured
from django.utils.translation import gettext as _
from rest_framework.exceptions import MethodNotAllowed
from rest_framework.permissions import BasePermission
from rest_framework.request import Request

from governance.domain import Actor, Capability, ForbiddenError


class HasCapability(BasePermission):
    """Lets an actor through whose role carries what the view's `required` names for the method."""

    def has_permission(self, request: Request, view: Any) -> bool:
        """Tell whether the caller is known; say it where the role does not suffice."""
        required: dict[str, Capability] | None = getattr(view, "required", None)
        if required is None:
            message = f"{type(view).__name__} does not declare which capability it requires"
            raise ImproperlyConfigured(message)
        method = "GET" if request.method == "HEAD" else str(request.method)
        if method not in required:
            raise MethodNotAllowed(method)
        actor = request.auth
        if not isinstance(actor, Actor):
            return False
        if not actor.can(required[method]):
            raise ForbiddenError(
                detail=_("The role %(role)s does not allow this; it takes “%(capability)s”.")
                % {"role": actor.role, "capability": required[method].value},
                extra={"required": required[method].value},
            )
        return True
