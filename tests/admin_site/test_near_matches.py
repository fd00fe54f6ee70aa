"""What the office says of faces that are like each other, and of those a teacher confirmed."""

import pytest

from shared.jobs.worker import run_job
from shared.persistence.tables import FaceModelRow, ModelOffer
from shared.services.faces import class_photos, enrolment
from tests.admin_site.conftest import SITE
from tests.support.office import agree, give_offer, photo_of, zip_of


@pytest.fixture
def twins(office):
    """Meera is enrolled; Ravi is her twin, with photos that wait."""
    agree(office.toolbox, office, office.meera, office.ravi)
    for student_id, person in ((office.meera, "meera"), (office.ravi, "twin of meera")):
        for number in range(3):
            content = photo_of(person, number)
            enrolment.add_photo(office.toolbox, office.actor, student_id, file_name="a", content=content)
        if student_id == office.meera:
            run_job(office.toolbox, enrolment.start_training(office.toolbox, office.actor, student_id))
    return office


def train_ravi(office):
    job = enrolment.start_training(office.toolbox, office.actor, office.ravi, accepted=[office.meera])
    run_job(office.toolbox, job)


def test_the_enrolment_page_names_both_before_anything_is_saved(desk, twins):
    desk.open(f"/students/{twins.ravi}/enrolment")
    desk.fill("Train")
    assert "Ravi Patil" in desk.told()
    assert "Meera Iyer, 15203A0042 in CO6GA" in desk.told()
    with twins.toolbox.reading() as session:
        assert session.query(FaceModelRow).count() == 1


def test_the_zips_page_asks_for_the_decision_first(desk, twins):
    enrolment.discard_photos(twins.toolbox, twins.actor, twins.ravi)
    zip_file = zip_of({"15203A0043_1.png": photo_of("twin of meera", 5), "nobody.png": photo_of("ravi")})
    run_job(
        twins.toolbox,
        class_photos.receive_class_photos(twins.toolbox, twins.actor, twins.class_id, zip_file),
    )
    page = desk.open(f"/classes/{twins.class_id}/photos")
    assert [each.get_text(strip=True) for each in page.select("details > summary")] == ["Not used: 1 file"]
    (undecided,) = page.select("[aria-labelledby=decide] li")
    assert "15203A0043 Ravi Patil" in undecided.get_text(" ", strip=True)
    assert "take this face for Meera Iyer, 15203A0042 in CO6GA" in undecided.get_text(" ", strip=True)
    assert undecided.a["href"] == f"/students/{twins.ravi}/decision"


def test_the_readiness_board_lists_the_look_alikes_of_each_class(desk, twins):
    assert "look-alikes" not in desk.open("/").get_text()
    train_ravi(twins)
    page = desk.open("/")
    assert "1 pair of look-alikes" in page.select_one("details summary").get_text()
    names = {link.get_text(strip=True) for link in page.select("details li a")}
    assert names == {"Meera Iyer (15203A0042)", "Ravi Patil (15203A0043)"}


@pytest.mark.parametrize(("press", "photos"), [("Learn from this face", 4), ("Erase it", 3)])
def test_the_students_page_says_what_a_confirmed_face_would_change(desk, twins, press, photos):
    give_offer(twins)
    page = desk.open(f"/students/{twins.meera}")
    assert "Confirmed by a teacher" in page.get_text()
    assert "once learnt it would be" in desk.told()
    desk.fill(press)
    assert desk.status == 200
    assert "Confirmed by a teacher" not in desk.told()
    with twins.toolbox.reading() as session:
        row = session.query(FaceModelRow).filter_by(student_id=twins.meera).one()
        assert (row.photo_count, session.query(ModelOffer).count()) == (photos, 0)


def test_a_decision_that_is_none_changes_nothing(desk, twins):
    give_offer(twins)
    desk.open(f"/students/{twins.meera}")
    answer = desk.client.post(
        f"/students/{twins.meera}/offers/1",
        base_url=SITE,
        data={"csrf_token": desk.page.select_one("[name=csrf_token]")["value"], "decision": "maybe"},
        headers={"Referer": SITE + "/"},
    )
    assert answer.status_code == 400
    with twins.toolbox.reading() as session:
        assert session.query(ModelOffer).count() == 1
