"""Notices: who is told, who reads them, and how long they are kept."""

from datetime import timedelta
from uuid import UUID

import pytest
from django.utils import timezone

from governance.domain import NoticeKind, uuid7
from governance.models import Notice
from governance.selectors.colleagues import colleague_as_actor, colleagues
from governance.selectors.notices import MOST_COUNTED, PAGE, notices_of, unread_count
from governance.services.forgetting import forget_expired
from governance.services.members import change_member
from governance.services.notices import TEXT_LENGTH, read_notices, tell_people
from tests.conftest import House

ABOUT = ("item", uuid7())


def tell(house: House, *names: str, text: str = "Look at this.") -> dict[UUID, UUID]:
    people = [house.people[name].id for name in names]
    return tell_people(
        actor=house.actor(house.reviewer), people=people, kind=NoticeKind.MENTION, text=text, about=ABOUT
    )


def test_each_is_told_once_and_known_by_their_pseudonym(house: House) -> None:
    told = tell(house, "lead", "colleague")

    assert told == {house.people[name].id: house.actor(house.people[name]).pseudonym for name in ("lead", "colleague")}
    (notice,) = notices_of(house.actor(house.lead)).notices
    assert (notice.from_name, notice.text, notice.object_id) == ("Reviewer Person", "Look at this.", ABOUT[1])
    assert unread_count(house.actor(house.lead)) == 1
    assert unread_count(house.actor(house.reviewer)) == 0


def test_whoever_does_not_review_here_is_left_out(house: House) -> None:
    change_member(actor=house.actor(house.admin), membership=house.membership(house.colleague), is_active=False)

    assert tell(house, "auditor", "integrator", "outsider", "colleague") == {}
    assert Notice.objects.count() == 0


def test_a_long_text_ends_where_it_has_to(house: House) -> None:
    tell(house, "lead", text="x" * 5000)

    (notice,) = notices_of(house.actor(house.lead)).notices
    assert len(notice.text) == TEXT_LENGTH
    assert notice.text.endswith("…")


def test_nobody_reads_anothers_notices(house: House) -> None:
    tell(house, "lead")
    (notice,) = notices_of(house.actor(house.lead)).notices

    assert read_notices(actor=house.actor(house.colleague), ids=[notice.id]) == 0
    assert read_notices(actor=house.actor(house.colleague)) == 0
    assert unread_count(house.actor(house.lead)) == 1
    assert [read_notices(actor=house.actor(house.lead), ids=[notice.id]) for _ in range(2)] == [1, 0]
    assert notices_of(house.actor(house.lead), unread_only=True).notices == []


def test_they_come_newest_first_a_page_at_a_time(house: House) -> None:
    for number in range(PAGE + 2):
        tell(house, "lead", text=str(number))
    lead = house.actor(house.lead)
    first = notices_of(lead)
    second = notices_of(lead, before=first.next_before)

    texts = [notice.text for notice in [*first.notices, *second.notices]]
    assert texts == [str(number) for number in reversed(range(PAGE + 2))]
    assert second.next_before is None


def test_they_are_counted_up_to_a_hundred(house: House) -> None:
    lead = house.lead
    Notice.objects.bulk_create(
        Notice(workspace=house.workspace, person=lead, kind="mention", object_kind="item", object_id=ABOUT[1])
        for _ in range(MOST_COUNTED + 3)
    )

    assert unread_count(house.actor(lead)) == MOST_COUNTED


@pytest.mark.parametrize(
    ("is_read", "days", "stays"), [(True, 91, False), (True, 89, True), (False, 91, True)], ids=["old", "new", "unread"]
)
def test_what_was_read_is_forgotten_after_90_days(house: House, is_read: bool, days: int, stays: bool) -> None:
    tell(house, "lead")
    at = timezone.now() - timedelta(days=days)
    Notice.objects.update(created_at=at, read_at=at if is_read else None)
    forget_expired()
    house.enter()

    assert Notice.objects.exists() == stays


def test_colleagues_are_those_who_may_review(house: House) -> None:
    change_member(actor=house.actor(house.admin), membership=house.membership(house.owner), is_active=False)

    assert {one.id for one in colleagues()} == {house.people[n].id for n in ("reviewer", "colleague", "lead", "admin")}
    lead = next(one for one in colleagues() if one.id == house.lead.id)
    assert (lead.name, lead.initials, lead.role) == ("Lead Person", "LP", "lead")
    assert colleague_as_actor(house.lead.id) == house.actor(house.lead)
    assert [colleague_as_actor(house.people[n].id) for n in ("owner", "auditor", "outsider")] == [None] * 3
