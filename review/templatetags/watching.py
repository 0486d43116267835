"""Error budgets and drift as pages show them: words, and charts as SVG with attributes alone."""

from collections.abc import Mapping, Sequence
from typing import Any

from django import template
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from review.templatetags.shown import decimal, percent, rate, score
from routing.domain.drift import BAD, CLEAN, WORST
from routing.domain.reasons import CAUSE_SENTENCES, OTHER_CAUSE
from routing.selectors.budgets import BudgetFacts
from routing.selectors.drift_state import WindowFacts
from routing.selectors.restrictions import Limit
from routing.services.budget_watch import part_words

register = template.Library()

_LEFT, _RIGHT, _TOP, _FLOOR = 44, 600, 12, 130
_MOST_LABELS = 12
_FEW_BARS = 24
_ADJACENT = 1e-9
# So many letters stand beside each other below a histogram.
_LEVEL_LETTERS = 72

STATES = {
    "measuring": ("", gettext_lazy("measuring")),
    "within": ("good", gettext_lazy("within")),
    "spent": ("bad", gettext_lazy("spent")),
}
LEVELS = {
    "": ("", gettext_lazy("not compared yet")),
    "none": ("good", gettext_lazy("no drift")),
    "raised": ("warn", gettext_lazy("drift: a stricter threshold")),
    "people": ("bad", gettext_lazy("drift: everything to people")),
}
MEASURES = {
    "confidence": gettext_lazy("Confidence"),
    "labels": gettext_lazy("Predicted labels"),
    "input_length": gettext_lazy("Length of the text"),
    "known_share": gettext_lazy("Known words"),
}


@register.filter
def budget_part(budget: BudgetFacts) -> str:
    """Return which items a budget is about."""
    value = decimal(f"{budget.value_above:,.12g}") if budget.value_above is not None else ""
    facts = {"segment": budget.segment, "value": value}
    if budget.segment and value:
        return _("“%(segment)s”, value above %(value)s") % facts
    if budget.segment:
        return _("“%(segment)s”") % facts
    return _("Value above %(value)s") % facts if value else _("All items")


@register.filter
def limit_words(limit: Limit) -> str:
    """Return what runs against a workflow's automation, of which items and why, in a line."""
    cause = _(CAUSE_SENTENCES.get(limit.cause, OTHER_CAUSE))
    if limit.effect == "min_threshold" and limit.min_threshold is not None:
        facts = {"threshold": score(limit.min_threshold), "cause": cause}
        return _("nothing below %(threshold)s is automatic, because %(cause)s") % facts
    if not limit.segment and limit.value_above is None:
        return _("everything goes to people, because %(cause)s") % {"cause": cause}
    return _("%(items)s go to people, because %(cause)s") % {
        "items": part_words(limit.segment, limit.value_above),
        "cause": cause,
    }


@register.simple_tag
def budget_state(state: str) -> Mapping[str, Any]:
    """Return the state's word and colour."""
    tone, title = STATES[state]
    return {"tone": tone, "title": title}


@register.filter
def budget_words(budget: BudgetFacts) -> str:
    """Return what a budget's state means, and what would change it."""
    if budget.evaluated_at is None:
        return _("The answers given so far are counted within a minute.")
    facts = {
        "wrong": budget.wrong,
        "n": decimal(f"{budget.n:,}"),
        "target": percent(budget.target),
        "upper": rate(budget.upper),
        "lower": rate(budget.lower),
    }
    if budget.state == "spent":
        if budget.lower > budget.target:
            return _("At least %(lower)s of what is accepted is wrong, and at most %(target)s may be.") % facts
        return _("It was within %(target)s and is no more: up to %(upper)s may be wrong.") % facts
    if budget.state == "within":
        more = budget.until_spent or 0
        sentence = ngettext(
            "At most %(upper)s is wrong. %(more)d more wrong answer in a row would spend it.",
            "At most %(upper)s is wrong. %(more)d more wrong answers in a row would spend it.",
            more,
        )
        return sentence % (facts | {"more": more})
    if budget.until_within is None:
        return _("Too many answers were wrong for it to come within %(target)s soon.") % facts
    more = budget.until_within
    sentence = ngettext(
        "Not enough is known yet: %(more)s more right answer would bring it within %(target)s.",
        "Not enough is known yet: %(more)s more right answers would bring it within %(target)s.",
        more,
    )
    return sentence % (facts | {"more": decimal(f"{more:,}")})


