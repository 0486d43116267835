"""Signatures while a secret is rotated, and how many secrets there may be."""

from collections.abc import Callable

import pytest
from standardwebhooks import Webhook, WebhookVerificationError

from governance.domain import InvalidError
from governance.models import AuditPayload, WebhookSecret
from governance.services.endpoints import TooManySecretsError, rotate_secret
from tests.conftest import House
from tests.governance.delivery.receiver import Got, Receiver
from tests.governance.delivery.scene import as_owner, deliver, endpoint_at, pass_time, say, things


def is_verified(secret: str, got: Got) -> bool:
    try:
        Webhook(secret).verify(got.body, got.headers)
    except WebhookVerificationError:
        return False
    return True


@pytest.fixture
def sent(town: House) -> Callable[[Receiver], Got]:
    def send(receiver: Receiver) -> Got:
        say(town, *things(1))
        deliver(town)
        return receiver.requests[-1]

    return send


def test_during_a_rotation_both_secrets_verify_and_afterwards_the_new_one_alone(
    town: House, sent: Callable[[Receiver], Got]
) -> None:
    with Receiver() as receiver:
        made = endpoint_at(town, receiver)
        new = as_owner(town, rotate_secret, endpoint=made.endpoint, overlap_s=3600)
        both = sent(receiver)
        assert [is_verified(secret, both) for secret in (made.secret, new)] == [True, True]
        assert len(both.signature.split(" ")) == 2
        pass_time(3601)
        one = sent(receiver)
    assert [is_verified(secret, one) for secret in (made.secret, new)] == [False, True]
    assert len(one.signature.split(" ")) == 1


def test_without_an_overlap_the_old_secret_ends_at_once(town: House, sent: Callable[[Receiver], Got]) -> None:
    with Receiver() as receiver:
        made = endpoint_at(town, receiver)
        as_owner(town, rotate_secret, endpoint=made.endpoint)
        new = as_owner(town, rotate_secret, endpoint=made.endpoint, overlap_s=0)
        got = sent(receiver)
    assert [is_verified(secret, got) for secret in (made.secret, new)] == [False, True]
    assert WebhookSecret.objects.count() == 1


def test_a_receiver_is_never_given_more_signatures_than_it_should_try(town: House) -> None:
    with Receiver() as receiver:
        endpoint = endpoint_at(town, receiver).endpoint
    for _rotation in range(4):
        as_owner(town, rotate_secret, endpoint=endpoint)
    with pytest.raises(TooManySecretsError):
        as_owner(town, rotate_secret, endpoint=endpoint)
    pass_time(86_401)
    as_owner(town, rotate_secret, endpoint=endpoint)
    assert WebhookSecret.objects.count() == 2


@pytest.mark.parametrize("overlap_s", [-1, 7 * 86_400 + 1])
def test_an_overlap_has_bounds(town: House, overlap_s: int) -> None:
    with Receiver() as receiver:
        endpoint = endpoint_at(town, receiver).endpoint
    with pytest.raises(InvalidError, match="seven days"):
        as_owner(town, rotate_secret, endpoint=endpoint, overlap_s=overlap_s)


def test_no_secret_is_stored_as_it_is_or_told_to_the_trail(town: House) -> None:
    with Receiver() as receiver:
        made = endpoint_at(town, receiver)
    new = as_owner(town, rotate_secret, endpoint=made.endpoint)
    stored = b"".join(bytes(secret.sealed) for secret in WebhookSecret.objects.all())
    told = b"".join(bytes(payload.body) for payload in AuditPayload.objects.all())
    for secret in (made.secret, new):
        assert secret.encode() not in stored
        assert secret.removeprefix("whsec_").encode() not in stored + told
