"""Gives the demo workspace an item of each kind of view, in a queue of its own: `python -m tests.e2e.furnish_views`."""

import os
from typing import Any

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "aios_site.settings")

# As many as three people hold at once, so that nobody waits for what another has just given back.
COPIES = 12
ARABIC = "لم يصل الطلب بعد، وأنا أنتظر منذ أسبوع."
HIDDEN = "Please refund\u200b\u200b\u200b me\u202e now\u202c."
MARKUP = '<img src=x onerror="document.title=1"> https://example.com/pay <b>bold</b>'
BEFORE = "Goods are paid within 30 days. Delivery is free above 150 euros.\nDamaged goods are sent back."
AFTER = "Goods are paid within 14 days. Delivery is free above 250 euros.\nDamaged goods are sent back."

KINDS: dict[str, dict[str, Any]] = {
    "text": {"subject": "Where is it?", "text": f"{ARABIC}\n\n{HIDDEN}\n\n{MARKUP}"},
    "long": {"subject": "Everything at once", "text": ("A sentence of a long letter. " * 20 + "\n\n") * 34},
    "image": {"subject": "Slip 7", "pixels": [[(x * y) % 17 for x in range(8)] for y in range(8)]},
    "document": {
        "subject": "Electricity bill",
        "document": {
            "company": "Stadtwerke Ulmen",
            "total": 774.32,
            "account": "DE02 1203 0000 0000 2020 51",
            "addressed_to": {"name": "T. Vahl", "street": "Am alten Kai 14 b", "paid": True, "tags": ["new", MARKUP]},
            "used": [{"month": "July", "kwh": 180}, {"month": "August", "kwh": 176.5}],
        },
    },
    "conversation": {
        "subject": "Delivery",
        "messages": [
            {"from": "Ben", "role": "customer", "at": "2026-03-01T09:14:00Z", "text": f"Where is it?\n\n{MARKUP}"},
            {"from": "Amara", "role": "agent", "at": "yesterday", "text": "On its way."},
            {"role": "customer", "text": HIDDEN},
        ],
    },
    "table": {
        "subject": "Bookings",
        "rows": [
            {"day": f"2026-03-{n % 28 + 1:02}", "text": f"Booking {n}", "amount": n * 1.5, "account": f"DE{n}"}
            for n in range(500)
        ],
    },
    "diff": {"subject": "Terms", "versions": {"before": BEFORE, "after": AFTER}},
    "versions": {
        "subject": "Address",
        "records": {
            "old": {"street": "Kai 14", "place": {"name": "Ulmen", "code": 27568}},
            "new": {"street": "Kai 14 b", "place": {"name": "Ulmen", "code": 27568}},
        },
    },
}
FORM: dict[str, Any] = {
    "total": {
        "type": "number",
        "minimum": 0,
        "maximum": 5000,
        "multipleOf": 0.01,
        "x-unit": "EUR",
        "x-from": "/read/total",
        "x-confidence": "/read/sure",
    },
    "reference": {
        "type": "string",
        "maxLength": 12,
        "pattern": "^[A-Z]{2}-\\d+$",
        "description": "Like AB-12",
        "x-from": "/read/reference",
    },
    "issued_on": {"type": "string", "format": "date", "title": "Issued on", "x-from": "/read/issued_on"},
    "kind": {"enum": ["bill", "letter"], "x-titles": {"bill": "A bill"}},
    "urgent": {"type": "boolean"},
    "remark": {"type": "string", "maxLength": 2000, "title": "Remark"},
    "tags": {"type": "array", "items": {"enum": ["new", "known"]}},
    "address": {
        "type": "object",
        "required": ["street"],
        "properties": {"street": {"type": "string"}, "place": {"type": "string"}},
    },
    "lines": {
        "type": "array",
        "x-from": "/read/lines",
        "items": {
            "type": "object",
            "required": ["article"],
            "properties": {"article": {"type": "string"}, "amount": {"type": "number", "minimum": 0}},
            "additionalProperties": False,
        },
    },
}
READ = {
    "total": 41.9,
    "sure": 0.58,
    "reference": "AB-12",
    "issued_on": "2026-03-01",
    "lines": [{"article": "Paper", "amount": 4.5}, {"article": "Tape", "amount": 2}],
}
FORM_ITEM = {"subject": "Bill AB-12", "read": READ}

