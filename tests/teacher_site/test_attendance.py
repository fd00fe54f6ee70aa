"""Pages of one lecture's attendance: marking by hand, the history, closing, the report."""

import pytest

from shared.domain.attendance import MarkSource, MarkStatus
from shared.persistence.tables import Lecture, Mark, SchoolClass, Student, Teacher
from shared.services.attendance.marks import set_mark


def lecture_page(school):
    return f"/lectures/{school.ids['lecture']}"


def line(phone, school, student="meera"):
    return phone.page(lecture_page(school)).select_one(f"#student-{school.ids[student]}")


def press_status(phone, school, status, student="meera", **typed):
    """Press one of a student's buttons as a browser does, with what the page holds and what was typed."""
    return send_line(phone, line(phone, school, student), status, **typed)


def send_line(phone, shown, status, **typed):
    """Send the form that a button of the line names; `shown` may be older than the register."""
    button = shown.select_one(f".line button[value={status}]")
    form = shown.select_one(f"form#{button['form']}")
    held = {each["name"]: each.get("value", "") for each in form.select("input[name]")}
    return phone.post(form["action"], held | typed | {"status": status})


def test_a_press_marks_and_comes_back_to_the_line(teacher, school):
    answer = press_status(teacher, school, "late")
    assert answer.location.endswith(f"#student-{school.ids['meera']}")
    assert line(teacher, school).select_one("[data-word]").get_text() == "late"
    assert "by hand" in line(teacher, school).get_text()
    pressed = line(teacher, school).select("[aria-pressed=true]")
    assert [each["value"] for each in pressed] == ["late"]


def test_the_counter_counts_present_and_late(teacher, school):
    press_status(teacher, school, "late")
    press_status(teacher, school, "excused", "ravi")
    assert "1 of 2" in teacher.page(lecture_page(school)).select_one("#register").get_text(" ", strip=True)


def test_a_mark_made_at_the_kiosk_meanwhile_is_shown_and_kept(teacher, school, toolbox):
    address = line(teacher, school).select_one("form.note-form")["action"]
    with toolbox.sessions.begin() as session:
        mark = {"status": MarkStatus.PRESENT, "source": MarkSource.FACE, "marked_at": toolbox.now()}
        session.add(Mark(lecture_id=school.ids["lecture"], student_id=school.ids["meera"], **mark))
    teacher.post(address, {"status": "absent", "expected": ""})
    assert "changed meanwhile" in teacher.told(lecture_page(school))
    assert "by face" in line(teacher, school).get_text()


def test_a_note_is_kept_with_the_mark_and_a_mark_can_be_cleared(teacher, school):
    press_status(teacher, school, "excused")
    address = line(teacher, school).select_one("form.note-form")["action"]
    teacher.post(address, {"status": "excused", "expected": "excused", "note": "at the <dentist>"})
    assert line(teacher, school).select_one(".note").get_text() == "at the <dentist>"
    teacher.post(address, {"status": "", "expected": "excused"})
    assert "not marked" in line(teacher, school).get_text()


def test_a_typed_note_is_saved_by_whichever_button_is_pressed(teacher, school):
    press_status(teacher, school, "late", note="bus broke down")
    assert line(teacher, school).select_one(".note").get_text() == "bus broke down"
    history = teacher.page(lecture_page(school)).select_one("#history").get_text(" ", strip=True)
    assert "by hand: bus broke down" in history
    press_status(teacher, school, "present", note="was on time after all")
    assert line(teacher, school).select_one(".note").get_text() == "was on time after all"
    press_status(teacher, school, "absent")
    assert line(teacher, school).select_one(".note").get_text() == "was on time after all"


def test_a_page_older_than_a_note_does_not_take_it_away(teacher, school):
    press_status(teacher, school, "late")
    older = line(teacher, school)
    press_status(teacher, school, "late", note="bus broke down")
    send_line(teacher, older, "excused")
    assert line(teacher, school).select_one(".note").get_text() == "bus broke down"
    cleared = line(teacher, school).select_one("form.note-form")
    held = {each["name"]: each.get("value", "") for each in cleared.select("input[name]")}
    teacher.post(cleared["action"], held | {"status": ""})
    assert "not marked" in line(teacher, school).get_text()


def test_a_status_that_does_not_exist_marks_nobody(teacher, school):
    address = line(teacher, school).select_one("form.note-form")["action"]
    for status in ("PRESENT", "here", "1", "<b>", "\x00", "x" * 100_000):
        teacher.post(address, {"status": status, "expected": ""})
        assert "not a status" in teacher.told(lecture_page(school))
    assert "not marked" in line(teacher, school).get_text()


def test_the_history_tells_who_and_undoes(teacher, school):
    press_status(teacher, school, "present")
    press_status(teacher, school, "absent")
    entries = [
        " ".join(each.get_text().split()) for each in teacher.page(lecture_page(school)).select("#history li")
    ]
    assert "Meera Iyer present → absent, Asha Rao, by hand" in entries[0]
    assert "Meera Iyer not marked → present" in entries[1]
    teacher.press(lecture_page(school), "Undo")
    assert "undone" in teacher.told(lecture_page(school))
    assert line(teacher, school).select_one("[data-word]").get_text() == "present"


