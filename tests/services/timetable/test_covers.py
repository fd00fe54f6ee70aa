"""A colleague covers: holds the lectures of the plan that were granted, for so long, and nothing else."""

from datetime import UTC, date, datetime, timedelta
from types import SimpleNamespace

import pytest

from shared.domain.attendance import MarkStatus
from shared.errors import Conflict, InvalidInput, NotFound
from shared.persistence import attendance, covers, timetable
from shared.persistence.tables import AuditEntry, Cover, Lecture, PlannedLecture, SchoolClass, Teacher
from shared.security.tokens import digest
from shared.services.accounts.lifecycle import create_teacher
from shared.services.attendance.lectures import close_lecture, open_lecture
from shared.services.attendance.marks import set_mark
from shared.services.attendance.student_history import student_history_of
from shared.services.attendance.term_correction import download_term
from shared.services.attendance.totals import SeriesAsked, class_totals
from shared.services.audit import Actor
from shared.services.people.registration import set_teacher_active
from shared.services.timetable import plan
from shared.services.timetable.covers import CoverAsked, grant_cover, take_back
from shared.services.timetable.not_held import say_planned_not_held
from shared.services.timetable.untaken import list_untaken, sweep
from shared.toolbox import Toolbox
from tests.support.families import mail_variables
from tests.support.school import TEACHER_EMAIL, found_school

OFFICE = Actor(site="office", email="office@school.example", account_id=1)
# Tuesday, ten in the morning in India; Physics is at 11:00 today and on each of the next three days.
NOW = datetime(2027, 1, 19, 4, 30, tzinfo=UTC)
BEGINS = NOW + timedelta(hours=1)
TODAY, TOMORROW = date(2027, 1, 19), date(2027, 1, 20)


def clocked(settings):
    hands = SimpleNamespace(now=NOW)
    toolbox = Toolbox(settings, now=lambda: hands.now)
    toolbox.__dict__["hands"] = hands
    return toolbox


@pytest.fixture
def toolbox(sqlite_url, make_settings, mail_server):
    toolbox = clocked(make_settings(sqlite_url, **mail_variables(mail_server)))
    yield toolbox
    toolbox.engine.dispose()


@pytest.fixture
def school(toolbox):
    return staffed(toolbox)


def staffed(toolbox):
    """Asha Rao with her plan, and Bina Shah and Ravi Kumar, who teach no class."""
    school = found_school(toolbox)
    for name in ("Bina Shah", "Ravi Kumar"):
        email = f"{name.split()[0].lower()}@school.example"
        create_teacher(toolbox, OFFICE, email=email, name=name)
    with toolbox.sessions.begin() as session:
        people = {each.name.split()[0].lower(): each for each in session.query(Teacher)}
        school.bina, school.ravi = (
            Actor(site="classroom", email=people[name].email, account_id=people[name].id)
            for name in ("bina", "ravi")
        )
        rows = []
        for day in range(4):
            begins = BEGINS + timedelta(days=day)
            row = PlannedLecture(
                subject="Physics", teacher_id=school.ids["teacher"], room="3", identity=digest(f"{day}"),
                starts_at=begins, ends_at=begins + timedelta(minutes=50),
                classes=[session.get(SchoolClass, school.ids["class"])],
            )  # fmt: skip
            rows.append(row)
        session.add_all(rows)
        session.flush()
        school.planned = [row.id for row in rows]
    return school


def move(toolbox, **by):
    toolbox.__dict__["hands"].now += timedelta(**by)


def grant(toolbox, school, *, by=None, to=None, **what):
    what = what or {"first": TODAY, "last": TOMORROW}
    asked = CoverAsked(school.ids["teacher"], (to or school.bina).account_id, **what)
    return grant_cover(toolbox, by or school.actor, asked)


def waiting(toolbox, who):
    with toolbox.reading() as session:
        return [each.id for each in plan.waiting_today(toolbox, session, who.account_id)[0]]


