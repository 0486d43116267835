"""Certificates: a list, one as a page for the printer, and its early end."""

from datetime import date
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.db import transaction
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from governance.domain import Capability, ProductError
from governance.selectors.names import name_of_person
from governance.views.access import WorkspaceRequest, workspace_page
from review.selectors.certificate_paper import people_answering
from review.templatetags.policies import rule_sentence
from routing.domain.policy_body import parse_policy
from routing.selectors.certificates import Standing, access_certificate, certificates, issued_by_event
from routing.selectors.contracts import contract_facts
from routing.selectors.workflows import workflows
from routing.services.certificates import withdraw_certificate

# One page holds so many labels; the others are told of together.
_LABELS = 10
_EXACT = 1e-9
_TONES = {"valid": "good", "expired": "", "void": "bad", "outdated": "warn"}


@require_safe
@workspace_page(Capability.SEE_WORKFLOWS)
def certificate_list(request: WorkspaceRequest, workspace: str) -> HttpResponse:
    """Show the certificates of the workspace, or of one workflow."""
    key = request.GET.get("workflow", "")
    known = workflows()
    chosen = next((one for one in known if one.key == key), None)
    found = certificates(workflow_id=chosen.id if chosen else None)
    context = {
        "nav": "certificates",
        "tab": "certificates",
        "workflow": chosen,
        "workflows": known,
        "rows": [(one, _TONES[one.state]) for one in found],
    }
    return render(request, "review/certificates.html", context)


@require_safe
@workspace_page(Capability.SEE_WORKFLOWS)
def certificate(request: WorkspaceRequest, workspace: str, certificate_id: UUID) -> HttpResponse:
    """Show one certificate as it is printed."""
    standing = access_certificate(certificate_id)
    return render(request, "review/certificate.html", _paper(standing) | _frame(request, standing))


@require_POST
@workspace_page(Capability.CONFIGURE)
def certificate_withdraw(request: WorkspaceRequest, workspace: str, certificate_id: UUID) -> HttpResponse:
    """End a certificate before its time, with a reason that stays."""
    access_certificate(certificate_id)
    try:
        with transaction.atomic():
            withdraw_certificate(
                actor=request.actor, certificate_id=certificate_id, reason=request.POST.get("reason", "")
            )
    except ProductError as refused:
        messages.error(request, str(refused))
    else:
        messages.success(request, _("The certificate is withdrawn."))
    return redirect("review:certificate", workspace=workspace, certificate_id=certificate_id)


def _frame(request: WorkspaceRequest, standing: Standing) -> dict[str, Any]:
    return {
        "nav": "certificates",
        "tone": _TONES[standing.state],
        "may_withdraw": standing.state == "valid" and request.actor.can(Capability.CONFIGURE),
    }


def _paper(standing: Standing) -> dict[str, Any]:
    one, details = standing.certificate, standing.certificate.details
    titles = contract_facts(one.contract_id).label_titles
    rows = [
        {**row, "title": titles.get(row["label"], row["label"]), "share": row["wrong"] / row["n"]}
        for row in details["by_label"]
    ]
    first, rest = rows[:_LABELS], rows[_LABELS:]
    first_day, last_day = date.fromisoformat(details["first_day"]), date.fromisoformat(details["last_day"])
    policy = parse_policy({"default_threshold": None, "queue": "any", "rules": details.get("rules", [])})
    odds = round(1 / one.target)
    return {
        "standing": standing,
        "certificate": one,
        "details": details,
        "seen": one.wrong / one.n if one.n else 0,
        "sure": 1 - one.delta,
        "odds": odds if abs(one.target * odds - 1) < _EXACT else None,
        "labels": first,
        "others": _together(rest),
        "rules": [rule_sentence(rule, titles) for rule in policy.rules],
        "first_day": first_day,
        "last_day": last_day,
        "data_hash": " ".join(one.data_sha256[at : at + 8] for at in range(0, 64, 8)),
        "event": issued_by_event(one),
        "issued_by": name_of_person(one.issued_by_id),
        "people": people_answering(
            workflow_id=one.workflow_id,
            model_version_id=one.model_version_id,
            first_day=first_day,
            last_day=last_day,
        ),
    }


def _together(rows: list[dict[str, Any]]) -> dict[str, Any] | None:
    if not rows:
        return None
    n, wrong = sum(row["n"] for row in rows), sum(row["wrong"] for row in rows)
    return {"labels": len(rows), "n": n, "wrong": wrong, "share": wrong / n}
