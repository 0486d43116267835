"""Drafts over past items: the same as routing them one by one."""

import math
from datetime import timedelta
from uuid import UUID

import pytest
from django.utils import timezone

from routing.domain.columns import DISPOSITIONS
from routing.domain.policy import Facts, parse_policy, route
from routing.models import Assumptions, Observation, Replay, RoutingDecision
from routing.selectors.replays import flips_of
from routing.selectors.scored import scored
from routing.services.replay_run import run_replay
from tests.conftest import House
from tests.drawn import answer_rows, route_rows
from tests.routing.services.replaying import LAXER, STRICTER, ask, replayed


def test_a_laxer_draft_takes_items_from_people(mixed: House) -> None:
    found = replayed(mixed, LAXER)
    assert found.state == "done"
    assert (found.total, found.replayed) == (6, 6)
    assert found.result["items"] == 6
    assert found.result["base"] == {"auto": 2, "review": 4, "escalate": 0}
    assert found.result["draft"] == {"auto": 4, "review": 2, "escalate": 0}
    assert (found.result["to_auto"], found.result["to_people"], found.result["to_escalate"]) == (2, 0, 0)


def test_every_item_goes_where_routing_it_alone_would_send_it(mixed: House) -> None:
    body = {
        "default_threshold": 0.6,
        "label_thresholds": {"delivery": None, "other": 0.5},
        "rules": [
            {"kind": "value_above", "limit": 1_000, "to": "escalate"},
            {"kind": "flag_present", "flags": None, "to": "escalate"},
        ],
        "queue": "triage",
    }
    found = replayed(mixed, body, base="history", most=2)
    flips = flips_of(found.id)
    went = dict(zip(flips.ids.tolist(), flips.goes_to.tolist(), strict=True))
    for row in RoutingDecision.objects.all():
        alone = route(
            facts=Facts(row.value, tuple(row.flags), row.segment, row.label, row.confidence),
            policy=parse_policy(body),
            labels=(),
            drawn=False,
            draw_probability=0.0,
        )
        replayed_to = DISPOSITIONS[went[row.id]] if row.id in went else row.disposition
        assert replayed_to == alone.disposition, row.reason_code


@pytest.mark.parametrize("most", [1, 2, 3, 50])
def test_pages_of_any_size_come_to_the_same(mixed: House, most: int) -> None:
    whole, paged = replayed(mixed, LAXER), replayed(mixed, LAXER, most=most)
    # Labels are numbered as they come; what they are is told beside the numbers.
    first, second = (
        {name: one.result[name] for name in one.result if name not in {"seconds", "labels"}} for one in (whole, paged)
    )
    assert first == second
    assert flips_of(whole.id).ids.tolist() == flips_of(paged.id).ids.tolist()


def test_columns_hold_what_was_written_down(mixed: House) -> None:
    now = timezone.now()
    (columns,) = scored(mixed.workflow.id, since=now - timedelta(days=1), until=now + timedelta(minutes=1))
    rows = list(RoutingDecision.objects.order_by("-occurred_at", "-id"))
    assert columns.ids.tolist() == [row.id for row in rows]
    for place, row in enumerate(rows):
        assert columns.labels[columns.label[place]] == row.label
        assert columns.confidence[place] == row.confidence
        assert columns.value[place] == pytest.approx(math.nan if row.value is None else row.value, nan_ok=True)
        assert columns.flag_sets[columns.flags[place]] == tuple(row.flags)
        assert columns.segments[columns.segment[place]] == row.segment
        assert DISPOSITIONS[columns.disposition[place]] == row.disposition
        assert abs(columns.at[place] - row.occurred_at.timestamp()) < 1e-4


def test_an_item_that_was_routed_again_counts_once_as_it_went_last(house: House) -> None:
    (item_id,) = house.in_review("again", confidence=0.5)
    first = RoutingDecision.objects.get(item_id=item_id)
    RoutingDecision.objects.create(
        workspace=house.workspace,
        workflow=house.workflow,
        item_id=item_id,
        attempt=first.attempt + 1,
        disposition="auto_accept",
        reason_code="above_threshold",
        queue_key="triage",
        label="delivery",
        confidence=0.97,
        drawn=False,
        draw_probability=0,
        occurred_at=first.occurred_at,
    )
    for most in (1, 10):
        found = replayed(house, STRICTER, base="history", most=most)
        assert found.result["items"] == 1
        assert found.result["base"] == {"auto": 1, "review": 0, "escalate": 0}


def test_fields_that_nobody_asked_for_are_named_with_the_number_of_items(house: House) -> None:
    house.in_review("no subject")
    asks = {"kind": "missing_field", "fields": ["/subject"], "to": "escalate"}
    body = LAXER | {"rules": [asks]}
    unknown = replayed(house, body)
    assert unknown.result["unknown_fields"] == {"items": 1, "fields": ["/subject"]}
    assert unknown.result["to_escalate"] == 0

    in_force = house.workflow.policy_version
    assert in_force
    version = in_force.policy.versions.create(workspace=house.workspace, number=2, body=body)
    house.workflow.policy_version = version
    house.workflow.save()
    house.in_review("again without", confidence=0.3)
    assert RoutingDecision.objects.latest("id").missing == ["/subject"]
    known = replayed(house, body, base="history")
    assert known.result["unknown_fields"]["items"] == 1
    assert known.result["draft"]["escalate"] == 1
    other = LAXER | {"rules": [asks | {"fields": ["/subject", "/email"]}]}
    assert replayed(house, other).result["unknown_fields"]["items"] == 2


