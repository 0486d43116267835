"""Who is at the workstation now, by queue: from Valkey, where open pages say so, and without it from who holds reviews."""

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any
from uuid import UUID

from governance.domain import Actor
from governance.selectors.names import initials_of
from governance.valkey import circuit, client
from review.selectors.queues import QueueFacts

# A page says every 20 seconds that it is there; whoever misses two is gone.
ALIVE_S = 45
INDEX_KEY = "presence"
Presence = dict[str, list["Present"]]

# A field is `<seconds> <JSON>` by Valkey's own clock, so that those of the web processes need not agree.
_READ = """
local now = tonumber(redis.call('TIME')[1])
local found = {}
local function read(key, name)
    local said = redis.call('HGETALL', key)
    for i = 1, #said, 2 do
        local at, value = string.match(said[i + 1], '^(%d+) (.*)$')
        if tonumber(at) > now - ARGV[1] then
            found[#found + 1] = name
            found[#found + 1] = value
        else
            redis.call('HDEL', key, said[i])
        end
    end
end
"""
_READ_ONE = f"{_READ} read(KEYS[1], '') return found"
_READ_ALL = f"""{_READ}
redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', now - ARGV[1])
for _, name in ipairs(redis.call('ZRANGE', KEYS[1], 0, -1)) do read(KEYS[1] .. ':' .. name, name) end
return found"""


@dataclass(frozen=True, slots=True, order=True)
class Present:
    """Somebody who is there."""

    name: str
    initials: str

    def as_json(self) -> dict[str, str]:
        """Return what clients are told."""
        return {"name": self.name, "initials": self.initials}


def presence_key(workspace_id: UUID) -> str:
    """Return the key of a workspace's hash of open pages."""
    return f"{INDEX_KEY}:{workspace_id.hex}"


def present_at(actor: Actor, queues: Sequence[QueueFacts]) -> Presence:
    """Return who is at work on these queues, which the actor may see; where Valkey is away, who holds reviews of them."""
    found = _asked(_READ_ONE, presence_key(actor.workspace_id))
    if found is None:
        return {queue.key: _named(queue.reviewers) for queue in queues}
    by_key = _by_key(value for _name, value in found)
    return {queue.key: by_key.get(queue.key, []) for queue in queues}


def present_everywhere() -> dict[UUID, Presence]:
    """Return who is at work in every workspace, in one round trip; nobody where Valkey is away."""
    values: dict[UUID, list[bytes]] = {}
    for name, value in _asked(_READ_ALL, INDEX_KEY) or []:
        values.setdefault(UUID(name.decode()), []).append(value)
    return {workspace_id: _by_key(said) for workspace_id, said in values.items()}


def _asked(source: str, key: str) -> list[tuple[bytes, bytes]] | None:
    if not circuit.may_try():
        return None
    try:
        found: list[bytes] = _script(source)(keys=[key], args=[ALIVE_S])
    except Exception as failure:  # whatever the client raises: who is there is worth no failure
        circuit.failed(failure)
        return None
    circuit.worked()
    return list(zip(found[::2], found[1::2], strict=True))


@cache
def _script(source: str) -> Any:
    return client().register_script(source)


def _by_key(values: Iterable[bytes]) -> Presence:
    names: dict[str, dict[str, str]] = {}
    for value in values:
        said = json.loads(value)
        for key in said["at"]:
            names.setdefault(key, {})[said["person"]] = said["name"]
    return {key: _named(people.values()) for key, people in names.items()}


def _named(names: Iterable[str]) -> list[Present]:
    return sorted(Present(name=name, initials=initials_of(name)) for name in names)
