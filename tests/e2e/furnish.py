"""Gives the demo workspace a workflow of its own with work in it: `python -m tests.e2e.furnish <name> <items> <lease seconds>`."""

import os
import sys
from typing import Any

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "aios_site.settings")

LABELS = {
    "billing": "Billing",
    "delivery": "Delivery",
    "account": "Account",
    "returns": "Returns",
    "product": "Product",
    "other": "Other",
}
# So many of the items are shown without suggestion.
BLIND_SHARE = 0.1


def main() -> None:
    """Furnish."""
    name, items, lease_s = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
    django.setup()
    from django.db import transaction

    from governance.domain import Role
    from governance.models import Membership
    from governance.selectors.principals import actor_of_membership
    from governance.selectors.scope import enter_workspace_by_slug
    from review.services.intake import Submission, receive_items
    from review.services.pipeline import process_received
    from review.services.setup import QueueSpec, label_schema, set_up_workflow

    def people(*roles: Role) -> list[Membership]:
        return list(Membership.objects.filter(role__in=[role.value for role in roles]).select_related("user"))

    with transaction.atomic():
        enter_workspace_by_slug("demo")
        (owner,) = people(Role.OWNER)
        workflow = set_up_workflow(
            actor=actor_of_membership(owner),
            key=name,
            name=name.title(),
            input_schema=INPUT,
            output_schema=label_schema(LABELS),
            queues=[
                QueueSpec(
                    key=name,
                    name=name.title(),
                    members=[member.user_id for member in people(Role.REVIEWER, Role.LEAD)],
                    lease_s=lease_s,
                ),
                QueueSpec(key=f"{name}-lead", name=f"{name.title()}, escalated", role=Role.LEAD.value),
            ],
            escalation_queue=f"{name}-lead",
            policy_body={"default_threshold": 0.9, "queue": name},
            model_name=name,
            draw_rate=BLIND_SHARE,
        )
        (sender,) = people(Role.INTEGRATOR)
        receive_items(
            actor=actor_of_membership(sender),
            workflow=workflow,
            submissions=[Submission(**submission(name, number)) for number in range(items)],
        )
    process_received(workspace_id=owner.workspace_id, workflow_id=workflow.id)


def submission(name: str, number: int) -> dict[str, Any]:
    """Return an item with what an uncertain model says of it."""
    labels = list(LABELS)
    label, next_best = labels[number % len(labels)], labels[(number + 1) % len(labels)]
    return {
        "external_id": f"{name}-{number:03}",
        "payload": {"subject": f"Question {number}", "text": f"Where is order {number}? It was due on Monday."},
        "predictions": [{"label": label, "confidence": 0.62, "top": [[label, 0.62], [next_best, 0.2]]}],
    }


INPUT: dict[str, Any] = {
    "$schema": "https://json-schema.org/draft/2020-12/schema",
    "type": "object",
    "properties": {
        "subject": {"type": "string", "maxLength": 300, "x-view": "title"},
        "text": {"type": "string", "minLength": 1, "maxLength": 20000, "x-view": "text"},
    },
    "required": ["text"],
    "additionalProperties": False,
}


if __name__ == "__main__":
    main()
