"""What a row says: roll id, name, addresses, language, class; and what a spreadsheet has done to it."""

import pytest

from shared.domain.class_lists.addresses import read_addresses
from shared.domain.class_lists.same_child import may_be_another_child
from shared.domain.table_cells import Kind, ReadCell
from tests.support.lists import asked, read, who

HEAD = ("Roll No", "Name")


def number(text, stored=None, **about):
    return ReadCell(text, about.pop("kind", Kind.NUMBER), stored or text, **about)


@pytest.mark.parametrize(
    ("cell", "roll_id"),
    [
        ("0701", "0701"),
        ('="000701"', "000701"),
        ("'0701", "0701"),
        ("७०१", "701"),
        ("٧٠١", "701"),
        ("24–cs‑011", "24-CS-011"),
        ("\u200f701\u200b", "701"),
        ("DEC-12", "DEC-12"),
        ("1520E0042", "1520E0042"),
        (number("007", "7"), "007"),
        (number("CO6-007", "7"), "CO6-007"),
        (number("123456789012345"), "123456789012345"),
        (ReadCell("000701", is_formula=True), "000701"),
        ("‘0701", "0701"),
        ("`0701", "0701"),
        ("1.", "1"),
        ("12)", "12"),
        ("Roll no. 31", "31"),
        ("ROLL NUMBER: 007", "007"),
        ("Roll-7A", "7A"),
        ("ROLLO", "ROLLO"),
        ("24.10", "24.10"),
        ("MAI-12", "MAI-12"),
        ("MAR-A12", "MAR-A12"),
        ("2024/13/07", "2024/13/07"),
        ("7211234567890123", "7211234567890123"),
    ],
)
def test_a_roll_id_is_read_as_shown(cell, roll_id):
    found = read(HEAD, (cell, "Asha Rao"))
    assert who(found) == [(roll_id, "Asha Rao")]
    assert not asked(found)


@pytest.mark.parametrize(
    ("cell", "key"),
    [
        (number("2026-03-01", "46082", kind=Kind.DATE), "roll_id_date"),
        ("1-Mar", "roll_id_date"),
        ("01-Mar-26", "roll_id_date"),
        ("Mar-01", "roll_id_date"),
        ("2026-03-01", "roll_id_date"),
        ("01/03/2026", "roll_id_date"),
        ("01. Mrz", "roll_id_date"),
        ("1-मार्च", "roll_id_date"),
        ("01-févr", "roll_id_date"),
        ("ene-26", "roll_id_date"),
        ("1. März 2026", "roll_id_date"),
        ("01/03/26", "roll_id_perhaps_date"),
        ("3/31/26", "roll_id_perhaps_date"),
        ("1.3.26", "roll_id_perhaps_date"),
        ("701,00", "roll_id_decimals"),
        ("1,001", "roll_id_format"),
        (number("7211234567890120"), "roll_id_digits"),
        (number("1.52E+45", kind=Kind.FORMATTED), "roll_id_digits"),
        ("7.21123E+15", "roll_id_digits"),
        ("7,21123E+15", "roll_id_digits"),
        (number("24.1"), "roll_id_decimals"),
        ("701.0", "roll_id_decimals"),
        (number("1001", kind=Kind.FORMATTED), "roll_id_format"),
        (number("0", is_formula=True), "roll_id_formula"),
        (ReadCell("", is_formula=True), "roll_id_formula"),
        (ReadCell("#REF!", Kind.ERROR), "roll_id_unreadable"),
        ("9" * 65, "roll_id_unreadable"),
        ("", "roll_id_missing"),
        ("?", "roll_id_unreadable"),
    ],
)
def test_what_a_spreadsheet_made_of_a_roll_id_is_asked_about_and_never_taken(cell, key):
    found = read(HEAD, (cell, "Asha Rao"), ("702", "Bela Roy"))
    assert asked(found) == {key: (2,)}
    assert found.students[0].roll_id == ""
    typed = read(HEAD, (cell, "Asha Rao"), ("702", "Bela Roy"), answers={f"{key}/2": "mar1"})
    assert who(typed)[0] == ("MAR1", "Asha Rao")
    assert not asked(typed)
    left = read(HEAD, (cell, "Asha Rao"), ("702", "Bela Roy"), answers={key: "leave_out"})
    assert who(left) == [("702", "Bela Roy")]