def test_closing_and_reopening_by_two_presses(teacher, school):
    press_status(teacher, school, "present")
    teacher.press(lecture_page(school), "Close and mark the rest absent")
    assert "1 without a mark became absent" in teacher.told(lecture_page(school))
    assert line(teacher, school, "ravi").select_one("[data-word]").get_text() == "absent"
    teacher.press(lecture_page(school), "Reopen")
    assert "not marked" in line(teacher, school, "ravi").get_text()


def test_closing_after_everybody_was_marked_says_so(teacher, school):
    press_status(teacher, school, "present")
    press_status(teacher, school, "late", "ravi")
    teacher.press(lecture_page(school), "Close and mark the rest absent")
    assert "The lecture is closed. Everybody had a mark." in teacher.told(lecture_page(school))


def test_the_register_is_filtered_and_sorted_without_scripts(teacher, school):
    def names(asked):
        return [
            each.get_text()
            for each in teacher.page(f"{lecture_page(school)}?{asked}").select(".register .name")
        ]

    assert names("") == ["Meera Iyer", "Ravi Patil"]
    assert names("q=PATIL") == ["Ravi Patil"]
    assert names("q=0042") == ["Meera Iyer"]
    press_status(teacher, school, "present")
    assert names("sort=status") == ["Ravi Patil", "Meera Iyer"]
    assert names("sort=time") == ["Meera Iyer", "Ravi Patil"]
    assert names("sort=nonsense&q=%00") == []
    assert names("show=unmarked") == ["Ravi Patil"]
    assert names("show=waiting") == []


def test_a_script_that_marks_is_answered_with_the_rows_or_with_why_not(teacher, school):
    meera = school.ids["meera"]
    address = line(teacher, school).select_one("form.note-form")["action"]
    told = teacher.post(address, {"status": "late", "expected": ""}, json=True).json
    assert told["rows"][str(meera)]["status"] == "late"
    assert told["rows"][str(meera)]["said"].endswith(", by hand")
    assert (told["here"], told["expected"], told["waiting"], told["asked"]) == (1, 2, 0, [])
    refused = teacher.post(address, {"status": "absent", "expected": ""}, json=True)
    assert refused.status_code == 409
    assert "changed meanwhile" in refused.json["error"]
    assert "late" in line(teacher, school).select_one("[data-word]").get_text()


def test_the_rest_is_marked_present_by_one_press_and_taken_back_by_another(teacher, school):
    press_status(teacher, school, "late")
    page = lecture_page(school)
    came_back_to = teacher.press(page, "Mark the rest present (1)").location
    shown = teacher.page(came_back_to)
    assert "1 marked present." in shown.select_one("#register .alert").get_text(" ", strip=True)
    assert line(teacher, school, "ravi").select_one("[data-word]").get_text() == "present"
    teacher.press(came_back_to, "Undo this")
    assert "Undone: 1 without a mark again." in teacher.told(page)
    assert line(teacher, school, "ravi").select_one("[data-word]").get_text() == "not marked"
    assert line(teacher, school).select_one("[data-word]").get_text() == "late"
    teacher.post(f"{page}/close")
    assert teacher.page(page).select_one("#rest") is None


@pytest.mark.parametrize(
    ("looked_for", "words", "marked"),
    [
        ("q=ravi", "Mark the shown present (1)", {"Ravi Patil": "present", "Meera Iyer": "not marked"}),
        ("show=unmarked", "Mark the rest present (2)", {"Ravi Patil": "present", "Meera Iyer": "present"}),
    ],
)
def test_with_a_search_the_press_marks_those_shown_and_says_so(teacher, school, looked_for, words, marked):
    page = lecture_page(school)
    teacher.press(f"{page}?{looked_for}", words)
    rows = teacher.page(page).select("[data-line]")
    said = {row.select_one(".name").string: row.select_one("[data-word]").get_text() for row in rows}
    assert said == marked


def test_where_nobody_who_is_shown_can_be_marked_there_is_nothing_to_press(teacher, school):
    page = f"{lecture_page(school)}?show=waiting"
    assert "disabled" in teacher.page(page).select_one("#rest button").attrs
    # A page of before, or a form written by hand, marks nobody either.
    teacher.post(f"{lecture_page(school)}/marks/rest", {"only": ""})
    assert "Nobody is left to be marked." in teacher.told(lecture_page(school))


def test_what_one_press_did_to_many_is_one_entry_of_the_history(teacher, school):
    teacher.post(f"{lecture_page(school)}/close")
    (entry,) = teacher.page(lecture_page(school)).select("#history > ul > li")
    words = " ".join(entry.get_text(" ", strip=True).split())
    assert "2 students not marked → absent" in words
    assert "Meera Iyer" in words


