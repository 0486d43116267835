"""Labelled corrections, frozen and written out in three forms."""

import csv
import io
import json
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

import pyarrow as pa
import pytest
from django.utils import timezone
from pyarrow import parquet

from governance.domain import ForbiddenError, InvalidError
from governance.models import AuditEvent
from governance.statements import fetch
from review.models import Decision
from review.selectors import dataset_rows
from review.selectors.datasets import DatasetFacts, access_dataset, datasets
from review.services import dataset_files
from review.services.claim import claim_reviews
from review.services.datasets import create_dataset, record_download, stream_dataset
from review.services.decide import Decided
from review.services.undo import undo_decision
from tests.conftest import House
from tests.review.services.test_loop import decide

EARLY = datetime.fromisoformat("2020-01-01T00:00:00+00:00")


def freeze(house: House, since: datetime = EARLY, until: datetime | None = None) -> DatasetFacts:
    made = create_dataset(
        actor=house.actor(house.owner),
        workflow_key=house.workflow.key,
        period_from=since,
        period_to=until or timezone.now() + timedelta(days=1),
    )
    return access_dataset(made.id)


def answer_all(house: House, **answer: Any) -> list[Decided]:
    reviewer = house.actor(house.reviewer)
    decided = []
    while reviews := claim_reviews(actor=reviewer, count=10):
        decided += [one for review in reviews if isinstance(one := decide(reviewer, review, **answer), Decided)]
    return decided


def rows_of(dataset: DatasetFacts) -> list[dict[str, Any]]:
    return [json.loads(line) for line in b"".join(stream_dataset(dataset, "jsonl")).splitlines()]


def test_every_acknowledged_decision_is_in_the_export_with_its_facts(house: House) -> None:
    house.in_review("one", "two", "three")
    decided = answer_all(house)
    dataset = freeze(house)
    rows = rows_of(dataset)
    assert dataset.row_count == 3
    assert {row["decision_id"] for row in rows} == {str(one.decision_id) for one in decided}
    row = rows[0]
    assert list(row) == list(dataset_rows.COLUMNS)
    assert row["payload"]["text"] in {"one", "two", "three"}
    assert (row["predicted_label"], row["predicted_confidence"], row["label"]) == ("billing", 0.5, "delivery")
    assert (row["model"], row["model_version"], row["policy_version"]) == ("triage", "1", 1)
    assert (row["source"], row["inclusion_probability"], row["wrong"]) == ("review", 1, True)
    assert row["suggestion_shown"] is True
    assert row["reviewer"] == str(house.actor(house.reviewer).pseudonym)
    assert "Reviewer Person" not in json.dumps(rows)


def test_a_drawn_item_is_exported_blind_and_open_until_it_is_adjudicated(house: House) -> None:
    house.workflow.draw_rate = 1.0
    house.workflow.save()
    house.in_review("pay")
    answer_all(house)
    (row,) = rows_of(freeze(house))
    assert (row["source"], row["suggestion_shown"], row["wrong"]) == ("calibration", False, None)


def test_an_undone_answer_is_left_out_and_a_later_undo_does_not_change_a_dataset(house: House) -> None:
    house.in_review("one", "two")
    first, second = answer_all(house)
    assert first.decision_id
    assert second.decision_id
    undo_decision(actor=house.actor(house.reviewer), decision_id=first.decision_id)
    dataset = freeze(house)
    before = b"".join(stream_dataset(dataset, "jsonl"))
    undo_decision(actor=house.actor(house.reviewer), decision_id=second.decision_id)
    assert dataset.row_count == 1
    assert b"".join(stream_dataset(dataset, "jsonl")) == before
    assert freeze(house).row_count == 0


def test_the_period_is_half_open(house: House) -> None:
    house.in_review("one")
    (decided,) = answer_all(house)
    assert decided.decision_id
    at = Decision.objects.get(id=decided.decision_id).occurred_at
    assert freeze(house, at, at + timedelta(microseconds=1)).row_count == 1
    assert freeze(house, EARLY, at).row_count == 0
    with pytest.raises(InvalidError):
        freeze(house, at, at)


def test_datasets_are_numbered_within_their_workflow_and_audited(house: House) -> None:
    first, second = freeze(house), freeze(house)
    record_download(actor=house.actor(house.auditor), dataset_id=first.id, form="csv")
    assert (first.number, second.number) == (1, 2)
    assert [dataset.id for dataset in datasets()] == [second.id, first.id]
    trail = AuditEvent.objects.filter(stream_kind="dataset", stream_id=first.id).order_by("stream_seq")
    assert [event.action for event in trail] == ["dataset.created", "dataset.downloaded"]


