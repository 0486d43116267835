"""Stored files, by hash."""

import hashlib

import structlog
from django.core.files.storage import default_storage
from django.utils.translation import gettext as _

from governance.domain import NotFoundError
from review.models import Attachment

log = structlog.get_logger(__name__)


def access_attachment(sha256: str) -> Attachment:
    """Return the entered workspace's file with this hash, or say that there is none."""
    attachment = Attachment.objects.filter(sha256=sha256).first()
    if attachment is None:
        raise NotFoundError(detail=_("There is no such file."), extra={"sha256": sha256})
    return attachment


def attachment_content(attachment: Attachment) -> bytes:
    """Return the file's bytes; a file that is gone or altered is logged and not handed out."""
    content = stored_content(attachment.file, attachment.sha256)
    if content is None:
        log.error("attachment_damaged", sha256=attachment.sha256, file=attachment.file)
        raise NotFoundError(detail=_("The file is no longer what was stored."), extra={"sha256": attachment.sha256})
    return content


def stored_content(name: str, sha256: str) -> bytes | None:
    """Return what lies in the storage under a name; none if it is not what the hash says."""
    try:
        with default_storage.open(name) as stored:
            content: bytes = stored.read()
    except FileNotFoundError:
        return None
    return content if hashlib.sha256(content).hexdigest() == sha256 else None
