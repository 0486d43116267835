"""Asking a server of this machine under a name that is on the list."""

from typing import Any

import pytest

from governance.outgoing import (
    OutgoingError,
    OutgoingResponse,
)
from tests.governance.outgoing.asking import Names, ask
from tests.raw_server import RawServer

HOME = ["127.0.0.1"]


def ask_listed(server: RawServer, path: str = "/", **options: Any) -> OutgoingResponse:
    """Send a request to the server under a name that is on the list."""
    names = options.pop("names", None) or Names(model_internal=[HOME])
    url = f"{options.pop('scheme', 'http')}://model.internal:{server.port}{path}"
    return ask(url, names=names, private_hosts=frozenset({("model.internal", server.port)}), **options)


def failure(server: RawServer, **options: Any) -> OutgoingError:
    with pytest.raises(OutgoingError) as caught:
        ask_listed(server, **options)
    return caught.value