def count_covers(toolbox):
    with toolbox.reading() as session:
        return session.query(Cover).count()


def test_the_colleague_holds_the_lecture_and_the_teacher_reads_it(toolbox, school):
    assert grant(toolbox, school) == 2
    assert waiting(toolbox, school.bina) == school.planned[:1]
    assert waiting(toolbox, school.ravi) == []
    move(toolbox, hours=1)
    with pytest.raises(Conflict, match="Bina Shah covers this lecture"):
        plan.start_planned(toolbox, school.actor, school.planned[0])
    with pytest.raises(NotFound):
        plan.start_planned(toolbox, school.ravi, school.planned[0])
    lecture_id = plan.start_planned(toolbox, school.bina, school.planned[0])
    meera = school.ids["meera"]
    set_mark(
        toolbox, school.bina, lecture_id, meera, MarkStatus.PRESENT, expected=None, note="came with a bandage"
    )
    with pytest.raises(NotFound):
        set_mark(toolbox, school.actor, lecture_id, meera, MarkStatus.ABSENT, expected=None)
    close_lecture(toolbox, school.bina, lecture_id)
    with toolbox.reading() as session:
        lecture = session.get(Lecture, lecture_id)
        assert (lecture.teacher_id, lecture.held_by) == (
            school.bina.account_id, "Bina Shah, for Asha Rao",
        )  # fmt: skip
        assert covers.find_held_for(session, school.ids["teacher"], lecture_id).id == lecture_id
        assert covers.find_held_for(session, school.bina.account_id, lecture_id) is None
        said = session.query(AuditEntry).filter(AuditEntry.lecture_id == lecture_id).all()
        assert {each.actor for each in said} == {school.bina.email}
        assert all(each.subject.startswith(f"lecture {lecture_id}, for Asha Rao: ") for each in said)


def test_it_counts_in_the_teachers_totals_with_its_notes(toolbox, school):
    grant(toolbox, school)
    move(toolbox, hours=1)
    lecture_id = plan.start_planned(toolbox, school.bina, school.planned[0])
    set_mark(
        toolbox,
        school.bina,
        lecture_id,
        school.ids["meera"],
        MarkStatus.PRESENT,
        expected=None,
        note="a bandage",
    )
    close_lecture(toolbox, school.bina, lecture_id)
    mine = SeriesAsked(school.ids["class"], teacher_id=school.ids["teacher"])
    found = class_totals(toolbox, school.actor, mine)
    assert "Bina Shah, for Asha Rao" in [each.teacher for each in found.lectures]
    with pytest.raises(InvalidInput, match="You held no lecture"):  # to read, not to correct
        download_term(toolbox, school.actor, SeriesAsked(school.ids["class"], subject="Physics"))
    (line,) = [
        each
        for each in student_history_of(toolbox, school.actor, school.ids["meera"]).lines
        if each.lecture_id == lecture_id
    ]
    assert (line.note, line.is_own) == ("a bandage", True)


def test_nothing_else_of_the_teachers_is_opened_to_the_colleague(toolbox, school):
    grant(toolbox, school)
    with pytest.raises(NotFound):
        class_totals(toolbox, school.bina, SeriesAsked(school.ids["class"]))
    with pytest.raises(NotFound):
        student_history_of(toolbox, school.bina, school.ids["meera"])
    with pytest.raises(InvalidInput, match="classes you teach"):
        open_lecture(
            toolbox, school.bina, subject="X", class_ids=[school.ids["class"]], minutes=9, opening_key="k"
        )
    with pytest.raises(NotFound):
        close_lecture(toolbox, school.bina, school.ids["lecture"])
    with pytest.raises(NotFound):
        say_planned_not_held(toolbox, school.bina, school.planned[2], "ill")
    with toolbox.reading() as session:
        assert attendance.classes_of(session, school.bina.account_id) == []


