"""Drift: the reference of each model version, windows held against it, and what their level leads to."""

from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _

from governance.domain import Actor
from governance.services import audit
from governance.services.notices import tell_owners
from routing import actions
from routing.domain.drift import FEWEST_IN_REFERENCE, WINDOW, DriftLevel, after
from routing.domain.drift_measures import measures_of, reference_of, worst_of
from routing.models import DriftReference, DriftWindow, RestrictionCause, RestrictionEffect, VoidCause
from routing.selectors.drift import Stretch, first_items, next_items
from routing.selectors.drift_state import drift_state, reference_of_model, windows_of
from routing.selectors.half_target import half_target_threshold
from routing.selectors.workflows import WorkflowFacts
from routing.services.certificates import void_certificates
from routing.services.limits import lift, limit

_STRICTNESS = {DriftLevel.NONE: 0, DriftLevel.RAISED: 1, DriftLevel.PEOPLE: 2}


def look_for_drift(*, actor: Actor, workflow: WorkflowFacts) -> bool:
    """Record the reference or the next window, with what follows from it; tell whether there was something to record.

    One a transaction: a window that calls for a limit keeps the workflow's batches waiting until it is committed.
    """
    if workflow.model_version_id is None:
        return False
    with transaction.atomic(savepoint=False):
        reference = reference_of_model(workflow)
        if reference is None:
            return _record_reference(actor, workflow, workflow.model_version_id)
        last = windows_of(workflow).first()
        reached, number = (last.last_id, last.number) if last else (reference.last_id, 0)
        stretch = next_items(workflow.id, reference.model_version_id, after=reached, n=WINDOW)
        if stretch is None:
            return False
        _record_window(actor, workflow, reference, stretch, number + 1)
        return True


def _record_reference(actor: Actor, workflow: WorkflowFacts, model_version_id: UUID) -> bool:
    stretch = first_items(workflow.id, model_version_id, n=FEWEST_IN_REFERENCE)
    if stretch is None:
        return False
    DriftReference.objects.create(
        workspace_id=actor.workspace_id,
        workflow_id=workflow.id,
        model_version_id=model_version_id,
        n=stretch.n,
        first_id=stretch.first_id,
        last_id=stretch.last_id,
        body=reference_of(stretch.items),
    )
    audit.record(
        actor=actor,
        action=actions.DRIFT_REFERENCE_SET,
        stream=("workflow", workflow.id),
        data={"model_version": str(model_version_id), "n": stretch.n},
    )
    return True


def _record_window(
    actor: Actor, workflow: WorkflowFacts, reference: DriftReference, stretch: Stretch, number: int
) -> None:
    before = drift_state(workflow)
    measures = measures_of(reference.body, stretch.items)
    measure, worst = worst_of(measures)
    now = after(before, worst)
    window = DriftWindow.objects.create(
        workspace_id=actor.workspace_id,
        workflow_id=workflow.id,
        model_version_id=reference.model_version_id,
        number=number,
        n=stretch.n,
        first_id=stretch.first_id,
        last_id=stretch.last_id,
        first_at=stretch.first_at,
        last_at=stretch.last_at,
        measures=measures,
        worst_psi=worst,
        level=now.level.value,
    )
    if now.level == before.level:
        return
    has_risen = _STRICTNESS[now.level] > _STRICTNESS[before.level]
    audit.record(
        actor=actor,
        action=actions.DRIFT_ALARM if has_risen else actions.DRIFT_ENDED,
        stream=("workflow", workflow.id),
        data={
            "model_version": str(window.model_version_id),
            "window": window.number,
            "level": now.level.value,
            "before": before.level.value,
            "measure": measure,
            "psi": worst,
        },
    )
    if has_risen:
        _raise_alarm(actor, workflow, window, measure)
    else:
        _end_alarm(actor, workflow, window)


def _raise_alarm(actor: Actor, workflow: WorkflowFacts, window: DriftWindow, measure: str) -> None:
    """Limit automation as the level says, before the certificates are void that say what half the target is."""
    threshold = half_target_threshold(workflow) if window.level == DriftLevel.RAISED else None
    facts = {"measure": measure_name(measure), "psi": f"{window.worst_psi:.2f}", "number": window.number}
    reason = _("Window %(number)d differs from the reference in %(measure)s (PSI %(psi)s).") % facts
    limit(
        actor=actor,
        workflow=workflow,
        cause=RestrictionCause.DRIFT,
        effect=RestrictionEffect.PEOPLE if threshold is None else RestrictionEffect.MIN_THRESHOLD,
        min_threshold=threshold,
        reason=reason,
    )
    void_certificates(actor=actor, workflow=workflow, cause=VoidCause.DRIFT, reason=reason)
    told = (
        _("%(name)s: the input has drifted. Everything goes to people from now on. %(reason)s")
        if threshold is None
        else _("%(name)s: the input has drifted. Nothing below %(threshold)s is automatic from now on. %(reason)s")
    )
    _tell(actor, workflow, told % {"name": workflow.name, "reason": reason, "threshold": f"{threshold or 1:.4f}"})


def _end_alarm(actor: Actor, workflow: WorkflowFacts, window: DriftWindow) -> None:
    reason = _("Three windows in a row look like the reference, the last of them number %(number)d.") % {
        "number": window.number
    }
    lift(actor=actor, workflow=workflow, cause=RestrictionCause.DRIFT, reason=reason)
    told = _("%(name)s: the drift is over and the policy decides again. %(reason)s Certificates stay void.")
    _tell(actor, workflow, told % {"name": workflow.name, "reason": reason})


def _tell(actor: Actor, workflow: WorkflowFacts, text: str) -> None:
    tell_owners(actor=actor, text=text, about=("workflow", workflow.id))


def measure_name(measure: str) -> str:
    """Return what is measured, in words."""
    return {
        "confidence": _("confidence"),
        "labels": _("predicted labels"),
        "input_length": _("length of the text"),
        "known_share": _("known words"),
    }.get(measure, measure)
