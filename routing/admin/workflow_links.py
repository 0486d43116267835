"""Pages of the product about a workflow's thresholds, told by whoever has them: routing itself can't see them."""

from collections.abc import Callable, Sequence

# From a workspace's slug and a workflow's key to pairs of title and address.
LinkSource = Callable[[str, str], Sequence[tuple[str, str]]]

_sources: list[LinkSource] = []


def use(source: LinkSource) -> None:
    """Let the administration ask this function."""
    _sources[:] = [source]


def links(workspace: str, workflow: str) -> list[tuple[str, str]]:
    """Return the links of a workflow; none where nobody tells of any."""
    return [link for source in _sources for link in source(workspace, workflow)]
