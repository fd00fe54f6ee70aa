"""Attended of held: what late and excused count for, and who is warned."""

import pytest

from shared.domain.attendance import MarkStatus
from shared.domain.statuses import CountsAs, Statuses
from shared.domain.totals import LectureShare, TotalsRule, total_of

PRESENT, LATE, EXCUSED, ABSENT = MarkStatus


def total(counts, *, unmarked=0, late=CountsAs.PRESENT, warn=75):
    rule = TotalsRule(Statuses.of_school(late), warn)
    return total_of(1, "1", "Asha", counts=counts, unmarked=unmarked, rule=rule)


@pytest.mark.parametrize(
    ("late", "attended", "percent"),
    [(CountsAs.PRESENT, 4, 80.0), (CountsAs.HALF, 3.5, 70.0), (CountsAs.ABSENT, 3, 60.0)],
)
def test_late_counts_as_the_school_says(late, attended, percent):
    found = total({PRESENT: 3, LATE: 1, ABSENT: 1}, late=late)
    assert (found.attended, found.held, found.percent) == (attended, 5, percent)


def test_excused_lectures_are_left_out_of_those_held():
    assert (total({PRESENT: 1, EXCUSED: 9}).held, total({PRESENT: 1, EXCUSED: 9}).percent) == (1, 100.0)


def test_a_lecture_without_a_mark_was_held_all_the_same():
    assert (total({PRESENT: 1}, unmarked=3).held, total({PRESENT: 1}, unmarked=3).percent) == (4, 25.0)


def test_where_nothing_was_held_there_is_no_percent_and_no_warning():
    assert (total({}).percent, total({}).is_below) == (None, False)
    assert (total({EXCUSED: 2}).percent, total({EXCUSED: 2}).is_below) == (None, False)


@pytest.mark.parametrize(
    ("present", "absent", "is_below"), [(3, 1, False), (299, 101, True), (0, 1, True), (1, 0, False)]
)
def test_exactly_the_percent_of_the_warning_is_not_below_it(present, absent, is_below):
    assert total({PRESENT: present, ABSENT: absent}).is_below is is_below


def test_a_lecture_nobody_was_expected_at_has_no_share():
    assert LectureShare(1, None, "Algebra", "Asha", here=0, expected=0).share == 0.0
