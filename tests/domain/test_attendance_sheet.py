"""An edited sheet: what it would change, what is wrong with it, and what has been marked meanwhile."""

from dataclasses import replace
from datetime import date

import pytest

from shared.domain.attendance import MarkStatus
from shared.domain.attendance_sheet import COLUMNS, MarkValue, SheetReview, Standing, review_sheet
from shared.domain.sheet_table import read_table
from shared.domain.statuses import Colour, CountsAs, Status, Statuses

PRESENT, LATE, EXCUSED, ABSENT = MarkStatus
STATUSES = Statuses.of_school(CountsAs.PRESENT)
DAY = date(2026, 11, 22)
HELD_ON = DAY.isoformat()
HEAD = ("Roll id", "Name", "Class", "Status", "Note", "Date")

ASHA = Standing(1, "CO6GA", "15203A0042", "Asha Rao", MarkValue(ABSENT))
RAVI = Standing(2, "CO6GA", "00123", "Ravi Patil", MarkValue(PRESENT, "front row"))
MEERA = Standing(3, "CO6GA", "1520E0042", "Meera Iyer")
OMKAR = Standing(4, "CO6GB", "15203A0042", "Omkar Naik", MarkValue(PRESENT))
REGISTER = (ASHA, RAVI, MEERA)


def review(*rows, head=HEAD, register=REGISTER, downloaded=None, statuses=STATUSES, **how):
    table = read_table([head, *rows], COLUMNS)
    assert table.problems == ()
    return review_sheet(table.rows, register, statuses, downloaded=downloaded or {}, held_on=DAY, **how)


def the_problem(*rows, **how):
    (problem,) = review(*rows, **how).problems
    return problem


def test_an_unchanged_sheet_changes_nothing():
    rows = [(e.roll_id, e.name, e.class_code, e.value.status or "", e.value.note, HELD_ON) for e in REGISTER]
    found = review(*rows)
    assert (found.problems, found.changes, found.conflicts) == ((), (), ())


def test_a_change_says_what_was_and_what_becomes():
    (change,) = review(("15203A0042", "Asha Rao", "CO6GA", "present", "came at nine", HELD_ON)).changes
    assert change.student is ASHA
    assert (change.was, change.becomes) == (MarkValue(ABSENT), MarkValue(PRESENT, "came at nine"))


@pytest.mark.parametrize(
    ("typed", "status"),
    [
        ("present", PRESENT),
        ("P ", PRESENT),
        ("PRESENT", PRESENT),
        ("p.", PRESENT),
        ("L", LATE),
        ("Excused", EXCUSED),
        ("e", EXCUSED),
        ("A", ABSENT),
        ("Leave", EXCUSED),
        ("ML", EXCUSED),
        ("M.L.", EXCUSED),
        ("Medical", EXCUSED),
        ("On duty", EXCUSED),
        ("on-duty", EXCUSED),
        ("Tardy", LATE),
        ("उपस्थित", PRESENT),
        ("अनुपस्थित", ABSENT),
        ("गैरहजर", ABSENT),
        ("हाज़िर", PRESENT),
        ("रजा", EXCUSED),
        ("उशिरा", LATE),
        ("उपस्थिती", PRESENT),
        ("उशिरा आला", LATE),
        ("Not attended", ABSENT),
        ("Missing", ABSENT),
        ("fehlt", ABSENT),
        ("krank", EXCUSED),
        ("Absente", ABSENT),
        ("justifiée", EXCUSED),
        ("asistió", PRESENT),
        ("Faltó", ABSENT),
    ],
)
def test_words_and_short_forms_are_understood(typed, status):
    (change,) = review(("1520E0042", "", "", typed, "", "")).changes
    assert change.becomes.status is status


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("1", "present"),
        ("True", "present"),
        ("0", "absent"),
        ("FALSE", "absent"),
        ("presnt", "present"),
        ("abscent", "absent"),
        ("lev", "excused"),
        ("medical certificate given", "excused"),
        ("late by ten", "late"),
        ("T", "late"),
        ("Present - late", "mean late"),
        ("10 min late", "mean late"),
        ("not in the room", "mean absent"),
        ("Exam duty", "mean excused"),
        ("F", "mean absent"),
        ("x", "It may be present (P), late (L), excused (E), absent (A)."),
        ("#REF!", "It may be present (P), late (L), excused (E), absent (A)."),
        ("<b>present</b>", "present"),
    ],
)
def test_another_word_is_asked_about_and_never_guessed(typed, meant):
    problem = the_problem(("15203A0042", "", "", typed, "", ""))
    assert problem.row == 2
    assert meant in problem.suggestion


