"""Routing a batch under the limits of a moment, and again under those of the moment in which it is carried out."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from routing.domain.policy import Policy, Restriction
from routing.domain.predictions import PredictionResult
from routing.selectors.workflows import WorkflowFacts
from routing.services.record import Routed, RoutingInput, route_items
from routing.services.restrictions import binding_restrictions


@dataclass(frozen=True, slots=True)
class Router:
    """What a batch is routed by: the workflow's policy and labels, the draw, and the limits that run."""

    workflow: WorkflowFacts
    policy: Policy
    labels: tuple[str, ...]
    draw_key: bytes
    restrictions: Sequence[Restriction]

    def route(self, predicted: Sequence[tuple[RoutingInput, PredictionResult]]) -> list[Routed]:
        """Return where each item goes."""
        return route_items(
            workflow=self.workflow,
            policy=self.policy,
            labels=self.labels,
            draw_key=self.draw_key,
            restrictions=self.restrictions,
            predicted=predicted,
        )

    def settled(self, routed: Sequence[Routed]) -> list[Routed]:
        """Return where the items go by the limits of now, which stay as they are until the caller's transaction ends."""
        binding = binding_restrictions(self.workflow.id)
        if set(binding) == set(self.restrictions):
            return list(routed)
        return replace(self, restrictions=binding).route([(one.item, one.prediction) for one in routed])