def test_it_ends_by_itself_after_its_last_day(toolbox, school):
    grant(toolbox, school)
    move(toolbox, days=1)
    assert waiting(toolbox, school.bina) == [school.planned[1]]
    move(toolbox, days=1)
    assert waiting(toolbox, school.bina) == []
    move(toolbox, hours=1)
    with pytest.raises(NotFound):
        plan.start_planned(toolbox, school.bina, school.planned[1])
    with pytest.raises(NotFound):
        plan.start_planned(toolbox, school.bina, school.planned[2])
    assert plan.start_planned(toolbox, school.actor, school.planned[2])


def test_it_is_taken_back_and_what_was_opened_stays(toolbox, school):
    grant(toolbox, school, by=OFFICE)
    move(toolbox, hours=1)
    opened = plan.start_planned(toolbox, school.bina, school.planned[0])
    for stranger in (school.bina, school.ravi):
        with pytest.raises(NotFound):
            take_back(toolbox, stranger, 1)
    take_back(toolbox, school.actor, 1)
    take_back(toolbox, OFFICE, 1, for_the_office=True)
    close_lecture(toolbox, school.bina, opened)
    move(toolbox, days=1)
    assert waiting(toolbox, school.bina) == []
    assert waiting(toolbox, school.actor) == [school.planned[1]]
    with toolbox.reading() as session:
        actions = [each.action for each in session.query(AuditEntry).order_by(AuditEntry.id)]
    assert actions.count("grant cover") == actions.count("take back cover") == 1


def test_one_lecture_is_covered_and_no_other_of_its_day(toolbox, school):
    with toolbox.sessions.begin() as session:
        other = PlannedLecture(
            subject="Optics", teacher_id=school.ids["teacher"], room="", identity="o",
            starts_at=BEGINS + timedelta(hours=2), ends_at=BEGINS + timedelta(hours=3),
            classes=[session.get(SchoolClass, school.ids["class"])],
        )  # fmt: skip
        session.add(other)
    assert grant(toolbox, school, planned_id=school.planned[0]) == 1
    assert waiting(toolbox, school.bina) == [school.planned[0]]
    grant(toolbox, school, to=school.ravi, planned_id=other.id)
    assert waiting(toolbox, school.ravi) == [other.id]
    with toolbox.sessions.begin() as session:  # the plan moves it to another day
        row = session.get(PlannedLecture, school.planned[0])
        row.starts_at, row.ends_at = (at + timedelta(days=9) for at in (row.starts_at, row.ends_at))
    move(toolbox, hours=2)
    assert waiting(toolbox, school.bina) == []
    with toolbox.sessions.begin() as session:  # and takes the other out
        timetable.remove(session, [other.id])
    assert count_covers(toolbox) == 1


def test_two_colleagues_may_cover_one_day_after_the_other(toolbox, school):
    grant(toolbox, school, first=TODAY)
    grant(toolbox, school, to=school.ravi, first=TOMORROW)
    assert count_covers(toolbox) == 2


def test_what_cannot_be_granted_is_a_sentence_and_changes_nothing(toolbox, school):
    grant(toolbox, school, first=date(2027, 1, 21))
    set_teacher_active(toolbox, OFFICE, school.ravi.account_id, active=False)
    refused = [
        ({"to": school.ravi}, "does not teach here any more", "colleague_id"),
        ({"to": school.actor}, "nobody covers for themselves", "colleague_id"),
        ({"to": Actor("", "", account_id=99)}, "does not teach here any more", "colleague_id"),
        ({"to": Actor("", "", account_id=0)}, "Choose who covers", "colleague_id"),
        ({"first": date(2027, 1, 18)}, "This day is over", "first"),
        ({"last": TOMORROW}, "Choose a lecture, or type the first day", "first"),
        ({"first": TOMORROW, "last": TODAY}, "comes before the first", "last"),
        ({"first": TODAY, "last": date(2027, 9, 1)}, "for 190 days at most", "last"),
        ({"first": TODAY, "last": date(2027, 1, 22)}, "Bina Shah covers on 21 Jan 2027 already", "first"),
        ({"planned_id": school.planned[2]}, "covers on 21 Jan 2027 already", "planned_id"),
    ]
    for what, sentence, field in refused:
        with pytest.raises(InvalidInput, match=sentence) as said:
            grant(toolbox, school, **({"first": TODAY} | what if set(what) == {"to"} else what))
        assert said.value.field == field
    asked = CoverAsked(school.bina.account_id, school.ids["teacher"], planned_id=school.planned[0])
    with pytest.raises(NotFound):
        grant_cover(toolbox, school.bina, asked)
    say_planned_not_held(toolbox, school.actor, school.planned[3], "ill")
    move(toolbox, hours=1)
    plan.start_planned(toolbox, school.actor, school.planned[0])
    move(toolbox, days=1, hours=2)
    for number, sentence in ((0, "opened already"), (1, "is over"), (3, "is not held")):
        with pytest.raises(InvalidInput, match=sentence):
            grant(toolbox, school, planned_id=school.planned[number])
    assert count_covers(toolbox) == 1


