"""The addresses of things that exist in the house, and browsers that ask for them."""

from typing import Any

from django.test import Client

from governance.models import Delivery, WebhookEndpoint
from review.models import Attachment, Dataset, Decision, Item, Review
from routing.models import Certificate, ErrorBudget, PolicyProposal, Replay
from tests.conftest import House, leave_workspace


def ids_of(house: House) -> dict[str, str]:
    """Return what stands for the placeholders of every route: things that exist in the house."""
    house.enter()
    return {
        "<slug:workspace>": house.workspace.slug,
        "<key:workflow_key>": house.workflow.key,
        "<slug:key>": house.workflow.key,
        "<key:queue_key>": house.queue.key,
        "<slug:queue_key>": house.queue.key,
        "<uuid:item_id>": str(Item.objects.filter(state="in_review").values_list("id", flat=True)[0]),
        "<uuid:review_id>": str(Review.objects.filter(state="leased").values_list("id", flat=True)[0]),
        "<uuid:decision_id>": str(Decision.objects.get().id),
        "<uuid:dataset_id>": str(Dataset.objects.get().id),
        "<uuid:delivery_id>": str(Delivery.objects.get().id),
        "<uuid:certificate_id>": str(Certificate.objects.get().id),
        "<uuid:webhook_id>": str(WebhookEndpoint.objects.get().id),
        "<uuid:endpoint_id>": str(WebhookEndpoint.objects.get().id),
        "<uuid:budget_id>": str(ErrorBudget.objects.earliest("id").id),
        "<uuid:replay_id>": str(Replay.objects.earliest("id").id),
        "<uuid:proposal_id>": str(PolicyProposal.objects.earliest("id").id),
        "<uuid:version_id>": str(PolicyProposal.objects.earliest("id").version_id),
        "<int:number>": "1",
        "<sha256:sha256>": Attachment.objects.get().sha256,
        "<str:token>": "no-such-invitation",
        "<slug:language>": "de",
        "^password/reset/key/(?P<uidb36>[0-9A-Za-z]+)-(?P<key>.+)/$": "password/reset/key/1-2/",
        "^confirm-email/(?P<key>[-:\\w]+)/$": "confirm-email/a/",
        "^(?P<app_label>review|governance|routing)/$": "routing/",
        "(?P<url>.*)$": "nowhere",
    }


def address(route: str, ids: dict[str, str]) -> str:
    for placeholder, value in ids.items():
        route = route.replace(placeholder, value)
    assert "<" not in route, route
    return f"/{route}"


def browser_of(house: House, who: str) -> Client:
    client = Client(raise_request_exception=True)
    if who != "anonymous":
        client.force_login(house.people[who])
    leave_workspace()
    return client


def leads_to_login(answer: Any) -> bool:
    return answer.status_code == 302 and str(answer["Location"]).startswith("/accounts/login/")
