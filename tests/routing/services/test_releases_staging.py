"""Staging by a sticky draw: which items a staged version routes, and what becomes of it while batches are under way."""

import json
from typing import Any
from uuid import UUID

import pytest
from django.db import transaction

from governance.models import AuditEvent, AuditPayload
from governance.selectors.scope import enter_workspace
from governance.selectors.workspaces import draw_key
from review.models import Item
from review.services import received
from review.services.dead_letters import send_to_people
from review.services.finish import finish_batch
from review.services.pipeline import process_received, routing_input
from routing.domain.draw import CANARY, draw
from routing.domain.policy import parse_policy
from routing.models import PolicyProposal, RoutingDecision, Workflow
from routing.selectors.suggestions import predictions_for
from routing.selectors.workflows import access_workflow
from routing.services import predict, releases
from routing.services.router import Router
from tests.conftest import House, build_house
from tests.invariants import broken
from tests.routing.services.releasing import LAXER, LAXEST, owner, proposed, second
from tests.threads import together
from tests.workers import states

SURE_ENOUGH = 0.85  # the laxer version accepts it, the one in force does not


def staged(house: House, share: float, **options: Any) -> PolicyProposal:
    proposal = proposed(house, **options)
    return releases.stage(actor=owner(house), proposal_id=proposal.id, share=share)


def drawn_below(house: House, ids: list[UUID], share: float) -> set[UUID]:
    line = house.workflow.policy_version.policy_id  # type: ignore[union-attr]
    key = draw_key().secret
    return {one for one in ids if draw(key, purpose=CANARY, family=line, item_id=one) < share}


def accepted() -> set[UUID]:
    return set(Item.objects.filter(state="resolved").values_list("id", flat=True))


def routed_by(version_id: UUID | None) -> set[UUID]:
    return set(RoutingDecision.objects.filter(policy_version_id=version_id).values_list("item_id", flat=True))


@pytest.mark.parametrize("share", releases.SHARES)
def test_the_staged_version_routes_its_share_of_the_items_and_no_other(house: House, share: float) -> None:
    proposal = staged(house, share)
    ids = house.in_review(*(f"text {n}" for n in range(120)), confidence=SURE_ENOUGH)

    its = drawn_below(house, ids, share)
    assert its == set(ids) if share == 1 else 0 < len(its) < len(ids)
    assert accepted() == its == routed_by(proposal.version_id)
    assert routed_by(proposal.base_version_id) == set(ids) - its
    assert broken() == {}


def test_stages_nest_and_an_item_that_is_routed_again_stays_with_its_version(house: House) -> None:
    ids = house.receive(*(f"text {n}" for n in range(300)), confidence=SURE_ENOUGH)
    shares = [drawn_below(house, ids, share) for share in releases.SHARES]

    assert shares[0] < shares[1] < shares[2] == set(ids)


def test_the_trail_and_the_item_say_which_version_it_was(house: House) -> None:
    proposal = staged(house, 1.0)
    (item,) = house.in_review("one", confidence=SURE_ENOUGH)

    event = AuditEvent.objects.get(stream_id=item, action="item.routed")
    body = json.loads(bytes(AuditPayload.objects.get(event_id=event.id).body))
    assert body["policy_version"] == str(proposal.version_id)
    found = predictions_for([item])[item]
    assert (found.policy_number, found.reason["threshold"]) == (2, 0.8)


def test_the_calibration_draw_does_not_depend_on_the_version(house: House) -> None:
    Workflow.objects.filter(id=house.workflow.id).update(draw_rate=0.5)
    ids = house.in_review(*(f"text {n}" for n in range(60)), confidence=SURE_ENOUGH)
    before = dict(RoutingDecision.objects.values_list("item_id", "drawn"))
    workflow, key = access_workflow(house.workflow.key), draw_key().secret
    router = Router(
        workflow=workflow,
        policy=parse_policy(workflow.policy_body),
        labels=(),
        draw_key=key,
        restrictions=[],
        candidate=parse_policy(LAXER),
    )
    pairs = [(input_of(one), predict.PredictionResult(label="billing", confidence=0.85)) for one in ids]

    assert {one.item.item_id: one.drawn for one in router.route(pairs)} == before
    assert len(set(before.values())) == 2


