"""The transaction of one page of a long reading."""

from collections.abc import Iterator
from contextlib import contextmanager
from uuid import UUID

from django.db import transaction

from governance.selectors.scope import enter_workspace


@contextmanager
def page_scope(workspace_id: UUID | None) -> Iterator[None]:
    """Open a transaction inside the workspace; where none is named, the caller has one open."""
    if workspace_id is None:
        yield
        return
    with transaction.atomic():
        enter_workspace(workspace_id)
        yield
