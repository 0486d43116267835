"""A house whose workflow is predicted by a small local model of its own, and everything goes to people."""

from functools import cache
from typing import Any
from uuid import UUID

from governance.domain import uuid7
from review.services.intake import Submission, receive_items
from routing.backends.training import TrainedModel, train_text
from routing.models import Restriction
from routing.selectors.workflows import access_workflow
from routing.services.config import register_model_version, set_model_version
from tests.conftest import House

THEMES = {
    "billing": ["the invoice was charged twice", "refund the payment please", "my card was charged in error"],
    "delivery": ["the parcel has not arrived", "my parcel is lost on the way", "the courier came at night"],
    "other": ["do you sell green lamps", "what are your opening hours", "I like the shop a lot"],
}


@cache
def small_model() -> TrainedModel:
    """Return a model of three themes that reads subject and text; trained once a process."""
    rows = [(f"{text} {number}", label) for label, texts in THEMES.items() for text in texts for number in range(12)]
    texts, labels = zip(*rows, strict=True)
    return train_text(texts, labels, pointers=("/subject", "/text", "/email"))


def put_in_charge(house: House, model: TrainedModel, **metrics: Any) -> None:
    """Let the model predict, and let people answer everything."""
    owner = house.actor(house.owner)
    version = register_model_version(
        actor=owner,
        workflow=house.workflow,
        model_name="small",
        version="7",
        content=model.content,
        config=model.config,
        metrics=model.metrics | metrics,
    )
    set_model_version(actor=owner, workflow=house.workflow, model_version=version)
    send_to_people(house)


def send_to_people(house: House) -> None:
    """Let the policy accept nothing."""
    Restriction.objects.create(
        workspace=house.workspace, workflow=house.workflow, effect="people", cause="drift", reason="for the test"
    )


def take_in(house: House, *payloads: dict[str, Any] | str) -> list[UUID]:
    """Receive and route one item per payload or text; return their ids."""
    submissions = [
        Submission(external_id=f"x-{uuid7()}", payload={"text": payload} if isinstance(payload, str) else payload)
        for payload in payloads
    ]
    workflow = access_workflow(house.workflow.key)
    receipts = receive_items(actor=house.actor(house.integrator), workflow=workflow, submissions=submissions)
    while house.route():
        pass
    return [receipt.item_id for receipt in receipts if receipt.item_id]
