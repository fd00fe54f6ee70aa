"""Marks by hand: never over a change unseen, always with a history, and every change can be undone."""

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest

from shared.domain.attendance import MarkSource, MarkStatus
from shared.errors import Conflict, InvalidInput, NotFound
from shared.persistence import attendance
from shared.persistence.database import AlreadyThere
from shared.persistence.tables import AuditEntry, Lecture, Mark, MarkChange, SchoolClass, Student
from shared.services.attendance.lectures import close_lecture
from shared.services.attendance.marks import set_mark, undo_change
from shared.services.audit import Actor
from tests.support.school import found_school

PRESENT, LATE, EXCUSED, ABSENT = MarkStatus


@pytest.fixture
def school(toolbox):
    return found_school(toolbox)


@pytest.fixture
def mark(toolbox, school):
    """Marks Meera at the open lecture."""

    def set_meeras(status, **how):
        set_mark(toolbox, school.actor, school.ids["lecture"], school.ids["meera"], status, **how)

    return set_meeras


def meeras(toolbox, school):
    with toolbox.reading() as session:
        return session.query(Mark).filter_by(student_id=school.ids["meera"]).one_or_none()


def history(toolbox, school):
    with toolbox.reading() as session:
        return attendance.history(session, school.ids["lecture"])


def mark_by_face(toolbox, school, student="meera"):
    """What the kiosk writes, while it keeps the lecture from being closed."""
    where = {"lecture_id": school.ids["lecture"], "student_id": school.ids[student]}
    now = toolbox.now()
    with toolbox.sessions.begin() as session:
        session.query(Lecture).filter_by(id=school.ids["lecture"]).with_for_update(read=True).one()
        session.add(Mark(**where, status=PRESENT, source=MarkSource.FACE, marked_at=now))
        session.add(MarkChange(**where, source=MarkSource.FACE, becomes=PRESENT, changed_at=now))
    return now


def test_every_change_is_kept_with_who_and_from_what_to_what(toolbox, school, mark):
    mark(PRESENT, expected=None)
    mark(LATE, expected=PRESENT, note="bus\r\nbroke down")
    mark(None, expected=LATE)
    kept = [(each.was, each.becomes, each.note, each.teacher.name) for each in history(toolbox, school)]
    assert kept == [
        (LATE, None, "bus broke down", "Asha Rao"),
        (PRESENT, LATE, "bus broke down", "Asha Rao"),
        (None, PRESENT, "", "Asha Rao"),
    ]
    assert meeras(toolbox, school) is None
    with toolbox.reading() as session:
        trail = session.query(AuditEntry).filter_by(action="change mark").order_by(AuditEntry.id).all()
        assert [(each.before["status"], each.after["status"]) for each in trail] == [
            (None, "present"),
            ("present", "late"),
            ("late", None),
        ]


def test_a_mark_the_kiosk_made_meanwhile_is_not_overwritten(toolbox, school, mark):
    mark_by_face(toolbox, school)
    with pytest.raises(Conflict, match="Meera Iyer is present now"):
        mark(ABSENT, expected=None)
    assert meeras(toolbox, school).status == PRESENT
    assert len(history(toolbox, school)) == 1


def test_the_same_press_twice_changes_once_and_is_no_conflict(toolbox, school, mark):
    mark(PRESENT, expected=None, note="back row")
    mark(PRESENT, expected=None)
    mark(PRESENT, expected=None, note="back row")
    mark(PRESENT, expected=PRESENT)
    assert len(history(toolbox, school)) == 1
    with pytest.raises(Conflict, match="Meera Iyer is present now"):
        mark(PRESENT, expected=None, note="another note")


def test_a_note_alone_leaves_how_and_when_the_mark_was_made(toolbox, school, mark):
    marked_at = mark_by_face(toolbox, school)
    mark(PRESENT, expected=PRESENT, note="forgot the books")
    kept = meeras(toolbox, school)
    assert (kept.note, kept.source, kept.marked_at) == ("forgot the books", MarkSource.FACE, marked_at)


def test_undoing_brings_back_status_note_time_and_way(toolbox, school, mark):
    marked_at = mark_by_face(toolbox, school)
    mark(ABSENT, expected=PRESENT, note="was her sister")
    undo_change(toolbox, school.actor, school.ids["lecture"], history(toolbox, school)[0].id)
    kept = meeras(toolbox, school)
    assert (kept.status, kept.note, kept.source, kept.marked_at) == (PRESENT, "", MarkSource.FACE, marked_at)
    last = history(toolbox, school)[0]
    assert (last.was, last.becomes) == (ABSENT, PRESENT)