@pytest.mark.parametrize(
    ("ids", "is_asked"),
    [
        (("7211234567890120", "7211234567891230"), True),
        (("7211234567890120", "42"), True),
        (("7211234567890120", "7211234567891234"), False),
        (("721123456789012", "721123456789120"), False),
    ],
)
def test_long_numbers_that_all_end_in_a_spreadsheets_zeros_are_asked_about_in_text_too(ids, is_asked):
    rows = [(roll_id, name) for roll_id, name in zip(ids, ("Asha Rao", "Bela Roy"), strict=True)]
    assert ("roll_id_digits" in asked(read(HEAD, *rows))) is is_asked
    taken = read(HEAD, *rows, answers={"roll_id_digits": "take"})
    assert [roll_id for roll_id, _ in who(taken)] == list(ids)
    assert not asked(taken)


def test_a_long_number_is_asked_about_once():
    cell = number("7211234567890120")
    (question,) = read(HEAD, (cell, "Asha Rao"), answers={"roll_id_digits": "take"}).questions
    assert question.rows == (2,)


def test_what_is_typed_instead_must_be_a_roll_id():
    assert asked(read(HEAD, ("1-Mar", "Asha"), answers={"roll_id_date/2": "2-Mar"}))


def test_a_suggestion_can_be_taken_for_all_rows_at_once():
    rows = [(f"{each}.0", f"Student {chr(each)}") for each in range(65, 90)]
    found = read(HEAD, *rows, answers={"roll_id_decimals": "take"})
    assert [roll_id for roll_id, _ in who(found)] == [str(each) for each in range(65, 90)]


@pytest.mark.parametrize(
    ("cell", "key"),
    [
        ("", "name_missing"),
        ("n/a", "name_missing"),
        (number("0", is_formula=True), "name_formula"),
        (ReadCell("", is_formula=True), "name_formula"),
        (ReadCell("#NAME?", Kind.ERROR, is_formula=True), "name_formula"),
        ("12345", "name_odd"),
        ("asha@ex.org", "name_odd"),
        ("#N/A", "name_odd"),
        ("#NAME?", "name_odd"),
        (ReadCell("#NV", Kind.ERROR), "name_odd"),
        ("VACANT", "name_odd"),
        ("(Left)", "name_odd"),
        ("x" * 201, "name_too_long"),
        ("???? ???", "name_lost"),
        ("Jos? N??ez", "name_lost"),
        ("Jos\ufffd", "name_lost"),
        ("JosÃ© NÃºÃ±ez", "name_garbled"),
        ("à¤†à¤¶à¤¾", "name_garbled"),
        ("Rao, Asha", "name_comma"),
    ],
)
def test_a_damaged_name_is_pointed_out(cell, key):
    assert asked(read(HEAD, ("701", cell))) == {key: (2,)}


def test_a_surname_that_a_spreadsheet_did_not_find_is_no_surname():
    found = read(("Roll No", "First name", "Last name"), ("701", "Asha", "#N/A"))
    assert asked(found) == {"name_odd": (2,)}


def test_a_garbled_name_is_mended_only_when_the_office_agrees():
    rows = (HEAD, ("701", "JosÃ© NÃºÃ±ez"))
    assert who(read(*rows, answers={"name_garbled": "take"})) == [("701", "José Núñez")]
    assert who(read(*rows, answers={"name_garbled": "as_it_is"})) == [("701", "JosÃ© NÃºÃ±ez")]
    assert who(read(*rows, answers={"name_garbled/2": "Josef N"})) == [("701", "Josef N")]


def test_a_comma_in_a_name_is_turned_round_only_when_the_office_agrees():
    rows = (HEAD, ("701", "Rao, Asha"))
    assert who(read(*rows, answers={"name_comma": "take"})) == [("701", "Asha Rao")]
    assert who(read(*rows, answers={"name_comma": "as_it_is"})) == [("701", "Rao, Asha")]
    assert not asked(read(HEAD, ("701", "Martin Luther King, Jr.")))