@pytest.mark.parametrize("column", [0, 3, 4])
def test_a_formula_is_no_answer(column):
    row = ["15203A0042", "", "", "present", "", ""]
    row[column] = None
    assert "formula" in the_problem(tuple(row)).sentence


def test_a_missing_row_and_an_empty_status_of_who_was_not_marked_change_nothing():
    found = review(("1520E0042", "Meera Iyer", "CO6GA", "", "", HELD_ON))
    assert (found.problems, found.changes) == ((), ())


@pytest.mark.parametrize("note", ["front row", ""])
def test_a_cleared_status_takes_the_mark_away(note):
    (change,) = review(("00123", "Ravi Patil", "CO6GA", "", note, HELD_ON)).changes
    assert (change.was, change.becomes) == (MarkValue(PRESENT, "front row"), MarkValue())


def test_in_a_closed_lecture_a_cleared_status_is_a_problem():
    row = ("00123", "Ravi Patil", "CO6GA", "", "front row", HELD_ON)
    assert "closed lecture" in the_problem(row, is_closed=True).sentence
    assert review(("1520E0042", "Meera Iyer", "CO6GA", "", "", ""), is_closed=True).problems == ()


@pytest.mark.parametrize(
    "row",
    [
        ("Total present", "", "", "24", "", ""),
        ("", "Signature of teacher", "", "", "", ""),
        ("Total:", "", "", None, "", ""),
        ("", "", "", "24", "", ""),
        ("", "", "", None, "", ""),
        ("एकूण उपस्थित", "", "", "24", "", ""),
        ("", "Prepared by A. Kulkarni", "", "", "", HELD_ON),
        ("", "हस्ताक्षर", "", "", "", ""),
    ],
)
def test_a_row_below_the_table_that_is_nobodys_is_shown_and_stops_nothing(row):
    found = review(("15203A0042", "", "", "present", "", ""), row)
    assert (found.problems, len(found.changes)) == ((), 1)
    assert [each.row for each in found.passed_over] == [3]


@pytest.mark.parametrize(
    "row",
    [("", "New Boy", "", "present", "", ""), ("", "", "", "present", "", ""), ("77", "", "", "", "", "")],
)
def test_a_row_that_may_be_a_students_is_never_passed_over(row):
    assert the_problem(row).row == 2


@pytest.mark.parametrize("name", ["Total Kumar", "Page Smith"])
def test_a_student_called_like_a_footer_is_a_student(name):
    student = Standing(9, "CO6GA", "9", name)
    found = review(("9", name, "", "present", "", ""), register=(student,))
    assert (len(found.changes), found.passed_over) == (1, ())


def test_a_sheet_without_notes_keeps_them():
    (change,) = review(("00123", "late"), head=("Roll id", "Status")).changes
    assert change.becomes == MarkValue(LATE, "front row")


def test_an_emptied_note_is_taken_away():
    (change,) = review(("00123", "", "", "present", "", "")).changes
    assert change.becomes == MarkValue(PRESENT, "")


def test_a_note_needs_a_status_and_an_end():
    assert "no status" in the_problem(("1520E0042", "", "", "", "ill", "")).sentence
    assert "longer than" in the_problem(("15203A0042", "", "", "late", "x" * 501, "")).sentence


@pytest.mark.parametrize(
    ("cell", "student"),
    [("123", RAVI), ("1.52E+45", MEERA), ("1.52e+45", MEERA), (" 1520e0042 ", MEERA), ("15203a 0042", ASHA)],
)
def test_a_roll_id_that_a_spreadsheet_has_worn_down_is_found(cell, student):
    (change,) = review((cell, "", "", "excused", "", "")).changes
    assert change.student is student


