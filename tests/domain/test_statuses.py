"""The school's statuses: what they count as, what may be typed, and names that cannot be told apart."""

import pytest

from shared.domain.attendance import MarkStatus
from shared.domain.statuses import Colour, CountsAs, Status, Statuses, find_refusal

DUTY = Status("on-duty", "On duty", "OD", Colour.TEAL, CountsAs.PRESENT, letter_names={"hi": "कर्तव्य पर"})
HALF = Status("half-day", "Half day", "HD", Colour.BROWN, CountsAs.HALF)
MEDICAL = Status("medical", "Medical", "M", Colour.PURPLE, CountsAs.ABSENT, is_left_out=True)
OLD = Status("camp", "Camp", "C", Colour.GREY, CountsAs.PRESENT, active=False)
SCHOOL = Statuses.of_school(CountsAs.HALF, [DUTY, HALF, MEDICAL, OLD])


def test_each_status_counts_as_the_school_says():
    counts = {"present": 2, "late": 2, "absent": 1, "excused": 5, "on-duty": 1, "half-day": 1, "medical": 3}
    assert (SCHOOL.attended(counts), SCHOOL.held(counts)) == (4.5, 7)


def test_the_four_keep_their_stored_words():
    assert [status.key for status in SCHOOL][:4] == list(MarkStatus)
    assert [status.short for status in SCHOOL][:4] == ["P", "L", "E", "A"]


def test_a_retired_status_is_told_and_not_offered():
    assert OLD not in SCHOOL.choices
    assert (SCHOOL.name_of("camp"), SCHOOL.read("camp")) == ("Camp", None)


def test_a_mark_whose_status_is_gone_counts_neither_way():
    assert (SCHOOL.attended({"lost": 3}), SCHOOL.held({"lost": 3}), SCHOOL.name_of("lost")) == (0, 0, "lost")


def test_who_is_left_out_is_not_here_whatever_the_status_counts_as():
    trip = Status("trip", "Trip", "T", Colour.BLUE, CountsAs.PRESENT, is_left_out=True)
    assert [status.is_here for status in (DUTY, HALF, MEDICAL, trip)] == [True, True, False, False]


@pytest.mark.parametrize(("typed", "meant"), [("on du", "on-duty"), ("presnt", "present")])
def test_what_is_meant_is_asked_for_by_its_name(typed, meant):
    found = SCHOOL.guess(typed)
    assert found is not None
    assert found.key == meant


def test_a_letter_takes_the_name_of_its_language():
    assert (DUTY.name_in("hi"), DUTY.name_in("en")) == ("कर्तव्य पर", "On duty")


@pytest.mark.parametrize(
    ("name", "short", "field"),
    [
        ("Present", "XX", "name"),
        ("Sports", "a", "short"),
        ("O.N. duty", "SP", "name"),
        ("Sports", "o.d.", "short"),
        ("Sports", "Camp", "short"),
        ("—", "SP", "name"),
        ("Sports, away", "SP", "name"),
        ("Sports", "A B", "short"),
        ("Sports", "SPORT", "short"),
        ("S" * 41, "SP", "name"),
    ],
)
def test_names_that_a_sheet_could_not_tell_apart_are_refused_at_their_field(name, short, field):
    refused = find_refusal(name, short, SCHOOL)
    assert refused is not None
    assert refused[0] == field


def test_a_name_of_its_own_is_taken():
    assert find_refusal("Sports", "SP", SCHOOL) is None
