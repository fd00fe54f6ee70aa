"""The office lets a colleague cover for a teacher who is ill, and takes it back."""

from datetime import timedelta

from shared.persistence.tables import Cover, PlannedLecture, SchoolClass, Teacher
from shared.services.accounts.lifecycle import create_teacher


def test_the_office_grants_for_a_sick_teacher_and_takes_it_back(desk, office):
    toolbox = office.toolbox
    for name in ("Asha Rao", "Bina Shah"):
        create_teacher(toolbox, office.actor, email=f"{name.split()[0]}@school.example", name=name)
    begins = toolbox.now() + timedelta(days=1)
    with toolbox.sessions.begin() as session:
        asha, bina = (session.query(Teacher).filter_by(name=name).one() for name in ("Asha Rao", "Bina Shah"))
        session.add(
            PlannedLecture(
                subject="Physics", teacher_id=asha.id, room="", identity="x", starts_at=begins,
                ends_at=begins + timedelta(hours=1), classes=[session.get(SchoolClass, office.class_id)],
            )
        )  # fmt: skip
    desk.open("/timetable")
    assert "who covers for whom" in desk.told()
    desk.open("/timetable/covers")
    assert "Nobody covers at the moment." in desk.told()
    desk.open(f"/timetable/covers?teacher_id={asha.id}")
    assert "Physics" in desk.told()
    desk.fill("Let them cover", colleague_id=str(bina.id), first="1 Jan 2020")
    assert "This day is over." in desk.error_at("first")
    assert desk.page.select_one("[name=first]")["value"] == "1 Jan 2020"
    day = f"{toolbox.settings.clock.day_of(begins):%d %b %Y}"
    desk.fill("Let them cover", colleague_id=str(bina.id), first=day)
    assert "Bina Shah covers 1 planned lecture." in desk.page.get_text()
    assert "Bina Shah for Asha Rao" in desk.told()
    desk.fill("Take back")
    assert "Nobody covers at the moment." in desk.told()
    with toolbox.reading() as session:
        assert session.query(Cover).one().taken_back_at is not None
