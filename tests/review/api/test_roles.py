"""Which role may call what: every address of the API, every role."""

import pytest
from django.urls import URLPattern
from rest_framework.test import APIClient

from governance.domain import CAPABILITIES, Capability, Role
from review.api.urls import urlpatterns
from tests.conftest import House
from tests.review.api.conftest import Api

SOME_ID = "01890000-0000-7000-8000-000000000000"
ARGUMENTS = {
    "<key:workflow_key>": "support-triage",
    "<key:queue_key>": "triage",
    "<uuid:item_id>": SOME_ID,
    "<uuid:budget_id>": SOME_ID,
    "<uuid:review_id>": SOME_ID,
    "<uuid:decision_id>": SOME_ID,
    "<uuid:dataset_id>": SOME_ID,
    "<uuid:webhook_id>": SOME_ID,
    "<uuid:certificate_id>": SOME_ID,
    "<uuid:delivery_id>": SOME_ID,
    "<uuid:proposal_id>": SOME_ID,
    "<uuid:replay_id>": SOME_ID,
    "<int:number>": "1",
    "<sha256:sha256>": "0" * 64,
}
S, R, E = Capability.SEE_ITEMS, Capability.REVIEW, Capability.EXPORT
EXPECTED = {
    ("me", "GET"): S,
    ("preferences", "GET"): R,
    ("preferences", "PUT"): R,
    ("workflows", "GET"): S,
    ("workflow", "GET"): S,
    ("workflow-templates", "GET"): R,
    ("workflow-tuner", "GET"): Capability.SEE_WORKFLOWS,
    ("workflow-assumptions", "GET"): Capability.SEE_WORKFLOWS,
    ("workflow-assumptions", "PUT"): Capability.CONFIGURE,
    ("workflow-proposals", "GET"): Capability.SEE_WORKFLOWS,
    ("workflow-proposals", "POST"): Capability.CONFIGURE,
    ("policy-versions", "GET"): Capability.SEE_WORKFLOWS,
    ("policy-version", "GET"): Capability.SEE_WORKFLOWS,
    ("policy-diff", "GET"): Capability.SEE_WORKFLOWS,
    ("policy-return", "POST"): Capability.CONFIGURE,
    ("proposal", "GET"): Capability.SEE_WORKFLOWS,
    ("proposal-approve", "POST"): Capability.CONFIGURE,
    ("proposal-refuse", "POST"): Capability.CONFIGURE,
    ("proposal-withdraw", "POST"): Capability.CONFIGURE,
    ("proposal-stage", "POST"): Capability.CONFIGURE,
    ("proposal-finish", "POST"): Capability.CONFIGURE,
    ("proposal-roll-back", "POST"): Capability.CONFIGURE,
    ("workflow-replays", "GET"): Capability.SEE_WORKFLOWS,
    ("workflow-replays", "POST"): Capability.CONFIGURE,
    ("replay", "GET"): Capability.SEE_WORKFLOWS,
    ("replay-flips", "GET"): Capability.SEE_WORKFLOWS,
    ("replay-flips-download", "GET"): Capability.SEE_WORKFLOWS,
    ("workflow-budgets", "GET"): Capability.SEE_WORKFLOWS,
    ("workflow-budgets", "POST"): Capability.CONFIGURE,
    ("budget", "PATCH"): Capability.CONFIGURE,
    ("budget-restore", "POST"): Capability.CONFIGURE,
    ("workflow-drift", "GET"): Capability.SEE_WORKFLOWS,
    ("workflow-sample", "GET"): Capability.SEE_WORKFLOWS,
    ("workflow-sample", "PUT"): Capability.CONFIGURE,
    ("sample-window-try-again", "POST"): Capability.CONFIGURE,
    ("certificates", "GET"): Capability.SEE_WORKFLOWS,
    ("certificate", "GET"): Capability.SEE_WORKFLOWS,
    ("certificate-withdraw", "POST"): Capability.CONFIGURE,
    ("workflow-items", "POST"): Capability.SEND_ITEMS,
    ("workflow-batch", "POST"): Capability.SEND_ITEMS,
    ("items", "GET"): S,
    ("item", "GET"): S,
    ("item-trail", "GET"): S,
    ("item-withdraw", "POST"): Capability.SEND_ITEMS,
    ("item-reveal", "POST"): S,
    ("item-amend", "POST"): Capability.AMEND,
    ("item-replay", "POST"): Capability.LEAD_QUEUES,
    ("item-to-people", "POST"): Capability.LEAD_QUEUES,
    ("dead-letters", "GET"): Capability.LEAD_QUEUES,
    ("dead-letters-replay", "POST"): Capability.LEAD_QUEUES,
    ("dead-letters-to-people", "POST"): Capability.LEAD_QUEUES,
    ("attachments", "POST"): Capability.SEND_ITEMS,
    ("attachment", "GET"): S,
    ("queues", "GET"): S,
    ("queue-claim", "POST"): R,
    ("claim", "POST"): R,
    ("review-renew", "POST"): R,
    ("review-release", "POST"): R,
    ("review-draft", "PUT"): R,
    ("review-snooze", "POST"): R,
    ("review-decide", "POST"): R,
    ("review-context", "GET"): R,
    ("decision-undo", "POST"): R,
    ("review-assign", "POST"): Capability.LEAD_QUEUES,
    ("reviews-bulk", "POST"): R,
    ("people", "GET"): R,
    ("notices", "GET"): R,
    ("notices-read", "POST"): R,
    ("board", "GET"): Capability.LEAD_QUEUES,
    ("queue-pause", "POST"): Capability.LEAD_QUEUES,
    ("review-take-back", "POST"): Capability.LEAD_QUEUES,
    ("workflow-stop", "POST"): Capability.LEAD_QUEUES,
    ("workflow-resume", "POST"): Capability.CONFIGURE,
    ("webhooks", "GET"): Capability.SEE_AUDIT,
    ("webhooks", "POST"): Capability.CONFIGURE,
    ("webhook", "GET"): Capability.SEE_AUDIT,
    ("webhook", "PUT"): Capability.CONFIGURE,
    ("webhook-rotate", "POST"): Capability.CONFIGURE,
    ("webhook-ping", "POST"): Capability.CONFIGURE,
    ("webhook-replay", "POST"): Capability.CONFIGURE,
    ("webhook-deliveries", "GET"): Capability.SEE_AUDIT,
    ("delivery", "GET"): Capability.SEE_AUDIT,
    ("delivery-replay", "POST"): Capability.CONFIGURE,
    ("events", "GET"): Capability.SEE_EVENTS,
    ("datasets", "GET"): E,
    ("datasets", "POST"): E,
    ("dataset-download", "GET"): E,
}