def input_of(item_id: UUID) -> Any:
    row = Item.objects.select_related("payload").get(id=item_id)
    return routing_input(
        {
            "id": item_id,
            "attempts": 1,
            "body": json.dumps(row.payload.body),
            "value": None,
            "flags": [],
            "segment": "",
            "predictions": None,
            "occurred_at": None,
        }
    )


@pytest.mark.services
def test_a_batch_that_a_version_routed_before_it_was_rolled_back_is_not_accepted_after_it(house: House) -> None:
    proposal = staged(house, 1.0)
    ids = house.receive("one", "two", confidence=SURE_ENOUGH)
    rows, finish = claimed(house)
    releases.roll_back(actor=owner(house), workflow=house.workflow, reason="wrong labels")
    finish(rows)

    assert states(house) == {"in_review": 2}
    assert routed_by(proposal.base_version_id) == set(ids)
    assert broken() == {}


def test_a_batch_that_a_version_routed_before_it_came_into_force_goes_its_way(house: House) -> None:
    proposal = staged(house, 1.0)
    house.receive("one", "two", confidence=SURE_ENOUGH)
    rows, finish = claimed(house)
    releases.finish(actor=owner(house), proposal_id=proposal.id)
    finish(rows)

    assert states(house) == {"resolved": 2}
    assert len(routed_by(proposal.version_id)) == 2


def claimed(house: House) -> Any:
    """Claim and route as a worker does, and return what finishes it later."""
    workflow = access_workflow(house.workflow.key)
    rows = received.claim_received(workflow_id=workflow.id, is_demo=False, lease_s=40)
    router = Router(
        workflow=workflow,
        policy=parse_policy(workflow.policy_body),
        labels=("billing", "delivery", "other"),
        draw_key=draw_key().secret,
        restrictions=[],
        candidate=parse_policy(workflow.candidate_body),
    )
    inputs = [routing_input(row) for row in rows.values()]
    routed = router.route(predict.predict_items(workflow=workflow, labels=router.labels, items=inputs))
    actor = owner(house)

    def finish(taken: dict[UUID, dict[str, Any]]) -> None:
        finish_batch(actor=actor, workflow=workflow, rows=taken, routed=routed, router=router)
        house.enter()

    return rows, finish


def test_what_is_given_up_on_goes_to_people_by_the_version_that_it_is_drawn_for(house: House) -> None:
    proposal = staged(house, 1.0)
    (item,) = house.receive("one", label="billing", confidence=0.9)
    Item.objects.filter(id=item).update(
        state="dead", attempts=1, failure="model_error", last_error="model_error: it broke", died_at="2026-01-01T00:00Z"
    )
    send_to_people(actor=house.actor(house.lead), item_id=item)

    assert RoutingDecision.objects.get().policy_version_id == proposal.version_id


def test_without_a_staged_version_routing_costs_no_further_statement(
    house: House, django_assert_num_queries: Any
) -> None:
    workflow = access_workflow(house.workflow.key)
    policy = parse_policy(workflow.policy_body)
    router = Router(workflow=workflow, policy=policy, labels=(), draw_key=b"k", restrictions=[])
    with django_assert_num_queries(2):
        router.settled([])


@pytest.fixture
def stored(live_db: None) -> House:
    """The cast, committed."""
    with transaction.atomic():
        return build_house()


def inside(house: House, work: Any) -> Any:
    with transaction.atomic():
        enter_workspace(house.workspace.id)
        return work()


def codes(results: list[object]) -> list[str]:
    return sorted(getattr(result, "code", "done") for result in results)


