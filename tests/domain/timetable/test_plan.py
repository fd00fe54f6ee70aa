"""A plan against the one that stands: moved by identity, never twice at one time."""

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from shared.domain.timetable.plan import Slot, compare, find_clashes

MONDAY = datetime(2026, 12, 7, 10, tzinfo=UTC)


def slot(
    identity="a", *, hours=0, minutes=60, teacher=1, classes=(1,), row=2, planned_id=0, subject="Physics"
):
    begins = MONDAY + timedelta(hours=hours)
    return Slot(
        identity, subject, teacher, classes, "3", begins, begins + timedelta(minutes=minutes), row, planned_id
    )


def test_what_is_alike_stays_what_moved_is_moved_and_what_is_gone_is_taken_out():
    standing = [slot("a", planned_id=1), slot("b", hours=1, planned_id=2), slot("c", hours=2, planned_id=3)]
    changes = compare(standing, [slot("a"), slot("b", hours=5), slot("d", hours=7)])
    assert changes.unchanged == 1
    assert [(was.planned_id, becomes.starts_at.hour) for was, becomes in changes.moved] == [(2, 15)]
    assert [each.planned_id for each in changes.removed] == [3]
    assert [each.identity for each in changes.added] == ["d"]
    assert compare(standing, [slot("a")], only_add=True).removed == []


@given(st.lists(st.tuples(st.sampled_from("abc"), st.integers(0, 5)), max_size=12))
def test_a_plan_that_comes_again_changes_nothing(found):
    asked = [slot(identity, hours=hours) for identity, hours in found]
    standing = [each._replace(planned_id=number, row=0) for number, each in enumerate(asked, start=1)]
    assert compare(standing, reversed(asked)).total == 0


def test_a_teacher_or_a_class_at_two_places_at_once_is_a_clash():
    first, same_teacher = slot("a"), slot("b", classes=(2,))
    assert [(each.kind, each.whose) for each in find_clashes([first, same_teacher])] == [("teacher", 1)]
    same_class = slot("b", teacher=2, classes=(1, 2), hours=0.5)
    assert [(each.kind, each.whose) for each in find_clashes([first, same_class])] == [("class", 1)]
    assert find_clashes([first, slot("b", hours=1)]) == []  # one ends as the other begins


def test_a_long_lecture_clashes_with_all_it_covers():
    long = slot("long", minutes=240)
    inside = [slot("b", hours=1, minutes=30), slot("c", hours=3, minutes=30)]
    assert len(find_clashes([long, *inside])) == 4  # teacher and class, each twice


def test_what_stands_already_is_not_judged():
    assert find_clashes([slot("a", row=0), slot("b", row=0)]) == []
    assert find_clashes([slot("a", row=0), slot("b", row=9)]) != []
