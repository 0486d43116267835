"""What the pages of sample, drift and error budgets say, above all before anything has been compared or counted."""

from collections.abc import Callable

import pytest
from django.test import Client
from django.urls import reverse

from governance.models import User
from review.templatetags.watching import _written
from routing.models import ErrorBudget
from tests.conftest import House
from tests.review.views.test_pages import browser  # noqa: F401 - the fixture

Browser = Callable[[User], Client]


def page(house: House, client: Client, name: str) -> str:
    answer = client.get(
        reverse(f"review:{name}", kwargs={"workspace": house.workspace.slug, "key": house.workflow.key})
    )
    assert answer.status_code == 200
    house.enter()
    return str(answer.content.decode())


@pytest.mark.parametrize("name", ["drift", "workflow"])
def test_no_drift_is_not_claimed_before_a_window_was_compared(house: House, browser: Browser, name: str) -> None:  # noqa: F811
    told = page(house, browser(house.owner), name)
    assert "not compared yet" in told
    assert "no drift" not in told


def test_a_budget_shows_no_figures_before_it_was_looked_at(house: House, browser: Browser) -> None:  # noqa: F811
    ErrorBudget.objects.create(workspace=house.workspace, workflow=house.workflow, target=0.02)
    told = page(house, browser(house.owner), "budgets")
    assert "not looked at yet" in told
    assert "100 %" not in told
    assert "more right answers" not in told


@pytest.mark.parametrize(
    ("asked", "rate"),
    [("0.06", "6"), ("", "5"), ("nan", "5"), ("7", "5"), ("x", "5")],
    ids=["proposed", "none", "no number", "too much", "letters"],
)
def test_a_share_that_the_address_proposes_stands_in_the_plan(
    house: House,
    browser: Browser,  # noqa: F811
    asked: str,
    rate: str,
) -> None:
    house.workflow.draw_rate = 0.05
    house.workflow.save(update_fields=["draw_rate"])
    address = reverse("review:sample", kwargs={"workspace": house.workspace.slug, "key": house.workflow.key})
    told = browser(house.owner).get(address, {"rate": asked}).content.decode()
    assert f'name="rate" value="{rate}"' in told


@pytest.mark.parametrize(
    ("edges", "written"),
    [
        ([0.5, 0.75], ["0.50", "0.75"]),
        ([0.9976, 0.9986, 0.9995], ["0.998", "0.999", "1.000"]),
        ([0.99961, 0.99968], ["0.9996", "0.9997"]),
        ([1.0, 1.0 + 1e-15], ["1.00", "1.00"]),
    ],
    ids=["two places do", "three", "four", "as good as one"],
)
def test_edges_of_bins_differ_in_writing(edges: list[float], written: list[str]) -> None:
    assert _written(edges, fewest=2) == written
