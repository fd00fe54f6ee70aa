"""The kiosk's request with a film: signed whole, limited before it is opened, answered in words."""

from uuid import uuid4

import pytest

from shared.domain.head_turn import Side
from shared.persistence.tables import Mark
from tests.services.kiosk.test_turns import STILL, Film, frames, give_film
from tests.support.eyes import MEERA_LOOKS
from tests.support.phones import Refused
from tests.support.school import enrol
from tests.teacher_site.conftest import SITE

ROLL_ID, CLASS_CODE = "15203A0042", "CO6GA"


@pytest.fixture
def phone(kiosk, toolbox, school):
    enrol(toolbox, school.ids["meera"], [MEERA_LOOKS.tolist()] * 3)
    give_film(toolbox, Film())
    kiosk.at_the_kiosk.open()
    return kiosk.at_the_kiosk


@pytest.fixture
def asked(phone, photo):
    """The key of a check-in that was answered with a turn to the left."""
    key = str(uuid4())
    told = phone.check_in(ROLL_ID, photo, CLASS_CODE, idempotency_key=key)
    assert (told["outcome"], told["turn"]) == ("turn_head", {"side": "left"})
    assert told["may_call_teacher"]
    assert told["name"] is None
    return key


def marks(toolbox):
    with toolbox.reading() as session:
        return session.query(Mark).count()


def test_a_film_of_the_turn_marks_the_student(phone, asked, photo, toolbox):
    told = phone.turn_head(ROLL_ID, photo, CLASS_CODE, turn_of=asked, frames=frames())
    assert (told["outcome"], told["name"], told["turn"]) == ("present", "Meera Iyer", None)
    assert marks(toolbox) == 1


def test_after_two_films_without_a_turn_the_teacher_can_be_called(phone, asked, photo, toolbox):
    give_film(toolbox, Film(moves=STILL))
    key = str(uuid4())
    request = phone.write(
        "/kiosk/turn", ROLL_ID, photo, CLASS_CODE, film=(asked, frames()), idempotency_key=key
    )
    again = phone.client.post(f"{SITE}/kiosk/turn", **request).json()
    assert (again["outcome"], again["turn"]) == ("turn_again", {"side": Side.LEFT})
    assert again["sentence"] == "Turn your head a little more."
    failed = phone.turn_head(ROLL_ID, photo, CLASS_CODE, turn_of=key, frames=frames())
    assert (failed["outcome"], failed["turn"], failed["may_call_teacher"]) == ("turn_failed", None, True)
    assert phone.call_teacher(ROLL_ID, photo, CLASS_CODE)["outcome"] == "asked_teacher"
    assert marks(toolbox) == 0


def test_a_frame_exchanged_on_the_way_is_refused(phone, asked, photo, toolbox):
    request = phone.write("/kiosk/turn", ROLL_ID, photo, CLASS_CODE, film=(asked, frames()))
    request["files"][3] = ("frame", ("frame.jpg", frames(9)[8], "image/jpeg"))
    assert phone.client.post(f"{SITE}/kiosk/turn", **request).status_code == 403
    assert marks(toolbox) == 0


def test_frames_in_another_order_than_they_were_signed_are_refused(phone, asked, photo, toolbox):
    request = phone.write("/kiosk/turn", ROLL_ID, photo, CLASS_CODE, film=(asked, frames()))
    request["files"][1:] = request["files"][:0:-1]
    assert phone.client.post(f"{SITE}/kiosk/turn", **request).status_code == 403
    assert marks(toolbox) == 0


def test_a_captured_film_sent_again_marks_nobody(phone, asked, photo, toolbox):
    give_film(toolbox, Film(moves=STILL))
    request = phone.write("/kiosk/turn", ROLL_ID, photo, CLASS_CODE, film=(asked, frames()))
    assert phone.client.post(f"{SITE}/kiosk/turn", **request).json()["outcome"] == "turn_again"
    give_film(toolbox, Film())
    assert phone.client.post(f"{SITE}/kiosk/turn", **request).json()["outcome"] == "too_late"
    assert marks(toolbox) == 0


@pytest.mark.parametrize(
    ("film", "status"),
    [
        ([b"\xff\xd8" + bytes(5_000_000)] * 12, 413),
        ([b"\xff\xd8" + bytes(400_000)] * 10, 400),
        (frames(13), 400),
        ([b"GIF89a" + bytes(200)] * 10, 400),
    ],
    ids=["twelve of 5 MB", "ten of 400 kB", "thirteen", "animated GIFs"],
)
def test_a_film_beyond_the_limits_is_refused_before_it_is_opened(phone, asked, photo, toolbox, film, status):
    with pytest.raises(Refused, match=str(status)):
        phone.turn_head(ROLL_ID, photo, CLASS_CODE, turn_of=asked, frames=film)
    assert marks(toolbox) == 0


def test_without_frames_or_question_nobody_is_marked(phone, asked, photo, toolbox):
    told = phone.turn_head(ROLL_ID, photo, CLASS_CODE, turn_of=asked, frames=())
    assert told["outcome"] == "turn_again"
    told = phone.turn_head(ROLL_ID, photo, CLASS_CODE, turn_of=str(uuid4()), frames=frames())
    assert told["outcome"] == "too_late"
    for no_key in ("", "é", "x" * 900_000):
        with pytest.raises(Refused, match="400"):
            phone.turn_head(ROLL_ID, photo, CLASS_CODE, turn_of=no_key, frames=frames())
    assert marks(toolbox) == 0
