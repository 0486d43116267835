"""Counts that change are sent once, to the workspace that they belong to."""

from typing import Any

import pytest
from channels.layers import get_channel_layer

from governance.valkey import Circuit
from review.services import ticker
from review.services.claim import claim_reviews
from tests.conftest import House


@pytest.fixture
def sent(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, dict[str, Any]]]:
    messages: list[tuple[str, dict[str, Any]]] = []

    class Layer:
        async def group_send(self, group: str, message: dict[str, Any]) -> None:
            messages.append((group, message))

    monkeypatch.setattr(ticker, "get_channel_layer", Layer)
    monkeypatch.setattr(ticker, "_told", {})
    return messages


def test_what_changed_is_told_once(house: House, sent: list[tuple[str, dict[str, Any]]]) -> None:
    house.in_review("one", "two")
    assert ticker.tick() == 1
    assert ticker.tick() == 0
    claim_reviews(actor=house.actor(house.reviewer), count=1)
    assert ticker.tick() == 1
    assert {group for group, _ in sent} == {ticker.group_name(house.workspace.id)}
    depths = [{queue["key"]: (queue["depth"], queue["leased"]) for queue in message["queues"]} for _, message in sent]
    assert depths == [{"triage": (2, 0), "escalations": (0, 0)}, {"triage": (1, 1), "escalations": (0, 0)}]


def test_a_layer_that_does_not_answer_is_tried_again(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    class Down:
        async def group_send(self, _group: str, _message: dict[str, Any]) -> None:
            raise ConnectionError

    monkeypatch.setattr(ticker, "get_channel_layer", Down)
    monkeypatch.setattr(ticker, "_told", {})
    monkeypatch.setattr(ticker, "circuit", Circuit())
    assert ticker.tick() == 0
    monkeypatch.setattr(ticker, "circuit", Circuit())
    monkeypatch.setattr(ticker, "get_channel_layer", get_channel_layer)
    assert ticker.tick() == 1
