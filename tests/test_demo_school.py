"""The demo school: filled once, with nobody's face in it."""

from sqlalchemy import func, select

from launcher.demo_school import fill_demo_school
from shared.persistence.tables import EnrolmentPhoto, FaceModelRow, Lecture, Mark, Student


def test_the_demo_school_is_filled_once_and_holds_no_face(toolbox):
    assert len(fill_demo_school(toolbox)) == 2
    assert fill_demo_school(toolbox) == {}
    with toolbox.reading() as session:
        counts = {
            table: session.scalar(select(func.count()).select_from(table))
            for table in (Student, Lecture, Mark, FaceModelRow, EnrolmentPhoto)
        }
    assert counts[Student] == 48
    assert counts[Lecture] == 4 * 15
    assert counts[Mark] == 24 * counts[Lecture]
    assert counts[FaceModelRow] == counts[EnrolmentPhoto] == 0
