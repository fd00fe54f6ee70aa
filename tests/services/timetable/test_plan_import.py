"""A term's plan comes in: looked at first, whole or not at all, and never over a lecture that was opened."""

import re
from datetime import UTC, date, datetime, timedelta
from threading import Thread

import pytest

from shared.errors import Conflict, WorkbookRefused
from shared.jobs.worker import run_job
from shared.persistence import timetable
from shared.persistence.tables import (
    AuditEntry,
    Job,
    PlanDraft,
    PlannedLecture,
    Teacher,
    Teaching,
)
from shared.services.audit import Actor
from shared.services.timetable import plan, plan_import
from shared.services.timetable.plan_import import review_upload, start_import
from shared.services.timetable.reading import Span
from shared.toolbox import Toolbox
from tests.services.timetable.conftest import NOW
from tests.support.school import TEACHER_EMAIL, found_school

OFFICE = Actor(site="office", email="office@school.example", account_id=1)
TERM = Span(date(2026, 11, 30), date(2026, 12, 31))
HEAD = "Class,Subject,Teacher,Room,Day,Begins,Ends\n"
PHYSICS = "CO6GA,Physics,Asha Rao,3,Monday,10:00,10:50\n"
MATHS = "CO6GA,Maths,asha.rao@school.example,3,Tuesday,10:00,10:50\n"


def calendar(*events):
    lines = ["BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//tests//", *events, "END:VCALENDAR", ""]
    return "\r\n".join(lines).encode()


def event(uid="u1", summary="CO6GA Physics", *more, start="20261201T100000", end="20261201T105000"):
    zone = ";TZID=Europe/Berlin"
    return "\r\n".join(
        [
            *("BEGIN:VEVENT", f"UID:{uid}", f"SUMMARY:{summary}"),
            *(f"DTSTART{zone}:{start}", f"DTEND{zone}:{end}"),
            *(f"ATTENDEE:mailto:{TEACHER_EMAIL}", "LOCATION:3", *more, "END:VEVENT"),
        ]
    )


def review(toolbox, content, *, span=TERM, **how):
    content = content if isinstance(content, bytes) else content.encode()
    return review_upload(toolbox, OFFICE, file_name="plan", content=content, span=span, **how)


def apply(toolbox, found):
    assert found.problems == ()
    job_id = start_import(toolbox, OFFICE, found.draft_id)
    run_job(toolbox, job_id)
    with toolbox.reading() as session:
        return session.get(Job, job_id)


def planned(toolbox):
    clock = toolbox.settings.clock
    with toolbox.reading() as session:
        rows = session.query(PlannedLecture).order_by(PlannedLecture.starts_at).all()
        assert all(row.draft_id is None for row in rows)
        return [(f"{clock.local(row.starts_at):%d %b %H:%M}", row.subject) for row in rows]


def test_a_table_is_looked_at_first_and_then_applied_as_a_whole(toolbox, school):
    found = review(toolbox, HEAD + PHYSICS + MATHS)
    assert (len(found.changes.added), found.by_class) == (10, [("CO6GA", 10)])
    assert planned(toolbox) == []
    job = apply(toolbox, found)
    assert (job.state, job.sentence) == ("done", "The plan is in: 10 planned, 0 moved, 0 taken out.")
    assert planned(toolbox)[:3] == [
        ("30 Nov 10:00", "Physics"),
        ("01 Dec 10:00", "Maths"),
        ("07 Dec 10:00", "Physics"),
    ]
    with toolbox.reading() as session:
        actions = [each.action for each in session.query(AuditEntry)]
    assert actions[-2:] == ["import timetable", "apply timetable"]


def test_a_second_press_finds_the_first_ones_job_and_applies_nothing_twice(toolbox, school):
    found = review(toolbox, HEAD + PHYSICS)
    apply(toolbox, found)
    assert start_import(toolbox, OFFICE, found.draft_id) == 1
    assert len(planned(toolbox)) == 5


def test_the_same_plan_again_changes_nothing_and_another_moves_what_is_to_come(toolbox, school):
    apply(toolbox, review(toolbox, HEAD + PHYSICS + MATHS))
    again = review(toolbox, HEAD + PHYSICS + MATHS)
    assert (again.changes.total, again.changes.unchanged, again.draft_id) == (0, 10, None)
    moved = review(toolbox, HEAD + PHYSICS.replace(",3,", ",Hall,"))
    assert (len(moved.changes.moved), len(moved.changes.removed)) == (5, 5)
    assert apply(toolbox, moved).state == "done"
    with toolbox.reading() as session:
        assert {row.room for row in session.query(PlannedLecture)} == {"Hall"}


