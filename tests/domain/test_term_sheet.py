"""A term's grid: fast where nothing changed, bounded where everything is wrong."""

from shared.domain.attendance import MarkStatus
from shared.domain.attendance_sheet import MarkValue, Standing
from shared.domain.statuses import CountsAs, Statuses
from shared.domain.term_sheet import MOST_PROBLEMS, TermLecture, TermRow, review_term

STATUSES = Statuses.of_school(CountsAs.PRESENT)
STUDENTS = [
    Standing(each, "CO6GA", f"R{each}", f"Student {each}", MarkValue(MarkStatus.PRESENT, "note"))
    for each in range(1, 31)
]
REGISTER = {each.student_id: each for each in STUDENTS}
LECTURES = [TermLecture(each, f"Lecture {each}", REGISTER) for each in (1, 2, 3)]


def rows(text):
    return [
        TermRow(number, each.student_id, each.roll_id, each.name, {1: text, 2: text, 3: "P"})
        for number, each in enumerate(STUDENTS, start=3)
    ]


def test_a_changed_cell_keeps_its_note_and_an_emptied_one_loses_it():
    found = review_term(rows("A")[:1] + rows("")[1:2], LECTURES, STATUSES)
    assert [each.title for each in found.lectures] == ["Lecture 1", "Lecture 2"]
    assert [change.becomes for change in found.lectures[0].review.changes] == [
        MarkValue(MarkStatus.ABSENT, "note"),
        MarkValue(),
    ]
    assert found.changes == 4


def test_the_problems_end_at_a_number_nobody_mends_at_once():
    found = review_term(rows("zzq"), LECTURES, STATUSES)
    assert len(found.problems) == MOST_PROBLEMS
    assert (found.lectures, found.changes) == ((), 0)


def test_a_cell_that_says_no_status_is_told_the_words_and_the_short_forms():
    found = review_term(rows("zzq")[:1], LECTURES[:1], STATUSES)
    (problem,) = found.problems
    assert problem.suggestion == "It may be present (P), late (L), excused (E), absent (A)."


def test_what_was_shown_is_no_wish_where_the_register_moved_on():
    moved = TermLecture(1, "Lecture 1", REGISTER, downloaded={1: MarkValue(MarkStatus.LATE), 2: MarkValue()})
    sheet = [
        TermRow(3, 1, "R1", "Student 1", {1: "L"}),  # as downloaded
        TermRow(4, 2, "R2", "Student 2", {1: "A"}),  # edited, and marked present since
    ]
    (lecture,) = review_term(sheet, [moved], STATUSES).lectures
    assert (lecture.review.changes, lecture.review.moved_on) == ((), 1)
    (conflict,) = lecture.review.conflicts
    assert (conflict.student.roll_id, conflict.becomes.status) == ("R2", MarkStatus.ABSENT)
