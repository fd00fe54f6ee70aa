"""A week that was typed comes in like an uploaded plan, and is opened again to change it."""

import pytest
from sqlalchemy import select

from shared.domain.timetable.grid import LONGEST_CELL, MOST_ROWS, GridRow
from shared.errors import InvalidInput, NotFound
from shared.persistence import timetable
from shared.persistence.tables import AuditEntry, PlannedLecture, WeeklyGrid
from shared.services.timetable import plan
from shared.services.timetable.days_off import add_days_off
from shared.services.timetable.weekly_grid import remove_grid, review_grid, rows_of
from tests.services.timetable.test_plan_import import (
    HEAD,
    MATHS,
    OFFICE,
    TERM,
    apply,
    review,
)

PHYSICS = GridRow(0, "Monday", "10:00", "10:50", "CO6GA", "Physics", "Asha Rao", "3")
CHEMISTRY = GridRow(0, "Tuesday", "10:00", "", "CO6GB", "Chemistry", "asha.rao@school.example", "")
pytestmark = pytest.mark.usefixtures("school")


def type_in(toolbox, *rows, grid_id=None, span=TERM, **how):
    return review_grid(toolbox, OFFICE, rows, span=span, grid_id=grid_id, **how)


def typed(toolbox, grid_id):
    with toolbox.reading() as session:
        return rows_of(timetable.get_grid(session, grid_id))


def planned(toolbox):
    with toolbox.reading() as session:
        found = session.scalars(select(PlannedLecture).order_by(PlannedLecture.starts_at)).all()
        return [(each.id, each.subject, each.starts_at.isoweekday()) for each in found]


def test_a_typed_week_plans_what_the_same_table_would(toolbox):
    """The upload of the same row afterwards clashes with nothing, and plans the same moments."""
    grid_id, found = type_in(toolbox, PHYSICS, CHEMISTRY)
    assert apply(toolbox, found).state == "done"
    lines = "CO6GA,Physics,Asha Rao,3,Monday,10:00,10:50\nCO6GB,Chemistry,Asha Rao,,Tuesday,10:00,11:00\n"
    again = review(toolbox, HEAD + lines)
    assert [slot.content for slot in again.changes.added] == [slot.content for slot in found.changes.added]
    assert len(found.changes.added) == 10
    assert typed(toolbox, grid_id) == [PHYSICS._replace(number=1), CHEMISTRY._replace(number=2)]


def test_an_opened_grid_moves_what_is_to_come_and_takes_out_the_rows_that_went(toolbox):
    grid_id, found = type_in(toolbox, PHYSICS, CHEMISTRY)
    apply(toolbox, found)
    before = planned(toolbox)
    moved, _ = typed(toolbox, grid_id)
    _, found = type_in(
        toolbox, moved._replace(day="Wednesday", begins="11:00", ends="12:00"), grid_id=grid_id
    )
    changes = found.changes
    assert (len(changes.added), len(changes.moved), len(changes.removed)) == (0, 5, 5)
    apply(toolbox, found)
    ids = [number for number, subject, _ in before if subject == "Physics"]
    assert planned(toolbox) == [(number, "Physics", 3) for number in ids]


def test_a_lecture_that_was_opened_stays_where_it_is(toolbox, school):
    grid_id, found = type_in(toolbox, PHYSICS)
    apply(toolbox, found)
    first = planned(toolbox)[0][0]
    toolbox.__dict__["hands"].now = found.changes.added[0].starts_at - plan.MAY_START_BEFORE
    plan.start_planned(toolbox, school.actor, first)
    rows = [each._replace(day="Friday") for each in typed(toolbox, grid_id)]
    _, found = type_in(toolbox, *rows, grid_id=grid_id)
    apply(toolbox, found)
    assert [day for _, _, day in planned(toolbox)] == [1, 5, 5, 5]
    assert planned(toolbox)[0][0] == first


