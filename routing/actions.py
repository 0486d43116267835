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
    keys=["before", "body", "kind", "number", "policy", "policy_version", "proposal"],
    pii=["reason"],
)
_LIMIT = ["key", "cause", "segment", "value_above", "restriction"]
WORKFLOW_LIMITED = register(
    "workflow.limited", "Automation limited", keys=[*_LIMIT, "effect", "min_threshold", "before"], pii=["reason"]
)
WORKFLOW_LIMIT_LIFTED = register("workflow.limit_lifted", "Limit on automation lifted", keys=_LIMIT, pii=["reason"])
_BUDGET = ["budget", "segment", "value_above", "target", "delta"]
BUDGET_CREATED = register("budget.created", "Error budget created", keys=_BUDGET)
BUDGET_CHANGED = register("budget.changed", "Error budget changed", keys=["budget", "changes"])
BUDGET_RETIRED = register("budget.retired", "Error budget given up", keys=["budget"], pii=["reason"])
BUDGET_SPENT = register(
    "budget.spent", "Error budget spent", keys=[*_BUDGET, "n", "wrong", "upper", "lower", "model_version"]
)
BUDGET_RESTORED = register("budget.restored", "Error budget restored", keys=["budget", "certificate"], pii=["reason"])
DRIFT_REFERENCE_SET = register("drift.reference_set", "Reference for drift recorded", keys=["model_version", "n"])
_DRIFT = ["model_version", "window", "level", "before", "measure", "psi"]
DRIFT_ALARM = register("drift.alarm", "Drift alarm", keys=_DRIFT)
DRIFT_ENDED = register("drift.ended", "Drift alarm over", keys=_DRIFT)
ASSUMPTIONS_SET = register("assumptions.set", "Assumptions changed", keys=["key", "changes"])
_PROPOSAL = ["number", "policy", "policy_version", "proposal"]
POLICY_PROPOSED = register(
    "policy.proposed", "Policy version proposed", keys=[*_PROPOSAL, "base", "kind", "replay"], pii=["reason"]
)
POLICY_APPROVED = register("policy.approved", "Policy version approved", keys=_PROPOSAL)
POLICY_REFUSED = register("policy.refused", "Policy version refused", keys=_PROPOSAL, pii=["reason"])
POLICY_WITHDRAWN = register("policy.withdrawn", "Proposal withdrawn", keys=_PROPOSAL, pii=["reason"])
POLICY_STAGED = register("policy.staged", "Policy version staged", keys=[*_PROPOSAL, "before_share", "share"])
POLICY_ROLLED_BACK = register(
    "policy.rolled_back", "Policy version rolled back", keys=[*_PROPOSAL, "share"], pii=["reason"]
)
REPLAY_STARTED = register("replay.started", "Replay started", keys=["base", "body", "from", "replay", "until"])
REPLAY_FINISHED = register(
    "replay.finished", "Replay finished", keys=["items", "replay", "to_auto", "to_people", "to_escalate"]
)
REPLAY_FAILED = register("replay.failed", "Replay failed", keys=["problem", "replay"])
SAMPLE_PLANNED = register(
    "sample.planned",
    "Plan of the calibration sample changed",
    keys=["key", "target", "delta", "every_days", "mode", "rate", "starts_on"],
)
_WINDOW = ["window", "number", "first_day", "last_day", "target", "delta", "attempt"]
WINDOW_OPENED = register("sample.window_opened", "Window of the sample begun", keys=[*_WINDOW, "rate", "is_possible"])
WINDOW_REFUSED = register(
    "sample.window_refused", "No certificate", keys=[*_WINDOW, "reason", "n", "wrong", "missing", "model_version"]
)
WINDOW_TRIED_AGAIN = register("sample.window_tried_again", "Window of the sample tried again", keys=_WINDOW)
_CERTIFICATE = ["certificate", "number"]
CERTIFICATE_ISSUED = register(
    "certificate.issued",
    "Certificate issued",
    keys=[
        *_CERTIFICATE,
        "window",
        "attempt",
        "target",
        "delta",
        "threshold",
        "n",
        "wrong",
        "bound",
        "p_value",
        "coverage",
        "data_sha256",
        "model_version",
        "policy_version",
        "contract",
        "expires_at",
    ],
)
CERTIFICATE_VOIDED = register("certificate.voided", "Certificate void", keys=[*_CERTIFICATE, "cause"], pii=["reason"])
CERTIFICATE_EXPIRED = register("certificate.expired", "Certificate expired", keys=_CERTIFICATE)
