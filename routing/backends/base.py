"""What every way of calling a model offers."""

from collections.abc import Mapping, Sequence
from typing import Any, Protocol

from routing.domain.predictions import PredictionResult

Payload = Mapping[str, Any]


class Backend(Protocol):
    """A model that can be asked; it answers every payload, in order, and never raises for what a payload holds."""

    def predict(self, payloads: Sequence[Payload]) -> list[PredictionResult]:
        """Return one result per payload."""
        ...
