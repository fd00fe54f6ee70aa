"""A class list: what becomes of every row first, then all of it or nothing; twice is once."""

import io
import time
from dataclasses import replace

import openpyxl
import pytest

from shared.errors import Conflict, InvalidInput, NotFound
from shared.persistence.tables import AuditEntry, Consent, FaceModelRow, ListColumns, Mark, Student
from shared.services.audit import Actor
from shared.services.people import registration
from shared.services.people.list_comparison import RowAction
from shared.services.people.list_import import import_list
from shared.services.people.list_preview import SentList, preview_list
from tests.support.office import add_student, agree, open_office

HEAD = ("Roll id", "Name", "Parent's e-mail", "Language")


@pytest.fixture
def office(toolbox):
    return open_office(toolbox)


def preview(toolbox, office, *rows, head=HEAD, answers=None, actor=None, class_id=None):
    text = "\n".join("\t".join(row) for row in (head, *rows))
    sent = SentList("", text.encode(), is_pasted=True)
    return preview_list(toolbox, actor or office.actor, class_id or office.class_id, sent, answers or {})


def apply(toolbox, office, found):
    return import_list(toolbox, office.actor, office.class_id, found.sealed)


def students(toolbox):
    with toolbox.reading() as session:
        return {student.roll_id: student for student in session.query(Student)}


def actions(found):
    return [row.action for row in found.rows]


def open_keys(found):
    return [question.key for question in found.questions if question.is_open]


def test_every_row_has_an_action_and_nothing_is_saved_before_the_press(toolbox, office):
    registration.set_student_active(toolbox, office.actor, office.ravi, active=False)
    found = preview(
        toolbox,
        office,
        ("15203a0042", "Meera Iyer", "", ""),
        ("15203A0043", "Ravi Patil", "", ""),
        ("15203A0044", "Sana Khan", "khan@family.example", "हिन्दी"),
    )
    assert actions(found) == [RowAction.SAME, RowAction.REACTIVATE, RowAction.ADD]
    assert len(students(toolbox)) == 2
    assert apply(toolbox, office, found) == 2
    sana = students(toolbox)["15203A0044"]
    assert (sana.name, sana.parent1_email, sana.email, sana.language) == (
        "Sana Khan",
        "khan@family.example",
        None,
        "hi",
    )
    assert students(toolbox)["15203A0043"].active


def test_a_change_says_what_was_and_what_becomes_and_an_empty_cell_leaves_it(toolbox, office):
    add_student(toolbox, office, "Sana Khan", "7", parent1_email="old@family.example")
    found = preview(toolbox, office, ("7", "Sana Khan", "new@family.example", ""))
    (row,) = found.rows
    assert (row.was, row.becomes) == (
        {"parent1_email": "old@family.example"},
        {"parent1_email": "new@family.example"},
    )
    assert found.unlisted == 2
    apply(toolbox, office, found)
    assert preview(toolbox, office, ("7", "Sana Khan", "n/a", "")).tally == {RowAction.SAME: 1}


def test_the_other_parent_is_kept_and_nobody_stands_there_twice(toolbox, office):
    add_student(toolbox, office, "Sana Khan", "7", parent1_email="f@ex.org", parent2_email="m@ex.org")
    assert actions(preview(toolbox, office, ("7", "Sana Khan", "m@ex.org", ""))) == [RowAction.SAME]
    (row,) = preview(toolbox, office, ("7", "Sana Khan", "new@ex.org", "")).rows
    assert (row.parent1_email, row.parent2_email) == ("new@ex.org", "m@ex.org")
    (row,) = preview(toolbox, office, ("7", "Sana Khan", "m@ex.org; x@ex.org", "")).rows
    assert (row.parent1_email, row.parent2_email) == ("m@ex.org", "x@ex.org")


PHONES = ("Roll id", "Name", "Mobile", "Father's mobile no.", "WhatsApp")


def test_phone_numbers_come_from_every_column_and_each_is_there_once(toolbox, office):
    row = ("7", "Sana Khan", "98765 43210", "09876543211 / 9876543210", "+91 98765 43212")
    found = preview(toolbox, office, row, head=PHONES)
    assert (found.notices, found.questions) == ((), ())
    apply(toolbox, office, found)
    sana = students(toolbox)["7"]
    assert sana.phone_numbers == ["+919876543210", "+919876543211", "+919876543212"]
    with toolbox.reading() as session:
        entry = session.query(AuditEntry).filter_by(subject="7").one()
    assert entry.after["phones"] == "+919876543210 +919876543211 +919876543212"


