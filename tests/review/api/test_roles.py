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
    "<uuid:review_id>": SOME_ID,
    "<uuid:decision_id>": SOME_ID,
    "<uuid:dataset_id>": SOME_ID,
    "<uuid:webhook_id>": SOME_ID,
    "<uuid:delivery_id>": SOME_ID,
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
