"""The way of an event: from the transaction that wrote it to the receiver, and into the item's trail."""

import json
from uuid import UUID

from standardwebhooks import Webhook

from governance.models import AuditEvent, OutboxMessage
from governance.services.endpoints import ping_endpoint
from tests.conftest import House
from tests.governance.delivery.receiver import Receiver
from tests.governance.delivery.scene import as_owner, attempts, deliver, endpoint_at, only, resolve
from tests.invariants import broken


def test_an_outcome_reaches_the_receiver_signed_and_the_trail_says_so(town: House) -> None:
    with Receiver() as receiver:
        made = endpoint_at(town, receiver)
        (item_id,) = resolve(town, "pay ümlaut")
        assert deliver(town) == 1
    (got,) = receiver.requests
    assert Webhook(made.secret).verify(got.body, got.headers) == json.loads(got.body)
    message = OutboxMessage.objects.get()
    assert (got.id, got.body) == (str(message.id), bytes(message.body or b""))
    event = json.loads(got.body)
    assert event.pop("time").endswith("Z")
    assert event == {
        "specversion": "1.0",
        "id": str(message.id),
        "source": f"http://testserver/w/{town.workspace.slug}",
        "type": "item.resolved",
        "subject": str(item_id),
        "datacontenttype": "application/json",
        "data": message.data,
    }
    delivery, (attempt,) = only(), attempts()
    assert (delivery.state, delivery.attempts, delivery.last_error) == ("delivered", 1, "")
    assert (attempt.number, attempt.status, attempt.response_excerpt) == (1, 200, "")
    trail = AuditEvent.objects.filter(stream_id=item_id).order_by("stream_seq").values_list("action", flat=True)
    assert list(trail)[-1] == "item.delivered"
    assert broken() == {}


def test_a_ping_goes_to_its_endpoint_alone(town: House) -> None:
    with Receiver() as mine, Receiver() as other:
        made = endpoint_at(town, mine)
        endpoint_at(town, other, name="Other")
        event: UUID = as_owner(town, ping_endpoint, endpoint=made.endpoint)
        deliver(town)
    (got,) = mine.requests
    assert got.id == str(event)
    assert json.loads(got.body)["type"] == "webhook.ping"
    assert other.requests == []
    assert broken() == {}