def test_a_cell_beyond_the_headings_drops_no_half_of_a_name():
    rows = (HEAD, ("701", "Rao", "Asha"))
    assert asked(read(*rows)) == {"name_beyond": (2,)}
    taken = {"name_beyond": "take"}
    assert asked(read(*rows, answers=taken)) == {"name_comma": (2,)}
    assert who(read(*rows, answers={**taken, "name_comma": "take"})) == [("701", "Asha Rao")]
    assert who(read(*rows, answers={"name_beyond": "as_it_is"})) == [("701", "Rao")]
    assert who(read(*rows, answers={"name_beyond": "leave_out"})) == []


def test_a_comma_in_a_name_moves_no_address_into_it():
    rows = ((*HEAD, "E-mail"), ("701", "Rao", "Asha", "a@ex.org"), ("702", "Bela Roy", "b@ex.org"))
    assert asked(read(*rows)) == {"name_beyond": (2,)}
    found = read(*rows, answers={"name_beyond": "take", "name_comma": "as_it_is"})
    assert who(found)[0] == ("701", "Rao, Asha")
    assert [student.email for student in found.students] == ["a@ex.org", "b@ex.org"]
    assert not found.notices


def test_a_remark_beyond_the_headings_is_never_taken_for_a_name():
    rows = ((*HEAD, "E-mail"), ("701", "Asha Rao", "a@ex.org", "left in 2025"))
    (question,) = read(*rows).questions
    assert [choice.answer for choice in question.choices] == ["as_it_is", "leave_out"]
    assert who(read(*rows, answers={question.key: "as_it_is"})) == [("701", "Asha Rao")]


def test_a_stored_result_of_a_formula_is_used_and_told():
    found = read(HEAD, ("701", ReadCell("Asha Rao", is_formula=True)))
    assert who(found) == [("701", "Asha Rao")]
    assert "formula" in found.notices[0].sentence


@pytest.mark.parametrize(
    "name", ["श्री\u200dमती राव", "O’Brien", "Anne-Marie", "محمد علي", "王小明", "J. R. R. Tolkien"]
)
def test_names_of_all_kinds_are_names(name):
    assert who(read(HEAD, ("701", name))) == [("701", name)]


@pytest.mark.parametrize(
    ("text", "addresses"),
    [
        ("ravi@ex.org; mira@ex.org", ("ravi@ex.org", "mira@ex.org")),
        ("ravi@ex.org, mira@ex.org", ("ravi@ex.org", "mira@ex.org")),
        ("ravi@ex.org / mira@ex.org", ("ravi@ex.org", "mira@ex.org")),
        ("ravi@ex.org\nmira@ex.org", ("ravi@ex.org", "mira@ex.org")),
        ("ravi@ex.org mira@ex.org", ("ravi@ex.org", "mira@ex.org")),
        ("Ravi Rao <ravi@ex.org>", ("ravi@ex.org",)),
        ('"Rao, Ravi" <ravi@ex.org>, Mira <mira@ex.org>', ("ravi@ex.org", "mira@ex.org")),
        ("mailto:ravi@ex.org", ("ravi@ex.org",)),
        ("MAILTO:ravi@ex.org?subject=hi", ("ravi@ex.org",)),
        ("\u200bravi@ex.org\u200b", ("ravi@ex.org",)),
        ("\u00a0ravi@ex.org\u00a0", ("ravi@ex.org",)),
        ("ravi＠ex.org", ("ravi@ex.org",)),
        ("ravi@ex.org; RAVI@EX.ORG", ("ravi@ex.org",)),
        ("ravi@ex.org.", ("ravi@ex.org",)),
        ("(ravi@ex.org)", ("ravi@ex.org",)),
        ("Father: ravi@ex.org Mother: mira@ex.org", ("ravi@ex.org", "mira@ex.org")),
        ("o'brien@ex.org", ("o'brien@ex.org",)),
        *(
            (mark, ())
            for mark in ("", "N/A", "n.a.", "-", "—", "nil", "NIL", "None", "null", "0", "not available")
        ),
    ],
)
def test_addresses_are_taken_out_of_a_cell(text, addresses):
    reading = read_addresses(text)
    assert (reading.addresses, reading.is_odd) == (addresses, False)


@pytest.mark.parametrize("text", ["9876543210", "ravi at ex dot org", "ravi@", "see register", "a@b@c.org"])
def test_what_is_no_address_is_told(text):
    assert read_addresses(text).is_odd


