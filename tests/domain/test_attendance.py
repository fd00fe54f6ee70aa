"""The words of attendance: states by the clock, codes as typed, roll ids as people count."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.domain.attendance import LectureState, lecture_state, natural_order, normal_code, one_line

NINE = datetime(2026, 3, 2, 9, tzinfo=UTC)
TEN = NINE + timedelta(hours=1)


@pytest.mark.parametrize(
    ("now", "closed_at", "state"),
    [
        (NINE - timedelta(microseconds=1), None, LectureState.SCHEDULED),
        (NINE, None, LectureState.OPEN),
        (TEN - timedelta(microseconds=1), None, LectureState.OPEN),
        (TEN, None, LectureState.ENDED),
        (NINE, NINE, LectureState.CLOSED),
        (NINE - timedelta(days=1), NINE - timedelta(days=2), LectureState.CLOSED),
    ],
)
def test_only_the_time_between_start_and_end_is_open(now, closed_at, state):
    assert lecture_state(now=now, starts_at=NINE, ends_at=TEN, closed_at=closed_at) is state


@pytest.mark.parametrize(
    "typed", ["15203a0042", " 15203 A0042 ", "１５２０３A００４２", "15203A\u00a00042\n"]
)
def test_a_roll_id_is_the_same_however_the_keyboard_wrote_it(typed):
    assert normal_code(typed) == "15203A0042"


def test_roll_ids_sort_as_people_count():
    codes = ["A10", "10", "A2", "9", "A", "B1", "A2B10", "A2B9"]
    assert sorted(codes, key=natural_order) == ["9", "10", "A", "A2", "A2B9", "A2B10", "A10", "B1"]


@given(st.lists(st.text(max_size=64)))
def test_any_codes_can_be_sorted(codes):
    there, back = (sorted(some, key=natural_order) for some in (codes, codes[::-1]))
    assert [natural_order(code) for code in there] == [natural_order(code) for code in back]


@given(st.text())
def test_one_line_is_one_printable_line(typed):
    line = one_line(typed)
    assert line == one_line(line)
    assert line == "" or (line.isprintable() and line == line.strip())