def test_the_report_shows_names_roll_ids_status_time_and_how(teacher, school, toolbox):
    set_mark(
        toolbox, school.actor, school.ids["lecture"], school.ids["meera"], MarkStatus.PRESENT, expected=None
    )
    page = teacher.page(f"/report?lecture_id={school.ids['lecture']}")
    rows = [[cell.get_text(strip=True) for cell in row.select("td, th")] for row in page.select("tbody tr")]
    now = f"{toolbox.settings.clock.local(toolbox.now()):%H:}"
    # A narrow screen has the roll id below the name, and the time above the way of marking.
    assert rows[0][:3] == ["15203A0042", "Meera Iyer15203A0042", "present"]
    assert rows[0][3].startswith(now)
    assert rows[0][4] == f"{rows[0][3]}by hand"
    assert rows[1] == ["15203A0043", "Ravi Patil15203A0043", "not marked", "", ""]
    assert "1 present" in " ".join(page.select_one(".tally").get_text().split())


def test_the_report_asks_for_class_date_and_time(teacher, school, toolbox):
    lecture = school.ids["lecture"]
    page = teacher.page("/report")  # class and date are filled in
    assert "Press “Show”" in page.main.get_text()
    assert page.select_one("form button.btn-primary").get_text() == "Show"
    refused = teacher.page(f"/report?class_id={school.ids['class']}&on=soon").main
    assert refused.select_one("#on-errors") is not None
    assert "Press" not in refused.get_text()
    with toolbox.sessions.begin() as session:
        found = session.get(Lecture, lecture)
        on = toolbox.settings.clock.day_of(found.starts_at)
        asked = f"/report?class_id={school.ids['class']}&on={on}"
    assert "Databases" in teacher.page(asked).main.get_text()  # the only one of the day

    with toolbox.sessions.begin() as session:
        classes = [session.get(SchoolClass, school.ids["class"])]
        times = {"starts_at": found.starts_at, "ends_at": found.ends_at, "opening_key": "another"}
        session.add(Lecture(subject="Algebra", teacher_id=school.ids["teacher"], classes=classes, **times))
    page = teacher.page(asked)
    assert "Choose the time" in page.main.get_text()
    assert page.select_one("#lecture option")["value"] == str(lecture)
    assert "15203A0042" in teacher.page(f"{asked}&lecture_id={lecture}").main.get_text()
    assert "no lecture" in teacher.page(f"{asked[:-10]}2001-01-01").main.get_text()


def test_the_report_of_one_class_leaves_the_other_out(teacher, school, toolbox):
    with toolbox.sessions.begin() as session:
        other = SchoolClass(class_code="CO6GB")
        session.add(Student(school_class=other, roll_id="1", name="Uma Bhat"))
        lecture = session.get(Lecture, school.ids["lecture"])
        lecture.classes.append(other)
    report = teacher.page(f"/report?lecture_id={school.ids['lecture']}&class_id={school.ids['class']}")
    assert "Uma Bhat" not in report.get_text()
    assert "Only the students of CO6GA are counted here." in report.get_text()
    assert report.find("a", string="Show CO6GB") is None  # a class that this teacher does not teach
    with toolbox.sessions.begin() as session:
        taught = session.query(SchoolClass).filter_by(class_code="CO6GB").one()
        teaches = session.get_one(Teacher, school.ids["teacher"])
        teaches.classes.append(taught)
    report = teacher.page(f"/report?lecture_id={school.ids['lecture']}")
    assert "Uma Bhat" in teacher.page(report.find("a", string="Show CO6GB")["href"]).get_text()
    assert "Uma Bhat" in teacher.page(lecture_page(school)).get_text()


def test_odd_addresses_of_the_report_are_answered(teacher):
    for asked in ("class_id=x&on=y", "class_id=99999999999999999999", "on=0001-01-01", "lecture_id=-1"):
        assert teacher.get(f"/report?{asked}").status_code in (200, 400)
    assert teacher.get("/report?lecture_id=424242").status_code == 404


def test_the_lectures_clock_is_set_on_its_page_and_one_press_undoes_it_for_all(teacher, school, toolbox):
    teacher.post(f"{lecture_page(school)}/late-after", {"late_after_minutes": "10"})
    assert teacher.page(lecture_page(school)).select_one("#late-after")["value"] == "10"
    teacher.post(f"{lecture_page(school)}/late-after", {"late_after_minutes": "ten"})
    assert "whole number" in teacher.told(lecture_page(school))
    with toolbox.sessions.begin() as session:
        mark = {"status": MarkStatus.LATE, "source": MarkSource.FACE, "marked_at": toolbox.now()}
        session.add(Mark(lecture_id=school.ids["lecture"], student_id=school.ids["meera"], **mark))
    teacher.press(lecture_page(school), "Nobody was late: make 1 present")
    assert "present" in line(teacher, school).select_one("[data-word]").get_text()
    assert teacher.page(lecture_page(school)).select_one("#late-after")["value"] == ""