def observe(
    house: House, item_id: UUID, *, wrong: bool | None, source: str = "calibration", closed: bool = True
) -> None:
    row = RoutingDecision.objects.get(item_id=item_id)
    label = row.label if wrong is False else "other"
    Observation.objects.create(
        item_id=item_id,
        workspace=house.workspace,
        workflow=house.workflow,
        source=source,
        inclusion_probability=row.draw_probability,
        label=label,
        wrong=wrong,
        occurred_at=timezone.now(),
        closed_at=timezone.now() if closed else None,
    )


def test_the_error_is_that_of_the_sample_and_not_of_what_people_happened_to_see(house: House) -> None:
    at = (timezone.now() - timedelta(days=3)).replace(hour=12)
    sample = route_rows(house, [0.95] * 7, drawn=True, occurred_at=at)
    answer_rows(sample, wrong=[5, 6])
    doubted = route_rows(house, [0.5] * 3, disposition="review", occurred_at=at)
    for row in doubted:
        observe(house, row.item_id, wrong=True, source="review")

    result = replayed(house, LAXER).result
    error = result["error_after"]
    assert (error["n"], error["wrong"], error["open"], error["method"]) == (7, 2, 0, "sample")
    assert error["rate"] == pytest.approx(2 / 7)
    assert error["lower"] < error["rate"] < error["upper"]
    assert result["error_before"] == error
    assert result["to_auto_known"] == {"same": 0, "other": 3}
    assert (result["open_days"], result["left_out"]) == (0, 0)
    # Each sample answer stands for 20 items, each of the others for itself.
    weighted = result["weighted_after"]
    assert (weighted["n"], weighted["rate"]) == (10, pytest.approx((2 * 20 + 3) / (7 * 20 + 3)))


def test_days_whose_disagreements_are_not_settled_tell_no_error(house: House) -> None:
    """Answers that agree are settled at once: of what is settled today nearly all are right, whatever the model does."""
    settled, today = ((timezone.now() - timedelta(days=days)).replace(hour=12) for days in (3, 2))
    answer_rows(route_rows(house, [0.95] * 10, drawn=True, occurred_at=settled), wrong=[0])
    answer_rows(route_rows(house, [0.95] * 90, drawn=True, occurred_at=today), open_=range(80, 90))
    result = replayed(house, LAXER).result
    assert result["open_days"] == 1
    for error in (result["error_before"], result["error_after"]):
        assert (error["n"], error["wrong"]) == (10, 1)
    assert result["by_label"][0]["error_after"]["n"] == 10
    # Where nothing is promised, two of a thousand may be open.
    answer_rows(route_rows(house, [0.95] * 4910, drawn=True, occurred_at=today))
    result = replayed(house, LAXER).result
    assert (result["open_days"], result["left_out"], result["error_after"]["n"]) == (0, 10, 5000)


def test_a_sample_drawn_at_two_rates_is_weighted(house: House) -> None:
    at = (timezone.now() - timedelta(days=3)).replace(hour=12)
    answer_rows(route_rows(house, [0.95] * 4, drawn=True, draw_probability=1.0, occurred_at=at), wrong=[0])
    answer_rows(route_rows(house, [0.95] * 4, drawn=True, draw_probability=0.999999, occurred_at=at))
    error = replayed(house, LAXER).result["error_after"]
    assert (error["method"], error["n"], error["wrong"]) == ("weighted", 8, 1)


def test_load_and_cost_follow_the_owners_assumptions(mixed: House) -> None:
    Assumptions.objects.create(
        workflow=mixed.workflow,
        workspace=mixed.workspace,
        items_a_day=600,
        review_minutes=2,
        review_cost=3,
        wrong_cost=10,
    )
    result = replayed(mixed, LAXER).result
    assert result["items_a_day"] == 600
    assert result["reviews_per_day"] == {"before": pytest.approx(400), "after": pytest.approx(200)}
    assert result["hours"] == {"before": pytest.approx(400 * 2 / 60), "after": pytest.approx(200 * 2 / 60)}
    # Nobody has answered anything of the sample: what wrong acceptances cost is not known.
    assert result["cost"]["expected"] == {"before": None, "after": None}
    nothing = replayed(mixed, {"default_threshold": None, "queue": "triage"}).result
    assert nothing["cost"]["expected"]["after"] == pytest.approx(1800)


def test_labels_and_segments_are_counted_by_themselves(mixed: House) -> None:
    result = replayed(mixed, LAXER).result
    by_label = {
        row["label"]: (row["items"], row["auto_before"], row["auto_after"], row["to_auto"])
        for row in result["by_label"]
    }
    assert by_label == {"billing": (4, 2, 2, 0), "delivery": (1, 0, 1, 1), "other": (1, 0, 1, 1)}
    by_segment = {row["segment"]: (row["items"], row["auto_after"]) for row in result["by_segment"]}
    assert by_segment == {"vip": (2, 2), "": (4, 2)}
    assert result["models"] == [{"model_version": str(mixed.workflow.model_version_id), "items": 6}]


def test_a_period_without_items_comes_to_nothing(house: House) -> None:
    found = replayed(house, LAXER)
    assert (found.result["items"], found.result["to_auto"], len(flips_of(found.id))) == (0, 0, 0)


def test_only_the_period_is_replayed(mixed: House) -> None:
    now = timezone.now()
    assert replayed(mixed, LAXER, since=now - timedelta(days=9), until=now - timedelta(days=2)).result["items"] == 0


def test_another_workspaces_items_are_not_replayed(mixed: House) -> None:
    replay_id = ask(mixed, LAXER)
    assert not run_replay(workspace_id=mixed.other_workspace.id, replay_id=replay_id)
    mixed.enter()
    assert Replay.objects.get(id=replay_id).state == "waiting"
