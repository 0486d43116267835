"""What a policy would have done with the items of the last days, beside the one in force: counts, quickly."""

from dataclasses import dataclass, field
from datetime import timedelta
from uuid import UUID

import numpy as np
from django.utils import timezone

from routing.domain.policy_body import Policy
from routing.domain.replay import dispositions
from routing.selectors.scored import scored
from routing.selectors.withheld import withheld_items

_DAYS = 14
MOST_ITEMS = 500_000
_NAMES = ("auto", "review", "escalate")


@dataclass(slots=True)
class PolicyPreview:
    """Counts of items by where they go, before and after; `is_whole` tells whether all of the period were looked at."""

    days: int
    items: int = 0
    is_whole: bool = True
    before: dict[str, int] = field(default_factory=lambda: dict.fromkeys(_NAMES, 0))
    after: dict[str, int] = field(default_factory=lambda: dict.fromkeys(_NAMES, 0))
    to_auto: int = 0
    to_people: int = 0


def preview_policy(workflow_id: UUID, *, now: Policy | None, then: Policy, most: int = MOST_ITEMS) -> PolicyPreview:
    """Return what another policy would do with the items of the last 14 days; without one in force everything goes to people now.

    It reads in the caller's transaction, and leaves out what may not be told of. Limits that run are left out: it is the policies that are held against each other. Errors are the tuner's and the replay's.
    """
    until = timezone.now()
    found = PolicyPreview(days=_DAYS)
    withheld = withheld_items(workflow_id)
    for columns in scored(workflow_id, since=until - timedelta(days=_DAYS), until=until, withheld=withheld):
        after = dispositions(columns, then)
        before = dispositions(columns, now) if now is not None else np.ones_like(after)
        found.items += len(after)
        for place, name in enumerate(_NAMES):
            found.before[name] += int((before == place).sum())
            found.after[name] += int((after == place).sum())
        found.to_auto += int(((before != 0) & (after == 0)).sum())
        found.to_people += int(((before == 0) & (after != 0)).sum())
        if found.items >= most:
            found.is_whole = False
            break
    return found
