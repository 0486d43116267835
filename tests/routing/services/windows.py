"""Windows of the sample that are over, with what was drawn in them."""

from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from routing.models import Certificate, RoutingDecision, SamplePlan, SampleWindow
from routing.selectors.certificates import valid_certificate
from routing.selectors.days import today
from routing.services.certificates import close_windows
from tests.conftest import House
from tests.drawn import draw_rows

DAY = timedelta(days=1)
# 313 answers with two wrong certify 2 % at 95 %.
ENOUGH, BORNE = 320, [300, 310]


def noon(day: date) -> datetime:
    return datetime.combine(day, time(12), tzinfo=UTC)


def window(house: House, *, first: int = -7, last: int = -1, **facts: Any) -> SampleWindow:
    """A plan, and its window of so many days ago."""
    SamplePlan.objects.get_or_create(
        workflow=house.workflow,
        defaults={"workspace": house.workspace, "target": 0.02, "every_days": 7, "starts_on": today() + first * DAY},
    )
    return SampleWindow.objects.create(
        workspace=house.workspace,
        workflow=house.workflow,
        number=facts.pop("number", 1),
        first_day=today() + first * DAY,
        last_day=today() + last * DAY,
        target=facts.pop("target", 0.02),
        delta=0.05,
        **facts,
    )


def drawn(house: House, n: int = ENOUGH, *, days_ago: int = 3, **facts: Any) -> list[RoutingDecision]:
    return draw_rows(house, n, occurred_at=noon(today() - days_ago * DAY), **({"wrong": BORNE} | facts))


def close(house: House) -> None:
    close_windows(actor=house.actor(house.owner), workflow=house.workflow)


def certified(house: House) -> Certificate:
    window(house)
    drawn(house)
    close(house)
    certificate = valid_certificate(house.workflow.id)
    assert certificate is not None
    return certificate


def refusal_of(house: House, **facts: Any) -> dict[str, Any]:
    window(house, **facts)
    close(house)
    found = SampleWindow.objects.get(number=1)
    assert not Certificate.objects.exists()
    assert found.state == "refused", found.state
    return dict(found.refusal)