def test_undoing_passes_over_a_note_that_changed_neither_time_nor_way(toolbox, school, mark):
    marked_at = mark_by_face(toolbox, school)
    mark(PRESENT, expected=PRESENT, note="came by bus")
    mark(ABSENT, expected=PRESENT, note="was her sister")
    undo_change(toolbox, school.actor, school.ids["lecture"], history(toolbox, school)[0].id)
    kept = meeras(toolbox, school)
    assert (kept.note, kept.source, kept.marked_at) == ("came by bus", MarkSource.FACE, marked_at)


def test_undoing_the_first_mark_takes_it_away(toolbox, school, mark):
    mark(PRESENT, expected=None)
    undo_change(toolbox, school.actor, school.ids["lecture"], history(toolbox, school)[0].id)
    assert meeras(toolbox, school) is None


def test_only_the_latest_change_can_be_undone(toolbox, school, mark):
    mark(PRESENT, expected=None)
    first = history(toolbox, school)[0].id
    mark(LATE, expected=PRESENT)
    with pytest.raises(Conflict, match="changed again"):
        undo_change(toolbox, school.actor, school.ids["lecture"], first)
    assert meeras(toolbox, school).status == LATE


def test_a_closed_lecture_keeps_a_mark_for_everybody(toolbox, school, mark):
    lecture_id = school.ids["lecture"]
    close_lecture(toolbox, school.actor, lecture_id)
    with pytest.raises(InvalidInput, match="closed lecture"):
        mark(None, expected=ABSENT)
    with pytest.raises(InvalidInput, match="closed lecture"):
        undo_change(toolbox, school.actor, lecture_id, history(toolbox, school)[0].id)
    mark(PRESENT, expected=ABSENT)
    assert meeras(toolbox, school).status == PRESENT


def test_who_is_not_on_the_register_cannot_be_marked(toolbox, school):
    lecture_id = school.ids["lecture"]
    with toolbox.sessions.begin() as session:
        other = Student(school_class=SchoolClass(class_code="ME2"), roll_id="1", name="Uma Bhat")
        session.add(other)
    with toolbox.sessions.begin() as session:
        session.get(Student, school.ids["ravi"]).active = False
    for student_id in (other.id, school.ids["ravi"], 2**31 - 1):
        with pytest.raises(NotFound):
            set_mark(toolbox, school.actor, lecture_id, student_id, PRESENT, expected=None)


def test_another_teacher_can_neither_mark_nor_undo(toolbox, school, mark):
    stranger = Actor(site="classroom", email="stranger@school.example", account_id=999_999)
    lecture_id = school.ids["lecture"]
    mark(PRESENT, expected=None)
    with pytest.raises(NotFound):
        set_mark(toolbox, stranger, lecture_id, school.ids["meera"], ABSENT, expected=PRESENT)
    with pytest.raises(NotFound):
        undo_change(toolbox, stranger, lecture_id, history(toolbox, school)[0].id)


def test_a_note_of_a_megabyte_and_a_note_without_a_mark_are_refused(toolbox, school, mark):
    with pytest.raises(InvalidInput, match="500 characters"):
        mark(PRESENT, expected=None, note="x" * 1_000_000)
    with pytest.raises(InvalidInput, match="status"):
        mark(None, expected=None, note="where is she")
    assert history(toolbox, school) == []


def test_two_threads_marking_one_student_make_one_mark(toolbox, school):
    """One of them is told; the register holds one mark and one entry in its history."""
    start = Barrier(2)

    def press(status):
        start.wait()
        try:
            set_mark(toolbox, school.actor, school.ids["lecture"], school.ids["ravi"], status, expected=None)
        except Conflict:
            return None
        return status

    with ThreadPoolExecutor(2) as threads:
        answers = list(threads.map(press, (PRESENT, LATE)))
    assert answers.count(None) == 1
    with toolbox.reading() as session:
        assert session.query(Mark).one().status in answers
        assert session.query(MarkChange).count() == 1


def test_closing_while_the_kiosk_marks_leaves_one_mark_each(toolbox, school):
    start = Barrier(2)

    def close():
        start.wait()
        close_lecture(toolbox, school.actor, school.ids["lecture"])

    def face():
        start.wait()
        try:
            mark_by_face(toolbox, school, "ravi")
        except AlreadyThere:
            return ABSENT
        return PRESENT

    with ThreadPoolExecutor(2) as threads:
        closing, marking = threads.submit(close), threads.submit(face)
        closing.result()
    with toolbox.reading() as session:
        marks = {each.student_id: each.status for each in session.query(Mark)}
    assert marks[school.ids["meera"]] == ABSENT
    assert marks[school.ids["ravi"]] == marking.result()
