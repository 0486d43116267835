"""Which dead items a statement takes: one, or a workflow's in batches in the order of their ids."""

from dataclasses import dataclass, replace
from typing import Any
from uuid import UUID

BATCH = 500
_FIRST = UUID(int=0)

_COLUMNS = "i.id, i.attempts, i.failure"

DEAD_ONE_SQL = f"""
SELECT {_COLUMNS} FROM review_item i WHERE i.id = %(item)s::uuid AND i.state = 'dead' FOR UPDATE"""  # noqa: S608

# What somebody else is dealing with at this moment is left to them.
DEAD_BATCH_SQL = f"""
SELECT {_COLUMNS} FROM review_item i
 WHERE i.workflow_id = %(workflow)s::uuid AND i.state = 'dead' AND i.id > %(after)s::uuid
   AND (%(failure)s::text IS NULL OR i.failure = %(failure)s::text)
 ORDER BY i.id FOR UPDATE SKIP LOCKED LIMIT {BATCH}"""  # noqa: S608 - composed of constants


@dataclass(frozen=True, slots=True)
class Batch:
    """A workflow's dead items behind an id, all or those of one failure."""

    workflow_id: UUID
    failure: str | None = None
    after: UUID = _FIRST

    def behind(self, item_id: UUID) -> "Batch":
        """Return the batch that follows."""
        return replace(self, after=item_id)

    def parameters(self) -> dict[str, Any]:
        """Return what DEAD_BATCH_SQL needs."""
        return {"workflow": self.workflow_id, "failure": self.failure, "after": self.after}
