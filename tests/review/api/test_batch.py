"""Sending many items at once: the valid ones are stored, the others are told line by line."""

import json
import time
from typing import Any

from pytest_django import Settings

from review.api.submissions import lines_of
from review.models import Item
from tests.conftest import House
from tests.review.api.conftest import BATCH, Api

NDJSON = "application/x-ndjson"


def line(name: str, **change: Any) -> bytes:
    return json.dumps({"external_id": name, "payload": {"text": f"text of {name}"}} | change).encode()


def test_valid_lines_are_stored_and_the_others_are_reported_by_number(house: House, api: Api) -> None:
    body = b"\n".join(
        [
            line("a"),
            b"",
            b"{broken",
            line("b", payload={"txt": 1}),
            line("c", value="much"),
            line("a"),
            line("a", payload={"text": "other"}),
            b'{"external_id": "z", "payload": {"text": "\\u0000"}}',
            line("d") + b"\r",
        ],
    )
    answer = api(house.integrator).post(BATCH, body, content_type=NDJSON)
    report = answer.json()

    assert answer.status_code == 200
    assert (report["accepted"], report["existing"]) == (2, 1)
    assert [(entry["line"], entry["code"]) for entry in report["rejected"]] == [
        (3, "malformed"),
        (4, "contract_broken"),
        (5, "invalid_fields"),
        (7, "external_id_taken"),
        (8, "malformed"),
    ]
    assert {error["pointer"] for error in report["rejected"][1]["errors"]} == {"/text", ""}
    assert [item_id is None for item_id in report["ids"]] == [False, True, True, True, False, True, True, False]
    assert report["ids"][0] == report["ids"][4]
    house.enter()
    assert set(Item.objects.values_list("external_id", flat=True)) == {"a", "d"}


def test_an_array_is_taken_as_well(house: House, api: Api) -> None:
    entries = [{"external_id": "a", "payload": {"text": "x"}}, 5, {"external_id": "b", "payload": {}}]

    report = api(house.integrator).post(BATCH, entries, format="json").json()

    assert report["accepted"] == 1
    assert [(entry["line"], entry["code"]) for entry in report["rejected"]] == [
        (2, "invalid_fields"),
        (3, "contract_broken"),
    ]


def test_a_batch_that_is_no_batch_is_refused_whole(house: House, api: Api, settings: Settings) -> None:
    client = api(house.integrator)
    settings.AIOS_BATCH_ITEMS = 3
    settings.AIOS_BATCH_BYTES = 5000

    def answer_to(body: bytes) -> tuple[int, str]:
        answer = client.post(BATCH, body, content_type=NDJSON)
        return answer.status_code, answer.json()["code"]

    assert answer_to(b"") == (400, "malformed")
    assert answer_to(b" \n\n ") == (400, "malformed")
    assert answer_to(b"[" * 2000) == (400, "malformed")
    assert answer_to(b'[{"external_id": "a"') == (400, "malformed")
    assert answer_to(b"x" * 5001) == (413, "too_large")
    assert answer_to(b"\n".join(line(str(number)) for number in range(4))) == (413, "batch_too_large")
    assert answer_to(b"[1, 2, 3, 4]") == (413, "batch_too_large")


def test_blank_lines_do_not_count_against_the_limit(house: House, api: Api, settings: Settings) -> None:
    settings.AIOS_BATCH_ITEMS = 2
    report = api(house.integrator).post(BATCH, line("a") + b"\n\n\n\n" + line("b") + b"\n", content_type=NDJSON).json()

    assert (report["accepted"], report["rejected"]) == (2, [])


def test_reading_ten_thousand_lines_costs_little() -> None:
    raw = b"\n".join(line(str(number)) for number in range(10_000))
    started = time.process_time()
    lines = lines_of(raw, max_bytes=len(raw), max_items=10_000)

    assert len(lines) == 10_000
    assert time.process_time() - started < 1.0
