"""Signing what leaves, as Standard Webhooks has it: one signature for each secret that is still good."""

import base64
import secrets
from collections.abc import Iterable
from datetime import datetime
from functools import lru_cache

from standardwebhooks import Webhook

from governance.sealing import seal, unseal

_PREFIX = "whsec_"
_SECRET_BYTES = 32


def new_secret() -> str:
    """Return a new secret in the form that verifiers take."""
    return _PREFIX + base64.b64encode(secrets.token_bytes(_SECRET_BYTES)).decode()


def sealed_secret(secret: str) -> bytes:
    """Return the secret as it is stored."""
    return seal(secret.encode())


def signed_headers(*, message_id: str, at: datetime, body: bytes, sealed: Iterable[bytes]) -> dict[str, str]:
    """Return the headers that prove where the body comes from."""
    text = body.decode()
    signatures = [_signer(bytes(one)).sign(message_id, at, text) for one in sealed]
    return {
        "webhook-id": message_id,
        "webhook-timestamp": str(int(at.timestamp())),
        "webhook-signature": " ".join(signatures),
    }


@lru_cache(maxsize=256)
def _signer(sealed: bytes) -> Webhook:
    return Webhook(unseal(sealed).decode())
