"""Saying that somebody is at the workstation: kept in Valkey alone, and for less than a minute."""

import json
from collections.abc import Collection
from functools import cache
from typing import Any

from governance.domain import Actor
from governance.valkey import circuit, client
from review.selectors.presence import ALIVE_S, INDEX_KEY, presence_key

_NOTE = """
local now = redis.call('TIME')[1]
redis.call('HSET', KEYS[1], ARGV[1], now .. ' ' .. ARGV[2])
redis.call('EXPIRE', KEYS[1], ARGV[3])
redis.call('ZADD', KEYS[2], now, ARGV[4])
redis.call('EXPIRE', KEYS[2], ARGV[3])"""


def note_presence(*, actor: Actor, page: str, keys: Collection[str]) -> None:
    """Say that the person is at work on these queues in an open page; without Valkey nothing is said."""
    said = json.dumps({"person": str(actor.id), "name": actor.name, "at": sorted(keys)})
    values = [_field(actor, page), said, ALIVE_S, actor.workspace_id.hex]
    _tell(lambda: _script()(keys=[presence_key(actor.workspace_id), INDEX_KEY], args=values))


def note_absence(*, actor: Actor, page: str) -> None:
    """Say that the page is closed; another one of the same person stays."""
    _tell(lambda: client().hdel(presence_key(actor.workspace_id), _field(actor, page)))


def _field(actor: Actor, page: str) -> str:
    return f"{actor.id}:{page}"


def _tell(say: Any) -> None:
    if not circuit.may_try():
        return
    try:
        say()
    except Exception as failure:  # whatever the client raises: the next time does
        circuit.failed(failure)
    else:
        circuit.worked()


@cache
def _script() -> Any:
    return client().register_script(_NOTE)
