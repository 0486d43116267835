"""Tables of routing; only routing imports them."""

from routing.models.budgets import BudgetState, ErrorBudget
from routing.models.certificates import Certificate, CertificateVoid, VoidCause
from routing.models.drift import DriftLevel, DriftReference, DriftWindow
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
from routing.models.releases import PolicyProposal, ProposalKind, ProposalState, Replay, ReplayState
from routing.models.sample import DELTA, Assumptions, RateMode, SamplePlan, SampleWindow, WindowState
from routing.models.workflows import Contract, Fallback, Uncertified, Workflow, WorkflowState

__all__ = [
    "DELTA",
    "Assumptions",
    "BackendKind",
    "BudgetState",
    "Certificate",
    "CertificateVoid",
    "Contract",
    "Disposition",
    "DriftLevel",
    "DriftReference",
    "DriftWindow",
    "ErrorBudget",
    "Fallback",
    "Mode",
    "Model",
    "ModelVersion",
    "Observation",
    "ObservationSource",
    "Policy",
    "PolicyProposal",
    "PolicyVersion",
    "Prediction",
    "ProposalKind",
    "ProposalState",
    "RateMode",
    "Replay",
    "ReplayState",
    "Restriction",
    "RestrictionCause",
    "RestrictionEffect",
    "RoutingDecision",
    "SamplePlan",
    "SampleWindow",
    "Uncertified",
    "VoidCause",
    "WindowState",
    "Workflow",
    "WorkflowState",
]
