"""What a process of the release before does all day; run with that release's code as the current folder.

Arguments: workspace, workflow, the ids of an integrator and a reviewer, and how many rounds. Prints one line of JSON with what it did.
"""

import json
import os
import sys
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any
from uuid import UUID

sys.path.insert(0, str(Path.cwd()))
os.environ["DJANGO_SETTINGS_MODULE"] = "aios_site.settings"

import django

django.setup()

from django.db import connection, transaction  # noqa: E402

from governance.domain import ProductError  # noqa: E402
from governance.models import Membership  # noqa: E402
from governance.selectors.principals import actor_of_membership  # noqa: E402
from governance.selectors.scope import enter_workspace  # noqa: E402
from review.domain.states import DecisionAction  # noqa: E402
from review.services.claim import claim_reviews  # noqa: E402
from review.services.decide import Answer, record_decision  # noqa: E402
from review.services.intake import Submission, receive_items  # noqa: E402
from review.services.pipeline import process_received  # noqa: E402
from review.services.reopen import release_review  # noqa: E402
from review.services.sweep import sweep_once  # noqa: E402
from review.services.undo import undo_decision  # noqa: E402
from review.services.withdraw import withdraw_item  # noqa: E402
from routing.selectors.workflows import access_workflow  # noqa: E402

ROUNDS = int(sys.argv[5])
workspace, workflow, integrator, reviewer = (UUID(text) for text in sys.argv[1:5])
done: Counter[str] = Counter()


def inside(work: Callable[[], Any]) -> Any:
    """Do something in one transaction in the workspace."""
    with transaction.atomic():
        enter_workspace(workspace)
        return work()


def actor(user: UUID) -> Any:
    """Return a member as an actor."""
    return inside(lambda: actor_of_membership(Membership.objects.get(user_id=user)))


sender, person = actor(integrator), actor(reviewer)
for number in range(1, ROUNDS + 1):
    confidence = 0.99 if number % 3 == 0 else 0.3
    sent = [
        Submission(f"old-{number}-{n}", {"text": "old"}, predictions=[{"label": "billing", "confidence": confidence}])
        for n in range(3)
    ]
    receipts = inside(
        lambda sent=sent: receive_items(actor=sender, workflow=access_workflow("support-triage"), submissions=sent)
    )
    done["received"] += sum(receipt.is_new for receipt in receipts)
    done["routed"] += process_received(workspace_id=workspace, workflow_id=workflow)
    for review in inside(lambda: claim_reviews(actor=person, count=3)):
        try:
            if number % 5 == 0:
                inside(lambda r=review: release_review(actor=person, review_id=r.id, fence=r.fence))
                done["released"] += 1
                continue
            answer = Answer(action=DecisionAction.CORRECT, label="other")
            decided = inside(
                lambda r=review, a=answer: record_decision(actor=person, review_id=r.id, fence=r.fence, answer=a)
            )
            done["decided"] += 1
            if number % 4 == 0:
                inside(lambda d=decided: undo_decision(actor=person, decision_id=d.decision_id))
                done["undone"] += 1
        except ProductError as refusal:
            done[refusal.code] += 1
    if number % 4 == 1 and receipts[0].item_id:
        try:
            inside(lambda r=receipts: withdraw_item(actor=sender, item_id=r[0].item_id))
            done["withdrawn"] += 1
        except ProductError as refusal:
            done[refusal.code] += 1
    done["swept"] += sweep_once()
connection.close()
sys.stdout.write(json.dumps(done) + "\n")