def test_a_number_that_could_be_two_roll_ids_is_asked_about():
    other = Standing(5, "CO6GA", "0123", "Sana Khan")
    problem = the_problem(("123", "", "", "present", "", ""), register=(*REGISTER, other))
    assert "00123" in problem.sentence
    assert "0123" in problem.sentence


def test_an_unknown_roll_id_gets_a_suggestion():
    problem = the_problem(("15203A0024", "", "", "present", "", ""))
    assert (problem.row, problem.suggestion) == (2, "Did you mean 15203A0042 Asha Rao?")


def test_an_unknown_or_missing_roll_id_beside_a_known_name_gets_that_students():
    for roll_id in ("99", ""):
        assert "00123" in the_problem((roll_id, "ravi patil", "", "present", "", "")).suggestion


def test_another_classes_student_is_not_on_the_register():
    assert "not on the register" in the_problem(("77XYZ0001", "Zoya Gill", "", "present", "", "")).sentence
    assert "CO6GA, not in CO6GB" in the_problem(("00123", "", "CO6GB", "present", "", "")).sentence


def test_the_same_roll_id_in_two_classes_is_told_apart_by_the_class():
    register = (ASHA, OMKAR)
    (change,) = review(("15203A0042", "", "CO6GB", "late", "", ""), register=register).changes
    assert change.student is OMKAR
    problem = the_problem(("15203A0042", "", "", "late", "", ""), register=register)
    assert "CO6GA" in problem.sentence
    assert "CO6GB" in problem.sentence


def test_a_student_twice_is_a_problem_even_where_both_rows_agree():
    row = ("15203A0042", "", "", "present", "", "")
    problem = the_problem(row, row)
    assert (problem.row, "row 2" in problem.sentence) == (3, True)


def test_a_column_sorted_without_the_others_is_noticed():
    problem = the_problem(("15203A0042", "Ravi Patil", "CO6GA", "present", "", ""))
    assert "Asha Rao" in problem.sentence


def test_a_name_that_somebody_spelled_better_is_no_problem():
    assert review(("15203A0042", "Asha  RAO-Sharma", "", "absent", "", "")).problems == ()


@pytest.mark.parametrize(
    "shown",
    [
        "22/11/2026",
        "11/22/2026",
        "22.11.26",
        "22-Nov-2026",
        "Sunday, 22 November 2026",
        "२२/११/२०२६",
        "2026-11-22 00:00",
    ],
)
def test_the_date_as_a_spreadsheet_of_another_country_shows_it_is_no_problem(shown):
    assert review(("15203A0042", "", "", "present", "", shown)).problems == ()


@pytest.mark.parametrize("shown", ["2026-11-23", "23/11/2026", "22 Dec 2026", "yesterday", "22/11/2025"])
def test_another_date_is_a_problem(shown):
    assert shown in the_problem(("15203A0042", "", "", "present", "", shown)).sentence


def test_a_changed_date_is_a_problem():
    assert "2026-11-23" in the_problem(("15203A0042", "", "", "present", "", "2026-11-23")).sentence


def test_all_problems_are_told_at_once_and_then_nothing_changes():
    found = review(
        ("15203A0042", "", "", "present", "", ""),
        ("nobody", "", "", "present", "", ""),
        ("00123", "", "", "maybe", "", ""),
    )
    assert [problem.row for problem in found.problems] == [3, 4]
    assert found.changes == ()


def test_a_mark_made_since_the_download_is_a_conflict_and_never_overwritten():
    found = review(("15203A0042", "", "", "late", "", ""), downloaded={1: MarkValue()})
    assert found.changes == ()
    (conflict,) = found.conflicts
    assert (conflict.was.status, conflict.becomes.status) == (ABSENT, LATE)
    assert found.moved_on == 0


