"""What routing writes to the audit trail."""

from governance.actions import register

WORKFLOW_CREATED = register("workflow.created", "Workflow created", keys=["key", "name"])
WORKFLOW_CHANGED = register("workflow.changed", "Workflow changed", keys=["changes"])
WORKFLOW_ACTIVATED = register("workflow.activated", "Workflow activated", keys=["contract", "policy", "model"])
WORKFLOW_PAUSED = register("workflow.paused", "Workflow paused")
WORKFLOW_STOPPED = register("workflow.stopped", "Automation stopped", keys=["key", "restriction"], pii=["reason"])
WORKFLOW_RESUMED = register("workflow.resumed", "Automation resumed", keys=["key", "restriction"], pii=["reason"])
CONTRACT_ADDED = register(
    "contract.added",
    "Contract version added",
    keys=["contract", "version", "input_sha256", "output_sha256"],
)
CONTRACT_SET = register("contract.set", "Contract version put in force", keys=["contract", "version", "before"])
MODEL_REGISTERED = register(
    "model.registered",
    "Model version registered",
    keys=["backend", "model", "model_version", "sha256", "url", "version"],
)
MODEL_TOKEN_SET = register(
    "model.token_set",
    "Token of a model changed",
    keys=["has_token", "model", "model_version", "version"],
)
MODEL_SET = register("model.set", "Model version put in charge", keys=["model_version", "version", "before"])
POLICY_ADDED = register("policy.added", "Policy version drafted", keys=["body", "number", "policy", "policy_version"])
POLICY_ACTIVATED = register(
    "policy.activated",
    "Policy version activated",
    keys=["before", "body", "number", "policy", "policy_version"],
)
