"""The item page with masked fields: buttons in their places, values nowhere."""

from typing import Any

import pytest

from review.domain.reveal_reasons import RevealReason
from review.services.claim import claim_reviews
from review.services.reveal import reveal_fields
from review.services.snooze import snooze_review
from review.templatetags.payloads import Hidden, payload_parts, pieces
from routing.selectors.contracts import contract_facts
from tests.conftest import House
from tests.review.services.test_reveal import EMAIL, send
from tests.review.services.test_snooze import later
from tests.review.views.test_pages import Browser, browser, page  # noqa: F401 - the fixture


@pytest.mark.parametrize("role", ["reviewer", "owner", "auditor"])
def test_a_masked_field_is_a_button_for_everybody(house: House, browser: Browser, role: str) -> None:  # noqa: F811
    content = browser(house.people[role]).get(page(house, "item", item_id=send(house))).content.decode()

    assert 'data-reveal="/email"' in content
    assert 'id="reveal"' in content
    assert EMAIL not in content
    assert EMAIL.split("@")[0] not in content


def test_an_item_without_masked_fields_has_no_dialog(house: House, browser: Browser) -> None:  # noqa: F811
    (item_id,) = house.in_review("plain")
    content = browser(house.owner).get(page(house, "item", item_id=item_id)).content.decode()

    assert "data-reveal" not in content
    assert "reveal.js" not in content


def test_the_trail_tells_of_looks_and_of_putting_off_in_words(house: House, browser: Browser) -> None:  # noqa: F811
    item_id = send(house)
    reviewer = house.actor(house.reviewer)
    reveal_fields(actor=reviewer, item_id=item_id, pointers=["/email"], reason=RevealReason.IDENTITY_CHECK)
    (review,) = claim_reviews(actor=reviewer, count=1)
    snooze_review(actor=reviewer, review_id=review.id, fence=review.fence, until=later(), note="after lunch")
    content = browser(house.owner).get(page(house, "item", item_id=item_id)).content.decode()

    for words in ("Sensitive fields looked at", "To check who somebody is", "Put off", "after lunch", "put off until"):
        assert words in content
    assert EMAIL not in content


def parts(house: House, payload: Any, *masked: str) -> dict[str, Any]:
    contract = contract_facts(house.workflow.contract_id)  # type: ignore[arg-type]
    return {part.name: (part.kind, part.value) for part in payload_parts(payload, masked, contract)}


def test_masks_inside_objects_tables_and_conversations_stay_where_they_are(house: House) -> None:
    payload = {
        "customer": {"first_name": None, "city": "Ulm"},
        "lines": [{"who": None, "n": 1}],
        "tags": ["a", None],
        "photo": None,
    }
    shown = parts(house, payload, "/customer/first_name", "/lines/0/who", "/tags/1", "/photo")

    first_name = Hidden("/customer/first_name", "First name")
    assert shown["Customer"] == ("group", [("First name", [first_name]), ("City", ["Ulm"])])
    assert shown["Lines"][1]["rows"] == [[[Hidden("/lines/0/who", "Who")], ["1"]]]
    assert shown["Tags"] == ("fact", ["a", ", ", Hidden("/tags/1", "Tags")])
    assert shown["Photo"] == ("fact", [Hidden("/photo", "Photo")])


def test_names_and_places_are_escaped_on_the_page() -> None:
    content = pieces(["<b>", Hidden('/"><script>', '"x')])

    assert "<b>" not in content
    assert "<script>" not in content
