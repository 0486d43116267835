"""Certificates of the entered workspace, with how they stand."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import F, QuerySet
from django.utils import timezone

from governance.domain import NotFoundError
from governance.statements import fetch_one
from routing.models import Certificate, CertificateVoid, VoidCause

MOST = 500

VALID, EXPIRED, VOID, OUTDATED = "valid", "expired", "void", "outdated"

_EVENT_SQL = """
SELECT e.id, e.stream_seq, e.recorded_at FROM governance_auditevent e JOIN governance_auditpayload p ON p.event_id = e.id
 WHERE e.stream_kind = 'workflow' AND e.stream_id = %(workflow)s::uuid AND e.action = 'certificate.issued'
   AND e.recorded_at >= %(issued_at)s::timestamptz - interval '1 hour'
   AND convert_from(p.body, 'UTF8')::jsonb ->> 'certificate' = %(certificate)s::text
 ORDER BY e.id LIMIT 1"""


@dataclass(frozen=True, slots=True)
class Standing:
    """A certificate and how it stands now: valid, expired, void, or outdated (another model version or contract is in charge)."""

    certificate: Certificate
    state: str
    void: CertificateVoid | None

    @property
    def name(self) -> str:
        """What it is called in its workflow."""
        return name_of(self.certificate)

    @property
    def days_left(self) -> int:
        """Whole days for which it still holds."""
        return max(0, (self.certificate.expires_at - timezone.now()).days) if self.state == VALID else 0

    @property
    def ended_because(self) -> str:
        """What ended it before its time, for people."""
        return str(VoidCause(self.void.cause).label) if self.void else ""


@dataclass(frozen=True, slots=True)
class LogEvent:
    """The event of the audit log that tells of a certificate."""

    id: int
    stream_seq: int
    recorded_at: datetime


def name_of(certificate: Certificate) -> str:
    """Return what a certificate is called in its workflow."""
    return f"C-{certificate.number:04d}"


def running(workflow_id: UUID) -> QuerySet[Certificate]:
    """Return the certificates that are in time and not voided, whatever is in charge by now."""
    return Certificate.objects.filter(workflow_id=workflow_id, void__isnull=True, expires_at__gt=timezone.now())


def valid_certificate(workflow_id: UUID) -> Certificate | None:
    """Return the newest certificate that holds now."""
    return holding(workflow_id).select_related("window").order_by("-number").first()


def holding(workflow_id: UUID) -> QuerySet[Certificate]:
    """Return the certificates that nothing has ended: not voided, in time, of the model version and contract in charge."""
    return running(workflow_id).filter(
        model_version_id=F("workflow__model_version_id"),
        contract_id=F("workflow__contract_id"),
    )


def certificates(*, workflow_id: UUID | None = None) -> list[Standing]:
    """Return certificates, newest first."""
    rows = _all() if workflow_id is None else _all().filter(workflow_id=workflow_id)
    return [_standing(row) for row in rows.order_by("-issued_at", "-number")[:MOST]]


def access_certificate(certificate_id: UUID) -> Standing:
    """Return one certificate, or say that there is none here."""
    row = _all().filter(id=certificate_id).first()
    if row is None:
        raise NotFoundError
    return _standing(row)


def issued_by_event(certificate: Certificate) -> LogEvent | None:
    """Return the event with which the certificate was issued."""
    values: dict[str, Any] = {
        "workflow": certificate.workflow_id,
        "issued_at": certificate.issued_at,
        "certificate": str(certificate.id),
    }
    row = fetch_one(_EVENT_SQL, values)
    return LogEvent(**row) if row else None


def _all() -> QuerySet[Certificate]:
    return Certificate.objects.select_related("workflow", "window", "void")


def _standing(row: Certificate) -> Standing:
    void = getattr(row, "void", None)
    if void is not None:
        return Standing(row, VOID, void)
    if row.expires_at <= timezone.now():
        return Standing(row, EXPIRED, None)
    in_charge = (row.workflow.model_version_id, row.workflow.contract_id)
    return Standing(row, VALID if in_charge == (row.model_version_id, row.contract_id) else OUTDATED, None)