def test_a_reviewer_does_not_export(house: House) -> None:
    dataset = freeze(house)
    with pytest.raises(ForbiddenError):
        record_download(actor=house.actor(house.reviewer), dataset_id=dataset.id, form="csv")


def test_csv_holds_no_cell_that_a_spreadsheet_would_run(house: House) -> None:
    ids = house.in_review("=1+1", "plain")
    answer_all(house, reason_code="@SUM(A1)")
    text = b"".join(stream_dataset(freeze(house), "csv")).decode()
    rows = list(csv.DictReader(io.StringIO(text)))
    assert {row["item_id"] for row in rows} == {str(item_id) for item_id in ids}
    assert {row["reason_code"] for row in rows} == {"'@SUM(A1)"}
    assert not [cell for row in rows for cell in row.values() if cell.startswith(("=", "+", "-", "@", "\t", "\r"))]
    assert {json.loads(row["payload"])["text"] for row in rows} == {"=1+1", "plain"}


@pytest.mark.parametrize("start", ["=", "+", "-", "@", "\t", "\r"])
def test_each_dangerous_start_is_prefixed(start: str) -> None:
    row = dict.fromkeys(dataset_rows.COLUMNS) | {"external_id": f"{start}cmd"}
    text = b"".join(dataset_files.write_csv(iter([[row]]))).decode()
    (read,) = csv.DictReader(io.StringIO(text, newline=""))
    assert read["external_id"] == f"'{start}cmd"


def test_parquet_holds_the_same_rows_with_types(house: House) -> None:
    house.in_review("one", "zwei \N{SNOWMAN}")
    answer_all(house)
    dataset = freeze(house)
    table = parquet.read_table(io.BytesIO(b"".join(stream_dataset(dataset, "parquet"))))
    plain = rows_of(dataset)
    assert table.schema.field("decided_at").type == pa.timestamp("us", tz="UTC")
    assert [json.loads(text) for text in table["payload"].to_pylist()] == [row["payload"] for row in plain]
    assert table["decision_id"].to_pylist() == [row["decision_id"] for row in plain]
    assert table["wrong"].to_pylist() == [row["wrong"] for row in plain]


@pytest.mark.parametrize("form", ["jsonl", "csv", "parquet"])
def test_an_empty_dataset_is_a_readable_file(house: House, form: str) -> None:
    content = b"".join(stream_dataset(freeze(house), form))
    lines = {"jsonl": 0, "csv": 1}.get(form)
    assert (
        len(content.splitlines()) == lines
        if lines is not None
        else parquet.read_table(io.BytesIO(content)).num_rows == 0
    )


def test_pages_join_without_gap_whatever_ends_them(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    read = dataset_rows.dataset_page
    monkeypatch.setattr(dataset_rows, "dataset_page", lambda dataset, after: read(dataset, after=after, most=2))
    house.in_review(*(f"text {n}" for n in range(5)))
    answer_all(house)
    dataset = freeze(house)
    pages = list(dataset_rows.dataset_pages(dataset))
    assert [len(page) for page in pages] == [2, 2, 1]
    assert len({row["item_id"] for page in pages for row in page}) == 5


def test_a_page_ends_early_where_payloads_are_large(house: House) -> None:
    house.in_review(*("".join(chr(0x4E00 + (n * k * 7919) % 20000) for k in range(19000)) for n in range(1, 6)))
    answer_all(house)
    dataset = freeze(house)
    sql = dataset_rows._PAGE_SQL.replace(str(dataset_rows.PAGE_BYTES), "60000")
    dataset_rows_page = fetch(sql, {"dataset": dataset.id, "after": "0" * 32, "most": 1000})
    assert 1 <= len(dataset_rows_page) < 5


def test_parquet_is_written_in_groups_while_it_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(dataset_files, "_GROUP_ROWS", 3)
    row = dict.fromkeys(dataset_rows.COLUMNS) | {"item_id": "x", "payload": '{"text": "t"}', "fields": "{}"}
    read = 0

    def pages() -> Iterator[list[dict[str, Any]]]:
        nonlocal read
        for _ in range(4):
            read += 1
            yield [row, row]

    chunks = dataset_files.write_parquet(pages())
    first = next(chunks)
    assert first.startswith(b"PAR1")
    assert read == 2
    file = parquet.ParquetFile(io.BytesIO(first + b"".join(chunks)))
    assert [file.metadata.row_group(n).num_rows for n in range(file.num_row_groups)] == [4, 4]
