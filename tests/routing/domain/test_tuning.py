"""What a policy would do at any threshold: pure assembly, compared with the policy itself and with `certify`."""

from datetime import UTC, date, datetime

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from routing.domain.cohorts import Closed, Cohort
from routing.domain.columns import Columns, Scored, columns_of
from routing.domain.cost import Assumptions
from routing.domain.policy_body import FlagPresent, Policy, ValueAbove
from routing.domain.recommend import HumanError, Surroundings, recommend
from routing.domain.replay import accepted
from routing.domain.risk import Certified, certify
from routing.domain.spread import plain, scores, spread_of
from routing.domain.tuning import Tuning, money, tune

TODAY = date(2026, 11, 20)
LABELS = ("a", "b", "c")
ASSUMED = Assumptions(review_cost=1, wrong_cost=25, review_minutes=0.6, items_a_day=3000, sample_rate=0.02)


def item(
    number: int,
    confidence: float | None,
    label: str | None = "a",
    *,
    value: float | None = None,
    flags: tuple[str, ...] = (),
) -> Scored:
    at = datetime(2026, 11, 1, tzinfo=UTC).timestamp()
    return Scored(id=number, at=at, label=label, confidence=confidence, value=value, flags=flags)


def spread(count: int, *, label: str = "a") -> Columns:
    return columns_of([item(n, 0.999 - 0.5 * n / count, label) for n in range(count)])


def tuned(
    answers: Columns,
    wrong: list[bool],
    policy: Policy | None = None,
    *,
    target: float = 0.02,
    scored: Columns | None = None,
) -> Tuning:
    chosen = policy or Policy(queue="q", default_threshold=0.9)
    return tune(
        spread_of(answers if scored is None else scored, chosen),
        answers,
        np.array(wrong, dtype=np.bool_),
        chosen,
        labels=LABELS,
        target=target,
        delta=0.05,
    )


def around(**facts: object) -> Surroundings:
    usual: dict[str, object] = {
        "today": TODAY,
        "drawn": 1000,
        "answered": 1000,
        "closed": Closed(date(2026, 11, 19), (date(2026, 11, 19),), 0, None, ()),
        "held_by": None,
        "other_versions": 0,
        "drift_on": None,
        "human": HumanError(2, 1000),
    }
    return Surroundings(**(usual | facts))  # type: ignore[arg-type]


confidences = st.one_of(st.none(), st.sampled_from([0.0, 0.5, 0.9, 1.0]), st.floats(0, 1))
items = st.lists(
    st.builds(
        lambda confidence, label, value, flags: item(1, confidence, label, value=value, flags=flags),
        confidences,
        st.sampled_from([*LABELS, None]),
        st.sampled_from([None, 5.0, 50.0]),
        st.sampled_from([(), ("odd",)]),
    ),
    max_size=20,
)
policies = st.builds(
    lambda own, rules: Policy(queue="q", label_thresholds=own, rules=rules),
    st.dictionaries(st.sampled_from(LABELS), st.one_of(st.none(), st.sampled_from([0.0, 0.5, 0.9, 1.0]))),
    st.sampled_from([(), (ValueAbove(10, "review"),), (FlagPresent(None, "escalate"), ValueAbove(1, "review"))]),
)


@given(items, policies, st.one_of(st.none(), st.sampled_from([0.0, 0.5, 0.9, 1.0]), st.floats(0, 1)))
def test_a_share_is_what_the_policy_itself_would_accept(
    found: list[Scored], policy: Policy, threshold: float | None
) -> None:
    columns = columns_of(found)
    itself = Policy(
        queue="q", default_threshold=threshold, label_thresholds=policy.label_thresholds, rules=policy.rules
    )
    score = scores(columns, policy)
    by_score = score >= (1.0 if threshold is None else threshold)
    # "Never" is the one policy that has no threshold: a plain confidence of exactly 1 would reach it.
    sure = np.array(
        [one.confidence == 1.0 and one.label not in policy.label_thresholds for one in found], dtype=np.bool_
    )
    expected = accepted(columns, itself)
    if threshold is None:
        by_score &= ~sure
    assert by_score.tolist() == expected.tolist()


def test_the_certified_threshold_is_the_one_of_certify_and_its_short_form_accepts_the_same() -> None:
    answers = spread(1500)
    wrong = [n >= 1400 or n % 300 == 299 for n in range(1500)]
    tuning = tuned(answers, wrong)
    expected = certify(answers.confidence, np.array(wrong), target=0.02, delta=0.05)
    assert isinstance(expected, Certified)
    assert tuning.certified is not None
    assert expected.threshold - 0.001 < tuning.certified <= expected.threshold
    at = tuning.at(tuning.certified)
    assert (at.n, at.k, at.keeps) == (expected.n, expected.k, True)
    assert len(repr(tuning.certified)) < len(repr(expected.threshold))


def test_laxer_than_certified_does_not_keep_the_promise() -> None:
    tuning = tuned(spread(1500), [n >= 900 for n in range(1500)])
    assert tuning.certified is not None
    assert not tuning.at(tuning.certified - 0.1).keeps
    assert tuning.at(0.0).k == 600


def test_a_very_strict_threshold_with_few_answers_does_not_keep_it_either() -> None:
    tuning = tuned(spread(1500), [False] * 1500)
    assert tuning.at(0.9985).n < 10
    assert not tuning.at(0.9985).keeps


