"""The entered workspace."""

from dataclasses import dataclass

from governance.models import Workspace


@dataclass(frozen=True, slots=True)
class DrawKey:
    """The secret behind every random draw of a workspace, and whether the workspace holds demo data."""

    secret: bytes
    version: int
    is_demo: bool


def entered_workspace() -> Workspace:
    """Return the workspace that the transaction entered: row-level security shows no other."""
    return Workspace.objects.get()


def draw_key() -> DrawKey:
    """Return the entered workspace's key for random draws."""
    secret, version, is_demo = Workspace.objects.values_list("draw_key", "draw_key_version", "is_demo").get()
    return DrawKey(secret=bytes(secret), version=version, is_demo=is_demo)
