"""What review writes to the audit trail."""

from governance.actions import register

ITEM_RECEIVED = register(
    "item.received",
    "Received",
    keys=["contract", "flags", "payload_sha256", "value", "segment", "priority"],
    pii=["external_id", "subject"],
)
_ROUTING_KEYS = (
    "attempt",
    "confidence",
    "disposition",
    "draw_probability",
    "drawn",
    "failure",
    "label",
    "model_version",
    "policy_version",
    "queue",
    "reason",
    "reason_code",
)
ITEM_ROUTED = register("item.routed", "Routed", keys=_ROUTING_KEYS)
ITEM_POSTPONED = register("item.postponed", "Waiting for another attempt", keys=["attempt", "failure"])
ITEM_DIED = register("item.died", "Given up after the last attempt", keys=["attempt", "failure"])
ITEM_WITHDRAWN = register("item.withdrawn", "Withdrawn", keys=["from"])
ITEM_RESOLVED = register("item.resolved", "Resolved", keys=["outcome"])
ITEM_AMENDED = register(
    "item.amended", "Amended", keys=["label", "outcome", "reason_code", "supersedes"], pii=["fields", "note"]
)
ITEM_REPLAYED = register("item.replayed", "Given to the model again", keys=["attempt", "failure"])
ITEM_SENT_TO_PEOPLE = register("item.sent_to_people", "Given to people instead", keys=_ROUTING_KEYS)
ITEM_DELIVERED = register("item.delivered", "Delivered", keys=["endpoint", "message", "type"])
ITEM_REVEALED = register("item.revealed", "Sensitive fields looked at", keys=["pointers", "reason_code"], pii=["note"])
REVIEW_CLAIMED = register("review.claimed", "Claimed", keys=["fence", "review"])
REVIEW_RELEASED = register("review.released", "Released", keys=["fence", "review"])
REVIEW_TAKEN_BACK = register("review.taken_back", "Taken back by a lead", keys=["fence", "holder", "review"])
REVIEW_EXPIRED = register("review.expired", "Lease expired", keys=["fence", "review"])
REVIEW_SNOOZED = register("review.snoozed", "Put off", keys=["fence", "review", "until"], pii=["note"])
REVIEW_SKIPPED = register("review.skipped", "Skipped", keys=["fence", "reason_code", "review"], pii=["note"])
REVIEW_ESCALATED = register(
    "review.escalated",
    "Escalated",
    keys=["fence", "mentions", "queue", "reason_code", "review"],
    pii=["note"],
)
REVIEW_ASSIGNED = register("review.assigned", "Given to a person", keys=["person", "review"])
DECISION_MADE = register(
    "decision.made",
    "Decided",
    keys=["action", "active_ms", "decision", "fence", "label", "outcome", "reason_code", "review", "suggestion_shown"],
    pii=["fields", "note"],
)
DECISION_UNDONE = register("decision.undone", "Undone", keys=["decision", "fence", "review"])
ADJUDICATION_OPENED = register("adjudication.opened", "A second person is asked", keys=["review"])
QUEUE_CREATED = register("queue.created", "Queue created", keys=["key"])
QUEUE_CHANGED = register("queue.changed", "Queue changed", keys=["changes", "key"])
QUEUE_PAUSED = register("queue.paused", "Queue paused", keys=["key"], pii=["reason"])
QUEUE_RESUMED = register("queue.resumed", "Queue opened again", keys=["key"], pii=["reason"])
QUEUE_MEMBERS_CHANGED = register("queue.members_changed", "Queue members changed", keys=["added", "key", "removed"])
_TEMPLATE_KEYS = ("action", "fields", "label", "name", "note", "reason_code", "workflow")
TEMPLATE_CREATED = register("template.created", "Answer template created", keys=_TEMPLATE_KEYS)
TEMPLATE_CHANGED = register("template.changed", "Answer template changed", keys=["changes", "name"])
TEMPLATE_RETIRED = register("template.retired", "Answer template retired", keys=["name"])
DATASET_CREATED = register(
    "dataset.created",
    "Dataset created",
    keys=["number", "period_from", "period_to", "rows", "workflow"],
)
DATASET_DOWNLOADED = register("dataset.downloaded", "Dataset downloaded", keys=["format", "number"])
ATTACHMENT_STORED = register("attachment.stored", "Attachment stored", keys=["media_type", "sha256", "size"])