def test_a_bad_phone_number_is_a_notice_at_its_row_and_the_row_is_taken(toolbox, office):
    found = preview(toolbox, office, ("7", "Sana Khan", "12345", "9.87654E+09", "nil"), head=PHONES)
    assert not found.is_open
    assert [(notice.row, notice.sentence.split(";")[0]) for notice in found.notices] == [
        (2, "“12345” is not a phone number. It is not used."),
        (2, "“9.87654E+09” is a phone number that the spreadsheet shortened"),
    ]
    apply(toolbox, office, found)
    assert students(toolbox)["7"].phones == ""


def test_new_phone_numbers_replace_the_old_ones_and_an_empty_cell_leaves_them(toolbox, office):
    add_student(toolbox, office, "Sana Khan", "7", phones="9876543210, 9876543211")
    for mobile in ("", "nil", "12345", "9876543211"):
        found = preview(toolbox, office, ("7", "Sana Khan", mobile), head=PHONES[:3])
        assert actions(found) == [RowAction.SAME], mobile
    (row,) = preview(toolbox, office, ("7", "Sana Khan", "9876543212"), head=PHONES[:3]).rows
    assert (row.was, row.becomes) == (
        {"phones": "+919876543210 +919876543211"},
        {"phones": "+919876543212"},
    )


def test_a_phone_number_is_that_of_the_schools_country(toolbox, office):
    german = toolbox.with_(settings=replace(toolbox.settings, phone_country="DE"))
    (row,) = preview(german, office, ("7", "Sana Khan", "0151/23456789"), head=PHONES[:3]).rows
    assert row.phones == "+4915123456789"


def test_a_number_that_excel_keeps_as_a_float_is_read_whole(toolbox, office):
    book = openpyxl.Workbook()
    sheet = book.active
    sheet.append(["Roll No", "Name", "Mobile", "Parent's mobile"])
    sheet.append(["7", "Sana Khan", 9876543210.0, 919876543211])
    sheet["C2"].number_format = "0.00E+00"
    file = io.BytesIO()
    book.save(file)
    sent = SentList("list.xlsx", file.getvalue())
    (row,) = preview_list(toolbox, office.actor, office.class_id, sent, {}).rows
    assert row.phones == "+919876543210 +919876543211"


def test_rows_of_one_student_have_their_phone_numbers_put_together(toolbox, office):
    rows = [("7", "Sana Khan", "9876543210"), ("7", "Sana Khan", "9876543211")]
    (row,) = preview(toolbox, office, *rows, head=PHONES[:3]).rows
    assert row.phones == "+919876543210 +919876543211"


def test_an_unchanged_list_offers_nothing(toolbox, office):
    found = preview(toolbox, office, ("15203A0042", "Meera Iyer", "", ""))
    assert (found.sealed, found.questions) == ("", ())


def test_applying_twice_is_applying_once(toolbox, office):
    found = preview(toolbox, office, ("8", "Sana Khan", "", ""), ("15203A0042", "Meera Iyer-Rao", "", ""))
    apply(toolbox, office, found)
    apply(toolbox, office, found)
    assert len(students(toolbox)) == 3
    with toolbox.reading() as session:
        assert session.query(AuditEntry).filter_by(subject="8").count() == 1


def test_a_list_that_somebody_overtook_saves_nothing(toolbox, office):
    found = preview(toolbox, office, ("8", "Sana Khan", "", ""), ("15203A0042", "Meera Iyer-Rao", "", ""))
    with toolbox.sessions.begin() as session:
        session.get(Student, office.meera).name = "Meera Shah"
    with pytest.raises(Conflict, match="Meera Shah"):
        apply(toolbox, office, found)
    assert "8" not in students(toolbox)

    again = preview(toolbox, office, ("8", "Sana Khan", "", ""))
    add_student(toolbox, office, "Somebody Else", "8")
    with pytest.raises(Conflict, match="Somebody Else"):
        apply(toolbox, office, again)


@pytest.mark.parametrize(
    ("cell", "words"),
    [
        ("no address", "not an address"),
        ("ravi@ex_ample", "not an e-mail address"),
        ("a@b@c.org", "not an address"),
        ("ravi@ex.org, 98765", ""),
    ],
)
def test_a_bad_address_is_a_notice_at_its_row_and_no_refusal(toolbox, office, cell, words):
    found = preview(toolbox, office, ("9", "Sana Khan", cell, ""))
    assert not found.is_open
    assert actions(found) == [RowAction.ADD]
    assert [notice.row for notice in found.notices if words in notice.sentence] == ([2] if words else [])


