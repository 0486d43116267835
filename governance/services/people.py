"""People as accounts: found by e-mail address whatever its case, made where they are missing."""

from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.utils.translation import gettext as _

from governance.domain import InvalidError
from governance.models import User


def valid_email(email: str) -> str:
    """Return the address as it is stored, or refuse what is not one."""
    email = email.strip().lower()
    try:
        validate_email(email)
    except ValidationError:
        raise InvalidError(_("That is not an e-mail address."), extra={"field": "email"}) from None
    return email


def person_with(email: str) -> User | None:
    """Return the person with this address, locked, if there is one."""
    return User.objects.select_for_update().filter(email__iexact=email).first()


def create_person(*, email: str, name: str, password: str | None) -> User:
    """Store a person; a password has to be a good one, and without one they come in by invitation or reset."""
    name = name.strip()
    if not name:
        raise InvalidError(_("Say what the person is called."), extra={"field": "name"})
    person = User(email=email, name=name[:120])
    if password is not None:
        check_password_is_good(password, person)
    return User.objects.create_user(email=email, password=password, name=person.name)


def check_password_is_good(password: str, person: User) -> None:
    """Refuse a password that the validators refuse, with all their sentences."""
    try:
        validate_password(password, person)
    except ValidationError as error:
        raise InvalidError(" ".join(error.messages), extra={"field": "password"}) from None
