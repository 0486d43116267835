"""Gives the demo workspace a workflow with a certificate, a refused window, and a disagreement: `python -m tests.e2e.furnish_sample`."""

import os
from datetime import UTC, datetime, time, timedelta
from types import SimpleNamespace
from typing import Any, cast

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "aios_site.settings")

NAME = "proved"


def main() -> None:
    """Furnish."""
    django.setup()
    from django.db import transaction

    from governance.domain import Role, uuid7
    from governance.models import Membership, Workspace
    from governance.selectors.principals import actor_of_membership
    from governance.selectors.scope import enter_workspace_by_slug
    from review.domain.states import DecisionAction
    from review.models import Queue
    from review.services.claim import claim_reviews
    from review.services.decide import Answer, record_decision
    from review.services.intake import Submission, receive_items
    from review.services.pipeline import process_received
    from review.services.setup import QueueSpec, label_schema, set_up_workflow
    from routing.models import Workflow
    from routing.selectors.days import today
    from routing.services.certificates import close_windows
    from routing.services.sample_plan import Promise, set_plan
    from tests.conftest import House
    from tests.drawn import draw_rows
    from tests.e2e.furnish import INPUT, LABELS

    def person(role: Role) -> Membership:
        return Membership.objects.filter(role=role.value).select_related("user").order_by("id")[0]

    with transaction.atomic():
        enter_workspace_by_slug("demo")
        reviewers = list(Membership.objects.filter(role=Role.REVIEWER.value).order_by("id"))
        owner, integrator = actor_of_membership(person(Role.OWNER)), actor_of_membership(person(Role.INTEGRATOR))
        queue = QueueSpec(key=NAME, name=NAME.title(), members=[member.user_id for member in reviewers])
        facts = set_up_workflow(
            actor=owner,
            key=NAME,
            name="Proved triage",
            input_schema=INPUT,
            output_schema=label_schema(LABELS),
            queues=[queue, QueueSpec(key=f"{NAME}-lead", name="Proved, escalated", role=Role.LEAD.value)],
            escalation_queue=f"{NAME}-lead",
            policy_body={"default_threshold": 0.9, "queue": NAME},
            model_name=NAME,
        )
        workflow = Workflow.objects.get(id=facts.id)
        house = cast("House", SimpleNamespace(workspace=Workspace.objects.get(), workflow=workflow))
        starts_on = today() - timedelta(days=10)
        promise = Promise(target=0.02, delta=0.05, every_days=4, mode="by_hand", rate=1.0, starts_on=starts_on)
        set_plan(actor=owner, workflow=workflow, promise=promise)
        labels = ("billing", "delivery", "account", "returns", "product")
        for day, answers in ((9, 500), (5, 120), (1, 160)):
            at = datetime.combine(today() - timedelta(days=day), time(12), tzinfo=UTC)
            draw_rows(house, answers, wrong=range(0, answers, 250), labels=labels, occurred_at=at, draw_probability=1.0)
        close_windows(actor=owner, workflow=workflow)
        predictions: list[dict[str, Any]] = [{"label": "billing", "confidence": 0.95}]
        receive_items(
            actor=integrator,
            workflow=facts,
            submissions=[
                Submission(external_id=f"d-{uuid7()}", payload={"subject": "Where is it?", "text": "My parcel is late."},
                           predictions=predictions)
            ],
        )  # fmt: skip
        Queue.objects.filter(key=NAME).update(undo_window_s=0)
    process_received(workspace_id=house.workspace.id, workflow_id=workflow.id)
    with transaction.atomic():
        enter_workspace_by_slug("demo")
        first = actor_of_membership(reviewers[-1])
        (review,) = claim_reviews(actor=first, count=1, queue_key=NAME)
        answer = Answer(action=DecisionAction.CORRECT, label="delivery")
        record_decision(actor=first, review_id=review.id, fence=review.fence, answer=answer)


if __name__ == "__main__":
    main()
