"""What the office or a class list brought in is text on every page, also where another site shows it."""

import pytest
from sqlalchemy import String, update

from shared.persistence.tables.base import Base, Name
from shared.services.attendance.marks import set_mark

SCRIPT = "<script>alert(1)</script><img src=x onerror=alert(2)>"
LENGTHS = (Name.length, 500)  # names and titles, and notes


@pytest.fixture(scope="module")
def scripted(school):
    """Every name, title and note of the school is a script."""
    lecture_id, student_id = school.ids["lecture"], school.ids["meera"]
    set_mark(school.toolbox, school.actor, lecture_id, student_id, "late", expected=None, note="bus")
    with school.toolbox.sessions.begin() as session:
        for table in Base.metadata.sorted_tables:
            texts = [
                each.name
                for each in table.columns
                if isinstance(each.type, String) and each.type.length in LENGTHS
            ]
            if texts:
                session.execute(update(table).values(dict.fromkeys(texts, SCRIPT)))
    return school


@pytest.mark.parametrize("site", ["admin", "teacher"])
def test_names_titles_and_notes_are_text_on_every_page(request, site):
    visitor = request.getfixturevalue(site)
    request.getfixturevalue("scripted")
    visitor.pages.clear()
    shown = 0
    for path, page in visitor.walk().items():
        assert not page.select("[onerror], script:not([src])"), path
        shown += "<script>alert(1)" in page.get_text()
    assert shown >= 5