def test_a_number_is_never_given_twice_so_that_a_new_row_takes_no_old_lecture(toolbox):
    grid_id, _ = type_in(toolbox, PHYSICS, CHEMISTRY)
    first, _ = typed(toolbox, grid_id)
    type_in(toolbox, first, first, CHEMISTRY._replace(number=77), grid_id=grid_id)
    assert [row.number for row in typed(toolbox, grid_id)] == [1, 3, 4]


def test_what_other_plans_say_stays_where_it_is_asked_for(toolbox):
    apply(toolbox, review(toolbox, HEAD + MATHS))
    grid_id, found = type_in(toolbox, PHYSICS)
    assert len(found.changes.removed) == 5
    _, found = type_in(toolbox, *typed(toolbox, grid_id), grid_id=grid_id, only_add=True)
    apply(toolbox, found)
    row = typed(toolbox, grid_id)[0]._replace(number=0, subject="Biology")
    _, found = type_in(toolbox, row, grid_id=grid_id, only_add=True)
    assert {slot.subject for slot in found.changes.removed} == {"Physics"}


def test_a_clash_with_what_stays_is_found_beside_rows_that_change_nothing(toolbox):
    apply(toolbox, review(toolbox, HEAD + MATHS))
    grid_id, found = type_in(toolbox, PHYSICS, only_add=True)
    apply(toolbox, found)
    late = PHYSICS._replace(day="Tuesday", begins="10:30", ends="11:00", subject="Biology")
    _, found = type_in(toolbox, *typed(toolbox, grid_id), late, grid_id=grid_id, only_add=True)
    assert {problem.row for problem in found.problems} == {2}
    assert "Biology here and Maths in the plan already" in found.problems[0].sentence


def test_what_is_wrong_is_said_at_its_row_and_everything_typed_is_kept(toolbox):
    wrong = PHYSICS._replace(class_code="CO6GX", begins="25:00")
    grid_id, found = type_in(toolbox, GridRow(day="Monday"), PHYSICS, wrong, PHYSICS._replace(day="Tuseday"))
    assert [(each.row, each.sentence) for each in found.problems] == [
        (3, "“25:00 10:50” are not times of day."),
        (4, "“Tuseday” is not a day."),
    ]
    assert found.draft_id is None
    assert [row.typed for row in typed(toolbox, grid_id)][2] == wrong.typed
    _, found = type_in(toolbox, PHYSICS, PHYSICS._replace(subject="Maths"), grid_id=grid_id)
    assert "in row 2" in found.problems[0].sentence


def test_days_off_are_said_and_not_held(toolbox):
    add_days_off(toolbox, OFFICE, {TERM.first: "Founders’ day"})
    _, found = type_in(toolbox, PHYSICS)
    assert found.notes == ["Lectures on days off are not held: Founders’ day, 30 Nov 2026 (1)."]
    apply(toolbox, found)
    with toolbox.reading() as session:
        reasons = [each.not_held_reason for each in session.scalars(select(PlannedLecture))]
    assert reasons == ["Founders’ day", None, None, None, None]


@pytest.mark.parametrize(
    ("rows", "sentence"),
    [
        ([GridRow(day="Monday")], "at least one lecture"),
        ([PHYSICS] * (MOST_ROWS + 1), "rows at most"),
        ([PHYSICS._replace(room="x" * (LONGEST_CELL + 1))], "A field of row 1"),
    ],
)
def test_a_grid_that_cannot_be_kept_is_refused_in_a_sentence(toolbox, rows, sentence):
    with pytest.raises(InvalidInput, match=sentence):
        type_in(toolbox, *rows)
    with toolbox.reading() as session:
        assert session.query(WeeklyGrid).count() == 0


def test_a_forgotten_grid_leaves_its_lectures(toolbox):
    grid_id, found = type_in(toolbox, PHYSICS)
    apply(toolbox, found)
    remove_grid(toolbox, OFFICE, grid_id)
    assert len(planned(toolbox)) == 5
    with pytest.raises(NotFound):
        type_in(toolbox, PHYSICS, grid_id=grid_id)
    with toolbox.reading() as session:
        assert "remove weekly grid" in session.scalars(select(AuditEntry.action)).all()