INPUT: dict[str, Any] = {
    "$schema": "https://json-schema.org/draft/2020-12/schema",
    "type": "object",
    "properties": {
        "subject": {"type": "string", "x-view": "title"},
        "text": {"type": "string", "x-view": "text"},
        "pixels": {"type": "array", "title": "Scan", "x-view": "image"},
        "document": {
            "type": "object",
            "x-view": "key-value",
            "x-order": ["company", "total", "account", "addressed_to"],
            "properties": {
                "account": {"type": "string", "title": "Pay to", "x-sensitive": True},
                "used": {"type": "array", "x-view": "table"},
            },
        },
        "messages": {"type": "array", "x-view": "conversation"},
        "rows": {
            "type": "array",
            "x-view": "table",
            "items": {"type": "object", "properties": {"account": {"type": "string", "x-sensitive": True}}},
        },
        "versions": {"type": "object", "x-view": "diff"},
        "records": {"type": "object", "x-view": "diff"},
        "read": {"type": "object", "x-view": "document", "properties": {"sure": {"x-view": "hidden"}}},
    },
    "additionalProperties": False,
}


def schema(properties: dict[str, Any], *required: str) -> dict[str, Any]:
    """Return an output schema."""
    order = list(properties)
    return {
        "type": "object",
        "x-order": order,
        "properties": properties,
        "required": list(required),
        "additionalProperties": False,
    }


def main() -> None:
    """Furnish."""
    django.setup()
    kinds = {"label": {"enum": list(KINDS)}}
    _workflow(
        "view", schema(kinds, "label"), [(kind, payload) for kind, payload in KINDS.items() for _ in range(COPIES)]
    )
    labelled = schema({"label": {"enum": ["pay", "ask"]}} | FORM, "label", "total")
    _workflow("form", labelled, [("pay", FORM_ITEM)] * COPIES)
    _workflow("fields", schema(FORM, "total"), [("as_read", FORM_ITEM)] * COPIES)


def _workflow(name: str, output_schema: dict[str, Any], items: list[tuple[str, dict[str, Any]]]) -> None:
    """Make a workflow whose items go to a queue for each label, named `<workflow>-<label>`."""
    from django.db import transaction

    from governance.domain import Role
    from governance.models import Membership
    from governance.selectors.principals import actor_of_membership
    from governance.selectors.scope import enter_workspace_by_slug
    from review.services.intake import Submission, receive_items
    from review.services.pipeline import process_received
    from review.services.setup import QueueSpec, set_up_workflow

    labels = sorted({label for label, _ in items})
    with transaction.atomic():
        enter_workspace_by_slug("demo")
        members = list(Membership.objects.filter(role__in=["reviewer", "lead"]).values_list("user_id", flat=True))
        owner, sender = (Membership.objects.get(role=role.value) for role in (Role.OWNER, Role.INTEGRATOR))
        workflow = set_up_workflow(
            actor=actor_of_membership(owner),
            key=name,
            name=name.title(),
            input_schema=INPUT,
            output_schema=output_schema,
            queues=[
                QueueSpec(key=f"{name}-{label.replace('_', '-')}", name=label, members=members) for label in labels
            ],
            policy_body={
                "default_threshold": 0.9,
                "queue": f"{name}-{labels[0].replace('_', '-')}",
                "label_queues": {label: f"{name}-{label.replace('_', '-')}" for label in labels}
                if "label" in output_schema["properties"]
                else {},
            },
            model_name=name,
            draw_rate=0,
        )
        submissions = [
            Submission(
                external_id=f"{name}-{number}", payload=payload, predictions=[{"label": label, "confidence": 0.62}]
            )
            for number, (label, payload) in enumerate(items)
        ]
        receive_items(actor=actor_of_membership(sender), workflow=workflow, submissions=submissions)
    process_received(workspace_id=owner.workspace_id, workflow_id=workflow.id)


if __name__ == "__main__":
    main()
