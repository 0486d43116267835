"""Tables of routing; only routing imports them."""

from routing.models.facts import (
    Disposition,
    Mode,
    Observation,
    ObservationSource,
    Prediction,
    Restriction,
    RestrictionCause,
    RestrictionEffect,
    RoutingDecision,
)
from routing.models.registry import BackendKind, Model, ModelVersion, Policy, PolicyVersion
from routing.models.workflows import Contract, Fallback, Workflow, WorkflowState

__all__ = [
    "BackendKind",
    "Contract",
    "Disposition",
    "Fallback",
    "Mode",
    "Model",
    "ModelVersion",
    "Observation",
    "ObservationSource",
    "Policy",
    "PolicyVersion",
    "Prediction",
    "Restriction",
    "RestrictionCause",
    "RestrictionEffect",
    "RoutingDecision",
    "Workflow",
    "WorkflowState",
]
