"""Entering a workspace: row-level security lets the open transaction see that one alone."""

from uuid import UUID

from django.db import connection
from django.utils.translation import gettext as _

from governance.domain import NotFoundError


def enter_workspace(workspace_id: UUID) -> None:
    """Let the rest of the open transaction see this workspace and no other."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT set_config('app.workspace', %s, true)", [str(workspace_id)])


def enter_workspace_by_slug(slug: str) -> UUID:
    """Enter the workspace with this address; for commands."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT aios_workspace_by_slug(%s)", [slug])
        (workspace_id,) = cursor.fetchone()
    if workspace_id is None:
        raise NotFoundError(detail=_("There is no workspace “%(slug)s”.") % {"slug": slug})
    enter_workspace(workspace_id)
    return UUID(str(workspace_id))