def test_only_adding_takes_nothing_out(toolbox, school):
    apply(toolbox, review(toolbox, HEAD + PHYSICS))
    apply(toolbox, review(toolbox, HEAD + MATHS, only_add=True))
    assert len(planned(toolbox)) == 10


def test_a_lecture_that_was_opened_is_neither_moved_nor_doubled(toolbox, school):
    apply(toolbox, review(toolbox, HEAD + PHYSICS))
    toolbox.__dict__["hands"].now = datetime(2026, 11, 30, 8, 45, tzinfo=UTC)  # a quarter to ten in Berlin
    lecture_id = plan.start_planned(toolbox, school.actor, 1)
    for row in (PHYSICS, PHYSICS.replace("10:00", "10:05")):
        found = review(toolbox, HEAD + row)
        if found.draft_id:
            apply(toolbox, found)
    with toolbox.reading() as session:
        first = session.get(PlannedLecture, 1)
        assert (first.lecture_id, toolbox.settings.clock.show_time(first.starts_at)) == (lecture_id, "10:00")
        assert session.query(PlannedLecture).filter(PlannedLecture.starts_at > NOW).count() >= 5


def test_two_plans_that_were_looked_at_together_are_not_both_applied(toolbox, school):
    first, second = review(toolbox, HEAD + PHYSICS), review(toolbox, HEAD + PHYSICS)
    apply(toolbox, first)
    job = apply(toolbox, second)
    assert job.state == "failed"
    assert "Another plan was applied meanwhile" in job.sentence
    assert len(planned(toolbox)) == 5


def test_an_import_that_breaks_off_beside_another_takes_nothing_of_it(toolbox, school, monkeypatch):
    first, second = review(toolbox, HEAD + PHYSICS + MATHS), review(toolbox, HEAD + PHYSICS)
    stage, put_in_place = timetable.stage, plan_import._apply
    other = start_import(toolbox, OFFICE, second.draft_id)

    def stage_or_fail(session, draft_id, slots):
        if draft_id == second.draft_id:
            raise OSError
        stage(session, draft_id, slots)

    def meet_the_other(toolbox, draft_id, *rest):
        run_job(toolbox, other)
        put_in_place(toolbox, draft_id, *rest)

    monkeypatch.setattr(timetable, "stage", stage_or_fail)
    monkeypatch.setattr(plan_import, "_apply", meet_the_other)
    assert apply(toolbox, first).sentence == "The plan is in: 10 planned, 0 moved, 0 taken out."
    assert len(planned(toolbox)) == 10
    with toolbox.reading() as session:
        assert session.get(Job, other).state == "failed"


def test_a_plan_is_not_taken_out_when_not_every_new_lecture_came_in(toolbox, school, monkeypatch):
    apply(toolbox, review(toolbox, HEAD + PHYSICS))
    put_in_place = plan_import._apply

    def lose_some(toolbox, draft_id, *rest):
        with toolbox.sessions.begin() as session:
            session.delete(session.query(PlannedLecture).filter_by(draft_id=draft_id).first())
        put_in_place(toolbox, draft_id, *rest)

    monkeypatch.setattr(plan_import, "_apply", lose_some)
    job = apply(toolbox, review(toolbox, HEAD + MATHS))
    assert (job.state, "Not every lecture of this plan came in" in job.sentence) == ("failed", True)
    assert {subject for _, subject in planned(toolbox)} == {"Physics"}


def test_of_two_plans_that_are_applied_in_the_same_moment_one_comes_in(
    database_url, make_settings, monkeypatch
):
    toolbox = Toolbox(make_settings(database_url, TIME_ZONE="Europe/Berlin"), now=lambda: NOW)
    found_school(toolbox)
    first, second = review(toolbox, HEAD + PHYSICS), review(toolbox, HEAD + PHYSICS)
    other = start_import(toolbox, OFFICE, second.draft_id)
    second_worker = Thread(target=run_job, args=(toolbox, other))
    remove = timetable.remove

    def meet_the_other(session, planned_ids):
        if not second_worker.ident:
            second_worker.start()
            second_worker.join(timeout=1)
        return remove(session, planned_ids)

    monkeypatch.setattr(timetable, "remove", meet_the_other)
    assert apply(toolbox, first).state == "done"
    second_worker.join()
    with toolbox.reading() as session:
        assert "Another plan was applied meanwhile" in session.get(Job, other).sentence
    assert len(planned(toolbox)) == 5
    toolbox.engine.dispose()


