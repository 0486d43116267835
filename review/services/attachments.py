"""Keeping files: known by their hash, of a few harmless kinds, images only if they can be decoded."""

import hashlib
import io
import warnings

from django.conf import settings
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.db import transaction
from PIL import Image

from governance.domain import Actor, InvalidError, TooLargeError, uuid7
from governance.services import audit
from review.domain import actions
from review.domain.errors import FileNotTakenError
from review.domain.files import media_type_of
from review.models import Attachment
from review.selectors.attachments import stored_content

MOST_PIXELS = 64_000_000
_NAME_LENGTH = 200


def store_attachment(*, actor: Actor, content: bytes, name: str = "") -> tuple[Attachment, bool]:
    """Keep the file for the workspace and tell whether it is new; the same bytes are kept once."""
    if not content:
        raise InvalidError(detail="The file is empty.")
    if len(content) > settings.AIOS_ATTACHMENT_BYTES:
        raise TooLargeError(detail=f"A file has at most {settings.AIOS_ATTACHMENT_BYTES} bytes.")
    media_type = media_type_of(content)
    if media_type is None:
        raise FileNotTakenError(detail="Images (PNG, JPEG, GIF, WebP), PDF, JSON and UTF-8 text are taken.")
    if media_type.startswith("image/"):
        _check_image(content)
    sha256 = hashlib.sha256(content).hexdigest()
    with transaction.atomic(savepoint=False):
        known = Attachment.objects.filter(sha256=sha256).first()
        if known is not None:
            return known, False
        attachment = Attachment(
            id=uuid7(),
            workspace_id=actor.workspace_id,
            sha256=sha256,
            media_type=media_type,
            size=len(content),
            file=_kept(f"attachments/{actor.workspace_id}/{sha256[:2]}/{sha256}", sha256, content),
            name="".join(char for char in name if char.isprintable())[-_NAME_LENGTH:],
        )
        Attachment.objects.bulk_create([attachment], ignore_conflicts=True)
        stored = Attachment.objects.get(sha256=sha256)
        if stored.id != attachment.id:
            return stored, False
        audit.record(
            actor=actor,
            action=actions.ATTACHMENT_STORED,
            stream=("attachment", attachment.id),
            data={"media_type": media_type, "sha256": sha256, "size": len(content)},
        )
        return attachment, True


def _kept(path: str, sha256: str, content: bytes) -> str:
    """Return the name under which the storage holds the content; what an interrupted write left is not trusted."""
    if default_storage.exists(path) and stored_content(path, sha256) is not None:
        return path
    return default_storage.save(path, ContentFile(content))


def _check_image(content: bytes) -> None:
    """Refuse an image that can't be decoded in full, or that unpacks to more than it should."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            with Image.open(io.BytesIO(content), formats=["PNG", "JPEG", "GIF", "WEBP"]) as image:
                is_too_large = image.width * image.height > MOST_PIXELS
                if not is_too_large:
                    image.load()
    except Exception as failure:
        raise FileNotTakenError(detail="The file begins like an image and can't be decoded as one.") from failure
    if is_too_large:
        raise FileNotTakenError(detail=f"An image has at most {MOST_PIXELS} pixels.")
