"""The office brings a plan in: sees what it would change, applies it, and finds it with the teacher."""

from datetime import UTC, datetime, timedelta
from io import BytesIO

import openpyxl
import pytest

from shared.jobs.worker import end_cut_off_jobs, run_job
from shared.persistence import jobs
from shared.persistence.tables import Job, PlannedLecture
from shared.services.accounts.lifecycle import create_teacher

HEAD = "Class,Subject,Teacher,Room,Day,Begins,Ends\n"


def send(desk, rows, **typed):
    desk.open("/timetable")
    return desk.fill("Preview", file=(BytesIO((HEAD + rows).encode()), "plan.csv"), **typed)


def test_a_plan_is_seen_first_and_then_brought_in(desk, office):
    create_teacher(office.toolbox, office.actor, email="asha@school.example", name="Asha Rao")
    send(desk, "CO6GA,Physics,Asha Rao,3,Monday,10:00,10:50\n")
    assert "new" in desk.told()
    assert "Asha Rao: CO6GA" in desk.told()
    desk.fill("Apply this plan")
    assert "Waiting" in desk.told() or desk.page.select_one("#progress")
    with office.toolbox.reading() as session:
        job_id = session.query(Job).one().id
    run_job(office.toolbox, job_id)
    desk.open("/timetable")
    assert "The plan is in: " in desk.told()
    with office.toolbox.reading() as session:
        rooms = {each.room for each in session.query(PlannedLecture)}
    assert rooms == {"3"}


def test_a_plan_whose_worker_was_killed_is_sent_again(desk, office):
    toolbox = office.toolbox
    create_teacher(toolbox, office.actor, email="asha@school.example", name="Asha Rao")
    rows = "CO6GA,Physics,Asha Rao,3,Monday,10:00,10:50\n"
    for _ in range(2):
        send(desk, rows)
        desk.fill("Apply this plan")
        with toolbox.sessions.begin() as session:
            jobs.claim(session, session.query(Job).all()[-1].id, now=toolbox.now())
        assert not desk.open("/timetable").select_one("input[type=file]")
        end_cut_off_jobs(toolbox.with_(now=lambda: datetime.now(UTC) + timedelta(minutes=11)))
        desk.open("/timetable")
        assert str(jobs.FAILED) in desk.told()
    send(desk, rows)
    desk.fill("Apply this plan")
    with toolbox.reading() as session:
        job_id = session.query(Job).all()[-1].id
    run_job(toolbox, job_id)
    assert "The plan is in: " in desk.open("/timetable").text


def test_what_is_wrong_stands_with_its_row_and_nothing_is_applied(desk, office):
    send(desk, "CO6GX,Physics,Nobody,3,Monday,10:00,10:50\n")
    assert "Row 2: There is no class CO6GX. Did you mean CO6GA?" in desk.told()
    assert "Apply this plan" not in desk.told()


def test_a_file_that_is_no_plan_and_none_at_all_are_said_at_the_field(desk, office):
    desk.open("/timetable")
    desk.fill("Preview")
    assert "choose a file first" in desk.error_at("file")
    desk.fill("Preview", file=(BytesIO(b"%PDF-1.7"), "plan.pdf"))
    assert "This is a PDF" in desk.error_at("file")


def test_days_the_wrong_way_round_stay_as_they_were_typed(desk, office):
    later = office.toolbox.now().date() + timedelta(days=5)
    send(desk, "x\n", first=later.isoformat(), last=(later - timedelta(days=2)).isoformat())
    assert "comes before the first" in desk.error_at("last")


@pytest.mark.parametrize("minutes", ["4", "721", "1000000000000000", "9" * 400])
def test_a_length_that_no_lecture_has_is_refused_at_its_field(desk, office, minutes):
    send(desk, "x\n", minutes=minutes)
    assert "A lecture lasts 5 to 720 minutes." in desk.error_at("minutes")


def test_the_template_is_a_plan_we_read(desk, office):
    answer = desk.client.get("/timetable/template.xlsx", base_url="https://localhost:4555")
    book = openpyxl.load_workbook(BytesIO(answer.data))
    heads = [cell.value for cell in book["Timetable"][1]]
    assert heads == ["Class", "Subject", "Teacher", "Room", "Day", "Date", "Begins", "Ends"]
