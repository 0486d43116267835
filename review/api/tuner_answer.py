"""The tuner's answer as JSON."""

import hashlib
from dataclasses import asdict
from typing import Any

from review.api.tuner_checks import check
from review.api.tuner_refusals import missing, refusal, way
from review.api.tuner_words import late, preview, verdict
from review.selectors.tuner import Column, Tuner
from routing.domain.predicted_load import reviews
from routing.domain.tuning import LabelAt

_PLACES = 6


def answer(state: Tuner, *, known: str = "") -> dict[str, Any]:
    """Return the figures; without what the caller knows already if `known` is the present basis."""
    basis = _basis(state)
    said: dict[str, Any] = {
        "basis": basis,
        "as_of": state.material.as_of,
        "since": state.material.since,
        "until": state.material.period.last.isoformat(),
        "scored": state.tuning.spread.scored,
        "drawn": state.material.sample.size,
        "answers": state.tuning.answers,
        "target": state.tuning.target,
        "delta": state.tuning.delta,
        "preview": preview(state),
        "assumptions": asdict(state.assumptions)
        | {
            "currency": state.stored.currency,
            "items_a_day_measured": state.material.items_a_day,
            "human_error_measured": state.human.share,
        },
        "active": _column(state.active) | {"number": state.workflow.policy_number},
        "draft": _column(state.draft),
        "reviews_range": _reviews_range(state),
        "certified": None if state.certified is None else _column(state.certified),
        "cost_optimal": _column(state.cost_optimal),
        "labels": [_label(row, state) for row in state.labels],
        "verdict": verdict(state),
        "late": None if state.overdue is None else late(state.overdue),
        "body": state.body,
    }
    return said if known == basis else said | _slow(state)


def _slow(state: Tuner) -> dict[str, Any]:
    """Return what does not depend on where the threshold is."""
    curve = state.tuning.curve
    return {
        "curve": {
            "threshold": [point.threshold for point in curve],
            "coverage": [_short(state.tuning.share(point.threshold)) for point in curve],
            "n": [point.n for point in curve],
            "k": [point.k for point in curve],
            "risk": [_short(point.risk) for point in curve],
            "low": [_short(point.low) for point in curve],
            "high": [_short(point.high) for point in curve],
        },
        "scale": {
            "threshold": [threshold for threshold, _share in state.tuning.spread.scale],
            "coverage": [_short(share) for _threshold, share in state.tuning.spread.scale],
        },
        "zone": _zone(state),
        "reasons": list(state.recommendation.reasons),
        "refusal": refusal(state) or None,
        "missing": missing(state),
        "ways": [
            {"kind": one.kind, **way(state, one), "target": one.values.get("target"), "rate": one.values.get("rate")}
            for one in state.recommendation.ways
        ],
        "checks": [
            {"check": one.check, "held": one.held, "text": check(state, one)} for one in state.recommendation.checks
        ],
    }


def _zone(state: Tuner) -> list[float] | None:
    """Return the automatic shares between which every threshold keeps the promise."""
    zone = state.tuning.zone
    return None if zone is None or state.certified is None else [_short(share) for share in zone]


def _column(column: Column) -> dict[str, Any]:
    at, money = column.at, column.money
    return {
        "threshold": at.threshold,
        "automatic": _short(at.automatic),
        "n": at.n,
        "k": at.k,
        "risk": None if at.risk is None else _short(at.risk),
        "bound": _short(at.bound),
        "keeps": at.keeps,
        "reviews": None if money is None else money.reviews,
        "hours": None if money is None else money.review_hours,
        "wrong": None if money is None else money.wrong_accepted,
        "cost": None if money is None else money.expected_cost,
        "worst_cost": None if money is None else money.worst_cost,
    }


def _reviews_range(state: Tuner) -> list[int] | None:
    """Return between which counts the reviews of a day will lie in 95 of 100 days under the draft."""
    scored, assumed = state.tuning.spread.scored, state.assumptions
    if not scored:
        return None
    load = reviews(
        accepted=round(state.draft.at.automatic * scored),
        n=scored,
        items=round(assumed.items_a_day),
        sample_rate=assumed.sample_rate,
    )
    return [load.low, load.high]


def _label(row: LabelAt, state: Tuner) -> dict[str, Any]:
    return asdict(row) | {
        "title": state.titles.get(row.label, row.label),
        "low": _short(row.low),
        "high": _short(row.high),
        "bound": _short(row.bound),
    }


def _basis(state: Tuner) -> str:
    """Return a name for everything that curve, checks and refusal come from."""
    parts = (
        state.material.key,
        state.material.period,
        state.tuning.target,
        state.tuning.delta,
        sorted(state.policy.label_thresholds.items()),
        state.assumptions,
        state.today,
        state.workflow.policy_version_id,
        state.workflow.model_version_id,
    )
    return hashlib.blake2s(repr(parts).encode(), digest_size=8).hexdigest()


def _short(value: float) -> float:
    return round(value, _PLACES)
