"""Attended of held: what late and excused count for, and who is warned."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.domain.attendance import MarkStatus
from shared.domain.statuses import CountsAs, Statuses
from shared.domain.totals import LectureShare, TotalsRule, below_since, look_ahead, total_of

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


@given(st.integers(0, 60), st.integers(0, 60), st.integers(1, 60), st.integers(0, 100), st.booleans())
def test_so_many_more_may_be_missed_and_not_one_more(attended, missed, remaining, percent, half):
    attended, held = attended + half / 2, attended + missed + half
    found = look_ahead(attended=attended, held=held, remaining=remaining, percent=percent)

    def stays(missing):
        return 100 * (attended + remaining - missing) >= percent * (held + remaining)

    assert found.may_miss < 0 or stays(found.may_miss)
    assert found.may_miss >= remaining or not stays(found.may_miss + 1)


@pytest.mark.parametrize(
    ("attended", "held", "remaining", "said"),
    [
        (7, 10, 10, "may miss 2 more of 10 to come"),
        (5, 10, 10, "may miss none of 10 to come"),
        (4, 10, 10, "75 % cannot be reached any more"),
        (30, 30, 4, "may miss all 4 to come"),
    ],
)
def test_what_can_still_be_reached_is_said(attended, held, remaining, said):
    assert look_ahead(attended=attended, held=held, remaining=remaining, percent=75).sentence == said


def test_where_nothing_is_planned_nothing_is_said():
    assert look_ahead(attended=1, held=9, remaining=0, percent=75) is None


@pytest.mark.parametrize(
    ("percents", "since"),
    [([], None), ([100, 70, 80, 74, 60], 3), ([None, 50], 1), ([50, 75], None), ([None], None)],
)
def test_below_the_line_since_the_lecture_after_which_it_stayed_there(percents, since):
    assert below_since(percents, 75) == since
