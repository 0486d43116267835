"""Tokens with which scripts act as a person. The token is seen once; its hash is kept."""

import secrets
from datetime import datetime, timedelta

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from governance import actions
from governance.domain import Actor, Capability, ConflictError, InvalidError
from governance.models import Membership, PersonToken
from governance.selectors.principals import token_digest
from governance.services import audit
from governance.services.rights import require

PREFIX = "aios_"
DEFAULT_DAYS = 30
MOST_DAYS = 365


def issue_person_token(*, actor: Actor, membership: Membership, expires_at: datetime | None = None) -> str:
    """Return a new token of a member; another person's takes the right to manage members."""
    with transaction.atomic(savepoint=False):
        if actor.id != membership.user_id:
            require(actor, Capability.MANAGE_MEMBERS)
        now = timezone.now()
        expires_at = expires_at or now + timedelta(days=DEFAULT_DAYS)
        if not now < expires_at <= now + timedelta(days=MOST_DAYS, minutes=1):
            message = _("A token is valid for at most %(days)s days.") % {"days": MOST_DAYS}
            raise InvalidError(message, extra={"field": "expires_at"})
        if not membership.is_active:
            raise ConflictError(_("This membership has ended."))
        token = PREFIX + secrets.token_urlsafe(32)
        PersonToken.objects.create(
            token_hash=token_digest(token),
            workspace_id=membership.workspace_id,
            membership=membership,
            expires_at=expires_at,
        )
        audit.record(
            actor=actor,
            action=actions.TOKEN_ISSUED,
            stream=("member", membership.id),
            data={"member": str(membership.pseudonym), "expires_at": expires_at.isoformat()},
        )
        return token