def test_a_plan_of_yesterday_is_looked_at_again(toolbox, school):
    found = review(toolbox, HEAD + PHYSICS)
    toolbox.__dict__["hands"].now = NOW + timedelta(days=2)
    with pytest.raises(Conflict):
        start_import(toolbox, OFFICE, found.draft_id)


def test_whoever_the_plan_names_teaches_the_class_from_then_on(toolbox, school):
    found = review(toolbox, HEAD + PHYSICS.replace("CO6GA", "CO6GA + CO6GB"))
    assert found.teaching == ["Asha Rao: CO6GB"]
    apply(toolbox, found)
    with toolbox.reading() as session:
        assert session.query(Teaching).count() == 2


@pytest.mark.parametrize(
    ("rows", "said"),
    [
        (PHYSICS.replace("CO6GA", "CO6GX"), "There is no class CO6GX."),
        (PHYSICS.replace("CO6GA", "CO5OLD"), "this class has ended"),
        (PHYSICS.replace("Asha Rao", "Asha Roa"), "There is no teacher “Asha Roa”."),
        (PHYSICS + MATHS.replace("Tuesday", "Monday"), "Asha Rao would have two lectures at once"),
        (PHYSICS.replace("10:00,10:50", "25:00,"), "not times of day"),
    ],
)
def test_what_is_wrong_is_said_by_row_and_nothing_is_kept(toolbox, school, rows, said):
    found = review(toolbox, HEAD + rows)
    assert said in " ".join(problem.sentence for problem in found.problems)
    assert found.draft_id is None
    with toolbox.reading() as session:
        assert session.query(PlanDraft).count() == 0


def test_a_teacher_of_two_names_alike_has_to_be_told_apart(toolbox, school):
    with toolbox.sessions.begin() as session:
        session.add(
            Teacher(
                name="Asha Rao", email="other@school.example", password="x", active=True,
                must_change_password=False, fs_uniquifier="other", created_at=NOW,
            )
        )  # fmt: skip
    (problem,) = review(toolbox, HEAD + PHYSICS).problems
    assert "Several teachers are called Asha Rao" in problem.sentence


def test_a_clash_with_what_stands_for_another_class_is_found(toolbox, school):
    apply(toolbox, review(toolbox, HEAD + PHYSICS.replace("CO6GA", "CO6GB")))
    (problem,) = review(toolbox, HEAD + PHYSICS).problems
    assert "in the plan already" in problem.sentence


def test_the_hour_that_daylight_saving_skips_is_said(toolbox, school):
    spring = Span(date(2027, 3, 1), date(2027, 4, 30))
    (problem,) = review(
        toolbox, HEAD + PHYSICS.replace("Monday,10:00,10:50", "Sunday,02:30,03:30"), span=spring
    ).problems
    assert "28 Mar 2027 the clocks jump" in problem.sentence


def test_a_calendars_series_keeps_its_hour_over_daylight_saving_with_its_exceptions(toolbox, school):
    moved = event("u1", "CO6GA Physics", "RECURRENCE-ID;TZID=Europe/Berlin:20270330T100000",
                  start="20270331T120000", end="20270331T125000")  # fmt: skip
    series = event(
        "u1", "CO6GA Physics", "RRULE:FREQ=WEEKLY", "EXDATE;TZID=Europe/Berlin:20270323T100000",
        start="20270316T100000", end="20270316T105000",
    )  # fmt: skip
    span = Span(date(2027, 3, 1), date(2027, 4, 14))
    found = review(toolbox, calendar(series, moved), span=span)
    assert found.notes == ["1 series never ends; it is planned until 14 Apr 2027."]
    apply(toolbox, found)
    assert [when for when, _ in planned(toolbox)] == [
        "16 Mar 10:00", "31 Mar 12:00", "06 Apr 10:00", "13 Apr 10:00",
    ]  # fmt: skip


def test_a_calendars_lecture_that_moves_keeps_its_place_in_the_plan(toolbox, school):
    apply(toolbox, review(toolbox, calendar(event())))
    found = review(toolbox, calendar(event(start="20261201T140000", end="20261201T145000")))
    assert len(found.changes.moved) == 1
    apply(toolbox, found)
    assert planned(toolbox) == [("01 Dec 14:00", "Physics")]