@register.inclusion_tag("review/_bound_chart.html")
def bound_chart(budget: BudgetFacts) -> dict[str, Any]:
    """Show how the bound came to where it is, with the target."""
    path = budget.path
    last = path[-1] if path else None
    top = min(1.0, max(4 * budget.target, 1.25 * (last.upper if last else 0), 1.25 * (last.lower if last else 0)))
    most = max(last.n if last else 1, 1)

    def x(n: float) -> float:
        return _LEFT + (_RIGHT - _LEFT) * n / most

    def y(rate: float) -> float:
        return _FLOOR - (_FLOOR - _TOP) * min(rate, top) / top

    upper = [(x(point.n), y(point.upper)) for point in path]
    lower = [(x(point.n), y(point.lower)) for point in path]
    summary = _("Upper end of the bound over %(n)s answers: now %(upper)s, target %(target)s") % {
        "n": decimal(f"{budget.n:,}"),
        "upper": rate(budget.upper),
        "target": percent(budget.target),
    }
    return {
        "has_path": bool(path),
        "label": summary,
        "upper": _line(upper),
        "lower": _line(lower),
        "band": f"{_line(upper)} {_line(lower[::-1]).replace('M', 'L', 1)}Z" if path else "",
        "target_y": _n(y(budget.target)),
        "target": percent(budget.target),
        "end": {"x": _n(upper[-1][0]), "y": _n(upper[-1][1])} if path else None,
        "wrongs": [
            _n(x(point.n)) for before, point in zip([None, *path], path, strict=False) if _is_wrong(before, point)
        ],
        "ticks": [{"y": _n(y(top * part / 2)), "title": percent(top * part / 2)} for part in range(3)],
        "most": decimal(f"{most:,}"),
    }


def _is_wrong(before: Any, point: Any) -> bool:
    return bool(point.wrong > (before.wrong if before else 0))