def test_one_bad_address_is_a_notice_at_its_row_and_the_student_stays():
    found = read((*HEAD, "Parent e-mail"), ("701", "Asha Rao", "no idea"), ("702", "Bela Roy", "b@ex.org"))
    assert who(found) == [("701", "Asha Rao"), ("702", "Bela Roy")]
    assert [notice.row for notice in found.notices] == [2]
    assert not asked(found)


@pytest.mark.parametrize(
    ("heads", "cells", "parents"),
    [
        (("Parent 1", "Parent 2"), ("rao@ex.org", "rao@ex.org"), ("rao@ex.org", "")),
        (("Parent 1", "Parent 2"), ("rao@ex.org", "RAO@ex.org"), ("rao@ex.org", "")),
        (("Parent 1", "Parent 2 e-mail"), ("", "m@ex.org"), ("", "m@ex.org")),
        (("Mother's e-mail", "Father's e-mail"), ("m@ex.org", "f@ex.org"), ("m@ex.org", "f@ex.org")),
        (("Guardian Email", "Parent 1 e-mail"), ("g@ex.org", "p@ex.org"), ("p@ex.org", "g@ex.org")),
        (("Parent 1",), ("a@ex.org; b@ex.org",), ("a@ex.org", "b@ex.org")),
        (("Father",), ("Ravi Rao",), ("", "")),
    ],
)
def test_whose_addresses_are_whose(heads, cells, parents):
    found = read((*HEAD, *heads), ("701", "Asha Rao", *cells))
    assert found.students[0].parents == parents
    assert not asked(found)


def test_a_third_parent_is_named_as_not_used():
    found = read((*HEAD, "Parent e-mail"), ("701", "Asha Rao", "a@ex.org b@ex.org c@ex.org"))
    assert found.students[0].parents == ("a@ex.org", "b@ex.org")
    assert "c@ex.org" in found.notices[0].sentence


@pytest.mark.parametrize(
    ("word", "language", "notices"),
    [
        ("Hindi", "hi", 0),
        ("English Medium", "en", 0),
        ("Hindi.", "hi", 0),
        ("English/Hindi", "en", 0),
        ("हिन्दी", "hi", 0),
        ("-", "", 0),
        ("Klingon", "", 1),
    ],
)
def test_the_language_of_the_letters(word, language, notices):
    found = read((*HEAD, "Medium"), ("701", "Asha Rao", word))
    assert (found.students[0].language, len(found.notices)) == (language, notices)


def test_a_roll_id_for_two_names_is_asked_about():
    rows = (HEAD, ("co6‑7", "Asha Rao"), ("CO6-7", "Bela Roy"), ("8", "Chen Li"))
    assert asked(read(*rows)) == {"twice/CO6-7/2,3": (2, 3)}
    assert who(read(*rows, answers={"twice/CO6-7/2,3": "3"})) == [("CO6-7", "Bela Roy"), ("8", "Chen Li")]
    assert who(read(*rows, answers={"twice/CO6-7/2,3": "leave_out"})) == [("8", "Chen Li")]


def test_a_row_that_an_answer_brings_to_a_roll_id_is_asked_about_anew():
    rows = (HEAD, ("104", "Asha Rao"), ("104", "Bela Roy"), ("01/03/26", "Chen Li"))
    (date,) = asked(read(*rows)).keys() - {"twice/104/2,3"}
    found = read(*rows, answers={"twice/104/2,3": "2", f"{date}/4": "104"})
    assert asked(found)["twice/104/2,3,4"] == (2, 3, 4)
    assert all(student.is_open for student in found.students)


def test_the_same_student_on_two_lines_is_one_with_both_addresses():
    found = read((*HEAD, "Parent e-mail"), ("701", "Asha Rao", "f@ex.org"), ("701", "ASHA  RAO", "m@ex.org"))
    assert [student.parents for student in found.students] == [("f@ex.org", "m@ex.org")]
    assert [each.row for each in found.skipped] == [3]


