"""Files for Moodle: headings and acronyms as its attendance activity expects them, nobody named twice."""

from datetime import UTC, datetime

import pytest

from shared.domain.moodle import (
    Course,
    Identifier,
    MarkedStudent,
    PlannedSession,
    acronym_of,
    mark_rows,
    read_choice,
    session_rows,
)
from shared.domain.statuses import Colour, CountsAs, Status, Statuses

ASHA = MarkedStudent("Asha Rao", "CO-41", "asha@pupils.example", "P")
RAVI = MarkedStudent("Ravi Patil", "CO-42", "", "A")


@pytest.mark.parametrize(
    ("kind", "expected"),
    [
        (Identifier.IDNUMBER, [("idnumber", "status"), ("CO-41", "P"), ("CO-42", "A")]),
        (Identifier.USERNAME, [("username", "status"), ("co-41", "P"), ("co-42", "A")]),
        (Identifier.EMAIL, [("email", "status"), ("asha@pupils.example", "P")]),
    ],
)
def test_the_identifier_comes_first_under_the_name_of_moodles_field(kind, expected):
    assert mark_rows([ASHA, RAVI], kind)[0] == expected


def test_who_is_left_out_is_said():
    unmarked = MarkedStudent("Meera Iyer", "CO-43", "meera@pupils.example", "")
    namesake = MarkedStudent("Zoya Khan", "co-41", "zoya@pupils.example", "P")
    rows, left_out = mark_rows([ASHA, RAVI, unmarked, namesake], Identifier.IDNUMBER)
    assert rows[1:] == [("CO-42", "A")]
    assert left_out == [
        "Asha Rao: somebody else of this lecture is CO-41 too.",
        "Meera Iyer is not marked.",
        "Zoya Khan: somebody else of this lecture is co-41 too.",
    ]
    assert mark_rows([RAVI], Identifier.EMAIL)[1] == ["Ravi Patil has no e-mail address here."]


def test_every_status_has_one_of_moodles_acronyms():
    own = [
        Status("duty", "on duty", "OD", Colour.BLUE, CountsAs.PRESENT),
        Status("half", "half a day", "H", Colour.BLUE, CountsAs.HALF),
        Status("medical", "medical", "M", Colour.BLUE, CountsAs.ABSENT, is_left_out=True),
        Status("truant", "truant", "T", Colour.BLUE, CountsAs.ABSENT),
    ]
    statuses = Statuses.of_school(CountsAs.PRESENT, own)
    assert [acronym_of(each) for each in statuses] == ["P", "L", "E", "A", "P", "L", "E", "A"]


def at(day, hour, minute=0):
    return datetime(2026, 11, day, hour, minute, tzinfo=UTC)


LECTURE = PlannedSession("Physics, part 2", ["7A", "7B"], at(26, 9, 5), at(26, 10))


def test_a_session_has_course_groups_date_and_times():
    assert session_rows([LECTURE], Course.SUBJECT) == [
        ("Course", "Groups", "Date", "From", "To", "Description"),
        ("Physics, part 2", "7A;7B", "2026-11-26", "09:05", "10:00", "Physics, part 2"),
    ]
    assert [row[:2] for row in session_rows([LECTURE], Course.CLASS_CODE)[1:]] == [("7A", ""), ("7B", "")]


def test_a_session_over_midnight_ends_with_its_day():
    late = PlannedSession("Stars", ["7A"], at(26, 23), at(27, 1))
    assert session_rows([late], Course.SUBJECT)[1][3:5] == ("23:00", "23:59")


def test_without_a_choice_the_id_number_is_the_roll_id():
    assert read_choice({}) == (Identifier.IDNUMBER, Course.SUBJECT)