def test_what_the_teacher_opened_before_is_not_shown_to_the_colleague(toolbox, school):
    move(toolbox, hours=1)
    plan.start_planned(toolbox, school.actor, school.planned[0])
    assert grant(toolbox, school) == 1
    assert waiting(toolbox, school.bina) == []


def test_a_deactivated_colleague_covers_nothing(toolbox, school):
    grant(toolbox, school)
    set_teacher_active(toolbox, OFFICE, school.bina.account_id, active=False)
    move(toolbox, hours=1)
    assert plan.start_planned(toolbox, school.actor, school.planned[0])


def test_a_register_not_taken_is_told_to_who_covers(toolbox, school, mail_server):
    grant(toolbox, school, first=TODAY)
    move(toolbox, hours=3)
    with toolbox.reading() as session:
        (own, covered) = (
            [each.id for each in list_untaken(toolbox, session, who.account_id)]
            for who in (school.actor, school.bina)
        )
    assert (own, covered) == ([], school.planned[:1])
    move(toolbox, hours=6)  # seven in the evening
    sweep(toolbox)
    (letter,) = mail_server.messages
    assert letter["To"] == school.bina.email
    assert "CO6GA Physics, for Asha Rao" in letter.get_content()
    move(toolbox, hours=12)  # seven in the morning: the cover has ended
    with toolbox.reading() as session:
        assert [each.id for each in list_untaken(toolbox, session, school.ids["teacher"])] == covered


def test_once_the_cover_has_ended_the_teacher_is_told(toolbox, school, mail_server):
    grant(toolbox, school, first=TODAY)
    move(toolbox, hours=15)  # one in the morning: the worker was off in the evening
    sweep(toolbox)
    assert [letter["To"] for letter in mail_server.messages] == [TEACHER_EMAIL]


def test_the_calendar_says_who_holds_it(toolbox, school):
    grant(toolbox, school)
    own, theirs = (
        plan.write_own_calendar(toolbox, plan.make_link(toolbox, who)) for who in (school.actor, school.bina)
    )
    assert own.count(b"Physics (Bina Shah covers)") == theirs.count(b"SUMMARY") == 2
    assert b"Physics\\, for Asha Rao" in theirs


def test_both_databases_keep_one_cover_of_a_day(database_url, make_settings):
    toolbox = clocked(make_settings(database_url))
    school = staffed(toolbox)
    assert grant(toolbox, school) == 2
    with pytest.raises(InvalidInput, match="from 19 Jan 2027 to 20 Jan 2027 already"):
        grant(toolbox, school, to=school.ravi, first=TOMORROW)
    move(toolbox, hours=1)
    lecture_id = plan.start_planned(toolbox, school.bina, school.planned[0])
    assert plan.start_planned(toolbox, school.bina, school.planned[0]) == lecture_id
    take_back(toolbox, school.actor, 1)
    assert grant(toolbox, school, to=school.ravi, first=TOMORROW) == 1
    toolbox.engine.dispose()
