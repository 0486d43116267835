"""Every page answers, to whom it should, within few statements."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from governance.models import User
from review.models import Dataset
from review.services.claim import claim_reviews
from tests.conftest import House
from tests.review.services.test_datasets import answer_all, freeze, rows_of
from tests.review.services.test_loop import decide

Browser = Callable[[User], Client]


@pytest.fixture
def browser(house: House, monkeypatch: pytest.MonkeyPatch) -> Browser:
    """Return a browser in which a person is signed in, with whatever second factor their role needs."""
    monkeypatch.setattr("governance.views.access.lacks_second_factor", lambda _membership: False)

    def of(user: User) -> Client:
        client = Client()
        client.force_login(user)
        return client

    return of


def page(house: House, name: str, **kwargs: object) -> str:
    return reverse(f"review:{name}", kwargs={"workspace": house.workspace.slug} | kwargs)


def statements_of(client: Client, address: str) -> int:
    """Return how many statements a page takes; the test's own savepoint is not one of them."""
    with CaptureQueriesContext(connection) as queries:
        assert client.get(address).status_code == 200
    return sum("SAVEPOINT" not in str(query["sql"]) for query in queries)


@pytest.fixture
def worked(house: House) -> House:
    """Items in every state, answers and a dataset."""
    house.in_review("auto", confidence=0.95)
    house.in_review("decided", "waits")
    (review,) = claim_reviews(actor=house.actor(house.reviewer), count=1)
    decide(house.actor(house.reviewer), review, note="a note")
    house.receive("received")
    freeze(house)
    return house


ALLOWED = {
    "queues": {"reviewer", "lead", "owner", "auditor", "integrator", "admin"},
    "work": {"reviewer", "lead", "owner", "admin"},
    "items": {"reviewer", "lead", "owner", "auditor", "integrator", "admin"},
    "workflows": {"lead", "owner", "auditor", "admin"},
    "datasets": {"owner", "auditor", "admin"},
    "dead": {"lead", "owner", "admin"},
}
# Session, person, memberships and workspace are three of them; one counts the failed items in the frame, one the notices.
MOST = {"queues": 10, "work": 9, "items": 8, "workflows": 9, "datasets": 8, "dead": 7}


@pytest.mark.parametrize("name", ALLOWED)
def test_each_list_page_opens_to_its_roles_alone(worked: House, browser: Browser, name: str) -> None:
    roles = ("reviewer", "lead", "owner", "auditor", "integrator", "admin")
    opened = {role for role in roles if browser(worked.people[role]).get(page(worked, name)).status_code == 200}
    assert opened == ALLOWED[name]
    assert browser(worked.outsider).get(page(worked, name)).status_code == 404
    assert Client().get(page(worked, name)).status_code == 302


@pytest.mark.parametrize("name", ALLOWED)
def test_each_list_page_takes_few_statements(worked: House, browser: Browser, name: str) -> None:
    client = browser(worked.owner)
    client.get(page(worked, name))
    assert statements_of(client, page(worked, name)) <= MOST[name]


@pytest.mark.parametrize("period", ["24h", "14d", "90d", "nonsense"])
def test_the_owners_page_has_every_period(worked: House, browser: Browser, period: str) -> None:
    client = browser(worked.owner)
    response = client.get(page(worked, "workflow", key="support-triage"), {"period": period})
    assert response.status_code == 200
    assert response.context["stats"].items == 3
    assert statements_of(client, page(worked, "workflow", key="support-triage") + f"?period={period}") <= 14


def test_an_address_that_leads_nowhere_is_a_page_not_an_error(worked: House, browser: Browser) -> None:
    client = browser(worked.owner)
    missing = "00000000-0000-7000-8000-000000000000"
    for address in (
        page(worked, "item", item_id=missing),
        page(worked, "workflow", key="no-such"),
        page(worked, "work", queue_key="no-such"),
        page(worked, "dataset", dataset_id=missing),
        page(worked, "dataset_download", dataset_id=missing),
    ):
        response = client.get(address)
        assert response.status_code == 404, address
        assert "text/html" in response["Content-Type"]


def test_htmx_gets_the_board_alone(worked: House, browser: Browser) -> None:
    response = browser(worked.reviewer).get(page(worked, "queues"), headers={"HX-Request": "true"})
    assert response.status_code == 200
    assert b"<html" not in response.content
    assert b'data-queue="triage"' in response.content


def test_the_workstation_knows_queues_history_and_shift(worked: House, browser: Browser) -> None:
    client = browser(worked.reviewer)
    config = client.get(page(worked, "work", queue_key="triage")).context["config"]
    assert (config["workspace"], config["queue_key"]) == (worked.workspace.slug, "triage")
    assert [queue["key"] for queue in config["queues"]] == ["triage"]
    assert [(past["label"], past["action"]) for past in config["history"]] == [("Delivery", "correct")]
    assert config["today"] == {"decided": 1, "median_active_ms": None}
    assert client.get(page(worked, "work", queue_key="escalations")).status_code == 404


