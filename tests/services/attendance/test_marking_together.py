"""Marking everybody who is left in one press, and taking the press back."""

import pytest

from shared.domain.attendance import MarkSource, MarkStatus
from shared.errors import Conflict, InvalidInput, NotFound
from shared.persistence.tables import AuditEntry, Mark, MarkChange
from shared.services.attendance.lectures import close_lecture
from shared.services.attendance.marking_together import mark_rest, undo_together
from shared.services.attendance.marks import set_mark
from shared.services.audit import Actor
from tests.support.full_class import ask_to_confirm, fill_class
from tests.support.school import found_school, hand_round

PRESENT, LATE, ABSENT = MarkStatus.PRESENT, MarkStatus.LATE, MarkStatus.ABSENT


@pytest.fixture
def school(toolbox):
    """Six students: Meera is late, Ravi waits for the teacher's eye, four are without a mark."""
    school = found_school(toolbox)
    school.rest = fill_class(toolbox, school, size=6)
    mark(toolbox, school, school.ids["meera"], LATE)
    ask_to_confirm(toolbox, hand_round(toolbox, school), school.ids["ravi"])
    return school


def mark(toolbox, school, student_id, status, expected=None, **how):
    set_mark(toolbox, school.actor, school.ids["lecture"], student_id, status, expected=expected, **how)


def press(toolbox, school):
    return mark_rest(toolbox, school.actor, school.ids["lecture"], PRESENT)


def undo(toolbox, school, change_id):
    return undo_together(toolbox, school.actor, school.ids["lecture"], change_id)


def marks(toolbox):
    with toolbox.reading() as session:
        return {each.student_id: (each.status, each.source) for each in session.query(Mark)}


def test_the_rest_alone_is_marked_and_who_waits_goes_on_waiting(toolbox, school):
    marked = press(toolbox, school)
    assert (marked.count, marked.left_waiting) == (4, 1)
    by_hand = dict.fromkeys(school.rest, (PRESENT, MarkSource.BY_HAND))
    assert marks(toolbox) == by_hand | {school.ids["meera"]: (LATE, MarkSource.BY_HAND)}
    with toolbox.reading() as session:
        moments = {each.changed_at for each in session.query(MarkChange).filter_by(becomes=PRESENT)}
        entry = session.query(AuditEntry).filter_by(action="mark the rest").one()
    assert len(moments) == 1
    assert entry.after == {"status": "present", "students": 4}


def test_a_second_press_marks_nobody(toolbox, school):
    press(toolbox, school)
    again = press(toolbox, school)
    assert (again.count, again.change_id) == (0, None)


def test_one_undo_takes_all_of_it_back_and_nothing_else(toolbox, school):
    assert undo(toolbox, school, press(toolbox, school).change_id) == (4, 0)
    assert marks(toolbox) == {school.ids["meera"]: (LATE, MarkSource.BY_HAND)}
    assert press(toolbox, school).count == 4


def test_what_was_changed_since_stays(toolbox, school):
    change_id = press(toolbox, school).change_id
    mark(toolbox, school, school.rest[1], ABSENT, expected=PRESENT)
    assert undo(toolbox, school, change_id) == (3, 1)
    assert marks(toolbox)[school.rest[1]] == (ABSENT, MarkSource.BY_HAND)


def test_a_press_is_undone_once(toolbox, school):
    change_id = press(toolbox, school).change_id
    undo(toolbox, school, change_id)
    with pytest.raises(Conflict):
        undo(toolbox, school, change_id)


def test_a_single_mark_made_at_another_moment_is_no_part_of_it(toolbox, school):
    mark(toolbox, school, school.rest[0], PRESENT)
    undo(toolbox, school, press(toolbox, school).change_id)
    assert school.rest[0] in marks(toolbox)


def test_what_the_closing_did_or_a_closed_lecture_holds_is_not_undone_so(toolbox, school):
    change_id = press(toolbox, school).change_id
    close_lecture(toolbox, school.actor, school.ids["lecture"], although_some_wait=True)
    for do in (lambda: undo(toolbox, school, change_id), lambda: press(toolbox, school)):
        with pytest.raises(InvalidInput):
            do()


def test_a_change_from_a_mark_to_another_is_not_undone_so(toolbox, school):
    mark(toolbox, school, school.ids["meera"], ABSENT, expected=LATE)
    with toolbox.reading() as session:
        latest = session.query(MarkChange).order_by(MarkChange.id.desc()).first()
    with pytest.raises(InvalidInput):
        undo(toolbox, school, latest.id)


def test_another_teachers_lecture_is_out_of_reach(toolbox, school):
    change_id = press(toolbox, school).change_id
    stranger = Actor(site="classroom", email="x@school.example", account_id=school.actor.account_id + 1)
    with pytest.raises(NotFound):
        mark_rest(toolbox, stranger, school.ids["lecture"], PRESENT)
    with pytest.raises(NotFound):
        undo_together(toolbox, stranger, school.ids["lecture"], change_id)
