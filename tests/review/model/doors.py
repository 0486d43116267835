"""The two ways in: the services as workers and views call them, and the HTTP API. Both answer alike."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Protocol
from uuid import UUID

from governance.domain import ProductError
from review.domain.errors import StaleFenceError
from review.domain.states import DecisionAction
from review.services.amend import amend_item
from review.services.claim import claim_reviews, renew_lease
from review.services.dead_letters import replay_item, send_to_people
from review.services.decide import Answer, record_decision
from review.services.intake import Submission, receive_items
from review.services.reopen import release_review
from review.services.undo import undo_decision
from review.services.withdraw import withdraw_item
from routing.selectors.workflows import access_workflow
from tests.review.model.ground import Ground

NOTE = "seen with the customer"


@dataclass
class Told:
    """What a caller is told: "ok" or a refusal's code, and the ids that came with it."""

    code: str
    id: UUID | None = None
    is_new: bool = False
    leases: tuple[tuple[UUID, int], ...] = ()


class Door(Protocol):
    """A way in; `at` is the workspace, `person` a name of the cast."""

    def send(self, at: int, external_id: str, text: str, predictions: list[dict[str, Any]] | None) -> Told: ...
    def claim(self, at: int, person: str, count: int) -> Told: ...
    def renew(self, at: int, person: str, review: UUID, fence: int) -> Told: ...
    def release(self, at: int, person: str, review: UUID, fence: int) -> Told: ...
    def decide(self, at: int, person: str, review: UUID, fence: int, answer: Answer) -> Told: ...
    def undo(self, at: int, person: str, decision: UUID) -> Told: ...
    def withdraw(self, at: int, item: UUID) -> Told: ...
    def amend(self, at: int, person: str, item: UUID, label: str) -> Told: ...
    def replay(self, at: int, item: UUID) -> Told: ...
    def send_to_people(self, at: int, item: UUID) -> Told: ...


class Services:
    """Calls the services, a transaction each, as a view would."""

    def __init__(self, ground: Ground) -> None:
        self.ground = ground

    def send(self, at: int, external_id: str, text: str, predictions: list[dict[str, Any]] | None) -> Told:
        def work() -> Told:
            (receipt,) = receive_items(
                actor=self.ground.actors[at]["integrator"],
                workflow=access_workflow("support-triage"),
                submissions=[Submission(external_id, {"text": text}, predictions=predictions)],
            )
            if receipt.refusal is not None:
                return Told(receipt.refusal.code)
            return Told("ok", id=receipt.item_id, is_new=receipt.is_new)

        return self._call(at, work)

    def claim(self, at: int, person: str, count: int) -> Told:
        actor = self.ground.actors[at][person]
        return self._call(
            at,
            lambda: Told("ok", leases=tuple((r.id, r.fence) for r in claim_reviews(actor=actor, count=count))),
        )

    def renew(self, at: int, person: str, review: UUID, fence: int) -> Told:
        actor = self.ground.actors[at][person]
        return self._call(at, lambda: renew_lease(actor=actor, review_id=review, fence=fence))

    def release(self, at: int, person: str, review: UUID, fence: int) -> Told:
        actor = self.ground.actors[at][person]
        return self._call(at, lambda: release_review(actor=actor, review_id=review, fence=fence))

    def decide(self, at: int, person: str, review: UUID, fence: int, answer: Answer) -> Told:
        def work() -> Told:
            actor = self.ground.actors[at][person]
            decided = record_decision(actor=actor, review_id=review, fence=fence, answer=answer)
            if isinstance(decided, StaleFenceError):
                return Told(decided.code)
            return Told("ok", id=decided.decision_id)

        return self._call(at, work)

    def undo(self, at: int, person: str, decision: UUID) -> Told:
        def work() -> Told:
            review = undo_decision(actor=self.ground.actors[at][person], decision_id=decision)
            return Told("ok", leases=((review.id, review.fence),))

        return self._call(at, work)

    def withdraw(self, at: int, item: UUID) -> Told:
        actor = self.ground.actors[at]["integrator"]
        return self._call(at, lambda: withdraw_item(actor=actor, item_id=item))

    def amend(self, at: int, person: str, item: UUID, label: str) -> Told:
        actor = self.ground.actors[at][person]
        return self._call(
            at, lambda: Told("ok", id=amend_item(actor=actor, item_id=item, label=label, note=NOTE).outcome_id)
        )

    def replay(self, at: int, item: UUID) -> Told:
        actor = self.ground.actors[at]["lead"]
        return self._call(at, lambda: replay_item(actor=actor, item_id=item))

    def send_to_people(self, at: int, item: UUID) -> Told:
        actor = self.ground.actors[at]["lead"]
        return self._call(at, lambda: send_to_people(actor=actor, item_id=item))

    def _call(self, at: int, work: Callable[[], object]) -> Told:
        try:
            told = self.ground.inside(at, work)
        except ProductError as refusal:
            return Told(refusal.code)
        return told if isinstance(told, Told) else Told("ok")