def test_search_finds_by_id_state_and_answer(worked: House, browser: Browser) -> None:
    client = browser(worked.owner)

    def found(**asked: str) -> int:
        return len(client.get(page(worked, "items"), asked).context["page"].items)

    assert found() == 4
    assert found(state="resolved") == 1
    assert found(label="delivery") == 1
    assert found(workflow="no-such") == 0
    assert found(state="nonsense", before="nonsense", external_id="\x00") == 4
    first = client.get(page(worked, "items")).context["page"].items[0]
    assert found(external_id=first.external_id) == 1
    assert found(before=str(first.id)) == 3


def test_an_item_shows_its_trail_with_names(worked: House, browser: Browser) -> None:
    item_id = rows_of(freeze(worked))[0]["item_id"]
    client = browser(worked.owner)
    response = client.get(page(worked, "item", item_id=item_id))
    actions = [event.action for event in response.context["trail"]]
    assert actions == ["item.received", "item.routed", "review.claimed", "decision.made"]
    assert b"Reviewer Person" in response.content
    assert statements_of(client, page(worked, "item", item_id=item_id)) <= 11


def test_a_posted_form_freezes_a_dataset(worked: House, browser: Browser) -> None:
    client = browser(worked.owner)
    today = timezone.localdate()
    form = {"workflow": "support-triage", "period_from": str(today - timedelta(days=1)), "period_to": str(today)}
    response = client.post(page(worked, "datasets"), form)
    assert response.status_code == 302
    made = Dataset.objects.latest("number")
    assert (made.number, made.row_count) == (2, 1)
    assert client.get(response["Location"]).status_code == 200
    wrong = client.post(page(worked, "datasets"), form | {"period_to": str(today - timedelta(days=9))})
    assert wrong.context["form"].errors.keys() == {"period_to"}
    assert client.post(page(worked, "datasets"), form | {"workflow": "no-such"}).context["form"].errors


@pytest.mark.parametrize(("form", "kind"), [("jsonl", "ndjson"), ("csv", "csv"), ("parquet", "parquet")])
def test_a_dataset_streams_as_a_file(worked: House, browser: Browser, form: str, kind: str) -> None:
    dataset = Dataset.objects.get()
    client = browser(worked.auditor)
    response = client.get(page(worked, "dataset_download", dataset_id=dataset.id), {"format": form})
    assert response.streaming
    assert kind in response["Content-Type"]
    assert response["Content-Disposition"] == f'attachment; filename="support-triage-1.{form}"'
    assert response.getvalue()
    assert client.get(page(worked, "dataset_download", dataset_id=dataset.id), {"format": "xml"}).status_code == 404


def test_nobody_downloads_from_another_workspace(worked: House, browser: Browser) -> None:
    dataset = Dataset.objects.get()
    address = reverse(
        "review:dataset_download",
        kwargs={"workspace": worked.other_workspace.slug, "dataset_id": dataset.id},
    )
    assert browser(worked.outsider).get(address).status_code == 404


def test_a_blind_item_shows_its_content_and_nothing_else(house: House, browser: Browser) -> None:
    house.workflow.draw_rate = 1.0
    house.workflow.save()
    (item_id,) = house.in_review("a drawn text", confidence=0.95)
    for who, may_know in (("reviewer", False), ("lead", False), ("auditor", True)):
        client = browser(house.people[who])
        shown = client.get(page(house, "item", item_id=item_id))
        listed = client.get(page(house, "items"))
        assert b"a drawn text" in shown.content
        assert (shown.context["trail"] is not None) == may_know
        for word in (b"0.95", b"Billing", b"automatic", b"drawn, with"):
            assert (word in shown.content) <= may_know, (who, word)
        assert [item.state for item in listed.context["page"].items] == (["resolved"] if may_know else [None])
        found = client.get(page(house, "items"), {"state": "resolved"}).context["page"].items
        assert bool(found) == may_know
        assert bool(client.get(page(house, "items"), {"label": "billing"}).context["page"].items) == may_know


def test_after_the_answer_has_left_everybody_may_know(house: House, browser: Browser) -> None:
    house.workflow.draw_rate = 1.0
    house.workflow.save()
    house.queue.undo_window_s = 0
    house.queue.save()
    (item_id,) = house.in_review("a drawn text", confidence=0.95)
    answer_all(house)
    assert browser(house.reviewer).get(page(house, "item", item_id=item_id)).context["trail"]


@pytest.mark.parametrize(
    ("role", "name"),
    [("reviewer", "queues"), ("owner", "queues"), ("auditor", "workflows"), ("integrator", "items")],
)
def test_everyone_starts_where_their_work_is(house: House, browser: Browser, role: str, name: str) -> None:
    client = browser(getattr(house, role))

    assert client.get("/").headers["Location"] == page(house, "home")
    answer = client.get(page(house, "home"))
    assert answer.headers["Location"] == page(house, name)
    assert client.get(answer.headers["Location"]).status_code == 200


def test_only_the_page_with_the_authenticators_code_may_hold_an_image(house: House) -> None:
    client = Client()
    client.post("/accounts/login/", {"login": house.reviewer.email, "password": "correct horse"})
    activate = "/accounts/2fa/totp/activate/"
    client.post(f"/accounts/reauthenticate/?next={activate}", {"password": "correct horse"})

    answer = client.get(activate)
    assert answer.status_code == 200
    assert "img-src 'self' blob: data:" in answer.headers["Content-Security-Policy"]
    other = client.get(page(house, "queues"))
    assert "data:" not in other.headers["Content-Security-Policy"]