def test_two_proposals_that_are_put_in_force_at_once_come_one_after_the_other(stored: House) -> None:
    """One wins; the other finds that it was made on top of what is in force no more."""
    first, other = inside(stored, lambda: proposed(stored)), inside(stored, lambda: proposed(stored, LAXEST))
    actors = [inside(stored, lambda: owner(stored)), inside(stored, lambda: second(stored))]
    jobs = [
        lambda actor=actor, one=one: inside(stored, lambda: releases.finish(actor=actor, proposal_id=one.id))
        for actor, one in zip(actors, (first, other), strict=True)
    ]

    assert codes(together(jobs)) == ["done", "proposal_outdated"]
    assert inside(stored, in_force_twice) == [("full", 1)]


def in_force_twice() -> list[tuple[str, int]]:
    rows = list(PolicyProposal.objects.filter(state="full"))
    return [(row.state, len(rows)) for row in rows]


def test_two_versions_that_are_staged_at_once_do_not_both_stand(stored: House) -> None:
    first, other = inside(stored, lambda: proposed(stored)), inside(stored, lambda: proposed(stored, LAXEST))
    actor = inside(stored, lambda: owner(stored))
    jobs = [
        lambda one=one: inside(stored, lambda: releases.stage(actor=actor, proposal_id=one.id, share=0.05))
        for one in (first, other)
    ]

    assert codes(together(jobs)) == ["another_is_staged", "done"]


def test_approving_and_refusing_at_once_leaves_one_of_them(stored: House) -> None:
    proposal = inside(stored, lambda: proposed(stored))
    approver = inside(stored, lambda: second(stored))
    results = together(
        [
            lambda: inside(stored, lambda: releases.approve(actor=approver, proposal_id=proposal.id)),
            lambda: inside(stored, lambda: releases.withdraw(actor=owner_of(stored), proposal_id=proposal.id)),
        ]
    )

    end = inside(stored, lambda: PolicyProposal.objects.get(id=proposal.id).state)
    assert end == "withdrawn"
    assert codes(results) in (["done", "done"], ["done", "proposal_state"])


def owner_of(house: House) -> Any:
    return owner(house)


def test_finishing_and_rolling_back_at_once_never_leave_half_of_each(stored: House) -> None:
    proposal = inside(stored, lambda: staged(stored, 0.25))
    actor = inside(stored, lambda: owner(stored))
    together(
        [
            lambda: inside(stored, lambda: releases.finish(actor=actor, proposal_id=proposal.id)),
            lambda: inside(stored, lambda: releases.roll_back(actor=actor, workflow=stored.workflow, reason="x")),
        ]
    )

    def picture() -> tuple[str, bool, UUID | None]:
        row = Workflow.objects.get(id=stored.workflow.id)
        state = PolicyProposal.objects.get(id=proposal.id).state
        return state, row.policy_version_id == proposal.version_id, row.candidate_version_id

    assert inside(stored, picture) in [("full", True, None), ("rolled_back", False, None)]


def test_workers_at_full_tilt_accept_nothing_by_a_version_once_it_is_rolled_back(stored: House) -> None:
    inside(stored, lambda: staged(stored, 1.0))
    actor = inside(stored, lambda: owner(stored))
    for _ in range(4):
        inside(stored, lambda: stored.receive(*(f"text {n}" for n in range(150)), confidence=SURE_ENOUGH))
    seen: dict[str, set[UUID]] = {}

    def worker() -> None:
        process_received(workspace_id=stored.workspace.id, workflow_id=stored.workflow.id)

    def roll_back() -> None:
        inside(stored, lambda: releases.roll_back(actor=actor, workflow=stored.workflow, reason="wrong labels"))
        seen["accepted"] = inside(stored, accepted)

    results = together([worker, worker, roll_back])

    assert results == [None, None, None]
    assert inside(stored, accepted) == seen["accepted"]
    assert inside(stored, lambda: Item.objects.filter(state="in_review").count()) == 600 - len(seen["accepted"])
    assert inside(stored, broken) == {}
