"""The HTTP API, called by the outsider with the ids of somebody else's things, and by sessions."""

import json
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.db import transaction
from django.test import Client
from django.utils import timezone

from governance.domain import CAPABILITIES, Role
from governance.models import Delivery, WebhookEndpoint
from review.models import Attachment, Dataset, Item, Queue, Review
from routing.models import CertificateVoid, PolicyProposal
from tests.authorisation.addresses import address, browser_of, ids_of
from tests.conftest import House, leave_workspace
from tests.review.api.conftest import Api
from tests.review.api.test_roles import EXPECTED
from tests.test_authorisation import API, MEMBERS, walk

BODIES: dict[str, Any] = {
    "workflow-sample": {"target": 0.02, "every_days": 7, "rate": 0.1},
    "certificate-withdraw": {"reason": "a"},
    "review-renew": {"fence": 1},
    "review-release": {"fence": 1},
    "review-decide": {"fence": 1, "action": "correct", "label": "other"},
    "review-draft": {"fence": 1, "note": "a"},
    "review-snooze": {"fence": 1, "until": (timezone.now() + timedelta(days=1)).isoformat()},
    "item-reveal": {"pointers": ["/text"], "reason_code": "data_request"},
    "review-assign": {"person": None},
    "reviews-bulk": {"reviews": ["01890000-0000-7000-8000-000000000000"], "action": "reject", "reason_code": "spam"},
    "queue-claim": {"count": 1},
    "claim": {"count": 1},
    "item-amend": {"label": "other"},
    "queue-pause": {"paused": True, "reason": "a"},
    "workflow-stop": {"reason": "a"},
    "workflow-resume": {"reason": "a"},
    "dead-letters-replay": {"workflow": "support-triage"},
    "dead-letters-to-people": {"workflow": "support-triage"},
    "datasets": {"workflow": "support-triage", "period_from": "2020-01-01", "period_to": "2030-01-01"},
    "workflow-replays": {
        "body": {"default_threshold": 0.7, "queue": "triage"},
        "from": "2026-01-01T00:00:00Z",
        "until": "2026-02-01T00:00:00Z",
    },
    "workflow-proposals": {"body": {"default_threshold": 0.7, "queue": "triage"}, "reason": "a"},
    "policy-return": {"reason": "a"},
    "proposal-refuse": {"reason": "a"},
    "proposal-stage": {"share": 0.05},
    "proposal-roll-back": {"reason": "a"},
    "workflow-budgets": {"target": 0.01, "segment": "vip"},
    "budget": {"target": 0.02},
    "budget-restore": {"reason": "a"},
    "workflow-items": {"external_id": "a", "payload": {"text": "x"}},
    "workflow-batch": [{"external_id": "a", "payload": {"text": "x"}}],
}


def api_calls(house: House) -> Iterator[tuple[str, str, str, Any]]:
    ids = ids_of(house)
    by_name = {pattern.name: route for route, pattern in walk() if route.startswith(API)}
    for name, method in EXPECTED:
        yield name, method, address(by_name[name], ids), BODIES.get(name, {})


def fingerprint(house: House) -> list[Any]:
    """Return what an outsider must not be able to change."""
    house.enter()
    return [
        list(Item.objects.order_by("id").values_list("id", "state", "event_count", "fence")),
        list(Review.objects.order_by("id").values_list("id", "state", "fence", "holder_id", "lease_until")),
        list(Delivery.objects.order_by("id").values_list("id", "state", "replays")),
        list(WebhookEndpoint.objects.order_by("id").values_list("id", "name", "url", "is_enabled")),
        list(PolicyProposal.objects.order_by("id").values_list("id", "state", "share")),
        list(CertificateVoid.objects.values_list("certificate_id", flat=True)),
        Dataset.objects.count(),
        Queue.objects.count(),
        Attachment.objects.count(),
    ]


def sent(client: Client, method: str, path: str, body: Any, *, names: str = "") -> Any:
    """Call as in a transaction of its own: a refusal takes back what the request did, and nothing else."""
    headers = {"Aios-Workspace": names} if names else {}
    with transaction.atomic():
        leave_workspace()
        return client.generic(method, path, json.dumps(body), "application/json", headers=headers)


def assert_keeps_out(house: House, call: Callable[..., Any]) -> None:
    """Call everything with the ids of the house's own things; nothing is found, told or changed."""
    before = fingerprint(house)
    secrets = [value for name, value in ids_of(house).items() if name.startswith(("<uuid", "<sha"))]
    for name, method, path, body in list(api_calls(house)):
        answer = call(method, path, body)
        told = b"".join(answer.streaming_content) if answer.streaming else answer.content
        where = (name, method, answer.status_code, told[:300])
        if "<" in next(route for route, pattern in walk() if route.startswith(API) and pattern.name == name):
            assert answer.status_code == 404, where
        assert answer.status_code < 500, where
        if answer.status_code < 300:
            assert not [secret for secret in secrets if secret.encode() in told], where
            assert house.workflow.key.encode() not in told, where
    assert fingerprint(house) == before


def test_a_token_of_another_workspace_finds_nothing_here(worked: House, api: Api) -> None:
    client = api(worked.outsider)
    assert_keeps_out(worked, lambda method, path, body: sent(client, method, path, body))


def test_a_token_does_not_enter_a_workspace_that_it_names(worked: House, api: Api) -> None:
    client = api(worked.outsider)
    for name, method, path, body in list(api_calls(worked)):
        answer = sent(client, method, path, body, names=worked.workspace.slug)
        assert answer.status_code == 404, (name, answer.status_code)


@pytest.mark.parametrize("names_it", [False, True])
def test_a_session_of_another_workspace_finds_nothing_here(worked: House, names_it: bool) -> None:
    client = browser_of(worked, "outsider")
    named = worked.workspace.slug if names_it else ""

    def call(method: str, path: str, body: Any) -> Any:
        answer = sent(client, method, path, body, names=named)
        assert not names_it or answer.status_code == 404
        return answer

    assert_keeps_out(worked, call)


@pytest.mark.parametrize("role", MEMBERS)
def test_a_session_may_call_what_a_token_of_the_same_person_may(
    worked: House, monkeypatch: pytest.MonkeyPatch, role: str
) -> None:
    monkeypatch.setattr("governance.api.authentication.lacks_second_factor", lambda _membership: False)
    client = browser_of(worked, role)
    for name, method, path, body in list(api_calls(worked)):
        answer = sent(client, method, path, body, names=worked.workspace.slug)
        may = EXPECTED[name, method] in CAPABILITIES[Role(role)]
        # Beyond the role, some things are one person's alone: that is another refusal.
        is_forbidden = answer.status_code == 403 and answer.json()["code"] == "forbidden"
        assert is_forbidden != may, (name, method, answer.status_code)
        assert answer.status_code < 500, name
