"""A timetable's rows: ours, FET's and others', and what is wrong with each said at its row."""

from datetime import date, time, timedelta

import pytest

from shared.domain.timetable.table import read_lines, read_times, read_weekday

HEAD = ("Class", "Subject", "Teacher", "Room", "Day", "Begins", "Ends")
FET = (
    "Activity Id",
    "Day",
    "Hour",
    "Students Sets",
    "Subject",
    "Teachers",
    "Activity Tags",
    "Room",
    "Comments",
)
HOUR = timedelta(minutes=60)


def read(*rows, head=HEAD):
    return read_lines([head, *rows], usual_length=HOUR)


def refused(*rows, head=HEAD):
    problems = read(*rows, head=head)[1]
    assert problems
    return [(each.row, each.sentence) for each in problems]


def test_a_row_of_our_template_is_a_weekly_lecture():
    ((line,), problems) = read(("co6ga", "Physics", "Asha Rao", "3", "Monday", "10:00", "10:50"))
    assert problems == []
    assert (line.class_codes, line.weekday, line.begins, line.ends) == (("CO6GA",), 0, time(10), time(10, 50))
    assert line.days(date(2026, 12, 1), date(2026, 12, 20)) == [date(2026, 12, 7), date(2026, 12, 14)]


def test_a_row_with_a_date_is_one_lecture():
    head = ("Class", "Subject", "Teacher", "Date", "Begins")
    ((line,), _) = read(("CO6GA", "Visit", "Asha", "23 Nov 2026", "9.30"), head=head)
    assert (line.on, line.weekday, line.ends) == (date(2026, 11, 23), None, time(10, 30))
    assert line.days(date(2026, 12, 1), date(2026, 12, 20)) == []


def test_fets_export_joins_the_hours_of_one_activity_and_its_classes():
    lines, problems = read(
        ("7", "Tuesday", "08:00-08:50", "CO6GA+CO6GB", "Lab", "Asha Rao", "", "L1", ""),
        ("7", "Tuesday", "08:50-09:40", "CO6GA+CO6GB", "Lab", "Asha Rao", "", "L1", ""),
        ("8", "Tuesday", "08:00-08:50", "CO6GC", "Maths", "Ravi Rao", "", "2", ""),
        head=FET,
    )
    assert problems == []
    assert [(line.class_codes, line.begins, line.ends) for line in lines] == [
        (("CO6GA", "CO6GB"), time(8), time(9, 40)),
        (("CO6GC",), time(8), time(8, 50)),
    ]
    assert lines[0].identity(date(2026, 12, 1)) == lines[0].identity(date(2026, 12, 4))  # moved in its week


@pytest.mark.parametrize(
    ("row", "said"),
    [
        (("", "Physics", "Asha", "", "Monday", "10:00", ""), "class is missing"),
        (("CO6GA", "", "", "", "Monday", "10:00", ""), "Missing here: subject, teacher."),
        (("CO6GA", "Physics", "Asha+Ravi", "", "Monday", "10:00", ""), "several teachers"),
        (("CO6GA", "Physics", "Asha", "", "Moonday", "10:00", ""), "“Moonday” is not a day"),
        (("CO6GA", "Physics", "Asha", "", "", "10:00", ""), "The day is missing"),
        (("CO6GA", "Physics", "Asha", "", "Monday", "ten", ""), "not times of day"),
        (("CO6GA", "Physics", "Asha", "", "Monday", "10:00", "09:00"), "before it begins"),
        (("CO6GA", "Physics", "Asha", "", "Monday", "23:30", ""), "before it begins"),
        (("CO6GA", None, "Asha", "", "Monday", "10:00", ""), "is a formula"),
        (("CO6GA", "P" * 101, "Asha", "", "Monday", "10:00", ""), "too long"),
    ],
)
def test_what_is_wrong_is_said_at_its_row(row, said):
    ((number, sentence),) = refused(row)
    assert number == 2
    assert said in sentence


def test_a_table_without_its_columns_says_which():
    assert "no column “Teacher”" in str(refused(("CO6GA", "Physics"), head=("Class", "Subject")))
    head = ("Class", "Subject", "Teacher", "Begins")
    assert "“Day” or “Date”" in str(refused(("CO6GA", "Physics", "Asha", "10:00"), head=head))


@pytest.mark.parametrize(
    ("typed", "times"),
    [
        ("08:00-08:50", [time(8), time(8, 50)]),
        ("8.00 – 9.15", [time(8), time(9, 15)]),
        ("2:30 pm", [time(14, 30)]),
        ("12:00 am to 1:00 am", [time(0), time(1)]),
        ("25:00", []),
        ("13:00 pm", []),
        ("10:00 in room 3", []),
        ("", []),
    ],
)
def test_times_are_read_as_they_are_written(typed, times):
    assert read_times(typed) == times


@pytest.mark.parametrize(
    ("typed", "day"), [("Mon", 0), ("sunday.", 6), ("सोमवार", 0), ("Thurs", 3), ("1", None)]
)
def test_weekdays_are_words(typed, day):
    assert read_weekday(typed) == day
