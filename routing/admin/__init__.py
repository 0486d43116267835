"""The administration of workflows: contracts, models, policies."""

from routing.admin import contracts, model_versions, policies, workflows

__all__ = ["contracts", "model_versions", "policies", "workflows"]
