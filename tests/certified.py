"""A certificate of the house's workflow, as a window leaves it."""

from datetime import UTC, datetime, time, timedelta
from typing import Any

from django.utils import timezone

from routing.models import Certificate, SamplePlan, SampleWindow
from routing.selectors.days import today
from routing.services.certificates import close_windows
from tests.conftest import House
from tests.drawn import draw_rows

DAY = timedelta(days=1)


def certify(house: House, *, answers: int = 320, wrong: tuple[int, ...] = (300, 310)) -> Certificate:
    """Plan the sample of the last seven days, draw and answer, and let the window be judged."""
    house.enter()
    SamplePlan.objects.create(
        workspace=house.workspace,
        workflow=house.workflow,
        target=0.02,
        every_days=7,
        starts_on=today() - 7 * DAY,
    )
    SampleWindow.objects.create(
        workspace=house.workspace,
        workflow=house.workflow,
        number=1,
        first_day=today() - 7 * DAY,
        last_day=today() - DAY,
        target=0.02,
        delta=0.05,
    )
    at = datetime.combine(today() - 3 * DAY, time(12), tzinfo=UTC)
    draw_rows(house, answers, wrong=wrong, occurred_at=at)
    close_windows(actor=house.actor(house.owner), workflow=house.workflow)
    return Certificate.objects.get()


def certificate_row(house: House, **over: Any) -> Certificate:
    """Store a certificate that is valid now, of answers that nobody gave; `over` are columns of it."""
    number = SampleWindow.objects.count() + 1
    day = today() - (2 + number) * DAY
    window = SampleWindow.objects.create(
        workspace=house.workspace,
        workflow=house.workflow,
        number=number,
        first_day=day,
        last_day=day,
        target=0.02,
        delta=0.05,
        state="certified",
        closed_at=timezone.now(),
    )
    details = {
        "workflow": house.workflow.name, "model": "triage 1", "policy_number": 1, "contract_version": "1.0.0", "rules": [],
        "first_day": day.isoformat(), "last_day": day.isoformat(), "days": 1, "drawn": 149, "counted": 149,
        "open_counted_wrong": 0, "rate_low": 1.0, "rate_high": 1.0, "grid": [], "passed": 1, "planned": 1, "by_label": [],
        "human_error": None, "human_answers": 0, "overruled": 0,
    }  # fmt: skip
    columns = {
        "workspace": house.workspace,
        "workflow": house.workflow,
        "window": window,
        "number": number,
        "model_version_id": house.workflow.model_version_id,
        "policy_version_id": house.workflow.policy_version_id,
        "contract_id": house.workflow.contract_id,
        "target": 0.02,
        "delta": 0.05,
        "attempt": 1,
        "method": "fixed_sequence",
        "threshold": 0.9,
        "n": 149,
        "wrong": 0,
        "bound": 0.0199,
        "p_value": 0.0492,
        "coverage": 1.0,
        "details": details,
        "data_sha256": "0" * 64,
        "issued_at": timezone.now(),
        "expires_at": timezone.now() + DAY,
    }
    return Certificate.objects.create(**(columns | over))
