"""The last check before a service writes: the actor's role must carry it."""

from governance.domain import Actor, Capability, ForbiddenError


def require(actor: Actor, capability: Capability) -> None:
    """Refuse an actor whose role does not carry the capability."""
    if not actor.can(capability):
        raise ForbiddenError(extra={"capability": capability.value})
