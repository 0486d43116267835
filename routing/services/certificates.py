"""Certificates: issued when a window of the sample closes, void when what they rest on has changed."""

from uuid import UUID

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from governance.domain import Actor, Capability, ConflictError, NotFoundError
from governance.selectors.trails import has_event
from governance.services import audit
from governance.services.notices import tell_owners
from governance.services.rights import require
from routing import actions
from routing.models import (
    Certificate,
    CertificateVoid,
    Restriction,
    RestrictionCause,
    RestrictionEffect,
    SampleWindow,
    Uncertified,
    VoidCause,
    WindowState,
    Workflow,
)
from routing.selectors.certificates import holding, name_of, running
from routing.selectors.days import today
from routing.selectors.workflows import WorkflowFacts, workflow_by_id
from routing.services.closing import close_window
from routing.services.limit_rows import REASON_LENGTH, reason_said
from routing.services.limits import lift, limit
from routing.services.rows import lock_workflow
from routing.services.sample_plan import advance_windows, described


class AlreadyVoidError(ConflictError):
    """The certificate has ended already."""

    code = "certificate_ended"
    title = gettext_noop("This certificate has ended already")


class NotRefusedError(ConflictError):
    """Only a window that brought no certificate can be tried again."""

    code = "window_not_refused"
    title = gettext_noop("This window was not refused")


def close_windows(*, actor: Actor, workflow: Workflow | WorkflowFacts) -> None:
    """Certify or refuse the windows that are over and complete, begin new ones, and act where nothing is certified.

    A window waits for its last answers for as long as it was itself; then its complete days count alone, up to the oldest that is not.
    """
    with transaction.atomic(savepoint=False):
        locked = lock_workflow(workflow.id)
        advance_windows(actor=actor, workflow=locked)
        facts = workflow_by_id(locked.id)
        if facts is None:
            raise NotFoundError
        _end_outdated(actor, locked)
        waiting = SampleWindow.objects.filter(workflow=locked, state=WindowState.OPEN, last_day__lt=today())
        for window in waiting.order_by("number"):
            close_window(actor, locked, facts, window)
        _note_expiry(actor, locked)
        govern_uncertified(actor=actor, workflow=locked)


def try_again(*, actor: Actor, workflow: Workflow | WorkflowFacts, number: int) -> SampleWindow:
    """Judge a refused window once more, by the policy and the answers of now; every further attempt is tested more strictly."""
    with transaction.atomic(savepoint=False):
        require(actor, Capability.CONFIGURE)
        locked = lock_workflow(workflow.id)
        window = SampleWindow.objects.filter(workflow=locked, number=number).first()
        if window is None:
            raise NotFoundError
        if window.state != WindowState.REFUSED:
            raise NotRefusedError(_("Only a window that brought no certificate can be tried again."))
        window.state, window.closed_at, window.refusal, window.attempt = WindowState.OPEN, None, {}, window.attempt + 1
        window.save(update_fields=["state", "closed_at", "refusal", "attempt"])
        audit.record(
            actor=actor,
            action=actions.WINDOW_TRIED_AGAIN,
            stream=("workflow", locked.id),
            data=described(window),
        )
        facts = workflow_by_id(locked.id)
        if facts is None:
            raise NotFoundError
        close_window(actor, locked, facts, window)
        govern_uncertified(actor=actor, workflow=locked)
        return window


def void_certificates(*, actor: Actor, workflow: Workflow | WorkflowFacts, cause: VoidCause, reason: str) -> int:
    """End the certificates that hold, and tell whoever configures; return how many."""
    with transaction.atomic(savepoint=False):
        locked = lock_workflow(workflow.id)
        ended = list(running(locked.id).order_by("number"))
        for certificate in ended:
            _void(actor, certificate, cause, reason)
        if ended:
            text = _("%(name)s: certificate %(certificate)s is void. %(reason)s")
            facts = {"name": locked.name, "certificate": name_of(ended[-1]), "reason": reason}
            tell_owners(actor=actor, text=text % facts, about=("workflow", locked.id))
            govern_uncertified(actor=actor, workflow=locked)
        return len(ended)


