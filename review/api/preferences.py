"""A person's own settings."""

from typing import ClassVar

from django.conf import settings
from django.http import HttpResponse
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request

from governance.api.answers import json_response
from governance.api.body import Body
from governance.api.shapes import REFUSALS
from governance.api.views import ApiView
from governance.domain import Capability
from governance.selectors.preferences import stored_preferences
from governance.services.preferences import store_preferences
from review.api import setup_shapes as shapes
from review.domain.preferences import MOST_BREAK_MIN, Preferences, preferences_from

_YEAR_S = 365 * 24 * 3600


class MyPreferences(ApiView):
    """How the caller wants the workstation."""

    required: ClassVar[dict[str, Capability]] = {"GET": Capability.REVIEW, "PUT": Capability.REVIEW}

    @extend_schema(operation_id="see_preferences", tags=["people"], responses={200: shapes.PreferencesShape} | REFUSALS)
    def get(self, _request: Request) -> HttpResponse:
        """Return the caller's settings."""
        return json_response(preferences_from(stored_preferences(self.actor)).stored())

    @extend_schema(
        operation_id="set_preferences",
        tags=["people"],
        request=shapes.PreferencesShape,
        responses={200: shapes.PreferencesShape} | REFUSALS,
    )
    def put(self, request: Request) -> HttpResponse:
        """Set them all anew; what is missing is as usual. Two actions on one key are refused."""
        chosen = _preferences(request)
        store_preferences(actor=self.actor, preferences=chosen.stored())
        response = json_response(chosen.stored())
        response.set_cookie(
            settings.LANGUAGE_COOKIE_NAME,
            chosen.language,
            max_age=_YEAR_S,
            secure=settings.SESSION_COOKIE_SECURE,
            samesite="Lax",
        )
        return response


def _preferences(request: Request) -> Preferences:
    usual = Preferences()
    body = Body(request.data, known=usual.stored().keys())
    chosen = Preferences(
        keys=body.members("keys"),
        text_size=body.text("text_size", most=16) or usual.text_size,
        blur_images=body.flag("blur_images"),
        grey_images=body.flag("grey_images"),
        break_every_min=body.whole("break_every_min", least=0, most=MOST_BREAK_MIN, default=0),
        language=body.text("language", most=16) or usual.language,
    )
    body.errors += chosen.problems(dict(settings.LANGUAGES))
    body.close()
    return chosen