class Http:
    """Calls the HTTP API with each person's token."""

    def __init__(self, ground: Ground) -> None:
        self.ground = ground

    def send(self, at: int, external_id: str, text: str, predictions: list[dict[str, Any]] | None) -> Told:
        body = {"external_id": external_id, "payload": {"text": text}, "predictions": predictions}
        told = self._post(at, "integrator", "workflows/support-triage/items/", body)
        return told if isinstance(told, Told) else Told("ok", id=UUID(told["id"]), is_new=told["is_new"])

    def claim(self, at: int, person: str, count: int) -> Told:
        told = self._post(at, person, "claim/", {"count": count})
        return told if isinstance(told, Told) else Told("ok", leases=tuple(map(_lease, told["reviews"])))

    def renew(self, at: int, person: str, review: UUID, fence: int) -> Told:
        told = self._post(at, person, f"reviews/{review}/renew/", {"fence": fence})
        return told if isinstance(told, Told) else Told("ok")

    def release(self, at: int, person: str, review: UUID, fence: int) -> Told:
        told = self._post(at, person, f"reviews/{review}/release/", {"fence": fence})
        return told if isinstance(told, Told) else Told("ok")

    def decide(self, at: int, person: str, review: UUID, fence: int, answer: Answer) -> Told:
        body = {"fence": fence, "action": DecisionAction(answer.action).value, "note": answer.note}
        body |= {"label": answer.label} if answer.label else {}
        told = self._post(at, person, f"reviews/{review}/decide/", body)
        if isinstance(told, Told):
            return told
        return Told("ok", id=UUID(told["decision"]["id"]) if told["decision"] else None)

    def undo(self, at: int, person: str, decision: UUID) -> Told:
        told = self._post(at, person, f"decisions/{decision}/undo/", None)
        return told if isinstance(told, Told) else Told("ok", leases=(_lease(told["review"]),))

    def withdraw(self, at: int, item: UUID) -> Told:
        told = self._post(at, "integrator", f"items/{item}/withdraw/", None)
        return told if isinstance(told, Told) else Told("ok")

    def amend(self, at: int, person: str, item: UUID, label: str) -> Told:
        told = self._post(at, person, f"items/{item}/amend/", {"label": label, "note": NOTE})
        return told if isinstance(told, Told) else Told("ok", id=UUID(told["outcome"]["id"]))

    def replay(self, at: int, item: UUID) -> Told:
        told = self._post(at, "lead", f"items/{item}/replay/", None)
        return told if isinstance(told, Told) else Told("ok")

    def send_to_people(self, at: int, item: UUID) -> Told:
        told = self._post(at, "lead", f"items/{item}/to-people/", None)
        return told if isinstance(told, Told) else Told("ok")

    def _post(self, at: int, person: str, path: str, body: Any) -> Any:
        answer = self.ground.clients[at][person].post(f"/api/v1/{path}", body, format="json")
        assert answer.status_code < 500, answer.content
        told = answer.json()
        return told if answer.status_code < 400 else Told(told["code"])


def _lease(review: dict[str, Any]) -> tuple[UUID, int]:
    return UUID(review["id"]), int(review["fence"])