def test_a_roll_id_that_lost_its_zeros_makes_no_second_student(toolbox, office):
    add_student(toolbox, office, "Sana Khan", "00123")
    row = ("123", "Sana Khan", "", "")
    found = preview(toolbox, office, row)
    assert open_keys(found) == ["roll_id_worn"]
    assert "00123 Sana Khan" in found.questions[0].concerns[0].words
    assert actions(preview(toolbox, office, row, answers={"roll_id_worn": "take"})) == [RowAction.SAME]
    new = preview(toolbox, office, row, answers={"roll_id_worn": "as_it_is"})
    assert (new.rows[0].roll_id, actions(new)) == ("123", [RowAction.ADD])
    assert preview(toolbox, office, row, answers={"roll_id_worn": "leave_out"}).rows == ()


def test_while_a_question_is_open_nothing_can_be_applied(toolbox, office):
    found = preview(toolbox, office, ("1-Mar", "Sana Khan", "", ""), ("9", "Ali Khan", "", ""))
    assert found.is_open
    assert found.sealed == ""
    with pytest.raises(InvalidInput):
        apply(toolbox, office, found)
    answered = preview(
        toolbox,
        office,
        ("1-Mar", "Sana Khan", "", ""),
        ("9", "Ali Khan", "", ""),
        answers={"roll_id_date/2": "MAR1"},
    )
    assert apply(toolbox, office, answered) == 2
    assert {"MAR1", "9"} <= set(students(toolbox))


def enrol(toolbox, office, student_id):
    """A consent, a face model and nothing else; the bytes are never opened here."""
    agree(toolbox, office, student_id)
    with toolbox.sessions.begin() as session:
        session.add(
            FaceModelRow(
                student_id=student_id,
                sealed_model=b"x",
                photo_count=3,
                is_weak=False,
                network=1,
                trained_at=toolbox.now(),
            )
        )


NISHA = ("10", "Nisha Verma", "verma@ex.org", "")


def test_an_enrolled_roll_id_given_to_another_child_is_asked_about(toolbox, office):
    was = add_student(toolbox, office, "Asha Rao", "10", parent1_email="rao@ex.org")
    enrol(toolbox, office, was)
    found = preview(toolbox, office, NISHA)
    assert open_keys(found) == ["child/10"]
    assert "a face model, a consent" in found.questions[0].sentence
    assert actions(found) == [RowAction.QUESTION]
    assert found.sealed == ""


def test_another_child_starts_anew_and_all_that_was_the_first_ones_stays_theirs(toolbox, office):
    was = add_student(toolbox, office, "Asha Rao", "10", parent1_email="rao@ex.org")
    enrol(toolbox, office, was)
    found = preview(toolbox, office, NISHA, answers={"child/10": "another_child"})
    assert actions(found) == [RowAction.REPLACE]
    assert apply(toolbox, office, found) == 1
    assert apply(toolbox, office, found) == 1  # a second press
    now = students(toolbox)
    asha, nisha = now["10-FORMER"], now["10"]
    assert (asha.id, asha.name, asha.active) == (was, "Asha Rao", False)
    assert (nisha.name, nisha.parent1_email, nisha.parent2_email, nisha.active) == (
        "Nisha Verma",
        "verma@ex.org",
        None,
        True,
    )
    assert nisha.erasure_key != asha.erasure_key
    with toolbox.reading() as session:
        for kept in (FaceModelRow, Consent):
            assert [row.student_id for row in session.query(kept)] == [was]
        assert session.query(Mark).filter_by(student_id=nisha.id).count() == 0
        told = session.query(AuditEntry).filter_by(action="give roll id to another child").one()
        assert (told.student_id, told.before["roll_id"]) == (was, "10")

    enrol(toolbox, office, nisha.id)
    third = preview(toolbox, office, ("10", "Zoya Shaikh", "", ""), answers={"child/10": "another_child"})
    apply(toolbox, office, third)
    assert {"10", "10-FORMER", "10-FORMER-2"} <= set(students(toolbox))


def test_a_student_under_another_roll_id_is_told_to_be_in_the_class_already(toolbox, office):
    asha, bela = (
        add_student(toolbox, office, name, at) for at, name in (("1", "Asha Rao"), ("2", "Bela Roy"))
    )
    agree(toolbox, office, asha, bela)
    shifted = preview(toolbox, office, ("2", "ASHA  RAO", "", ""), ("3", "Bela Roy", "", ""))
    told = {notice.row: notice.sentence for notice in shifted.notices}
    assert "is in the class already, as 1." in told[2]
    assert "is in the class already, as 2." in told[3]
    namesake = preview(toolbox, office, ("1", "Asha Rao", "", ""), ("3", "Asha Rao", "", ""))
    assert namesake.notices == ()


