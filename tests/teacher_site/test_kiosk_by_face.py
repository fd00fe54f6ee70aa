"""Roll id by face at the kiosk's addresses: signed whole, and only a Yes marks."""

from uuid import uuid4

import pytest

from shared.persistence.tables import Lecture, Mark
from tests.services.kiosk.test_turns import Film, frames, give_film
from tests.support.eyes import MEERA_LOOKS, NEW_LOOKS, Eyes, give_eyes
from tests.support.phones import Refused
from tests.support.school import enrol
from tests.teacher_site.conftest import SITE


@pytest.fixture
def phone(toolbox, school, kiosk):
    enrol(toolbox, school.ids["meera"], [MEERA_LOOKS.tolist()] * 3)
    give_eyes(toolbox, Eyes())
    with toolbox.sessions.begin() as session:
        session.get_one(Lecture, school.ids["lecture"]).roll_id_by_face = True
    kiosk.at_the_kiosk.open()
    return kiosk.at_the_kiosk


@pytest.fixture
def asked(phone, photo):
    """The key of a photo that was answered with the name."""
    key = str(uuid4())
    told = phone.check_in("", photo, "", idempotency_key=key)
    assert (told["outcome"], told["name"]) == ("is_it_you", "Meera Iyer")
    assert (told["class_code"], told["roll_id"], told["here"]) == ("CO6GA", "15203A0042", 0)
    return key


def marks(toolbox):
    with toolbox.reading() as session:
        return session.query(Mark).count()


def test_a_yes_to_the_name_marks(phone, asked, photo, toolbox):
    told = phone.say_yes(asked, photo)
    assert (told["outcome"], told["name"], told["here"]) == ("present", "Meera Iyer", 1)
    assert marks(toolbox) == 1


def test_the_page_tells_its_script_of_the_choice_and_holds_no_name(phone, kiosk, asked, toolbox, school):
    page = kiosk.get("/kiosk").text
    assert "data-by-face" in page
    assert "Meera" not in page
    with toolbox.sessions.begin() as session:
        session.get_one(Lecture, school.ids["lecture"]).roll_id_by_face = False
    page = kiosk.get("/kiosk").text
    assert "data-by-face" not in page
    assert 'id="name"' not in page


@pytest.mark.parametrize("changed", ["photo_digest", "yes_to", "idempotency_key", "ticket"])
def test_a_yes_changed_on_the_way_is_refused(phone, asked, photo, toolbox, changed):
    another = phone.fetch_ticket() if changed == "ticket" else str(uuid4())
    with pytest.raises(Refused, match="403"):
        phone.say_yes(asked, photo, **{f"sent_{changed}": another})
    assert marks(toolbox) == 0


def test_a_captured_yes_sent_again_marks_nobody(phone, asked, photo, toolbox):
    again = {"ticket": phone.fetch_ticket(), "key": str(uuid4())}
    assert phone.say_yes(asked, photo, **again)["outcome"] == "present"
    with toolbox.sessions.begin() as session:
        session.query(Mark).delete()
    assert phone.say_yes(asked, photo, **again)["outcome"] == "too_late"
    assert marks(toolbox) == 0


def test_a_roll_id_written_into_a_photo_without_one_is_refused(phone, photo, toolbox):
    request = phone.write("/kiosk/check-in", "", photo, "")
    request["data"]["roll_id"] = "15203A0042"
    assert phone.client.post(f"{SITE}/kiosk/check-in", **request).status_code == 403
    assert marks(toolbox) == 0


def test_a_stranger_is_asked_for_the_roll_id(phone, photo, toolbox):
    give_eyes(toolbox, Eyes(NEW_LOOKS))
    told = phone.check_in("", photo, "")
    assert (told["outcome"], told["headline"]) == ("not_identified", "Please type your roll id")
    assert (told["name"], told["roll_id"], told["may_call_teacher"]) == (None, None, False)


def test_the_name_comes_after_the_turn_of_the_head(phone, photo, toolbox):
    give_film(toolbox, Film())
    key, film_key = str(uuid4()), str(uuid4())
    told = phone.check_in("", photo, "", idempotency_key=key)
    assert (told["outcome"], told["turn"], told["name"]) == ("turn_head", {"side": "left"}, None)
    request = phone.write("/kiosk/turn", "", photo, "", film=(key, frames()), idempotency_key=film_key)
    told = phone.client.post(f"{SITE}/kiosk/turn", **request).json()
    assert (told["outcome"], told["name"]) == ("is_it_you", "Meera Iyer")
    assert phone.say_yes(film_key, photo)["outcome"] == "present"


def test_the_teacher_is_told_what_students_do_before_the_phone_goes_round(teacher, school, toolbox):
    address = f"/lectures/{school.ids['lecture']}/kiosk"
    assert "type their roll id" in teacher.page(address).main.get_text()
    with toolbox.sessions.begin() as session:
        session.get_one(Lecture, school.ids["lecture"]).roll_id_by_face = True
    told = teacher.page(address).main.get_text()
    assert "say Yes to their name" in told
    assert "type their roll id" not in told