@pytest.mark.parametrize(
    ("one", "said"),
    [
        (event(summary="Physics"), "names no class"),
        (event().replace("ATTENDEE", "X-NOBODY"), "names no teacher"),
        (event(end="20261201T090000"), "ends before it begins"),
        (event().replace(";TZID=Europe/Berlin:20261201T100000", ";VALUE=DATE:20261201").replace(
            ";TZID=Europe/Berlin:20261201T105000", ";VALUE=DATE:20261202"), "lasts whole days"),
    ],
)  # fmt: skip
def test_a_calendars_event_that_is_no_lecture_is_said(toolbox, school, one, said):
    (problem,) = review(toolbox, calendar(one)).problems
    assert said in problem.sentence


def test_a_clash_in_the_file_is_told_beside_what_else_is_wrong(toolbox, school):
    rows = (
        HEAD + PHYSICS + PHYSICS.replace("Physics", "Optics") + "CO9ZZ,Maths,Asha Rao,3,Friday,10:00,10:50\n"
    )
    told = review(toolbox, rows).problems
    assert [problem.row for problem in told] == [2, 2, 4]
    assert "two lectures at once: Physics here and Optics in row 3" in told[0].sentence
    assert "There is no class CO9ZZ" in told[2].sentence


BROKEN = event("u2", "CO6GA Optics")
FAULTS = {
    "a day that is none": (
        BROKEN.replace("20261201T100000", "20260230T100000"),
        "DTSTART cannot be read: “20260230T100000”.",
    ),
    "no start": (
        re.sub(r"DTSTART[^\r]*\r\n", "", BROKEN),
        "(line 12, start –): it has no start (DTSTART).",
    ),
    "an unknown rule": (event("u2", "CO6GA Optics", "RRULE:FREQ=NEVERLY"), "RRULE cannot be read"),
    "no such second": (event("u2", "CO6GA Optics", "RRULE:FREQ=SECONDLY;BYSECOND=61"), "cannot be read"),
    "every 0 days": (event("u2", "CO6GA Optics", "RRULE:FREQ=DAILY;INTERVAL=0"), "RRULE cannot"),
    "exceptions that are none": (
        event("u2", "CO6GA Optics", "RRULE:FREQ=DAILY;COUNT=3", "EXDATE:soon"),
        "EXDATE cannot be read: “soon”.",
    ),
    "two starts": (BROKEN.replace("LOCATION:3", "DTSTART:20261201T100000Z"), "do not go together"),
    "a zone nobody knows": (BROKEN.replace("Europe/Berlin", "Nowhere/Land"), "time zone “Nowhere/Land”"),
    "no end of the event": (BROKEN.replace("\r\nEND:VEVENT", ""), "its end (END:VEVENT) is missing"),
    "a start of no type": (BROKEN.replace(";TZID=Europe/Berlin:20261201T105000", ";VALUE=DATE:20261202"),
                           "do not go together"),
}  # fmt: skip


@pytest.mark.parametrize(("broken", "said"), FAULTS.values(), ids=FAULTS.keys())
def test_one_broken_event_is_named_and_nothing_is_applied(toolbox, school, broken, said):
    found = review(toolbox, calendar(event(), broken, event("u3", "CO6GA Maths", start="20261202T100000",
                                                            end="20261202T105000")))  # fmt: skip
    (problem,) = found.problems
    assert problem.row == 2
    assert problem.sentence.startswith("“CO6GA Optics” (line 12")
    assert said in problem.sentence
    assert found.draft_id is None  # there is nothing that could be applied


def test_every_broken_event_is_named_beside_what_else_is_wrong(toolbox, school):
    found = review(toolbox, calendar(event("u1", "Physics"), FAULTS["no start"][0], FAULTS["two starts"][0]))
    assert [problem.row for problem in found.problems] == [1, 2, 3]


def test_what_a_calendar_leaves_out_the_form_says(toolbox, school):
    bare = event(summary="Physics").replace("ATTENDEE", "X-NOBODY")
    ids = {"class_id": school.ids["class"], "teacher_id": school.ids["teacher"]}
    found = review(toolbox, calendar(bare), span=Span(TERM.first, TERM.last, **ids))
    assert len(found.changes.added) == 1


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (calendar(*(event(f"u{number}") for number in range(5_001))), "more than 5,000 events"),
        (calendar(event("u", "CO6GA Physics", "RRULE:FREQ=MINUTELY")), "more than 10,000 lectures|too much"),
        (b"%PDF-1.7", "This is a PDF"),
    ],
)
def test_a_file_that_is_too_much_or_none_is_refused_in_a_sentence(toolbox, school, content, said):
    with pytest.raises(WorkbookRefused, match=said):
        review(toolbox, content)