def test_the_same_child_is_renamed_and_keeps_everything(toolbox, office):
    was = add_student(toolbox, office, "Asha Rao", "10", parent1_email="rao@ex.org")
    enrol(toolbox, office, was)
    found = preview(toolbox, office, NISHA, answers={"child/10": "same_child"})
    assert actions(found) == [RowAction.CHANGE]
    apply(toolbox, office, found)
    assert students(toolbox)["10"].id == was
    assert students(toolbox)["10"].name == "Nisha Verma"


def test_a_deactivated_child_with_a_face_is_not_brought_back_under_another_name(toolbox, office):
    was = add_student(toolbox, office, "Asha Rao", "10")
    enrol(toolbox, office, was)
    registration.set_student_active(toolbox, office.actor, was, active=False)
    assert open_keys(preview(toolbox, office, NISHA)) == ["child/10"]
    back = preview(toolbox, office, ("10", "Asha Rao", "", ""))
    assert actions(back) == [RowAction.REACTIVATE]


def test_a_student_with_nothing_to_lose_is_changed_in_plain_sight(toolbox, office):
    add_student(toolbox, office, "Asha Rao", "10", parent1_email="rao@ex.org")
    found = preview(toolbox, office, NISHA)
    assert (actions(found), found.rows[0].was["name"]) == ([RowAction.CHANGE], "Asha Rao")


def test_two_rows_that_mean_one_student_are_asked_about_before_the_press(toolbox, office):
    add_student(toolbox, office, "Asha Rao", "007")
    rows = ("7", "Asha Rao", "f@ex.org", ""), ("07", "Asha Rao", "m@ex.org", "")
    assert open_keys(preview(toolbox, office, *rows, answers={"roll_id_worn": "take"})) == ["roll_id_taken"]
    answers = {"roll_id_worn": "take", "roll_id_taken": "leave_out"}
    found = preview(toolbox, office, *rows, answers=answers)
    assert [each.row for each in found.skipped] == [3]
    assert apply(toolbox, office, found) == 1
    assert students(toolbox)["007"].parent1_email == "f@ex.org"


@pytest.mark.parametrize("known", [{"parent2_email": "rao@ex.org"}, {"phones": "+919876543210"}])
def test_a_family_is_not_written_to_about_a_child_that_took_over_the_roll_id(toolbox, office, known):
    """As where a class is numbered anew before its first lecture, by a list without addresses."""
    add_student(toolbox, office, "Asha Rao", "10", **known)
    found = preview(toolbox, office, NISHA)
    assert open_keys(found) == ["child/10"]
    assert "with addresses or phone numbers of the family" in found.questions[0].sentence
    apply(toolbox, office, preview(toolbox, office, NISHA, answers={"child/10": "another_child"}))
    nisha = students(toolbox)["10"]
    assert (nisha.name, nisha.parent1_email, nisha.parent2_email, nisha.phones) == (
        *("Nisha Verma", "verma@ex.org"),
        *(None, ""),
    )


def test_columns_tied_by_hand_are_remembered_for_the_next_list(toolbox, office):
    head, row = ("Nr", "Kid", "Whatever"), ("701", "Asha Rao", "x")
    assert open_keys(preview(toolbox, office, row, head=head)) == ["columns"]
    tied = {"column/A": "roll_id", "column/B": "name", "column/C": "-"}
    apply(toolbox, office, preview(toolbox, office, row, head=head, answers=tied))
    found = preview(toolbox, office, ("702", "Bela Roy", "y"), head=("NR.", "kid", "WHATEVER"))
    assert [(row.roll_id, row.name) for row in found.rows] == [("702", "Bela Roy")]
    assert not found.is_open
    other = {**tied, "column/C": "parent_email"}
    again = preview(toolbox, office, ("703", "Chen Li", "c@ex.org"), head=head, answers=other)
    apply(toolbox, office, again)
    with toolbox.reading() as session:
        assert [known.columns["C"] for known in session.query(ListColumns)] == ["parent_email"]


def test_what_the_headings_alone_told_is_not_remembered(toolbox, office):
    apply(toolbox, office, preview(toolbox, office, ("9", "Sana Khan", "", "")))
    with toolbox.reading() as session:
        assert session.query(ListColumns).count() == 0


