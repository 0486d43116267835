"""Gives a workflow of the demo workspace a spent error budget and windows of drift: `python -m tests.e2e.furnish_watch KEY`."""

import os
import sys
from types import SimpleNamespace
from typing import Any, cast

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "aios_site.settings")


def main(key: str) -> None:
    """Store budgets, sample answers, a reference and windows, and let the watch look."""
    import numpy as np
    from django.db import transaction

    from governance.domain import system_actor
    from governance.models import Workspace
    from governance.selectors.scope import enter_workspace_by_slug
    from routing.models import Model, ModelVersion, Workflow
    from routing.selectors.workflows import access_workflow
    from routing.services.budget_watch import evaluate_budgets
    from routing.services.budgets import create_budget
    from routing.services.drift import look_for_drift
    from tests.drawn import draw_rows, route_rows

    random = np.random.default_rng(3)
    with transaction.atomic():
        workspace_id = enter_workspace_by_slug("demo")
        actor = system_actor(workspace_id)
        workflow = Workflow.objects.get(key=key)
        # A version of its own: what the desk's items were read by knows no lengths.
        model = Model.objects.get(workflow=workflow)
        workflow.model_version = ModelVersion.objects.create(
            workspace_id=workspace_id, model=model, version="2", backend="external"
        )
        workflow.save()
        house: Any = cast("Any", SimpleNamespace(workspace=Workspace.objects.get(id=workspace_id), workflow=workflow))

        def look() -> None:
            evaluate_budgets(actor=actor, workflow=access_workflow(key))
            while look_for_drift(actor=actor, workflow=access_workflow(key)):
                pass

        def items(n: int, low: int = 0) -> dict[str, Any]:
            confidences = random.beta(8, 2, n)
            confidences[:low] = np.linspace(0.2, 0.6, low)
            return {
                "confidences": confidences,
                "labels": ("billing", "delivery", "other"),
                "input_length": random.integers(20, 200, n),
                "known_share": random.beta(9, 1, n),
            }

        # The sample comes last, and is too small for a window of its own.
        route_rows(house, **items(1_000))
        for low in (0, 20, 0, 110, 0, 40, 0):
            route_rows(house, **items(500, low))
        look()
        create_budget(actor=actor, workflow=workflow, target=0.08)
        create_budget(actor=actor, workflow=workflow, target=0.05, value_above=1000.0)
        draw_rows(house, 220, value=10.0, wrong=[40])
        draw_rows(house, 150, value=2000.0)
        look()
        draw_rows(house, 8, value=2000.0, wrong=range(6), open_=[7])
        look()


if __name__ == "__main__":
    django.setup()
    main(sys.argv[1])
