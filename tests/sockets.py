"""A browser's end of a WebSocket, in the process; the one in Channels needs a server that is not used here."""

import json
from typing import Any
from urllib.parse import urlsplit

from asgiref.testing import ApplicationCommunicator


class Socket(ApplicationCommunicator):
    """Speaks the ASGI protocol of one WebSocket."""

    def __init__(self, application: Any, address: str, headers: list[tuple[bytes, bytes]]) -> None:
        scope = {
            "type": "websocket",
            "path": urlsplit(address).path,
            "query_string": urlsplit(address).query.encode(),
            "headers": headers,
            "subprotocols": [],
        }
        super().__init__(application, scope)

    async def connect(self) -> bool:
        """Ask to be let in; tell whether the handshake was answered."""
        await self.send_input({"type": "websocket.connect"})
        return bool((await self.receive_output(5))["type"] == "websocket.accept")

    async def send(self, **message: Any) -> None:
        """Send a text or bytes."""
        await self.send_input({"type": "websocket.receive"} | message)

    async def receive(self) -> dict[str, Any]:
        """Return the next message."""
        message: dict[str, Any] = json.loads((await self.receive_output(5))["text"])
        return message

    async def closed(self) -> int:
        """Return the code with which the server closes, as the next thing it does."""
        message = await self.receive_output(5)
        assert message["type"] == "websocket.close", message
        return int(message["code"])

    async def leave(self) -> None:
        """Close this end."""
        await self.send_input({"type": "websocket.disconnect", "code": 1000})
        await self.wait(5)
