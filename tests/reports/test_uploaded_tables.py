"""No workbook keeps this process busy: each is read elsewhere, and what takes too much is told so."""

import resource
import time

import pytest

from shared.confined.limits import FILE
from shared.errors import WorkbookRefused
from shared.reports.table_files import read_table_file
from shared.reports.uploaded_tables import open_table, open_workbook
from shared.reports.workbook_reading import read_workbook
from tests.support.heavy_files import far_cells_in_old_excel, heavy_workbooks
from tests.support.workbooks import our_sheet

HEAVY = heavy_workbooks()


@pytest.fixture(autouse=True)
def machine(tmp_path, monkeypatch):
    monkeypatch.setenv("INSTANCE_DIR", str(tmp_path))


def outcome_of(content: bytes, read=open_workbook) -> str:
    """What came of an attendance sheet, or of a list where `read` is open_table, in words."""
    try:
        read(content)
    except WorkbookRefused as refused:
        return str(refused)
    return "read"


def test_a_sheet_reads_there_as_it_does_here():
    assert open_workbook(our_sheet()) == read_workbook(our_sheet())
    assert open_table(our_sheet()) == read_table_file(our_sheet())


@pytest.mark.usefixtures("settled_memory")
@pytest.mark.parametrize("read", [open_workbook, open_table])
@pytest.mark.parametrize("kind", HEAVY)
def test_a_heavy_workbook_costs_this_process_nothing(kind, read):
    processor, memory = time.thread_time(), resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    began = time.monotonic()
    outcome = outcome_of(HEAVY[kind], read)
    assert outcome == "read" or outcome.endswith(".")
    assert time.monotonic() - began < FILE.wall_s + 1
    # This thread's: servers of other tests may still be ending in theirs.
    assert time.thread_time() - processor < 2
    assert (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - memory) / 1024 < 150


def test_a_table_of_millions_of_empty_cells_is_refused_and_one_of_thousands_is_read():
    # Whoever shows a list goes through every cell of it: 3.5 s of a page's process for 2.5 million.
    assert "more than 400,000 cells" in outcome_of(HEAVY["wide sparse rows"], open_table)
    rows = "\n".join(",".join("x" * 40) for _ in range(9_999))
    assert outcome_of(rows.encode(), open_table) == "read"


@pytest.mark.parametrize("kind", ["merged cells over one another", "a row merged with all below"])
def test_merged_cells_count_in_every_row_that_they_reach_over(kind):
    # What shows a list fills them: 8 s of a page's process for either, from 31 kB.
    assert "more than 400,000 cells" in outcome_of(HEAVY[kind], open_table)


@pytest.mark.usefixtures("settled_memory")
def test_far_cells_on_twenty_sheets_of_old_excel_cost_this_process_nothing(tmp_path):
    content, processor = far_cells_in_old_excel(tmp_path), time.process_time()
    assert outcome_of(content).endswith(".")
    assert time.process_time() - processor < 2
