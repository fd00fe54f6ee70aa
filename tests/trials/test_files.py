"""Files nobody should send, to the sites as they are served: a sentence, nothing kept, the server well."""

from collections.abc import Iterator

import openpyxl
import pytest
from PIL import Image

from tests.support import workbooks
from tests.support.bad_photos import SMALL_FILES_THAT_ARE_NO_PHOTO, bomb, encoded
from tests.support.office import ADMIN_EMAIL, ADMIN_PASSWORD
from tests.support.pictures import jpeg, person, two_people, wall
from tests.support.school import TEACHER_EMAIL
from tests.trials.conftest import rows_of
from tests.trials.served import Browser, ServedSite, served

MOST_GROWTH_MB = 150


def photos() -> dict[str, bytes]:
    """Photos that cannot enrol anybody, by what is wrong with them."""
    portrait = person("obama.jpg")
    return {
        **SMALL_FILES_THAT_ARE_NO_PHOTO,
        **{f"a PNG bomb of {side} x {side}": bomb(side) for side in (9000, 13000)},
        "over 20 MB": jpeg(portrait) + bytes(20 * 1024 * 1024),
        "no face": jpeg(wall()),
        "two faces": jpeg(two_people("obama.jpg", "biden.jpg")),
        "a face under 80 pixels": jpeg(portrait.resize((portrait.width // 6, portrait.height // 6))),
        "black": encoded(Image.new("RGB", (640, 480), "black"), "JPEG"),
        "white": encoded(Image.new("RGB", (640, 480), "white"), "JPEG"),
        "another kind of JPEG": encoded(portrait.convert("CMYK").resize((64, 48)), "JPEG"),
    }


def sheets() -> dict[str, bytes]:
    """Files that are no sheet of ours, by what is wrong; test_workbook_reading.py has many more."""

    def far_cell(sheet: openpyxl.worksheet.worksheet.Worksheet) -> None:
        sheet["A1"] = sheet["XFD1048576"] = "x"

    def long(sheet: openpyxl.worksheet.worksheet.Worksheet) -> None:
        for _row in range(10_001):
            sheet.append(["x"])

    return {
        "empty": b"",
        "text": b"roll id, status\n1, present\n",
        "HTML named .xls": b"<html><table><tr><td>present</td></tr></table></html>",
        "JPEG renamed": jpeg(wall()),
        "truncated": workbooks.our_sheet()[:2000],
        "far cells": workbooks.of_one_sheet(far_cell),
        "10,001 rows": workbooks.of_one_sheet(long),
        "an entity bomb": workbooks.with_parts(
            workbooks.our_sheet(),
            xl__sharedStrings_xml=b'<!DOCTYPE a [<!ENTITY b "bbbbbbbbbb">'
            + b"".join(
                b'<!ENTITY b%d "%s">' % (depth, b"&b%d;" % (depth - 1) * 10 if depth else b"&b;" * 10)
                for depth in range(9)
            )
            + b"]><sst><si><t>&b8;</t></si></sst>",
        ),
        "over 5 MB": workbooks.our_sheet() + bytes(5 * 1024 * 1024),
    }


@pytest.fixture(scope="module")
def office(school) -> Iterator[ServedSite]:
    settings = school.toolbox.settings
    with served("admin", settings.instance_dir, settings.database_url) as site:
        yield site


@pytest.fixture(scope="module")
def classroom(school) -> Iterator[ServedSite]:
    settings = school.toolbox.settings
    with served("teacher", settings.instance_dir, settings.database_url) as site:
        yield site


def test_no_bad_photo_is_kept_and_none_harms_the_server(school, office):
    desk = Browser(office)
    desk.sign_in(ADMIN_EMAIL, ADMIN_PASSWORD)
    address = f"/students/{school.ids['meera']}/enrolment/photos"
    headers = {"Accept": "application/json"}
    # The first photo of all makes room for a photo's work, which the server then keeps.
    desk.post(address, files={"photo": ("wall.jpg", jpeg(wall()))}, headers=headers)
    before, memory, worker = rows_of(school.toolbox), office.memory_mb(), office.worker
    for name, content in photos().items():
        begun = office.processor_s()
        answer = desk.post(address, files={"photo": (f"{name}.jpg", content)}, headers=headers)
        assert office.processor_s() - begun < 1, name
        if answer.ok:
            (result,) = answer.json()["photos"]
            assert not result["kept"], name
            assert result["sentence"].endswith("."), name
        else:
            assert answer.status_code == 413, (name, answer.text)
            assert "too large" in answer.json()["error"]
    assert rows_of(school.toolbox) == before
    assert office.worker == worker
    assert office.memory_mb() - memory < MOST_GROWTH_MB


def test_no_bad_sheet_changes_a_mark_and_none_harms_the_server(school, classroom):
    desk = Browser(classroom)
    desk.sign_in(TEACHER_EMAIL, school.password)
    address = f"/lectures/{school.ids['lecture']}/sheet"
    desk.post(address, files={"sheet": ("ours.xlsx", workbooks.our_sheet())})
    before, memory, worker = rows_of(school.toolbox), classroom.memory_mb(), classroom.worker
    for name, content in sheets().items():
        begun = classroom.processor_s()
        answer = desk.post(address, files={"sheet": (f"{name}.xlsx", content)})
        assert classroom.processor_s() - begun < 2, name
        assert 400 <= answer.status_code < 500, (name, answer.status_code)
        assert "Traceback" not in answer.text
    assert rows_of(school.toolbox) == before
    assert classroom.worker == worker
    assert classroom.memory_mb() - memory < MOST_GROWTH_MB
