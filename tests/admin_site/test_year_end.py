"""The page of the year's end: a preview first, what was chosen stays, and one press does all of it."""

from datetime import timedelta

from shared.persistence import people
from shared.persistence.tables import Lecture, Teacher
from shared.security.tokens import digest
from shared.services.accounts.lifecycle import create_teacher
from tests.support.office import agree


def choices(desk):
    return {
        select["name"]: select.select_one("option[selected]")["value"]
        for select in desk.page.select("select[name^=choice-]")
    }


def test_a_class_moves_on_after_a_preview(desk, office):
    agree(office.toolbox, office, office.ravi)
    desk.open(f"/classes/{office.class_id}/edit")
    desk.open(desk.page.find("a", string="Move this class on …")["href"])
    assert set(choices(desk).values()) == {"moves"}
    desk.fill("Preview", class_code="co7ga", **{f"choice-{office.ravi}": "leaves"})
    told = desk.told()
    assert "nothing is done yet" in told
    assert "1 moves to CO7GA, which is added" in told
    assert "1 leaves and is deactivated" in told
    assert "1 family agreed to attendance in class, and that ends." in told
    assert choices(desk) == {f"choice-{office.meera}": "moves", f"choice-{office.ravi}": "leaves"}
    with office.toolbox.reading() as session:
        assert people.get_student(session, office.meera).class_id == office.class_id
    desk.fill("Apply these changes")
    assert "1 moved to CO7GA, 1 left and was deactivated." in desk.told()
    with office.toolbox.reading() as session:
        assert people.get_student(session, office.meera).school_class.class_code == "CO7GA"
        assert not people.get_student(session, office.ravi).active


def test_a_refusal_keeps_what_was_chosen(desk, office):
    path = f"/classes/{office.class_id}/year-end"
    desk.open(path)
    desk.fill("Preview", class_code="CO6GA", **{f"choice-{office.ravi}": "stays"})
    assert "This is the class they are in." in desk.told()
    assert desk.page.find(id="class_code")["value"] == "CO6GA"
    assert choices(desk)[f"choice-{office.ravi}"] == "stays"
    desk.fill("Preview", class_code="")
    assert "Please type the class to move to." in desk.told()


def test_a_number_that_no_table_can_hold_is_no_student(desk, office):
    path = f"/classes/{office.class_id}/year-end"
    desk.open(path)
    fields = {"csrf_token": desk.page.select_one("input[name=csrf_token]")["value"], "class_code": "CO7GA"}
    sent = {**fields, f"choice-{'1' * 4301}": "moves"}
    site = "https://localhost:4555"
    answer = desk.client.post(path, base_url=site, data=sent, headers={"Referer": site + path})
    assert answer.status_code < 500


def test_a_lecture_that_goes_on_is_told_before_the_class_moves(desk, office):
    lecture_id = open_a_lecture(office)
    desk.open(f"/classes/{office.class_id}/year-end")
    everybody_stays = dict.fromkeys(choices(desk), "stays")
    desk.fill("Preview", class_code="CO7GA")
    told = desk.told()
    assert "1 lecture of this class is not closed: Algebra" in told
    assert (
        "Asha Rao. Marks in it stay; who moves or leaves without a mark is no longer on its register" in told
    )
    desk.fill("Preview", **everybody_stays)
    assert "is not closed" not in desk.told()
    with office.toolbox.sessions.begin() as session:
        session.get_one(Lecture, lecture_id).closed_at = office.toolbox.now()
    desk.open(f"/classes/{office.class_id}/year-end")
    desk.fill("Preview", class_code="CO7GA")
    assert "is not closed" not in desk.told()


def open_a_lecture(office):
    now, email = office.toolbox.now(), "asha@school.example"
    create_teacher(office.toolbox, office.actor, email=email, name="Asha Rao")
    with office.toolbox.sessions.begin() as session:
        lecture = Lecture(
            subject="Algebra",
            teacher=session.query(Teacher).filter_by(email=email).one(),
            classes=[people.get_class(session, office.class_id)],
            starts_at=now - timedelta(minutes=5),
            ends_at=now + timedelta(minutes=55),
            opening_key=digest("algebra"),
        )
        session.add(lecture)
        session.flush()
        return lecture.id
