"""What ends a certificate, and what follows where none holds."""

import pytest
from django.db import DatabaseError, transaction

from governance.domain import ConflictError, ForbiddenError, InvalidError, NotFoundError, uuid7
from governance.models import AuditEvent, Notice
from routing.models import (
    Certificate,
    CertificateVoid,
    Contract,
    ModelVersion,
    Restriction,
    SamplePlan,
    VoidCause,
    Workflow,
)
from routing.selectors.certificates import valid_certificate
from routing.selectors.days import today
from routing.services.certificates import void_certificates, withdraw_certificate
from routing.services.config import set_contract, set_model_version
from tests.conftest import House
from tests.factories import INPUT_SCHEMA, OUTPUT_SCHEMA
from tests.invariants import unproven
from tests.routing.services.windows import DAY, certified, close, drawn, window


def test_a_new_model_version_ends_the_certificate_at_once(house: House) -> None:
    certificate = certified(house)
    model = ModelVersion.objects.get(id=house.workflow.model_version_id).model
    version = ModelVersion.objects.create(workspace=house.workspace, model=model, version="2", backend="external")
    set_model_version(actor=house.actor(house.owner), workflow=house.workflow, model_version=version)
    assert valid_certificate(house.workflow.id) is None
    assert CertificateVoid.objects.get(certificate=certificate).cause == "model"
    assert Notice.objects.filter(person=house.owner, text__contains="is void").exists()
    assert unproven() == []


def test_a_new_contract_ends_the_certificate_at_once(house: House) -> None:
    certified(house)
    contract = Contract.objects.create(
        workspace=house.workspace,
        workflow=house.workflow,
        version="2.0.0",
        input_schema=INPUT_SCHEMA,
        output_schema=OUTPUT_SCHEMA,
    )
    set_contract(actor=house.actor(house.owner), workflow=house.workflow, contract=contract)
    assert CertificateVoid.objects.get().cause == "contract"
    assert valid_certificate(house.workflow.id) is None


def test_what_changed_behind_its_back_ends_it_too(house: House) -> None:
    certified(house)
    Workflow.objects.update(model_version=None)
    assert valid_certificate(house.workflow.id) is None
    close(house)
    assert CertificateVoid.objects.get().cause == "model"


def test_drift_ends_every_certificate_that_holds(house: House) -> None:
    certified(house)
    voided = void_certificates(
        actor=house.actor(house.owner), workflow=house.workflow, cause=VoidCause.DRIFT, reason="PSI 0.4"
    )
    again = void_certificates(
        actor=house.actor(house.owner), workflow=house.workflow, cause=VoidCause.DRIFT, reason="PSI 0.4"
    )
    assert (voided, again) == (1, 0)
    assert valid_certificate(house.workflow.id) is None


def test_an_owner_withdraws_a_certificate_with_a_reason_once(house: House) -> None:
    certificate = certified(house)
    owner = house.actor(house.owner)
    with pytest.raises(InvalidError), transaction.atomic():
        withdraw_certificate(actor=owner, certificate_id=certificate.id, reason=" ")
    withdraw_certificate(actor=owner, certificate_id=certificate.id, reason="the sender changed its form")
    void = CertificateVoid.objects.get()
    assert (void.cause, void.reason) == ("owner", "the sender changed its form")
    with pytest.raises(ConflictError), transaction.atomic():
        withdraw_certificate(actor=owner, certificate_id=certificate.id, reason="again")
    with pytest.raises(NotFoundError), transaction.atomic():
        withdraw_certificate(actor=owner, certificate_id=uuid7(), reason="none")
    with pytest.raises(ForbiddenError), transaction.atomic():
        withdraw_certificate(actor=house.actor(house.lead), certificate_id=certificate.id, reason="no right")
    assert unproven() == []


def test_a_certificate_never_changes(house: House) -> None:
    certificate = certified(house)
    for change in (lambda: Certificate.objects.update(threshold=0.1), certificate.delete):
        with pytest.raises(DatabaseError), transaction.atomic():
            change()


def test_a_certificate_runs_out_and_its_owner_is_told_once(house: House) -> None:
    window(house, first=-40, last=-34)
    drawn(house, days_ago=36)
    SamplePlan.objects.update(starts_on=today() - 40 * DAY)
    close(house)
    assert Certificate.objects.count() == 1
    assert valid_certificate(house.workflow.id) is None
    close(house)
    assert AuditEvent.objects.filter(action="certificate.expired").count() == 1
    assert Notice.objects.filter(person=house.owner, text__contains="has run out").count() == 1


def test_without_a_certificate_everything_goes_to_people_where_the_workflow_says_so(house: House) -> None:
    Workflow.objects.update(uncertified="people")
    close(house)
    limit = Restriction.objects.get()
    assert (limit.cause, limit.effect, limit.lifted_at) == ("certificate", "people", None)
    window(house)
    drawn(house)
    close(house)
    limit.refresh_from_db()
    assert limit.lifted_at is not None
    void_certificates(actor=house.actor(house.owner), workflow=house.workflow, cause=VoidCause.DRIFT, reason="PSI 0.4")
    assert Restriction.objects.filter(cause="certificate", lifted_at=None).count() == 1
    Workflow.objects.update(uncertified="keep")
    close(house)
    assert not Restriction.objects.filter(cause="certificate", lifted_at=None).exists()
    assert unproven() == []


def test_automation_goes_on_without_a_certificate_where_nothing_else_is_said(house: House) -> None:
    close(house)
    assert not Restriction.objects.exists()
