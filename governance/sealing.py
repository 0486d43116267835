"""Secrets that the product must read again are stored sealed: unreadable in the database, in dumps and in backups.

The keys come from SECRET_KEY by HKDF. After a change of SECRET_KEY the old one stays in SECRET_KEY_FALLBACKS until everything that
was sealed under it has been sealed anew.
"""

import base64
from functools import lru_cache

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from django.conf import settings

_INFO = b"aios-review sealing v1"
_KEY_BYTES = 32


class BrokenSealError(Exception):
    """The bytes were not sealed under any key of this installation, or were altered since."""


def seal(secret: bytes) -> bytes:
    """Return the secret as it may be stored; ASCII, and different each time."""
    return _keys(_secret_keys()).encrypt(secret)


def unseal(sealed: bytes | memoryview) -> bytes:
    """Return the secret that was sealed; raises BrokenSealError."""
    try:
        return _keys(_secret_keys()).decrypt(bytes(sealed))
    except InvalidToken:
        message = "The secret can't be read: it was sealed under another SECRET_KEY, or altered."
        raise BrokenSealError(message) from None


def _secret_keys() -> tuple[str, ...]:
    return (settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS)


@lru_cache(maxsize=8)
def _keys(secret_keys: tuple[str, ...]) -> MultiFernet:
    """Return the keys, the newest first: it seals, and all of them open."""
    return MultiFernet([Fernet(base64.urlsafe_b64encode(_derived(key))) for key in secret_keys])


def _derived(secret_key: str) -> bytes:
    return HKDF(algorithm=SHA256(), length=_KEY_BYTES, salt=None, info=_INFO).derive(secret_key.encode())
