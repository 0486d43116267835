"""Configuring a workflow, in one import: its settings, contracts, models and policies."""

from routing.services.activation import activate_policy_version
from routing.services.contracts import add_contract, set_contract
from routing.services.model_versions import register_model_version, set_model_token, set_model_version
from routing.services.policies import add_policy_version
from routing.services.workflows import activate_workflow, change_workflow, create_workflow, pause_workflow

__all__ = [
    "activate_policy_version",
    "activate_workflow",
    "add_contract",
    "add_policy_version",
    "change_workflow",
    "create_workflow",
    "pause_workflow",
    "register_model_version",
    "set_contract",
    "set_model_token",
    "set_model_version",
]
