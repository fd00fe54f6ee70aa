"""The page behind a letter's link: one student, what the family writes, and what the teacher sees of it."""

from datetime import timedelta
from urllib.parse import urlsplit

import pytest
from bs4 import BeautifulSoup

from shared.persistence import families
from shared.persistence.tables import (
    AnnouncedAbsence,
    AuditEntry,
    FamilyLink,
    FamilyQuestion,
    Integration,
    Lecture,
    Mark,
    Student,
)
from shared.services.attendance.lectures import close_lecture, reopen_lecture
from shared.services.attendance.marks import set_mark
from shared.services.audit import Actor
from shared.services.families import links
from shared.services.integrations.choices import set_on
from shared.services.people import registration
from shared.services.people.registration import StudentDetails

OFFICE = Actor(site="office", email="admin@school.example")


@pytest.fixture
def turned_on(toolbox, school):
    clock = toolbox.settings.clock
    with toolbox.sessions.begin() as session:
        # A lecture of today, also just after midnight: what a family announces is of a day.
        lecture = session.get(Lecture, school.ids["lecture"])
        lecture.starts_at = max(lecture.starts_at, clock.day(clock.day_of(toolbox.now()))[0])
    set_on(toolbox, OFFICE, Integration.FAMILIES, on=True)


@pytest.fixture
def link(toolbox, school, turned_on):
    """The path of a link to Meera's page."""
    address = urlsplit(links.make_link(toolbox, school.ids["meera"]))
    return f"{address.path}?{address.query}"


def action(link, words):
    """The path of one of the page's forms."""
    path, query = link.split("?")
    return f"{path}/{words}?{query}"


def told(answer):
    return " ".join(BeautifulSoup(answer.text, "html.parser").select_one("main").get_text(" ").split())


def today(toolbox, days=0):
    return (toolbox.settings.clock.day_of(toolbox.now()) + timedelta(days=days)).isoformat()


def close(toolbox, school, **how):
    close_lecture(toolbox, school.actor, school.ids["lecture"], **how)


def rows(toolbox, kind):
    with toolbox.reading() as session:
        return list(session.query(kind))


def test_the_link_shows_one_student_without_a_sign_in(stranger, link, toolbox, school):
    set_mark(toolbox, school.actor, school.ids["lecture"], school.ids["meera"], "late", expected=None)
    close(toolbox, school)
    page = told(stranger.get(link))
    assert "Attendance of Meera Iyer" in page
    assert "Attended: 1 of 1 lecture (100 %)" in page
    assert "Databases late" in page
    assert "Ravi" not in page
    assert "Sign out" not in page


def test_a_mark_of_a_lecture_that_is_still_open_is_nobodys_business_yet(stranger, link, toolbox, school):
    set_mark(toolbox, school.actor, school.ids["lecture"], school.ids["meera"], "late", expected=None)
    assert "No lecture was held yet." in told(stranger.get(link))


def test_a_lecture_nobody_closed_is_told_as_not_marked_where_it_counts(stranger, link, toolbox, school):
    with toolbox.sessions.begin() as session:
        session.get(Lecture, school.ids["lecture"]).ends_at = toolbox.now()
    page = told(stranger.get(link))
    assert "Attended: 0 of 1 lecture (0 %)" in page
    assert "Databases not marked" in page
    assert "Nothing was missed" not in page


def test_what_a_register_says_that_nobody_closed_may_still_be_corrected(stranger, link, toolbox, school):
    set_mark(toolbox, school.actor, school.ids["lecture"], school.ids["meera"], "absent", expected=None)
    with toolbox.sessions.begin() as session:
        session.get(Lecture, school.ids["lecture"]).ends_at = toolbox.now()
    assert "Databases absent" not in told(stranger.get(link))
    assert "Databases absent" in told(close(toolbox, school) or stranger.get(link))
    address = action(link, "question")
    reopen_lecture(toolbox, school.actor, school.ids["lecture"])
    words = {"lecture_id": str(school.ids["lecture"]), "words": "She was there."}
    assert stranger.post(address, words).status_code == 404
    assert rows(toolbox, FamilyQuestion) == []


def test_it_speaks_the_letters_language(stranger, link, toolbox, school):
    with toolbox.sessions.begin() as session:
        session.get(Student, school.ids["meera"]).language = "hi"
    page = BeautifulSoup(stranger.get(link).text, "html.parser")
    assert page.select_one("main")["lang"] == "hi"
    assert "Meera Iyer की उपस्थिति" in page.get_text()
    wrong = stranger.post(action(link, "absence"), {"first_day": today(toolbox)})
    assert "कृपया कुछ शब्द लिखें।" in told(wrong)