def test_a_note_made_since_the_download_is_never_overwritten_though_the_status_stayed():
    asha = replace(ASHA, value=MarkValue(ABSENT, "her mother phoned"))
    row = ("15203A0042", "", "", "late", "", "")
    found = review(row, register=(asha,), downloaded={1: MarkValue(ABSENT)})
    assert found.changes == ()
    (conflict,) = found.conflicts
    assert conflict.was == MarkValue(ABSENT, "her mother phoned")


def test_what_was_marked_since_and_not_edited_stays():
    found = review(("15203A0042", "", "", "", "", ""), downloaded={1: MarkValue()})
    assert (found.changes, found.conflicts, found.moved_on) == ((), (), 1)


def test_an_edit_that_agrees_with_the_mark_made_since_is_no_conflict():
    found = review(("15203A0042", "", "", "absent", "", ""), downloaded={1: MarkValue()})
    assert (found.changes, found.conflicts) == ((), ())


def test_the_head_is_found_below_a_title_in_any_order_beside_other_columns():
    rows = [
        ("Our School", "", ""),
        (),
        ("Grade", "STATUS", "Roll No."),
        ("A+", "late", "15203A0042"),
        ("", "", ""),
        ("only this", "", ""),
    ]
    table = read_table(rows, COLUMNS)
    assert table.problems == ()
    assert [(row.number, row.text("status"), row.text("roll_id")) for row in table.rows] == [
        (4, "late", "15203A0042")
    ]


@pytest.mark.parametrize(
    ("head", "words"),
    [
        (("Roll id", "Name"), ("“Status”",)),
        (("Roll id", "Statos"), ("“Status”", "“Statos”")),
        (("Rol id", "Status"), ("“Roll id”", "“Rol id”")),
        (("Roll id", "Status", "status"), ("two columns",)),
        ((), ("“Roll id”", "“Status”")),
    ],
)
def test_a_missing_renamed_or_double_column_is_named(head, words):
    table = read_table([head, ("15203A0042", "present", "absent")], COLUMNS)
    told = " ".join(f"{problem.sentence} {problem.suggestion}" for problem in table.problems)
    assert all(word in told for word in words)
    assert table.rows == ()


DUTY = Status("on-duty", "On duty", "OD", Colour.TEAL, CountsAs.PRESENT)
OLD = Status("camp", "Camp", "C", Colour.GREY, CountsAs.HALF, active=False)


@pytest.mark.parametrize("typed", ["On duty", "on-duty", "OD", "o.d."])
def test_the_schools_own_statuses_are_read_before_the_words_of_others(typed):
    own = Statuses.of_school(CountsAs.PRESENT, [DUTY])
    (change,) = review(("15203A0042", "Asha Rao", "CO6GA", typed, "", HELD_ON), statuses=own).changes
    assert change.becomes.status == "on-duty"
    (without,) = review(("15203A0042", "Asha Rao", "CO6GA", typed, "", HELD_ON)).changes
    assert without.becomes.status == EXCUSED


def test_a_retired_status_stays_where_it_is_and_is_given_to_nobody():
    own = Statuses.of_school(CountsAs.PRESENT, [OLD])
    asha = replace(ASHA, value=MarkValue("camp"))
    rows = [("15203A0042", "Asha Rao", "CO6GA", "Camp", "tent", HELD_ON)]
    (change,) = review(*rows, register=(asha, RAVI), statuses=own).changes
    assert change.becomes == MarkValue("camp", "tent")
    assert review(("00123", "Ravi Patil", "CO6GA", "Camp", "", HELD_ON), statuses=own).problems


def test_a_status_that_was_retired_since_the_download_is_known_in_the_sheets_language():
    own = Statuses.of_school(CountsAs.PRESENT, [replace(OLD, letter_names={"hi": "शिविर"})])
    asha = replace(ASHA, value=MarkValue("camp"))
    rows = [("15203A0042", "Asha Rao", "CO6GA", "शिविर", "", HELD_ON)]
    assert review(*rows, register=(asha, RAVI), statuses=own) == SheetReview()
    assert review(("00123", "Ravi Patil", "CO6GA", "शिविर", "", HELD_ON), statuses=own).problems
