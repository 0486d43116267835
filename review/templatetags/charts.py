"""Charts as SVG with attributes alone: a strict content policy forbids style attributes."""

import math
from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any, Protocol

from django import template
from django.utils.formats import date_format, number_format
from django.utils.translation import gettext as _

register = template.Library()

_LEFT, _RIGHT, _TOP, _FLOOR = 40, 716, 8, 170
_MOST_TICKS = 4
_GAP = 0.36
_MOST_DATES = 15
_FEWEST = 2  # points of a line


class Day(Protocol):
    """A day's items: how many were decided automatically and by people."""

    date: date
    automatic: int
    people: int


@register.inclusion_tag("review/_days_chart.html")
def days_chart(days: Sequence[Day]) -> dict[str, Any]:
    """Show items a day as stacked bars."""
    top = _round_up(max((day.automatic + day.people for day in days), default=0))
    scale = (_FLOOR - _TOP) / top
    step = (_RIGHT - _LEFT - 6) / max(1, len(days))
    width = min(30.0, step * (1 - _GAP))
    each = math.ceil(len(days) / _MOST_DATES) or 1
    bars = []
    for index, day in enumerate(days):
        x = _LEFT + 6 + index * step
        people, automatic = day.people * scale, day.automatic * scale
        gap = 2.0 if people and automatic else 0.0
        bars.append(
            {
                "x": _n(x),
                "width": _n(width),
                "people_y": _n(_FLOOR - people),
                "people_height": _n(people),
                "automatic_y": _n(_FLOOR - people - automatic),
                "automatic_height": _n(max(0.0, automatic - gap)),
                "middle": _n(x + width / 2),
                "date": date_format(day.date, _("j M") if index == 0 or day.date.day == 1 else "j")
                if index % each == 0
                else "",
                "title": _("%(date)s: %(automatic)s automatic, %(people)s by people")
                % {
                    "date": date_format(day.date, _("j F")),
                    "automatic": number_format(day.automatic, force_grouping=True),
                    "people": number_format(day.people, force_grouping=True),
                },
            },
        )
    ticks = [
        {
            "y": _n(_FLOOR - top * part / _ticks(top) * scale),
            "title": number_format(int(top * part / _ticks(top)), force_grouping=True),
        }
        for part in range(_ticks(top) + 1)
    ]
    return {"bars": bars, "ticks": ticks, "label": _summary(days)}


@register.simple_tag
def spark(values: Sequence[float]) -> Mapping[str, str]:
    """Return the paths of a small line, 96 by 24, and of the area below it."""
    if len(values) < _FEWEST:
        return {"line": "", "area": ""}
    least, most = min(values), max(values)
    height = (most - least) or 1
    points = [
        (96 * index / (len(values) - 1), 22 - 20 * (value - least) / height) for index, value in enumerate(values)
    ]
    line = " ".join(f"{'L' if index else 'M'}{_n(x)} {_n(y)}" for index, (x, y) in enumerate(points))
    return {"line": line, "area": f"{line} L96 24 L0 24Z"}


def _summary(days: Sequence[Day]) -> str:
    automatic, people = (
        sum(day.automatic for day in days),
        sum(day.people for day in days),
    )
    return _("Items a day over %(n)d days: %(automatic)s decided automatically, %(people)s by people") % {
        "n": len(days),
        "automatic": number_format(automatic, force_grouping=True),
        "people": number_format(people, force_grouping=True),
    }


def _round_up(most: float) -> int:
    """Return the next of 4, 8, 10, 20, 40, 80, 100 and so on."""
    if most <= _MOST_TICKS:
        return _MOST_TICKS
    unit = 10 ** math.floor(math.log10(most))
    return int(next(step * unit for step in (1, 2, 4, 8, 10) if step * unit >= most))


def _ticks(top: int) -> int:
    return next(count for count in (_MOST_TICKS, 2, 1) if top % count == 0)


def _n(value: float) -> str:
    return f"{value:.1f}"
