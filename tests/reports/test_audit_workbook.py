"""The audit trail as a workbook: whatever people typed stays text."""

import io
from datetime import UTC, datetime
from types import SimpleNamespace

import openpyxl

from shared.reports.audit_workbook import write_audit_workbook
from shared.school_clock import SchoolClock
from tests.conftest import settings_for

TYPED = ("=1+1", "https://elsewhere.example/", "mailto:a@b.example", "internal:Sheet1!A1", "0042", "1e5")


def test_nothing_in_the_audit_trails_workbook_is_a_formula_a_number_or_a_link(tmp_path):
    clock: SchoolClock = settings_for(tmp_path, "sqlite://").clock
    entries = [
        SimpleNamespace(
            at=datetime(2026, 1, 10, 8, 27, tzinfo=UTC),
            **dict.fromkeys(("site", "actor", "address", "action", "subject"), text),
            before={text: text},
            after=None,
        )
        for text in TYPED
    ]
    sheet = openpyxl.load_workbook(io.BytesIO(write_audit_workbook(entries, clock=clock))).active
    for row, text in zip(sheet.iter_rows(min_row=2), TYPED, strict=True):
        assert [cell.value for cell in row[1:6]] == [text] * 5
        assert {cell.data_type for cell in row[:7]} == {"s"}
        assert not any(cell.hyperlink for cell in row)
