"""The office's calendar: holidays to choose from, days added and given back, registers not taken."""

from datetime import timedelta
from io import BytesIO

from shared.persistence.tables import DayOff, PlannedLecture, SchoolClass
from shared.services.accounts.lifecycle import create_teacher


def days(office):
    with office.toolbox.reading() as session:
        return [(each.day, each.name) for each in session.query(DayOff)]


def test_days_are_chosen_and_taken_over(desk, office):
    desk.open("/calendar")
    later = office.toolbox.now().date() + timedelta(days=9)
    desk.fill("Preview", file=(BytesIO(f"Date,Name\n{later},Sports day\n".encode()), "days.csv"))
    assert "Sports day" in desk.told()
    assert days(office) == []
    desk.fill("Add the chosen days")
    assert days(office) == [(later, "Sports day")]
    desk.fill("Remove")
    assert days(office) == []


def test_the_holidays_of_a_country_are_looked_at_and_a_wrong_region_is_said(desk, office):
    desk.open("/calendar")
    desk.fill("Preview", country="IN", region="")
    assert "Republic Day" in desk.told()
    desk.fill("Preview", country="IN", region="ZZ")
    assert "There is no such region. It may be" in desk.told()
    assert desk.page.select_one("[name=region]")["value"] == "ZZ"


def test_a_register_nobody_took_is_shown_and_can_be_said_not_held(desk, office):
    create_teacher(office.toolbox, office.actor, email="asha@school.example", name="Asha Rao")
    began = office.toolbox.now() - timedelta(hours=3)
    with office.toolbox.sessions.begin() as session:
        session.add(
            PlannedLecture(
                subject="Physics", teacher_id=1, room="", identity="x", starts_at=began,
                ends_at=began + timedelta(hours=1), classes=[session.get(SchoolClass, office.class_id)],
            )
        )  # fmt: skip
    desk.open("/calendar")
    assert "Physics, Asha Rao" in desk.told()
    desk.fill("Not held", reason="the teacher was ill")
    assert "All registers were taken." in desk.told()
