"""The page of notices and the bell that leads to it."""

import pytest
from django.test import Client

from governance.domain import NoticeKind
from governance.models import Notice
from governance.services.notices import tell_people
from review.models import Item
from tests.conftest import House
from tests.review.views.test_pages import Browser, browser, page, statements_of  # noqa: F401 - the fixture

BELL = b"#i-bell"


@pytest.fixture
def told(house: House) -> House:
    """The lead has two notices, about one item."""
    (item_id,) = house.in_review("text")
    for text in ("First <b>bold</b>", "Second \u202etxet"):
        tell_people(
            actor=house.actor(house.reviewer),
            people=[house.lead.id],
            kind=NoticeKind.MENTION,
            text=text,
            about=("item", item_id),
        )
    return house


def post(told: House, client: Client, **form: str) -> str:
    answer = client.post(page(told, "notices_read"), form)
    assert answer.status_code == 302
    return str(answer["Location"])


def test_it_lists_what_was_told_newest_first_as_text_alone(told: House, browser: Browser) -> None:  # noqa: F811
    answer = browser(told.lead).get(page(told, "notices"))
    content = answer.content.decode()

    assert [notice.text[:5] for notice in answer.context["page"].notices] == ["Secon", "First"]
    assert "First &lt;b&gt;bold&lt;/b&gt;" in content
    assert "U+202E" in content
    assert "\u202e" not in content
    assert str(Item.objects.get().id) in content


def test_the_bell_counts_on_pages_by_one_statement_and_not_for_fragments(told: House, browser: Browser) -> None:  # noqa: F811
    client = browser(told.lead)
    shown = client.get(page(told, "items"))
    fragment = client.get(page(told, "dead"), headers={"HX-Request": "true"})

    assert BELL in shown.content
    assert b'class="nav-unread"' in shown.content
    assert BELL not in fragment.content
    before = statements_of(client, page(told, "notices"))
    assert before <= 7
    assert b'class="nav-unread"' not in browser(told.colleague).get(page(told, "items")).content
    assert BELL not in browser(told.auditor).get(page(told, "items")).content


def test_one_is_read_on_the_way_to_its_item(told: House, browser: Browser) -> None:  # noqa: F811
    client = browser(told.lead)
    first = Notice.objects.order_by("id")[0]
    location = post(told, client, notice=str(first.id), item=str(first.object_id))

    assert location == page(told, "item", item_id=first.object_id)
    told.enter()
    assert [notice.read_at is None for notice in Notice.objects.order_by("id")] == [False, True]
    unread = client.get(page(told, "notices"), {"unread": "1"}).context["page"].notices
    assert [notice.id for notice in unread] == [Notice.objects.order_by("id")[1].id]


@pytest.mark.parametrize("form", [{}, {"notice": "x"}, {"item": "x", "notice": ""}], ids=["empty", "no id", "nothing"])
def test_a_form_that_says_nothing_reads_nothing(told: House, browser: Browser, form: dict[str, str]) -> None:  # noqa: F811
    assert post(told, browser(told.lead), **form) == page(told, "notices")
    told.enter()
    assert Notice.objects.filter(read_at=None).count() == 2


def test_all_are_read_at_once_and_nobody_elses(told: House, browser: Browser) -> None:  # noqa: F811
    post(told, browser(told.reviewer), all="1")
    told.enter()
    assert Notice.objects.filter(read_at=None).count() == 2
    post(told, browser(told.lead), all="1")
    told.enter()
    assert Notice.objects.filter(read_at=None).count() == 0
    answer = browser(told.lead).get(page(told, "notices"), {"unread": "1"})
    assert "Nothing unread" in answer.content.decode()
