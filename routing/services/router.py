"""Routing a batch under the limits of a moment, and again under those of the moment in which it is carried out."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from routing.domain.policy import Policy, Restriction
from routing.domain.predictions import PredictionResult
from routing.selectors.workflows import WorkflowFacts, versions_now
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
    candidate: Policy | None = None

    def route(self, predicted: Sequence[tuple[RoutingInput, PredictionResult]]) -> list[Routed]:
        """Return where each item goes."""
        return route_items(
            workflow=self.workflow,
            policy=self.policy,
            labels=self.labels,
            draw_key=self.draw_key,
            restrictions=self.restrictions,
            predicted=predicted,
            candidate=self.candidate,
        )

    def settled(self, routed: Sequence[Routed]) -> list[Routed]:
        """Return where the items go by the limits of now, which stay as they are until the caller's transaction ends.

        A candidate that has been rolled back meanwhile routes nothing any more; one that came into force is as good as before.
        """
        binding = binding_restrictions(self.workflow.id)
        is_taken_back = self.candidate is not None and not self._candidate_stands()
        if set(binding) == set(self.restrictions) and not is_taken_back:
            return list(routed)
        now = replace(self, restrictions=binding, candidate=None if is_taken_back else self.candidate)
        return now.route([(one.item, one.prediction) for one in routed])

    def _candidate_stands(self) -> bool:
        return self.workflow.candidate_version_id in versions_now(self.workflow.id)
