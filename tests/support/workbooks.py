"""Makes workbooks for the tests: ours, edited ones, strange ones, and those that LibreOffice saves."""

import io
import subprocess
import zipfile
from pathlib import Path

import openpyxl

from shared.domain.attendance import MarkStatus
from shared.domain.attendance_sheet import MarkValue, Standing
from shared.domain.statuses import CountsAs, Statuses
from shared.reports.attendance_workbook import SheetIdentity, write_attendance_workbook
from tests.support.servers import find_program

IDENTITY = SheetIdentity(17, 99)
STATUSES = Statuses.of_school(CountsAs.PRESENT)
ASHA = Standing(1, "CO6GA", "00123", "Asha Rao", MarkValue(MarkStatus.LATE, "bus"), "by face, 22 Nov 09:04")
RAVI = Standing(2, "CO6GA", "1520E0042", '=HYPERLINK("http://x")', MarkValue(), "")


def our_sheet(*students):
    students = students or (ASHA, RAVI)
    return write_attendance_workbook(IDENTITY, students, STATUSES, title="Databases", held_on="2026-11-22")


def edited(change, content=None):
    """A workbook as somebody saves it after `change(book)`."""
    book = openpyxl.load_workbook(io.BytesIO(content or our_sheet()))
    change(book)
    saved = io.BytesIO()
    book.save(saved)
    return saved.getvalue()


def with_parts(content, **parts):
    """The workbook with some parts of its zip replaced or added; names as `xl__styles_xml`."""
    named = {
        name.replace("__", "/").replace("_xml", ".xml").replace("_bin", ".bin"): part
        for name, part in parts.items()
    }
    made = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as old, zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as new:
        for entry in old.infolist():
            if entry.filename not in named:
                new.writestr(entry.filename, old.read(entry))
        for name, part in named.items():
            new.writestr(name, part)
    return made.getvalue()


def of_one_sheet(fill):
    """A strange workbook: one sheet, filled by `fill(sheet)`."""
    book = openpyxl.Workbook()
    fill(book.active)
    saved = io.BytesIO()
    book.save(saved)
    return saved.getvalue()


def resave(workbook: bytes, folder: Path, *, kind: str) -> bytes:
    """Open a workbook in LibreOffice and save it as `kind`, such as "xls". Takes some seconds."""
    source, made = folder / "source.xlsx", folder / "made"
    source.write_bytes(workbook)
    subprocess.run(
        [
            find_program("soffice", package="libreoffice-calc"),
            f"-env:UserInstallation=file://{folder}/profile",
            *("--headless", "--convert-to", kind, "--outdir", str(made), str(source)),
        ],
        check=True,
        capture_output=True,
        timeout=90,
    )
    return (made / f"source.{kind}").read_bytes()
