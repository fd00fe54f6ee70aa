"""Days without lectures and lectures that were not held: they count nowhere, and the plan says why."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from types import SimpleNamespace

import pytest

from shared.domain.attendance import MarkStatus
from shared.domain.languages import Sentence
from shared.errors import Conflict, InvalidInput, NotFound, WorkbookRefused
from shared.persistence.tables import DayOff, Lecture, OutgoingMail, PlannedLecture, SchoolClass
from shared.security.tokens import digest
from shared.services.attendance.lectures import close_lecture, reopen_lecture
from shared.services.attendance.marks import set_mark
from shared.services.attendance.student_history import student_history_of
from shared.services.attendance.totals import SeriesAsked, class_totals
from shared.services.audit import Actor
from shared.services.family_mail.plan import plan_mail, send_mail
from shared.services.timetable import days_off, plan
from shared.services.timetable.not_held import say_lecture_not_held, say_planned_not_held
from shared.services.timetable.untaken import list_untaken, sweep
from shared.toolbox import Toolbox
from tests.support.families import give_addresses, mail_variables
from tests.support.office import ADMIN_EMAIL
from tests.support.school import TEACHER_EMAIL, found_school

OFFICE = Actor(site="office", email="office@school.example", account_id=1)
STRANGER = Actor(site="classroom", email="stranger@school.example", account_id=999_999)
# Tuesday, ten in the morning in India.
NOW = datetime(2027, 1, 19, 4, 30, tzinfo=UTC)
REPUBLIC_DAY = date(2027, 1, 26)


@pytest.fixture
def toolbox(sqlite_url, make_settings, mail_server):
    hands = SimpleNamespace(now=NOW)
    toolbox = Toolbox(make_settings(sqlite_url, **mail_variables(mail_server)), now=lambda: hands.now)
    toolbox.__dict__["hands"] = hands
    yield toolbox
    toolbox.engine.dispose()


@pytest.fixture
def school(toolbox):
    return found_school(toolbox)


def move(toolbox, **by):
    toolbox.__dict__["hands"].now += timedelta(**by)


def planned(toolbox, school, begins, subject="Physics"):
    with toolbox.sessions.begin() as session:
        row = PlannedLecture(
            subject=subject, teacher_id=school.ids["teacher"], room="3", identity=digest(subject),
            starts_at=begins, ends_at=begins + timedelta(minutes=50),
            classes=[session.get(SchoolClass, school.ids["class"])],
        )  # fmt: skip
        session.add(row)
    return row.id


def reason_of(toolbox, planned_id):
    with toolbox.reading() as session:
        return session.get(PlannedLecture, planned_id).not_held_reason


def test_the_holidays_of_a_country_and_region_are_there_to_choose_from(toolbox, school):
    found = dict(days_off.holidays_ahead(toolbox, "IN", "mh"))
    assert found[REPUBLIC_DAY] == "Republic Day"
    assert min(found) >= date(2027, 1, 19)
    for country, region, field in (("XX", "", "country"), ("IN", "ZZ", "region")):
        with pytest.raises(InvalidInput) as refused:
            days_off.holidays_ahead(toolbox, country, region)
        assert refused.value.field == field


def test_a_day_off_takes_what_is_planned_on_it_and_gives_it_back(toolbox, school):
    on_it = planned(toolbox, school, datetime(2027, 1, 26, 4, 30, tzinfo=UTC))
    late_the_day_before = planned(toolbox, school, datetime(2027, 1, 25, 18, 0, tzinfo=UTC))  # 23:30 in India
    assert days_off.add_days_off(toolbox, OFFICE, {REPUBLIC_DAY: "Republic Day"}) == 1
    assert reason_of(toolbox, on_it) == "Republic Day"
    assert reason_of(toolbox, late_the_day_before) is None
    days_off.add_days_off(toolbox, OFFICE, {REPUBLIC_DAY: "Parade"})
    assert reason_of(toolbox, on_it) == "Parade"
    assert days_off.remove_day_off(toolbox, OFFICE, 1) == 1
    assert reason_of(toolbox, on_it) is None


def test_a_broken_day_of_a_calendar_is_named(toolbox, school):
    calendar = (
        "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:x\r\nBEGIN:VEVENT\r\nUID:e\r\nSUMMARY:Exams\r\n"
        "DTSTART;VALUE=DATE:20270230\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n"
    )
    with pytest.raises(WorkbookRefused, match=r"“Exams” \(line 4, start 20270230\): DTSTART"):
        days_off.read_days(toolbox, calendar.encode())


def test_days_come_from_a_calendar_with_whole_days_or_from_a_table(toolbox, school):
    calendar = (
        "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:x\r\nBEGIN:VEVENT\r\nUID:e\r\nSUMMARY:Exams\r\n"
        "DTSTART;VALUE=DATE:20270301\r\nDTEND;VALUE=DATE:20270304\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n"
    )
    exams = [(date(2027, 3, number), "Exams") for number in (1, 2, 3)]
    assert days_off.read_days(toolbox, calendar.encode()) == exams
    table = b"Date,Name\n1 Mar 2027,Exams\n2027-03-02,Exams\n03/03/2027,Exams\n1 Mar 2020,long ago\n"
    assert days_off.read_days(toolbox, table) == exams
    for broken in (b"Date,Name\nsoon,Exams\n", b"Name\nExams\n", b"Date,Name\n1 Mar 2020,long ago\n"):
        with pytest.raises(WorkbookRefused) as refused:
            days_off.read_days(toolbox, broken)
        assert isinstance(refused.value.sentence, Sentence)


def test_a_planned_lecture_that_is_not_held_waits_for_nobody_and_is_nothing_to_come(toolbox, school):
    soon = planned(toolbox, school, NOW + timedelta(hours=1))
    with toolbox.reading() as session:
        assert [each.id for each in plan.waiting_today(toolbox, session, school.ids["teacher"])[0]] == [soon]
    with pytest.raises(NotFound):
        say_planned_not_held(toolbox, STRANGER, soon, "ill")
    with pytest.raises(InvalidInput):
        say_planned_not_held(toolbox, school.actor, soon, "  ")
    say_planned_not_held(toolbox, school.actor, soon, "the teacher was ill")
    with toolbox.reading() as session:
        assert plan.waiting_today(toolbox, session, school.ids["teacher"])[0] == []
    found = class_totals(toolbox, school.actor, SeriesAsked(school.ids["class"]))
    assert found.students[0].outlook.remaining == 1  # the lecture that runs


def test_what_was_opened_says_so_itself(toolbox, school):
    begun = planned(toolbox, school, NOW)
    plan.start_planned(toolbox, school.actor, begun)
    with pytest.raises(Conflict):
        say_planned_not_held(toolbox, OFFICE, begun, "ill", for_the_office=True)


def test_a_lecture_that_was_not_held_leaves_every_total_and_mails_nobody(toolbox, school):
    lecture_id = school.ids["lecture"]
    give_addresses(toolbox, school.ids["meera"], "iyer@home.in")
    set_mark(toolbox, school.actor, lecture_id, school.ids["meera"], MarkStatus.ABSENT, expected=None)
    close_lecture(toolbox, school.actor, lecture_id)
    with toolbox.reading() as session:
        seen = plan_mail(session, session.get(Lecture, lecture_id)).fingerprint
    send_mail(toolbox, school.actor, lecture_id, seen=seen)
    say_lecture_not_held(toolbox, school.actor, lecture_id, "the bus did not come")
    found = class_totals(toolbox, school.actor, SeriesAsked(school.ids["class"]))
    assert [each.held for each in found.students] == [0, 0]
    assert list(found.lectures) == []
    assert student_history_of(toolbox, school.actor, school.ids["meera"]).lines == []
    with toolbox.reading() as session:
        assert session.query(OutgoingMail).count() == 0
    with pytest.raises(Conflict, match="not held"):
        send_mail(toolbox, school.actor, lecture_id, seen=seen)
    reopen_lecture(toolbox, school.actor, lecture_id)
    close_lecture(toolbox, school.actor, lecture_id)
    assert class_totals(toolbox, school.actor, SeriesAsked(school.ids["class"])).students[0].held == 1


def test_a_register_nobody_took_is_told_to_the_teacher_that_evening_and_to_the_office_next_morning(
    toolbox, school, mail_server
):
    from shared.services.accounts.lifecycle import create_admin

    create_admin(toolbox, OFFICE, email=ADMIN_EMAIL, name="Anita Desai")
    planned(toolbox, school, NOW)
    held = planned(toolbox, school, NOW + timedelta(hours=1), "Maths")
    say_planned_not_held(toolbox, school.actor, held, "ill")
    move(toolbox, hours=3)  # one in the afternoon: the lecture is over
    with toolbox.reading() as session:
        assert [each.subject for each in list_untaken(toolbox, session)] == ["Physics"]
    sweep(toolbox)
    assert mail_server.messages == []
    move(toolbox, hours=5)
    sweep(toolbox)
    sweep(toolbox)
    (evening,) = mail_server.messages
    assert evening["To"] == TEACHER_EMAIL
    assert "CO6GA Physics" in evening.get_content()
    assert "Maths" not in evening.get_content()
    move(toolbox, hours=13)
    sweep(toolbox)
    sweep(toolbox)
    assert [message["To"] for message in mail_server.messages] == [TEACHER_EMAIL, ADMIN_EMAIL]
    assert "Asha Rao" in mail_server.messages[1].get_content()


def test_of_two_admins_the_one_who_was_told_is_not_told_again(toolbox, school, mail_server):
    from shared.services.accounts.lifecycle import create_admin

    for email in (ADMIN_EMAIL, "second@school.example"):
        create_admin(toolbox, OFFICE, email=email, name="Anita Desai")
    planned(toolbox, school, NOW)
    move(toolbox, hours=8)
    sweep(toolbox)
    mail_server.messages.clear()
    mail_server.answer = lambda recipients: "250 kept" if recipients == [ADMIN_EMAIL] else "451 later"
    move(toolbox, hours=13)
    sweep(toolbox)
    sweep(toolbox)
    assert [message["To"] for message in mail_server.messages] == [ADMIN_EMAIL]


def test_a_mail_server_that_is_down_is_asked_again(toolbox, school):
    planned(toolbox, school, NOW)
    move(toolbox, hours=9)
    nobody_answers = Toolbox(replace(toolbox.settings, mail_port=1), now=toolbox.now)
    sweep(nobody_answers)
    nobody_answers.engine.dispose()
    with toolbox.reading() as session:
        assert session.query(PlannedLecture).one().told_teacher_at is None


def test_a_plan_that_comes_again_finds_the_days_off(toolbox, school):
    from shared.services.timetable.plan_import import import_plan, review_upload
    from shared.services.timetable.reading import Span

    days_off.add_days_off(toolbox, OFFICE, {REPUBLIC_DAY: "Republic Day"})
    rows = b"Class,Subject,Teacher,Day,Begins\nCO6GA,Physics,Asha Rao,Tuesday,10:00\n"
    span = Span(date(2027, 1, 20), date(2027, 2, 10))
    found = review_upload(toolbox, OFFICE, file_name="plan.csv", content=rows, span=span)
    import_plan(toolbox, 1, found.draft_id)
    with toolbox.reading() as session:
        reasons = [each.not_held_reason for each in session.query(PlannedLecture).order_by(PlannedLecture.id)]
        assert session.query(DayOff).count() == 1
    assert reasons == ["Republic Day", None, None]