def test_labels_add_up_to_the_whole_and_own_thresholds_stay() -> None:
    answers = columns_of([item(n, 0.6 + 0.39 * (n % 97) / 97, LABELS[n % 3]) for n in range(900)])
    policy = Policy(queue="q", default_threshold=0.9, label_thresholds={"b": 0.7, "c": None})
    tuning = tuned(answers, [n % 50 == 0 for n in range(900)], policy)
    for threshold in (0.65, 0.9, None):
        rows = {row.label: row for row in tuning.labels_at(threshold)}
        at = tuning.at(threshold)
        assert sum(row.n for row in rows.values()) == at.n
        assert sum(row.k for row in rows.values()) == at.k
        assert rows["b"].n == tuning.labels_at(0.1)[0].n or rows["b"].n > 0
        assert rows["c"].n == 0
    assert tuning.at(None).n == {row.label: row for row in tuning.labels_at(0.9)}["b"].n


def test_the_scale_falls_and_each_threshold_has_its_share() -> None:
    tuning = tuned(spread(300), [False] * 300, scored=spread(5000))
    thresholds = [threshold for threshold, _share in tuning.spread.scale]
    assert thresholds == sorted(thresholds, reverse=True)
    assert len(thresholds) <= 200
    assert [share for _t, share in tuning.spread.scale] == pytest.approx([tuning.share(t) for t in thresholds])


@pytest.mark.parametrize(
    ("threshold", "below", "short"),
    [
        (0.9741234, 0.97, 0.974),
        (0.9741234, 0.9741, 0.97412),
        (0.5, 0.4, 0.5),
        (0.99991, 0.9999, 0.99991),
        (1.0, 0.5, 1.0),
        (0.1239, 0.0, 0.123),
    ],
)
def test_a_threshold_is_written_as_short_as_it_can_be(threshold: float, below: float, short: float) -> None:
    assert plain(threshold, below) == short


def test_money_needs_an_answer_where_something_is_automatic() -> None:
    tuning = tuned(spread(10), [False] * 10, scored=spread(100))
    assert money(ASSUMED, tuning.at(0.9989)) is not None
    empty = tune(
        spread_of(spread(100), Policy(queue="q")),
        columns_of([]),
        np.array([], dtype=np.bool_),
        Policy(queue="q"),
        labels=LABELS,
        target=0.02,
        delta=0.05,
    )
    assert money(ASSUMED, empty.at(0.9)) is None
    assert money(ASSUMED, empty.at(1.0)) is not None


def test_a_good_sample_is_recommended_and_every_check_holds() -> None:
    advice = recommend(tuned(spread(1500), [n >= 1400 for n in range(1500)]), around(), ASSUMED)
    assert advice.reasons == ()
    assert advice.threshold is not None
    assert {one.held for one in advice.checks} == {"good"}
    assert advice.ways == ()


def test_too_few_says_how_many_are_missing_and_when_they_would_be_there() -> None:
    answers = spread(261)
    advice = recommend(tuned(answers, [n == 260 for n in range(261)], target=0.01), around(), ASSUMED)
    assert advice.reasons == ("too_few",)
    assert (advice.missing, advice.needed) == (212, 473)
    ways = {way.kind: way.values for way in advice.ways}
    assert set(ways) == {"raise", "wait", "promise"}
    assert ways["raise"]["rate"] == 0.06
    assert ways["raise"]["days"] < ways["wait"]["days"] == 4
    assert ways["promise"]["target"] == 0.02


@pytest.mark.parametrize(
    ("facts", "reason"),
    [
        ({"drawn": 0}, "no_sample"),
        ({"other_versions": 3}, "mixed_models"),
        ({"drift_on": date(2026, 11, 2)}, "drift_alarm"),
        ({"closed": Closed(None, (), 0, TODAY, ()), "held_by": Cohort(TODAY, 9, 3)}, "no_closed_cohort"),
        ({"human": HumanError(5, 100)}, "below_human_error"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_a_good_sample_is_refused_for_what_is_around_it(facts: dict[str, object], reason: str) -> None:
    advice = recommend(tuned(spread(1500), [n >= 1400 for n in range(1500)]), around(**facts), ASSUMED)
    assert advice.reasons == (reason,)
    assert advice.threshold is None
    assert advice.missing is None


def test_an_unknown_human_error_is_no_reason_to_refuse() -> None:
    advice = recommend(tuned(spread(1500), [n >= 1400 for n in range(1500)]), around(human=HumanError(99, 99)), ASSUMED)
    assert advice.reasons == ()
    assert "warn" in {one.held for one in advice.checks}


def test_a_sure_model_that_is_wrong_fails_at_the_first_point() -> None:
    advice = recommend(tuned(spread(1500), [n < 100 for n in range(1500)]), around(), ASSUMED)
    assert advice.reasons == ("first_point_fails",)


def test_nothing_let_through_leaves_nothing_to_test() -> None:
    policy = Policy(queue="q", default_threshold=0.9, rules=(ValueAbove(1, "review"),))
    answers = columns_of([item(n, 0.99, value=9.0) for n in range(400)])
    advice = recommend(tuned(answers, [False] * 400, policy), around(), ASSUMED)
    assert advice.reasons == ("nothing_scored",)