@pytest.mark.parametrize("damage", ["altered", "over", "revoked", "off", "deactivated", "empty"])
def test_a_link_that_is_not_good_shows_nothing_and_always_the_same(stranger, link, toolbox, school, damage):
    with toolbox.sessions.begin() as session:
        if damage == "over":
            session.query(FamilyLink).one().expires_at = toolbox.now() - timedelta(seconds=1)
        if damage == "deactivated":
            session.get(Student, school.ids["meera"]).active = False
    if damage == "revoked":
        with toolbox.reading() as session:
            student = session.get(Student, school.ids["meera"])
        assert links.revoke_links(toolbox, OFFICE, student) == 1
    if damage == "off":
        set_on(toolbox, OFFICE, Integration.FAMILIES, on=False)
    path = {"altered": link[:-1] + ("A" if link[-1] != "A" else "B"), "empty": "/family"}.get(damage, link)
    answer = stranger.get(path)
    assert answer.status_code == 404
    assert links.OVER in answer.text
    assert "हर नए पत्र में" in answer.text
    assert "/sign-in" not in answer.text
    assert 'href="/"' not in answer.text
    assert "Meera" not in answer.text


def test_guesses_are_slowed_and_the_right_link_is_not(stranger, link):
    codes = [stranger.get(f"/family?link=guess{number}").status_code for number in range(12)]
    assert codes[0] == 404
    assert codes[-1] == 429
    assert stranger.get(link).status_code == 200


def test_only_the_digest_of_a_token_is_kept(link, toolbox):
    kept = rows(toolbox, FamilyLink)[0]
    assert kept.token_digest not in link
    assert kept.expires_at - kept.made_at == timedelta(days=toolbox.settings.family_link_days)


def test_an_absence_is_announced_seen_by_the_teacher_and_excused_at_closing(
    stranger, teacher, link, toolbox, school
):
    answer = stranger.post(
        action(link, "absence"),
        {"first_day": today(toolbox), "last_day": today(toolbox, 2), "reason": "Fever"},
    )
    assert "Thank you" in told(stranger.get(answer.headers["Location"]))
    page = teacher.page(f"/lectures/{school.ids['lecture']}")
    assert "family: away, Fever" in page.get_text()
    box = page.select_one("#excuse-announced")
    assert box.has_attr("checked")
    assert "Excuse 1 student whose family announced an absence" in " ".join(page.get_text().split())
    close(toolbox, school, excuse_announced=True)
    marks = {mark.student_id: mark for mark in rows(toolbox, Mark)}
    assert (marks[school.ids["meera"]].status, marks[school.ids["ravi"]].status) == ("excused", "absent")
    assert marks[school.ids["meera"]].note == "Fever"  # no words of ours


def test_without_the_tick_everybody_is_absent_and_a_mark_that_is_there_stays(stranger, link, toolbox, school):
    stranger.post(action(link, "absence"), {"first_day": today(toolbox), "reason": "Fever"})
    close(toolbox, school)
    assert {mark.status for mark in rows(toolbox, Mark)} == {"absent"}


def test_who_came_all_the_same_is_present(stranger, teacher, link, toolbox, school):
    stranger.post(action(link, "absence"), {"first_day": today(toolbox), "reason": "Fever"})
    set_mark(toolbox, school.actor, school.ids["lecture"], school.ids["meera"], "present", expected=None)
    assert teacher.page(f"/lectures/{school.ids['lecture']}").select_one("#excuse-announced") is None
    close(toolbox, school, excuse_announced=True)
    assert {mark.status for mark in rows(toolbox, Mark)} == {"present", "absent"}


def test_an_announced_absence_can_be_taken_back(stranger, link, toolbox):
    stranger.post(action(link, "absence"), {"first_day": today(toolbox), "reason": "Fever"})
    (absence,) = rows(toolbox, AnnouncedAbsence)
    stranger.post(action(link, f"absence/{absence.id}/withdraw"), {})
    assert rows(toolbox, AnnouncedAbsence) == []
    assert [entry.action for entry in rows(toolbox, AuditEntry)][-2:] == [
        "announce absence",
        "withdraw absence",
    ]


def test_an_absence_lasts_through_its_last_day_and_is_no_longer_taken_back_after_it(
    stranger, link, toolbox, school
):
    stranger.post(action(link, "absence"), {"first_day": today(toolbox), "reason": "Fever"})
    (absence,) = rows(toolbox, AnnouncedAbsence)
    with toolbox.sessions.begin() as session:
        row, day = session.get_one(AnnouncedAbsence, absence.id), absence.first_day
        row.first_day, row.last_day = day - timedelta(days=2), day - timedelta(days=1)
        session.flush()
        for on, is_away in ((row.first_day, True), (row.last_day, True), (day, False)):
            assert bool(families.announced_on(session, [school.ids["meera"]], on)) is is_away
    assert stranger.post(action(link, f"absence/{absence.id}/withdraw"), {}).status_code == 404
    assert len(rows(toolbox, AnnouncedAbsence)) == 1


def test_another_familys_absence_stays_where_it_is(stranger, link, toolbox, school):
    stranger.post(action(link, "absence"), {"first_day": today(toolbox), "reason": "Fever"})
    (absence,) = rows(toolbox, AnnouncedAbsence)
    of_ravi = urlsplit(links.make_link(toolbox, school.ids["ravi"]))
    other = f"{of_ravi.path}?{of_ravi.query}"
    assert stranger.post(action(other, f"absence/{absence.id}/withdraw"), {}).status_code == 404
    assert [each.id for each in rows(toolbox, AnnouncedAbsence)] == [absence.id]