def declared() -> dict[tuple[str, str], Capability]:
    return {
        (str(pattern.name), method): capability
        for pattern in urlpatterns
        for method, capability in pattern.callback.view_class.required.items()
    }


def address(pattern: URLPattern) -> str:
    route = str(pattern.pattern)
    for placeholder, value in ARGUMENTS.items():
        route = route.replace(placeholder, value)
    return f"/api/v1/{route}"


def test_every_call_requires_what_the_table_says() -> None:
    assert declared() == EXPECTED


@pytest.mark.parametrize("role", list(Role))
@pytest.mark.parametrize("pattern", urlpatterns, ids=lambda pattern: pattern.name)
def test_a_role_without_the_capability_is_403_and_any_other_gets_further(
    house: House,
    api: Api,
    pattern: URLPattern,
    role: Role,
) -> None:
    client = api(getattr(house, role.value))
    for method, capability in pattern.callback.view_class.required.items():
        answer = client.generic(method, address(pattern), "{}", content_type="application/json")
        if capability in CAPABILITIES[role]:
            assert answer.status_code != 403
            assert answer.status_code < 500
        else:
            assert (answer.status_code, answer.json()["code"]) == (403, "forbidden")


@pytest.mark.parametrize("pattern", urlpatterns, ids=lambda pattern: pattern.name)
def test_nobody_comes_in_without_credentials(house: House, pattern: URLPattern) -> None:
    for method in pattern.callback.view_class.required:
        assert APIClient().generic(method, address(pattern)).status_code == 401