def withdraw_certificate(*, actor: Actor, certificate_id: UUID, reason: str) -> None:
    """Let an owner end a certificate before its time, with a reason that stays."""
    said = reason_said(reason)
    with transaction.atomic(savepoint=False):
        require(actor, Capability.CONFIGURE)
        certificate = Certificate.objects.filter(id=certificate_id).first()
        if certificate is None:
            raise NotFoundError
        locked = lock_workflow(certificate.workflow_id)
        if certificate.expires_at <= timezone.now() or CertificateVoid.objects.filter(certificate=certificate).exists():
            raise AlreadyVoidError(_("This certificate has ended already; there is nothing to withdraw."))
        _void(actor, certificate, VoidCause.OWNER, said)
        govern_uncertified(actor=actor, workflow=locked)


def govern_uncertified(*, actor: Actor, workflow: Workflow) -> None:
    """Send everything to people while no certificate holds, where the workflow is set so; else let it go on."""
    wants = workflow.uncertified == Uncertified.PEOPLE and not holding(workflow.id).exists()
    limits = Restriction.objects.filter(workflow=workflow, cause=RestrictionCause.CERTIFICATE, lifted_at__isnull=True)
    is_limited = limits.exists()
    if wants and not is_limited:
        limit(
            actor=actor,
            workflow=workflow,
            cause=RestrictionCause.CERTIFICATE,
            effect=RestrictionEffect.PEOPLE,
            reason=_("No certificate holds, and the workflow is set to send everything to people then."),
        )
    elif is_limited and not wants:
        lift(
            actor=actor,
            workflow=workflow,
            cause=RestrictionCause.CERTIFICATE,
            reason=_("A certificate holds, or the workflow may go on without one."),
        )


def _void(actor: Actor, certificate: Certificate, cause: VoidCause, reason: str) -> None:
    kept = reason[:REASON_LENGTH]
    CertificateVoid.objects.create(
        certificate=certificate,
        workspace_id=certificate.workspace_id,
        cause=cause,
        reason=kept,
        voided_at=timezone.now(),
    )
    audit.record(
        actor=actor,
        action=actions.CERTIFICATE_VOIDED,
        stream=("workflow", certificate.workflow_id),
        data={
            "certificate": str(certificate.id),
            "number": certificate.number,
            "cause": str(cause),
            "reason": kept,
        },
    )


def _end_outdated(actor: Actor, workflow: Workflow) -> None:
    """End what was issued for another model version or contract than those in charge, however these came there."""
    for certificate in running(workflow.id):
        if certificate.model_version_id != workflow.model_version_id:
            _void(actor, certificate, VoidCause.MODEL, _("Another model version is in charge."))
        elif certificate.contract_id != workflow.contract_id:
            _void(actor, certificate, VoidCause.CONTRACT, _("Another contract version is in force."))


def _note_expiry(actor: Actor, workflow: Workflow) -> None:
    """Tell once that the last certificate has run out."""
    last = Certificate.objects.filter(workflow=workflow).order_by("-number").first()
    if last is None or last.expires_at > timezone.now() or CertificateVoid.objects.filter(certificate=last).exists():
        return
    data = {"certificate": str(last.id), "number": last.number}
    if has_event("workflow", workflow.id, action=actions.CERTIFICATE_EXPIRED, actor=actor, data=data):
        return
    audit.record(actor=actor, action=actions.CERTIFICATE_EXPIRED, stream=("workflow", workflow.id), data=data)
    text = _("%(name)s: certificate %(certificate)s has run out, and no other holds.")
    tell_owners(
        actor=actor,
        text=text % {"name": workflow.name, "certificate": name_of(last)},
        about=("workflow", workflow.id),
    )