@pytest.mark.parametrize(
    ("fields", "sentence"),
    [
        ({"first": None, "reason": "Fever"}, "Please say which day."),
        ({"first": 0, "reason": "  "}, "Please write a few words."),
        ({"first": 3, "last": 1, "reason": "Fever"}, "The last day is before the first."),
        ({"first": -3, "last": -2, "reason": "Fever"}, "These days are over."),
        ({"first": 0, "last": 90, "reason": "Fever"}, "Announce at most 60 days"),
        ({"first": 0, "reason": "x" * 501}, "longer than 500 characters"),
    ],
)
def test_what_cannot_be_is_refused_at_its_field_and_stays_typed(stranger, link, toolbox, fields, sentence):
    typed = {
        "first_day": "" if fields["first"] is None else today(toolbox, fields["first"]),
        "last_day": today(toolbox, fields["last"]) if "last" in fields else "",
        "reason": fields["reason"],
    }
    answer = stranger.post(action(link, "absence"), typed)
    assert answer.status_code == 400
    page = BeautifulSoup(answer.text, "html.parser")
    field = page.select_one("[aria-invalid]")
    assert sentence in page.find(id=field["aria-describedby"]).get_text()
    assert page.select_one("#first_day")["value"] == typed["first_day"]
    assert rows(toolbox, AnnouncedAbsence) == []


def test_no_date_is_a_sentence(stranger, link):
    assert "not a date" in told(stranger.post(action(link, "absence"), {"first_day": "soon", "reason": "x"}))


def test_a_question_reaches_the_lectures_teacher_and_is_settled(stranger, teacher, link, toolbox, school):
    close(toolbox, school)
    lecture = str(school.ids["lecture"])
    stranger.post(action(link, "question"), {"lecture_id": lecture, "words": "She was <b>there</b>."})
    page = teacher.page("/")
    assert "She was <b>there</b>." in page.get_text()
    (question,) = rows(toolbox, FamilyQuestion)
    teacher.post(f"/families/questions/{question.id}/settle", {})
    assert "She was" not in teacher.page("/").get_text()
    assert teacher.post(f"/families/questions/{question.id}/settle", {}).status_code == 404
    assert rows(toolbox, FamilyQuestion)[0].settled_by_id == school.ids["teacher"]


def test_a_question_in_general_reaches_the_classes_teachers(stranger, teacher, link):
    stranger.post(action(link, "question"), {"words": "Please call us."})
    assert "Please call us." in teacher.page("/").get_text()


@pytest.mark.parametrize("digits", [25, 5000])
def test_a_lecture_that_no_table_can_hold_is_none(stranger, link, toolbox, digits):
    assert (
        stranger.post(action(link, "question"), {"lecture_id": "9" * digits, "words": "Hm"}).status_code
        == 302
    )
    assert [each.lecture_id for each in rows(toolbox, FamilyQuestion)] == [None]


def test_what_cannot_be_taken_is_said_in_the_familys_language(stranger, link, toolbox, school):
    with toolbox.sessions.begin() as session:
        session.get_one(Student, school.ids["meera"]).language = "hi"
    answer = stranger.post(action(link, "question"), {"words": "x" * 2001})
    assert answer.status_code == 400
    assert "longer than" not in told(answer)


def test_nobody_asks_about_a_lecture_of_others(stranger, link, toolbox):
    assert stranger.post(action(link, "question"), {"lecture_id": "1", "words": "Hm"}).status_code == 404
    assert rows(toolbox, FamilyQuestion) == []


def test_too_many_messages_a_day_are_refused(stranger, link, toolbox):
    for _ in range(10):
        stranger.post(action(link, "question"), {"words": "Again"})
    answer = stranger.post(action(link, "question"), {"words": "And again"})
    assert "Please call the school." in told(answer)
    assert len(rows(toolbox, FamilyQuestion)) == 10


@pytest.mark.parametrize("whose", ["email", "parent1_email", "parent2_email", "phones"])
def test_the_links_end_when_an_address_is_taken_away(link, toolbox, school, stranger, whose):
    one = {whose: "+919822011111" if whose == "phones" else "one@family.example"}
    details = StudentDetails("Meera Iyer", "15203A0042", school.ids["class"], **one)
    registration.change_student(toolbox, OFFICE, school.ids["meera"], details)
    assert stranger.get(link).status_code == 200  # one was added, none taken away
    registration.change_student(
        toolbox, OFFICE, school.ids["meera"], StudentDetails("Meera Iyer", "15203A0042", school.ids["class"])
    )
    assert stranger.get(link).status_code == 404


def test_a_phone_in_the_kiosk_gets_the_kiosk(kiosk, link):
    assert kiosk.get(link).headers["Location"].endswith("/kiosk")
