"""Rates that are kept over all processes: one script in Valkey, atomic over every bucket that a request takes from.

The script is the generic cell rate algorithm: a bucket is one number, the time at which it will be full again. Without
Valkey nothing is limited: a request is worth more than the limit.
"""

import math
from dataclasses import dataclass
from functools import cache
from http import HTTPStatus
from typing import Any

from django.conf import settings
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from governance.domain import Actor, ProductError
from governance.metrics import THROTTLED
from governance.valkey import circuit, client

_SCRIPT = """
local time = redis.call('TIME')
local now = time[1] * 1000000 + time[2]
local full_at, wait, which = {}, 0, 0
for i, key in ipairs(KEYS) do
    local per_unit, burst, cost = 1000000 / ARGV[3 * i - 2], tonumber(ARGV[3 * i - 1]), tonumber(ARGV[3 * i])
    local at = math.max(now, tonumber(redis.call('GET', key) or 0))
    -- What costs more than a full bucket may have one, and leaves a debt.
    local lacking = at - now + math.min(cost, burst) * per_unit - burst * per_unit
    if lacking > wait then wait, which = lacking, i end
    full_at[i] = at + cost * per_unit
end
if wait >= 1 then return {math.ceil(wait), which} end
for i, key in ipairs(KEYS) do
    redis.call('SET', key, string.format('%.0f', full_at[i]), 'PX', math.ceil((full_at[i] - now) / 1000) + 1)
end
return {0, 0}
"""


class TooManyRequestsError(ProductError):
    """A rate is spent; nothing was done."""

    code = "too_many_requests"
    status = HTTPStatus.TOO_MANY_REQUESTS
    title = gettext_noop("Too many requests")


@dataclass(frozen=True, slots=True)
class Spending:
    """What a request takes from one bucket."""

    limit: str
    key: str
    per_s: float
    burst: float
    cost: int = 1


def of_principal(actor: Actor) -> Spending | None:
    """Return one request of whoever calls; none where requests are not limited."""
    if not settings.AIOS_REQUESTS_PER_S or actor.id is None:
        return None
    key = f"rate:principal:{actor.workspace_id.hex}:{actor.id.hex}"
    return Spending("principal", key, settings.AIOS_REQUESTS_PER_S, settings.AIOS_REQUESTS_BURST)


def of_items(key: str, *, per_s: int | None, items: int) -> Spending | None:
    """Return these items of a workflow; none where it takes as many as come."""
    return Spending("workflow", f"rate:items:{key}", per_s, 2 * per_s, items) if per_s and items else None


def spend(*wanted: Spending | None) -> None:
    """Take from all buckets at once, or from none and say when to try again; one round trip at most."""
    spendings = [one for one in wanted if one is not None]
    if not spendings or not circuit.may_try():
        return
    arguments = [number for one in spendings for number in (one.per_s, one.burst, one.cost)]
    try:
        wait_us, which = _script()(keys=[one.key for one in spendings], args=arguments)
    except Exception as failure:  # whatever the client raises: a limit that can't be asked is no limit
        circuit.failed(failure)
        return
    circuit.worked()
    if wait_us:
        spent = spendings[which - 1]
        THROTTLED.labels(spent.limit).inc()
        raise _refusal(spent, wait_us / 1e6)


@cache
def _script() -> Any:
    return client().register_script(_SCRIPT)


def _refusal(spent: Spending, wait_s: float) -> TooManyRequestsError:
    of_workflow = _("At most %(n)s items a second for this workflow; nothing was changed. Try again in %(wait)d s.")
    of_caller = _("At most %(n)s requests a second for you; nothing was changed. Try again in %(wait)d s.")
    sentence = of_workflow if spent.limit == "workflow" else of_caller
    return TooManyRequestsError(
        detail=sentence % {"n": f"{spent.per_s:g}", "wait": math.ceil(wait_s)},
        extra={"retry_after_s": round(wait_s, 3), "limit": spent.limit, "per_s": spent.per_s},
    )