@register.inclusion_tag("review/_psi_chart.html")
def psi_chart(windows: Sequence[WindowFacts]) -> dict[str, Any]:
    """Show each window's worst index, with the limits."""
    top = min(1.0, max([0.5, *(1.1 * window.worst_psi for window in windows)]))
    step = (_RIGHT - _LEFT) / max(len(windows), 12)
    points = []
    for place, window in enumerate(windows):
        measure = max(window.measures, key=lambda name: window.measures[name]["psi"], default="")
        points.append(
            {
                "x": _n(_LEFT + step * (place + 0.5)),
                "y": _n(_y(window.worst_psi, top)),
                "tone": "bad" if window.worst_psi > WORST else "warn" if window.worst_psi > BAD else "ok",
                "title": _("Window %(number)d, %(date)s: PSI %(psi)s (%(measure)s)")
                % {
                    "number": window.number,
                    "date": date_format(window.last_at, _("j M H:i")),
                    "psi": decimal(f"{window.worst_psi:.2f}"),
                    "measure": measure_title(measure),
                },
                "number": window.number if place % max(1, len(windows) // 12) == 0 else "",
            }
        )
    limits = [
        {"y": _n(_y(value, top)), "title": title, "tone": tone}
        for value, title, tone in (
            (CLEAN, _("clean up to %(value)s") % {"value": decimal(f"{CLEAN:g}")}, "clean"),
            (BAD, _("bad above %(value)s") % {"value": decimal(f"{BAD:g}")}, "warn"),
            (WORST, _("at once above %(value)s") % {"value": decimal(f"{WORST:g}")}, "bad"),
        )
    ]
    return {
        "points": points,
        "line": _line([(float(point["x"]), float(point["y"])) for point in points]),
        "limits": limits,
        "label": _("Stability index of %(n)d windows, the last %(psi)s")
        % {"n": len(windows), "psi": decimal(f"{windows[-1].worst_psi:.2f}") if windows else "0"},
    }


@register.inclusion_tag("review/_histogram.html")
def histogram(
    name: str, reference: Mapping[str, Any], window: WindowFacts, titles: Mapping[str, str]
) -> dict[str, Any]:
    """Show how a measure was distributed in the reference and is in the last window."""
    measured = window.measures.get(name)
    then = reference["labels"] if name == "labels" else reference["numbers"].get(name)
    if measured is None or then is None:
        return {"bars": []}
    pairs = _labels(then, measured["counts"], titles) if name == "labels" else _bins(name, then, measured["counts"])
    most = max([*(before for _title, before, _now in pairs), *(now for _title, _before, now in pairs), 0.01])
    longest = max(len(title) for title, _before, _now in pairs)
    step = (_RIGHT - _LEFT) / len(pairs)
    bar = min(_FEW_BARS, step * 0.36)
    bars = []
    for place, (title, before, now) in enumerate(pairs):
        middle = _LEFT + step * (place + 0.5)
        bars.append(
            {
                "title": title,
                "middle": _n(middle),
                "before_x": _n(middle - bar - 1),
                "now_x": _n(middle + 1),
                "width": _n(bar),
                "before_y": _n(_y(before, most)),
                "before_height": _n(_FLOOR - _y(before, most)),
                "now_y": _n(_y(now, most)),
                "now_height": _n(_FLOOR - _y(now, most)),
                "words": _("%(bin)s: %(before)s in the reference, %(now)s now")
                % {"bin": title, "before": percent(before), "now": percent(now)},
            }
        )
    return {
        "bars": bars,
        "top": percent(most),
        "is_slanted": name == "labels" and longest * len(pairs) > _LEVEL_LETTERS,
        "label": _("%(measure)s, then and now: PSI %(psi)s")
        % {"measure": MEASURES[name], "psi": decimal(f"{measured['psi']:.2f}")},
    }


def _bins(name: str, then: Mapping[str, Any], counts: Sequence[int]) -> list[tuple[str, float, float]]:
    edges = [decimal(text) for text in _written(then["edges"], fewest=0 if name == "input_length" else 2)]
    # The last bin may lie just beyond a value that many items share.
    titles = [f"< {edges[0]}", *(f"≥ {edge}" for edge in edges)] if edges else [_("all")]
    if len(edges) > 1 and then["edges"][-1] - then["edges"][-2] < _ADJACENT:
        titles[-1] = f"> {edges[-1]}"
    n, m = max(1, sum(then["counts"])), max(1, sum(counts))
    return [(title, before / n, now / m) for title, before, now in zip(titles, then["counts"], counts, strict=True)]


def _written(edges: Sequence[float], *, fewest: int) -> list[str]:
    """Return the edges with as few decimals as tell them apart."""
    texts: list[str] = []
    for places in range(fewest, fewest + 4):
        texts = [f"{edge:.{places}f}" for edge in edges]
        if len(set(texts)) == len({round(edge, 8) for edge in edges}):
            break
    return texts


def _labels(
    then: Mapping[str, int], now: Mapping[str, int], titles: Mapping[str, str]
) -> list[tuple[str, float, float]]:
    """Return the labels whose shares have moved most."""
    n, m = max(1, sum(then.values())), max(1, sum(now.values()))
    shares = [(label, then.get(label, 0) / n, now.get(label, 0) / m) for label in {*then, *now}]
    moved = sorted(shares, key=lambda one: (-abs(one[2] - one[1]), one[0]))[:_MOST_LABELS]
    return [(titles.get(label, label), before, after) for label, before, after in moved]


@register.filter
def measure_title(name: str) -> str:
    """Return a measure's name."""
    return str(MEASURES.get(name, name))


@register.simple_tag
def drift_level(level: str) -> Mapping[str, Any]:
    """Return the level's word and colour; of an empty one, that nothing has been compared."""
    tone, title = LEVELS[level]
    return {"tone": tone, "title": title}


@register.filter
def p_value(value: float) -> str:
    """Return a p-value as people read it."""
    return f"<{decimal('.001')}" if value < 0.001 else decimal(f"{value:.3f}".removeprefix("0"))  # noqa: PLR2004 - as printed


@register.filter
def index(value: float) -> str:
    """Return a stability index or effect size."""
    return decimal(f"{value:.2f}")


@register.filter
def index_tone(value: float) -> str:
    """Return the colour that goes with a stability index."""
    return "bad" if value > WORST else "warn" if value > BAD else ""


def _y(value: float, top: float) -> float:
    return _FLOOR - (_FLOOR - _TOP) * min(value, top) / top


def _line(points: Sequence[tuple[float, float]]) -> str:
    return " ".join(f"{'L' if place else 'M'}{_n(x)} {_n(y)}" for place, (x, y) in enumerate(points))


def _n(value: float) -> str:
    return f"{value:.1f}"
