"""Who has to bring a second factor before they come in."""

from allauth.mfa.models import Authenticator
from django.conf import settings

from governance.domain import Role
from governance.selectors.principals import MembershipFacts

ROLES = frozenset({Role.OWNER, Role.AUDITOR, Role.ADMIN})


def lacks_second_factor(membership: MembershipFacts) -> bool:
    """Tell whether the membership asks for a second factor that the person has not set up; demo ones never do."""
    if not settings.AIOS_REQUIRE_MFA or membership.is_demo or membership.role not in ROLES:
        return False
    factors = Authenticator.objects.filter(user_id=membership.user_id)
    return not factors.exclude(type=Authenticator.Type.RECOVERY_CODES).exists()