def test_an_address_for_which_there_is_no_room_is_told_on_the_line_that_holds_it():
    found = read(
        (*HEAD, "E-mail", "Parent e-mail"),
        ("701", "Asha Rao", "asha@ex.org", "f@ex.org"),
        ("701", "Asha Rao", "ASHA@ex.org", "m@ex.org"),
        ("701", "Asha Rao", "rao@ex.org", "g@ex.org"),
    )
    assert [(each.email, each.parents) for each in found.students] == [
        ("asha@ex.org", ("f@ex.org", "m@ex.org"))
    ]
    told = [each.sentence for each in found.notices if each.row == 4 and "again" not in each.sentence]
    assert told == [
        "There is room for two parents' addresses; not used: g@ex.org.",
        "The student's e-mail holds 2 addresses: only asha@ex.org is used.",
    ]
    assert [each.sentence for each in found.notices if each.row == 3 and "again" not in each.sentence] == []


@pytest.mark.parametrize(
    ("heads", "cells"),
    [
        (("Class",), ("7a",)),
        (("Class",), ("7-A",)),
        (("Class",), ("7",)),
        (("Class", "Section"), ("7", "A")),
        (("Class", "Section"), ("7A", "A")),
        (("Class",), ("",)),
        (("Class",), ("VII A",)),
        (("Class",), ("VII-A",)),
        (("Class", "Section"), ("VII", "A")),
        (("Class",), ("7th A",)),
        (("Std",), ("Std. VII",)),
        (("Class",), ("Class 7 - A",)),
        (("Div",), ("A",)),
        (("Div",), ("-",)),
    ],
)
def test_rows_of_this_class_are_known(heads, cells):
    assert not asked(read((*HEAD, *heads), ("701", "Asha Rao", *cells)))


def test_rows_of_another_class_are_asked_about_once():
    rows = ((*HEAD, "Class"), ("1", "Asha", "7A"), ("2", "Bela", "7B"), ("3", "Chen", "7B"))
    assert asked(read(*rows)) == {"class/7B": (3, 4)}
    assert who(read(*rows, answers={"class/7B": "leave_out"})) == [("1", "Asha")]
    assert len(who(read(*rows, answers={"class/7B": "as_it_is"}))) == 3


def test_another_class_is_asked_about_once_however_it_is_written():
    rows = ((*HEAD, "Class"), ("1", "Asha", "VIII B"), ("2", "Bela", "8-B"), ("3", "Chen", "Std. 8 B"))
    assert asked(read(*rows)) == {"class/VIII B": (2, 3, 4)}


@pytest.mark.parametrize(
    ("title", "said"),
    [
        ("Class: VII B", "VII B"),
        ("Class VII-B (2026-27)", "VII-B"),
        ("Std. 7th  Div. B", "7th Div. B"),
        ("DIVISION B", "B"),
        ("इयत्ता ७ वी ब", "७ वी ब"),
    ],
)
def test_rows_below_a_line_that_names_another_class_are_asked_about(title, said):
    rows = (("Class: 7A", ""), HEAD, ("1", "Asha"), (title, ""), HEAD, ("51", "Bela"), ("52", "Chen"))
    assert asked(read(*rows)) == {f"class/{said}": (6, 7)}
    assert who(read(*rows, answers={f"class/{said}": "leave_out"})) == [("1", "Asha")]
    assert len(who(read(*rows, answers={f"class/{said}": "as_it_is"}))) == 3


def test_a_section_below_a_class_is_of_that_class():
    rows = (("Class: VII", ""), HEAD, ("Section A", ""), ("1", "Asha"), ("Section B", ""), ("51", "Bela"))
    assert asked(read(*rows)) == {"class/VII B": (6,)}
    assert asked(read(*rows, class_code="8B")) == {"class/VII A": (4,), "class/VII B": (6,)}


def test_a_list_whose_title_names_another_class_is_asked_about():
    rows = (("Demo School", ""), ("", "Class: 7B"), HEAD, ("1", "Asha"), ("2", "Bela"))
    assert asked(read(*rows)) == {"class/7B": (4, 5)}
    assert not asked(read(*rows, class_code="VII-B"))
    assert not asked(read(("Class List", ""), ("Class: 7B, term 2", ""), HEAD, ("1", "Asha")))
    beside_a_column = (("Class: 7B", "", ""), (*HEAD, "Class"), ("1", "Asha", "7A"))
    assert not asked(read(*beside_a_column))


