"""Pages and what their buttons post to, asked for by everybody."""

import pytest
from django.db import transaction

from governance.domain import CAPABILITIES, Role
from review.models import Dataset
from tests.authorisation.addresses import address, browser_of, ids_of, leads_to_login
from tests.conftest import House
from tests.test_authorisation import ACTS, ELSEWHERE, EVERYBODY, MEMBERS, PAGES, PUBLIC, SIGNED_IN, WORKSPACE


@pytest.mark.parametrize("who", EVERYBODY)
def test_pages_of_a_workspace_open_to_those_who_may(worked: House, who: str) -> None:
    ids = ids_of(worked)
    client = browser_of(worked, who)
    for route, capability in PAGES.items():
        answer = client.get(address(WORKSPACE + route, ids))
        if route == "" and who in MEMBERS:
            assert answer.status_code == 302
            answer = client.get(answer["Location"])
        if who == "anonymous":
            assert leads_to_login(answer), route
        elif who == "outsider":
            assert answer.status_code == 404, route
        elif capability is None or capability in CAPABILITIES[Role(who)]:
            # A queue may still be somebody else's to work.
            allowed = {200} if who in {"reviewer", "lead"} or "queue_key" not in route else {200, 404}
            assert answer.status_code in allowed, (route, answer.status_code)
        else:
            assert answer.status_code == 403, route


@pytest.mark.parametrize("who", EVERYBODY)
def test_posting_to_a_page_needs_what_reading_it_needs(worked: House, who: str) -> None:
    ids = ids_of(worked)
    client = browser_of(worked, who)
    for route, capability in PAGES.items():
        answer = client.post(address(WORKSPACE + route, ids))
        may = who in MEMBERS and (capability is None or capability in CAPABILITIES[Role(who)])
        if route == "datasets/":
            assert (answer.status_code == 200) == may, (route, answer.status_code)
        assert answer.status_code in ({200, 405} if may else {302, 403, 404, 405}), (route, answer.status_code)
    worked.enter()
    assert Dataset.objects.count() == 1


@pytest.mark.parametrize("who", EVERYBODY)
def test_what_is_only_posted_to_needs_its_own_right(worked: House, who: str) -> None:
    ids = ids_of(worked)
    client = browser_of(worked, who)
    for route, capability in ACTS.items():
        assert client.get(address(WORKSPACE + route, ids)).status_code == 405, route
        with transaction.atomic():
            answer = client.post(address(WORKSPACE + route, ids))
        if who == "anonymous":
            assert leads_to_login(answer), route
        elif who == "outsider":
            assert answer.status_code == 404, route
        else:
            assert (answer.status_code == 403) == (capability not in CAPABILITIES[Role(who)]), (route, who)
            assert answer.status_code < 500, route


def test_things_of_another_workspace_are_not_found_under_ones_own_address(worked: House) -> None:
    ids = ids_of(worked) | {"<slug:workspace>": worked.other_workspace.slug}
    client = browser_of(worked, "outsider")
    for route in PAGES:
        if "<" in route:
            assert client.get(address(WORKSPACE + route, ids)).status_code == 404, route
    for route in ACTS:
        if "<" in route:
            assert client.post(address(WORKSPACE + route, ids)).status_code == 404, route
    for route in ("queues/", "items/", "workflows/", "datasets/", "work/"):
        answer = client.get(address(WORKSPACE + route, ids))
        assert answer.status_code == 200
        content = answer.content.decode()
        for secret in (worked.workflow.name, worked.queue.key, ids["<uuid:item_id>"], ids["<uuid:dataset_id>"]):
            assert secret not in content, (route, secret)


@pytest.mark.parametrize("who", EVERYBODY)
def test_what_belongs_to_no_workspace_opens_to_whom_it_should(worked: House, who: str) -> None:
    ids = ids_of(worked)
    for route, access in ELSEWHERE.items():
        answer = browser_of(worked, who).get(address(route, ids))
        assert answer.status_code < 500, route
        if access == SIGNED_IN and who == "anonymous":
            assert answer.status_code == 302, (route, answer.status_code)
        if access == PUBLIC:
            assert not leads_to_login(answer) or "accounts/" in route, route


def test_metrics_open_to_this_machine_or_a_token_alone(worked: House) -> None:
    for who in EVERYBODY:
        assert browser_of(worked, who).get("/metrics", REMOTE_ADDR="10.0.0.7").status_code in {401, 403, 404}
        assert browser_of(worked, who).get("/metrics", headers={"X-Forwarded-For": "10.0.0.7"}).status_code >= 400
