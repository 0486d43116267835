"""What becomes of a window of the sample whose days are over: a certificate, or the reason why there is none.

A certificate holds for two windows after its own: the next window has to run, and its answers and adjudications to come in, before
there is a successor; and where that one is refused there is one more try before automation stands without proof.
"""

from datetime import UTC, datetime, time, timedelta

from django.db.models import Max
from django.utils import timezone
from django.utils.translation import gettext as _

from governance.domain import Actor
from governance.services import audit
from governance.services.notices import tell_owners
from routing import actions
from routing.domain.risk import Certified
from routing.models import Certificate, SampleWindow, WindowState, Workflow
from routing.selectors.days import today
from routing.selectors.refusals import refusal_sentence
from routing.selectors.window_judgement import Judgement, judge
from routing.selectors.workflows import WorkflowFacts
from routing.services.sample_plan import described

METHOD = "fixed_sequence"
VALID_FOR_WINDOWS = 2


def close_window(actor: Actor, workflow: Workflow, facts: WorkflowFacts, window: SampleWindow) -> None:
    """Certify or refuse a window whose days are over, if they are complete or have been waited for long enough."""
    found = judge(facts, window)
    length = (window.last_day - window.first_day).days + 1
    has_waited = today() > window.last_day + timedelta(days=length)
    if not found.is_over and not has_waited:
        return
    if found.reason:
        _refuse(actor, workflow, found)
    else:
        _issue(actor, workflow, facts, found)


def _issue(actor: Actor, workflow: Workflow, facts: WorkflowFacts, found: Judgement) -> None:
    window, verdict = found.window, found.verdict
    model_version, policy_version, contract = facts.model_version_id, facts.policy_version_id, facts.contract_id
    if not isinstance(verdict, Certified) or found.threshold is None:
        raise AssertionError("a window without a reason against it has a threshold")
    if model_version is None or policy_version is None or contract is None:
        raise AssertionError("answers that certify were routed by a model and a policy under a contract")
    length = (window.last_day - window.first_day).days + 1
    last = Certificate.objects.filter(workflow=workflow).aggregate(last=Max("number"))["last"] or 0
    certificate = Certificate.objects.create(
        workspace_id=workflow.workspace_id,
        workflow=workflow,
        window=window,
        number=last + 1,
        model_version_id=model_version,
        policy_version_id=policy_version,
        contract_id=contract,
        target=window.target,
        delta=found.level,
        attempt=window.attempt,
        method=METHOD,
        threshold=found.threshold,
        label_thresholds=(facts.policy_body or {}).get("label_thresholds", {}),
        n=verdict.n,
        wrong=verdict.k,
        bound=min(verdict.bound, window.target),
        p_value=verdict.p_value,
        coverage=found.share,
        details=found.details | _names(workflow, facts),
        data_sha256=found.data_sha256,
        issued_at=timezone.now(),
        expires_at=datetime.combine(window.last_day + timedelta(days=1), time.min, tzinfo=UTC)
        + timedelta(days=VALID_FOR_WINDOWS * length),
        issued_by_id=actor.id,
    )
    window.state, window.closed_at, window.refusal = WindowState.CERTIFIED, timezone.now(), {}
    window.save(update_fields=["state", "closed_at", "refusal"])
    audit.record(
        actor=actor,
        action=actions.CERTIFICATE_ISSUED,
        stream=("workflow", workflow.id),
        data={
            "certificate": str(certificate.id),
            "number": certificate.number,
            "window": str(window.id),
            "attempt": certificate.attempt,
            "target": certificate.target,
            "delta": certificate.delta,
            "threshold": certificate.threshold,
            "n": certificate.n,
            "wrong": certificate.wrong,
            "bound": certificate.bound,
            "p_value": certificate.p_value,
            "coverage": certificate.coverage,
            "data_sha256": certificate.data_sha256,
            "model_version": str(certificate.model_version_id),
            "policy_version": str(certificate.policy_version_id),
            "contract": str(certificate.contract_id),
            "expires_at": certificate.expires_at.isoformat(),
        },
    )


def _names(workflow: Workflow, facts: WorkflowFacts) -> dict[str, object]:
    """Return what things were called, so that the paper reads the same for ever."""
    return {
        "workflow": workflow.name,
        "model": f"{facts.model_name} {facts.model_version}",
        "policy_number": facts.policy_number,
        "contract_version": workflow.contract.version if workflow.contract else "",
        "rules": (facts.policy_body or {}).get("rules", []),
    }


def _refuse(actor: Actor, workflow: Workflow, found: Judgement) -> None:
    window, verdict = found.window, found.verdict
    told = {
        "reason": found.reason,
        "n": verdict.n if verdict else 0,
        "wrong": verdict.k if verdict else 0,
        "missing": found.missing,
    }
    held_by = found.closed.held_by.isoformat() if found.closed.held_by else None
    window.state, window.closed_at = WindowState.REFUSED, timezone.now()
    window.refusal = told | {"drawn": found.drawn, "counted": found.counted, "held_by": held_by}
    window.save(update_fields=["state", "closed_at", "refusal"])
    audit.record(
        actor=actor,
        action=actions.WINDOW_REFUSED,
        stream=("workflow", workflow.id),
        data=described(window) | told | {"model_version": str(workflow.model_version_id)},
    )
    text = _("%(name)s: no certificate for %(first)s to %(last)s. %(reason)s")
    facts = {
        "name": workflow.name,
        "first": window.first_day,
        "last": window.last_day,
        "reason": refusal_sentence(window.refusal),
    }
    tell_owners(actor=actor, text=text % facts, about=("workflow", workflow.id))