@pytest.mark.parametrize(
    ("encoding", "names"),
    [
        ("cp1251", ["Иван Петров"]),
        ("gbk", ["王小明", "李芳"]),
        ("mac_roman", ["José Núñez", "Zoë Müller"]),
        ("cp1252", ["José Núñez"]),
    ],
)
def test_a_guessed_encoding_is_told_with_names_and_can_be_chosen_otherwise(toolbox, office, encoding, names):
    text = "Roll No,Name\n" + "".join(f"{701 + at},{name}\n" for at, name in enumerate(names))
    sent = SentList("list.csv", text.encode(encoding))
    found = preview_list(toolbox, office.actor, office.class_id, sent, {})
    assert [row.name for row in found.rows] == names
    assert set(found.encoding.chosen.names) == set(names)
    assert "encoding" in found.notices[0].sentence
    shown = [choice.names for choice in found.encoding.choices]
    assert len(set(shown)) == len(shown)  # each choice shows other names
    other = found.encoding.choices[1].name
    again = preview_list(toolbox, office.actor, office.class_id, sent, {"encoding": other})
    assert again.encoding.chosen.name == other
    assert [row.name for row in again.rows] != names


def test_an_encoding_that_shows_no_names_is_not_offered(toolbox, office):
    text = "Nr.;Nachname;Vorname;Schülernummer\r\n1;Groß;Jürgen;0701\r\n2;Öztürk;Emine;0702\r\n"
    sent = SentList("klasse.csv", text.encode("cp1252"))
    found = preview_list(toolbox, office.actor, office.class_id, sent, {})
    assert len(found.encoding.choices) > 1
    assert all(choice.names for choice in found.encoding.choices)


def test_an_encoding_can_be_chosen_while_the_columns_are_still_unknown(toolbox, office):
    sent = SentList("list.csv", "Nummer,Schützling\n1,José\n2,Zoë\n".encode("cp1252"))
    found = preview_list(toolbox, office.actor, office.class_id, sent, {})
    assert open_keys(found) == ["columns"]
    assert len(found.encoding.choices) > 3


@pytest.mark.usefixtures("settled_memory")
def test_forty_students_in_a_guessed_encoding_take_less_than_a_second(toolbox, office):
    """Under the processor's clock, as the machine may be busy; each encoding read its own layout before."""
    heads = ["Roll No", "First name", "Last name", *(f"Column {at}" for at in range(25))]
    rows = [[f"{at}", f"José{at}", f"Núñez{at}", *["x"] * 25] for at in range(40)]
    content = "\n".join(",".join(row) for row in (heads, *rows)).encode("cp1252")
    began = time.process_time()
    found = preview_list(toolbox, office.actor, office.class_id, SentList("a.csv", content), {})
    assert len(found.rows) == 40
    assert time.process_time() - began < 1


def test_an_encoding_in_which_no_name_looks_right_is_asked_about(toolbox, office):
    content = b"Roll No,Name\n1,\x81\x8d\xa4\xff\n2,\x8f\xa6\x9d\xd0\xf0\n3,\x90\xa7\xb5\n"
    sent = SentList("list.csv", content)
    found = preview_list(toolbox, office.actor, office.class_id, sent, {})
    assert "encoding" in open_keys(found)
    chosen = {"encoding": found.encoding.choices[0].name}
    assert "encoding" not in open_keys(preview_list(toolbox, office.actor, office.class_id, sent, chosen))


def test_a_list_longer_than_a_class_is_refused(toolbox, office):
    with pytest.raises(InvalidInput, match="2,000"):
        preview(toolbox, office, *[(f"{n}", "A B", "", "") for n in range(2_001)])


def test_a_preview_belongs_to_its_admin_and_its_class(toolbox, office):
    found = preview(toolbox, office, ("9", "Sana Khan", "", ""))
    other = Actor(site="office", email="x@school.example", account_id=999)
    for wrong in (
        lambda: import_list(toolbox, other, office.class_id, found.sealed),
        lambda: import_list(toolbox, office.actor, 999, found.sealed),
        lambda: import_list(toolbox, office.actor, office.class_id, ""),
    ):
        with pytest.raises(InvalidInput):
            wrong()
    with pytest.raises(NotFound):
        preview(toolbox, office, class_id=999)


@pytest.mark.usefixtures("settled_memory")
def test_forty_rows_are_previewed_within_a_second_and_five_hundred_imported_within_six(toolbox, office):
    rows = [(f"R{n:04}", f"Student X{n}", f"parent{n}@family.example", "en") for n in range(500)]
    began = time.process_time()
    preview(toolbox, office, *rows[:40])
    assert time.process_time() - began < 1
    began = time.process_time()
    assert apply(toolbox, office, preview(toolbox, office, *rows)) == 500
    assert time.process_time() - began < 6
    assert len(students(toolbox)) == 502
