"""Members of the entered workspace."""

from collections.abc import Collection
from uuid import UUID

from django.db.models import QuerySet
from django.utils.translation import gettext as _

from governance.domain import InvalidError, NotFoundError
from governance.models import Membership, User
from governance.selectors.principals import memberships_of


def access_member_by_email(email: str, *, has_entered: bool) -> Membership:
    """Return an active member by address; where no workspace has been entered, enter the only one there is."""
    person = User.objects.filter(email__iexact=email).first()
    if person is not None and not has_entered:
        places = memberships_of(person.id, enter=None)
        if len(places) > 1:
            slugs = ", ".join(place.slug for place in places)
            raise InvalidError(
                _("This person belongs to several workspaces; name one of: %(slugs)s") % {"slugs": slugs}
            )
    found = Membership.objects.select_related("user", "workspace").filter(user=person, is_active=True).first()
    if person is None or found is None:
        raise NotFoundError(_("There is no member with the address %(email)s.") % {"email": email})
    return found


def active_people() -> QuerySet[User]:
    """Return the people who are active members of the entered workspace, by name."""
    ids = Membership.objects.filter(is_active=True).values("user_id")
    return User.objects.filter(id__in=ids, is_active=True).order_by("name", "email")


def pseudonyms_of(user_ids: Collection[UUID], *, ended_too: bool = False) -> dict[UUID, UUID]:
    """Return the pseudonyms of those who are active members here, or were."""
    members = Membership.objects.filter(user_id__in=user_ids)
    if not ended_too:
        members = members.filter(is_active=True, user__is_active=True)
    return dict(members.values_list("user_id", "pseudonym"))
