"""The sheet and the totals in a real browser: the whole round trip, and every page's looks."""

import io
from collections.abc import Callable, Iterator
from pathlib import Path

import openpyxl
import pytest
from playwright.sync_api import Page, expect

from launcher.demo_school import fill_demo_school
from shared.persistence.tables import Lecture, Teacher
from shared.toolbox import Toolbox
from teacher_site import create_app
from tests.support.browsing import refuse_barriers, served

SIZES = [(360, 640), (1280, 800)]


@pytest.fixture
def database_url(sqlite_url: str) -> str:
    return sqlite_url


@pytest.fixture
def demo(toolbox: Toolbox) -> tuple[str, str, int]:
    """The demo school: a teacher's e-mail and password, and one of that teacher's lectures."""
    email, password = next(iter(fill_demo_school(toolbox).items()))
    with toolbox.sessions.begin() as session:
        teacher = session.query(Teacher).filter_by(email=email).one()
        teacher.must_change_password = False
        lecture = session.query(Lecture).filter_by(teacher_id=teacher.id).first()
        return email, password, lecture.id


@pytest.fixture
def address(toolbox: Toolbox, demo: tuple[str, str, int]) -> Iterator[str]:
    with served(create_app(toolbox=toolbox)) as address:
        yield address


@pytest.fixture
def open_page(open_chromium: Callable, address: str, demo: tuple[str, str, int]) -> Callable[..., Page]:
    """Opens a browser of a size, signed in; `complaints` collects what the security policy refused."""

    def open_one(size: tuple[int, int], *, complaints: list[str] | None = None) -> Page:
        # Axe is handed to the page as a string, which our own policy forbids.
        context = open_chromium().new_context(
            base_url=address,
            viewport={"width": size[0], "height": size[1]},
            bypass_csp=complaints is None,
        )
        page: Page = context.new_page()
        if complaints is not None:
            page.on("console", lambda message: complaints.append(message.text))
        page.goto("/sign-in")
        page.get_by_label("E-mail").fill(demo[0])
        page.get_by_label("Password").fill(demo[1])
        page.get_by_role("button", name="Sign in").click()
        expect(page.get_by_role("heading", name="My classes")).to_be_visible()
        return page

    return open_one


def edit_two_cells(page: Page, folder: Path) -> Path:
    """Download the sheet that the page offers, and edit it as a teacher would."""
    with page.expect_download() as download:
        page.get_by_role("link", name="Download the sheet").click()
    book = openpyxl.load_workbook(io.BytesIO(Path(download.value.path()).read_bytes()))
    sheet = book["Attendance"]
    for row, status in ((2, "late"), (3, "excused")):
        sheet.cell(row, 4).value = status
    edited = folder / "renamed by the teacher.xlsx"
    book.save(edited)
    return edited


def send(page: Page, sheet: Path) -> None:
    page.set_input_files("#sheet", sheet)
    page.get_by_role("button", name="Show the changes").click()


@pytest.mark.parametrize("size", SIZES)
def test_download_edit_upload_review_save_undo(open_page, demo, tmp_path, size):
    complaints: list[str] = []
    page = open_page(size, complaints=complaints)
    page.goto(f"/lectures/{demo[2]}")
    page.locator("#more > summary").click()
    page.get_by_role("link", name="Excel sheet").click()
    send(page, edit_two_cells(page, tmp_path))
    expect(page.get_by_role("heading", name="Changes: 2")).to_be_visible()
    page.get_by_role("button", name="Save all 2 changes").click()
    expect(page.get_by_text("Saved: 2 changed.")).to_be_visible()
    page.get_by_role("button", name="Undo").click()
    expect(page.get_by_text("The upload was undone: 2 changed back.")).to_be_visible()

    send(page, tmp_path / "renamed by the teacher.xlsx")
    expect(page.get_by_role("heading", name="Changes: 2")).to_be_visible()
    assert complaints == []


@pytest.mark.parametrize("size", SIZES)
def test_no_page_sticks_out_and_axe_finds_nothing_serious(open_page, demo, tmp_path, size):
    page = open_page(size)
    sheet = f"/lectures/{demo[2]}/sheet"
    for path in ("/totals", "/totals?teacher_id=&sort=lowest", "/totals?since=2030-01-01", sheet):
        page.goto(path)
        refuse_barriers(page)
    edited = edit_two_cells(page, tmp_path)
    send(page, edited)
    refuse_barriers(page)
    page.get_by_role("button", name="Save all 2 changes").click()
    refuse_barriers(page)
    book = openpyxl.load_workbook(edited)
    book["Attendance"].cell(2, 4).value = "a word that is no status " * 5
    book.save(edited)
    send(page, edited)
    refuse_barriers(page)
