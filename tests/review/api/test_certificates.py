"""Certificates over the API and on paper."""

import pytest
from django.test import Client

from routing.models import Certificate, CertificateVoid
from tests.certified import certify
from tests.conftest import House, leave_workspace
from tests.review.api.conftest import Api

LIST = "/api/v1/certificates/"


@pytest.fixture
def certificate(house: House) -> Certificate:
    made = certify(house)
    leave_workspace()
    return made


def test_certificates_are_listed_with_how_they_stand(house: House, api: Api, certificate: Certificate) -> None:
    (line,) = api(house.auditor).get(LIST, {"workflow": "support-triage"}).json()["certificates"]
    assert (line["name"], line["state"], line["n"], line["wrong"]) == ("C-0001", "valid", 320, 2)
    assert line["workflow"] == {"key": "support-triage", "name": "Support triage"}
    assert api(house.lead).get(LIST).json()["certificates"] == [line]
    assert api(house.lead).get(LIST, {"workflow": "none"}).status_code == 404


def test_a_certificate_says_what_it_rests_on(house: House, api: Api, certificate: Certificate) -> None:
    told = api(house.lead).get(f"{LIST}{certificate.id}/").json()
    assert told["data_sha256"] == certificate.data_sha256
    assert (told["attempt"], told["delta"], told["method"]) == (1, 0.05, "fixed_sequence")
    assert told["details"]["passed"] == len(told["details"]["grid"]) == told["details"]["planned"]
    assert told["event"]["stream_seq"] >= 1
    assert told["void"] is None


def test_an_owner_withdraws_it_and_the_reason_stays(house: House, api: Api, certificate: Certificate) -> None:
    path = f"{LIST}{certificate.id}/withdraw/"
    owner = api(house.owner)
    assert api(house.lead).post(path, {"reason": "a"}, format="json").status_code == 403
    assert owner.post(path, {}, format="json").json()["errors"][0]["pointer"] == "/reason"
    told = owner.post(path, {"reason": "the sender changed its form"}, format="json").json()
    assert (told["state"], told["void"]["cause"]) == ("void", "owner")
    again = owner.post(path, {"reason": "again"}, format="json")
    assert (again.status_code, again.json()["code"]) == (409, "certificate_ended")


def test_another_workspace_finds_no_certificate(house: House, api: Api, certificate: Certificate) -> None:
    outsider = api(house.outsider)
    assert outsider.get(LIST).json() == {"certificates": []}
    assert outsider.get(f"{LIST}{certificate.id}/").status_code == 404
    assert outsider.post(f"{LIST}{certificate.id}/withdraw/", {"reason": "a"}, format="json").status_code == 404
    house.enter()
    assert not CertificateVoid.objects.exists()


@pytest.mark.parametrize("who", ["reviewer", "integrator"])
def test_whoever_does_not_see_workflows_sees_no_certificate(
    house: House, api: Api, certificate: Certificate, who: str
) -> None:
    assert api(house.people[who]).get(LIST).status_code == 403
    assert api(house.people[who]).get(f"{LIST}{certificate.id}/").status_code == 403


def test_it_is_a_page_for_the_printer(house: House, certificate: Certificate, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("governance.views.access.lacks_second_factor", lambda _membership: False)
    client = Client()
    client.force_login(house.owner)
    page = f"/w/{house.workspace.slug}/certificates/{certificate.id}/"
    text = client.get(page).content.decode()
    for part in ("1 in 50", "0.99", "2 wrong of 320", "95", "fixed-sequence testing", certificate.data_sha256[:8]):
        assert part in text, part
    assert "No certificate yet" not in client.get(f"/w/{house.workspace.slug}/certificates/").content.decode()
    done = client.post(f"{page}withdraw/", {"reason": "changed"}, follow=True).content.decode()
    assert "no longer holds" in done
    assert "changed" in done
    assert "Withdrawn by an owner" in client.get(f"/w/{house.workspace.slug}/certificates/").content.decode()