def test_rows_of_another_section_are_asked_about_without_a_column_for_the_class():
    rows = ((*HEAD, "Div"), ("1", "Asha", "A"), ("2", "Bela", "B"))
    assert asked(read(*rows)) == {"class/B": (3,)}
    assert not asked(read(*rows, class_code="Sevenths"))


@pytest.mark.parametrize(("text", "class_code"), [("VIII A", "7A"), ("VI", "7A"), ("X", "11B"), ("7B", "7A")])
def test_another_class_in_roman_numbers_is_another_class(text, class_code):
    assert asked(read((*HEAD, "Class"), ("1", "Asha", text), class_code=class_code))


def test_a_number_before_a_name_is_none_of_it():
    assert who(read(HEAD, ("701", "1. Asha Rao"), ("702", "2) Bela Roy"), ("703", "Chen 3. Li"))) == [
        ("701", "Asha Rao"),
        ("702", "Bela Roy"),
        ("703", "Chen 3. Li"),
    ]


@pytest.mark.parametrize(
    ("was", "becomes", "known", "listed", "may_be"),
    [
        ("Asha Rao", "asha  rao", ["a@ex.org"], ["z@ex.org"], False),
        ("Asha Rao", "Rao Asha", ["a@ex.org"], ["z@ex.org"], False),
        ("Asha Rao", "Asha Kumari Rao", ["a@ex.org"], ["z@ex.org"], False),
        ("Asha Rao", "Asha Verma", ["a@ex.org"], ["a@ex.org"], False),
        ("Asha Rao", "Asha Verma", [], [], True),
        ("Asha Rao", "Asha Verma", ["a@ex.org"], [], True),
        ("Asha Rao", "Asha Kumari Verma", [], [], True),
        ("Asha Rao", "Asha Kumari Rao", [], [], False),
        ("A. Rao", "Asha Rao", [], [], False),
        ("Asha Rao", "Asha R.", [], [], False),
        ("A. Rao", "Asha Rao", ["a@ex.org"], ["z@ex.org"], True),
        ("Asha", "Asha Verma", [], [], False),
        ("Asha Rao", "Asha Verma", ["a@ex.org"], ["z@ex.org"], True),
        ("Asha Rao", "Nisha Verma", ["a@ex.org"], ["z@ex.org"], True),
        ("Asha Rao", "Nisha Verma", [], [], True),
        ("Imran Shaikh", "Irfan Shaikh", ["a@ex.org"], ["a@ex.org"], True),
        ("Asha", "Asha Verma", ["a@ex.org"], ["z@ex.org"], True),
    ],
)
def test_another_name_may_be_another_child(was, becomes, known, listed, may_be):
    assert may_be_another_child(was, becomes, known=known, listed=listed) is may_be


def test_a_list_of_forty_with_many_columns_is_read_in_a_fraction_of_a_second():
    import time

    heads = (*HEAD, "Class", "Father's e-mail", "Mother's e-mail", *(f"Column {at}" for at in range(40)))
    rows = [(f"{at:03}", f"Student {at} X", "7A", f"f{at}@ex.org", "-", *["x"] * 40) for at in range(40)]
    began = time.process_time()
    assert len(read(heads, *rows).students) == 40
    assert time.process_time() - began < 0.5


def test_participants_of_moodle_are_a_list_and_their_teachers_are_no_students():
    found = read(
        ("First name", "Last name", "ID number", "Email address", "Roles", "Groups", "Status"),
        ("Asha", "Rao", "41", "asha@pupils.example", "Student", "7A", "Active"),
        ("Ravi", "Patil", "42", "", "Student, Class representative", "7A", "Active"),
        ("Kavita", "Joshi", "", "kavita@school.example", "Teacher", "", "Active"),
        ("Om", "Naik", "77", "om@school.example", "Non-editing teacher", "", "Active"),
    )
    assert who(found) == [("41", "Asha Rao"), ("42", "Ravi Patil")]
    assert found.students[0].email == "asha@pupils.example"
    assert [each.why for each in found.skipped] == [
        "not a student in Moodle, but Teacher",
        "not a student in Moodle, but Non-editing teacher",
    ]
    assert found.questions == ()
