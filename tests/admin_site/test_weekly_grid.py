"""The office types a week: rows come and go with what was typed, a review, and the grid opened again."""

from shared.jobs.worker import run_job
from shared.persistence.tables import Job, PlannedLecture, WeeklyGrid
from shared.services.accounts.lifecycle import create_teacher
from shared.services.timetable.weekly_grid import rows_of


def row(at, **typed):
    usual = {
        "day": "Monday", "begins": "10:00", "ends": "10:50", "class_code": "CO6GA", "subject": "Physics",
        "teacher": "asha@school.example", "room": "3",
    }  # fmt: skip
    return {f"rows-{at}-{name}": text for name, text in {**usual, **typed}.items()}


def value(desk, name):
    return desk.page.select_one(f"[name={name}]").get("value", "")


def test_rows_are_added_and_removed_without_losing_what_was_typed(desk):
    desk.open("/timetable")
    desk.open(desk.page.find("a", string="type it in a weekly grid")["href"])
    desk.fill("Add rows", **row(0), **row(1, subject="Maths", day="Friday"), first="tomorow")
    assert len(desk.page.select("fieldset[id^=row-]")) == 10
    desk.fill("Remove row 1")
    assert len(desk.page.select("fieldset[id^=row-]")) == 9
    assert value(desk, "rows-0-subject") == "Maths"
    assert desk.page.select_one("[name=rows-0-day] option[selected]")["value"] == "Friday"
    assert value(desk, "first") == "tomorow"
    desk.fill("Preview")
    assert "give a date" in desk.error_at("first")
    assert value(desk, "rows-0-subject") == "Maths"


def test_a_week_is_seen_first_then_brought_in_and_opened_again(desk, office):
    create_teacher(office.toolbox, office.actor, email="asha@school.example", name="Asha Rao")
    desk.open("/timetable/grid")
    desk.fill("Preview", **row(0), **row(1, class_code="CO6GX"))
    at_row = desk.page.select_one("#row-2-errors").get_text(" ", strip=True)
    assert "There is no class CO6GX. Did you mean CO6GA?" in at_row
    assert value(desk, "rows-1-class_code") == "CO6GX"
    desk.fill("Preview", **row(1, day="Tuesday"))
    assert not desk.page.select("[id$=-errors]")
    desk.fill("Apply this plan")
    with office.toolbox.reading() as session:
        run_job(office.toolbox, session.query(Job).one().id)
    desk.open("/timetable")
    assert "The plan is in: " in desk.told()
    desk.open(desk.page.select_one("#grids + ul a")["href"])
    desk.fill("Preview", **{"rows-0-room": "4"})
    assert desk.page.find("summary", string="Moved or changed")
    assert not desk.page.find("summary", string="New")
    with office.toolbox.reading() as session:
        assert {each.room for each in session.query(PlannedLecture)} == {"3"}
    desk.fill("Forget this grid")
    assert "is forgotten" in desk.page.get_text()
    assert not desk.page.select("#grids")


def test_a_grid_that_holds_nothing_is_refused_above_its_rows(desk):
    desk.open("/timetable/grid")
    desk.fill("Preview")
    assert desk.status == 400
    assert "at least one lecture" in desk.page.select_one("[role=alert]").get_text()


def test_rows_that_a_colleague_typed_meanwhile_are_not_written_over_unseen(desk, office):
    create_teacher(office.toolbox, office.actor, email="asha@school.example", name="Asha Rao")
    desk.open("/timetable/grid")
    desk.fill("Preview", **row(0))
    mine = desk.open("/timetable/grids/1")
    desk.fill("Preview", **row(1, day="Tuesday"))
    desk.fill("Preview", **row(2, day="Wednesday"))  # who goes on typing is nobody else
    assert desk.status == 200
    desk.page, desk.path = mine, "/timetable/grids/1"
    desk.fill("Preview", **row(1, day="Friday"))
    assert desk.status == 409
    assert "Somebody else changed this grid" in desk.page.select_one("[role=alert]").get_text()
    assert desk.page.select_one("[name=rows-1-day] option[selected]")["value"] == "Friday"
    assert kept_days(office) == ["Monday", "Tuesday", "Wednesday"]
    desk.fill("Preview")
    assert kept_days(office) == ["Monday", "Friday"]


def test_a_grid_sent_twice_by_one_press_is_no_conflict(desk, office):
    desk.open("/timetable/grid")
    desk.fill("Preview", **row(0))
    mine = desk.open("/timetable/grids/1")
    desk.fill("Preview", **row(1, day="Friday"))
    desk.page, desk.path = mine, "/timetable/grids/1"
    desk.fill("Preview", **row(1, day="Friday"))
    assert desk.status == 200


def kept_days(office):
    with office.toolbox.reading() as session:
        rows = rows_of(session.query(WeeklyGrid).one())
    return [each.day for each in rows if not each.is_blank]
