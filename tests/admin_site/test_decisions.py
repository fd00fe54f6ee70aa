"""After a zip that shows one student as another: both faces, three answers, and nothing open is forgotten."""

import pytest

from shared.jobs.worker import run_job
from shared.persistence import faces
from shared.services.faces import class_photos
from tests.support.office import add_student, agree, photo_of, zip_of

HTTPS = "https://localhost:4555"


@pytest.fixture
def asked(desk, office):
    """The page of the class's photos after Ravi's showed somebody like Meera."""
    agree(office.toolbox, office, office.meera, office.ravi)
    files = {"15203A0042.jpg": photo_of("meera"), "15203A0043.jpg": photo_of("twin of meera")}
    run_job(
        office.toolbox,
        class_photos.receive_class_photos(office.toolbox, office.actor, office.class_id, zip_of(files)),
    )
    return desk.open(f"/classes/{office.class_id}/photos")


def enrolled(office):
    with office.toolbox.reading() as session:
        return {each for each in (office.meera, office.ravi) if faces.find_sealed_model(session, each)}


def test_decide_leads_straight_to_the_question_with_both_faces(desk, office, asked):
    assert "Your decision is needed" in desk.told()
    assert asked.select_one(".verdict")["data-mood"] == "open"  # not good as long as something is open
    page = desk.open(next(a["href"] for a in asked.select("main a") if "Decide" in a.get_text()))
    assert page.select_one("h1").get_text() == "Whose face is it?"
    pictures = page.select(".faces img")
    assert [each["alt"] for each in pictures] == ["Photo 1 of Ravi Patil"]
    assert "No photo is kept of this face." in desk.told()  # Meera's went when she was enrolled
    answer = desk.client.get(pictures[0]["src"], base_url=HTTPS)
    assert (answer.mimetype, answer.data[:2]) == ("image/jpeg", b"\xff\xd8")
    other = pictures[0]["src"].replace(f"/{office.ravi}/", f"/{office.meera}/")
    assert desk.client.get(other, base_url=HTTPS).status_code == 404
    assert [each["value"] for each in page.select("main button[name=answer]")] == [
        "theirs",
        "another",
        "one person",
    ]


def test_readiness_shows_what_is_open_and_leads_to_it(desk, office, asked):
    page = desk.open("/")
    link = next(a for a in page.select("a.count") if "decision" in a.get_text())
    assert link["href"] == f"/students/{office.ravi}/decision"


def test_a_page_of_a_student_says_that_photos_wait_and_leads_to_the_question(desk, office, asked):
    page = desk.open(f"/students/{office.ravi}")
    assert "Photos of this student wait for you" in desk.told()
    assert [a["href"] for a in page.select("main a.btn-primary")] == [f"/students/{office.ravi}/decision"]
    desk.open(f"/students/{office.meera}")
    assert "Photos of this student wait for you" not in desk.told()


def test_who_enrols_one_after_the_other_meets_the_question_first_and_can_pass_by(desk, office, asked):
    desk.open(f"/classes/{office.class_id}/enrol-next")
    assert desk.path == f"/students/{office.ravi}/decision"
    asha = add_student(office.toolbox, office, "Asha Rao", "15203A0044")
    agree(office.toolbox, office, asha)
    page = desk.open(f"/students/{office.ravi}/decision")
    desk.open(next(a["href"] for a in page.select("main a") if "Enrol next student" in a.get_text()))
    assert desk.path == f"/students/{asha}/enrolment"


def test_two_people_who_look_alike_are_both_enrolled(desk, office, asked):
    desk.open(f"/students/{office.ravi}/decision")
    desk.fill("Two people who look alike.")
    run_job(office.toolbox, office.queue.started[-1])
    assert enrolled(office) == {office.meera, office.ravi}
    page = desk.open(f"/classes/{office.class_id}/photos")
    assert page.select_one(".verdict")["data-mood"] == "good"
    assert "Your decision is needed" not in desk.told()
    assert "You have decided about it." in desk.told()


@pytest.mark.parametrize("answer", ["The photos show Meera Iyer.", "One person under two roll ids."])
def test_photos_of_somebody_else_are_deleted(desk, office, asked, answer):
    desk.open(f"/students/{office.ravi}/decision")
    desk.fill(answer)
    assert "The photos were deleted." in desk.told()
    assert enrolled(office) == {office.meera}
    with office.toolbox.reading() as session:
        assert list(faces.list_students_waiting(session)) == []
    desk.open(f"/students/{office.ravi}/decision")
    assert desk.path == f"/students/{office.ravi}/enrolment"  # nothing to decide any more


def test_no_answer_is_no_decision(desk, office, asked):
    desk.open(f"/students/{office.ravi}/decision")
    assert desk.ask(f"/students/{office.ravi}/decision").status_code == 400


@pytest.mark.parametrize("answer", ["The photos show somebody else.", "The photos show Meera Iyer."])
def test_photos_unlike_the_face_so_far_are_decided_about(desk, office, asked, answer):
    files = {"15203A0042.jpg": photo_of("ravi")}
    run_job(
        office.toolbox,
        class_photos.receive_class_photos(office.toolbox, office.actor, office.class_id, zip_of(files)),
    )
    page = desk.open(f"/students/{office.meera}/decision")
    assert "do not look like the face that is enrolled for Meera Iyer so far" in desk.told()
    assert [each["value"] for each in page.select("main button[name=answer]")] == ["theirs", "another"]
    started = len(office.queue.started)
    desk.fill(answer)
    is_theirs = answer == "The photos show Meera Iyer."
    assert len(office.queue.started) == started + is_theirs
    assert ("is being enrolled" if is_theirs else "The photos were deleted.") in desk.told()
