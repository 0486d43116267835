"""Workspaces do not touch each other's deliveries, and nothing is sent to where it may not go."""

from uuid import UUID

import pytest
from django.db import connection, transaction

from governance.domain import Role, uuid7
from governance.models import Delivery, EventFeed, OutboxMessage, PrivateHost, WebhookEndpoint, WebhookSecret
from governance.outgoing import ForbiddenAddressError
from governance.selectors.feed import events_after
from governance.services.delivery_rows import claim_parcels, free_lost, hand_back
from governance.services.endpoints import create_endpoint
from governance.services.relay import publish_due
from tests.conftest import House
from tests.governance.delivery.receiver import Receiver
from tests.governance.delivery.scene import as_owner, attempts, deliver, endpoint_at, only, say, things, within

pytestmark = pytest.mark.services


@pytest.fixture
def elsewhere(town: House) -> House:
    """The other workspace, with an endpoint of its own at the same place."""
    people = {role.value: town.outsider for role in Role}
    return House(town.other_workspace, town.workspace, people | {"outsider": town.owner})


def enter(house: House) -> None:
    """Let the test's connection be in this workspace from now on."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT set_config('app.workspace', %s, false)", [str(house.workspace.id)])


def test_each_workspace_delivers_its_own_to_its_own(town: House, elsewhere: House) -> None:
    with Receiver() as ours, Receiver() as theirs:
        endpoint_at(town, ours)
        (mine,) = say(town, *things(1))
        enter(elsewhere)
        endpoint_at(elsewhere, theirs)
        (other,) = say(elsewhere, *things(1))
        assert deliver(elsewhere) == 2
    assert (ours.ids, theirs.ids) == ([str(mine)], [str(other)])


def test_inside_a_workspace_another_ones_rows_are_not_there(town: House, elsewhere: House) -> None:
    with Receiver() as receiver:
        endpoint_at(town, receiver)
        say(town, *things(2))
        publish_due()
        enter(elsewhere)
        for model in (Delivery, WebhookEndpoint, WebhookSecret, EventFeed, OutboxMessage, PrivateHost):
            assert not model.objects.exists()
        assert within(elsewhere, lambda: claim_parcels(elsewhere.workspace.id)) == []
        outsider = elsewhere.actor(elsewhere.auditor)
        assert events_after(outsider, after=None, limit=10, types=()).events == []
        parcels = within(town, lambda: claim_parcels(town.workspace.id))
        assert len(parcels) == 2
        within(elsewhere, lambda: hand_back(parcels))
        within(elsewhere, free_lost)
    enter(town)
    assert set(Delivery.objects.values_list("state", flat=True)) == {"sending"}


def test_without_a_workspace_nothing_is_there(town: House) -> None:
    with Receiver() as receiver:
        endpoint_at(town, receiver)
        say(town, *things(1))
        publish_due()
    with connection.cursor() as cursor:
        cursor.execute("SELECT set_config('app.workspace', '', false)")
    with transaction.atomic():
        assert not Delivery.objects.exists()
        assert claim_parcels(town.workspace.id) == []


def test_a_host_that_nobody_listed_is_refused_before_any_connection(town: House) -> None:
    with Receiver() as canary:
        with pytest.raises(ForbiddenAddressError) as refusal:
            as_owner(town, create_endpoint, name="Inside", url=canary.url)
        assert refusal.value.extra["field"] == "url"
        endpoint_at(town, canary)
        PrivateHost.objects.update(is_active=False)
        say(town, *things(1))
        deliver(town)
        assert canary.server.connections == 0
    (attempt,) = attempts()
    assert attempt.status is None
    assert "https" in attempt.error
    assert (only().state, only().last_error) == ("pending", attempt.error)


def test_what_one_workspace_listed_opens_nothing_to_the_others(town: House, elsewhere: House) -> None:
    with Receiver() as canary:
        endpoint_at(town, canary)
        say(town, *things(1))
        enter(elsewhere)
        made = endpoint_at(elsewhere, canary, name="Inside")
        PrivateHost.objects.all().delete()
        (theirs,) = say(elsewhere, *things(1))
        deliver(elsewhere)
        assert str(theirs) not in canary.ids
        assert len(canary.ids) == 1
    assert Delivery.objects.get(endpoint=made.endpoint).state == "pending"


def test_a_message_is_never_addressed_to_another_workspaces_endpoint(town: House, elsewhere: House) -> None:
    unknown: UUID = uuid7()
    with Receiver() as receiver:
        made = endpoint_at(town, receiver)
        enter(elsewhere)
        (message,) = say(elsewhere, *things(1))
        OutboxMessage.objects.filter(id=message).update(endpoint_id=made.endpoint.id)
        deliver(elsewhere)
        assert receiver.requests == []
    assert not Delivery.objects.filter(message_id__in=[message, unknown]).exists()
