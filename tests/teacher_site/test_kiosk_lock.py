"""What a copied cookie, a captured request and trying again and again come to at the kiosk: nothing."""

import base64
import re
from datetime import timedelta
from functools import partial
from io import BytesIO, RawIOBase
from types import SimpleNamespace
from uuid import uuid4

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa

from shared.domain.photo_verdict import PhotoVerdict
from shared.persistence.tables import CheckIn, KioskPass, KioskTicket, Mark
from shared.vision.faces import FaceReading
from shared.web import kiosk_pass
from tests.support.eyes import MEERA_LOOKS, RAVI_LOOKS, Eyes, give_eyes
from tests.support.phones import Phone as KioskPhone
from tests.support.phones import Refused
from tests.support.school import enrol
from tests.support.stand_ins import stand_in
from tests.teacher_site.conftest import SITE, Phone

ROLL_ID, CLASS_CODE = "15203A0042", "CO6GA"


@pytest.fixture
def meera(toolbox, school):
    """Meera is enrolled and stands before the camera."""
    enrol(toolbox, school.ids["meera"], [MEERA_LOOKS.tolist()] * 3)
    return give_eyes(toolbox, Eyes())


@pytest.fixture
def phone(kiosk) -> KioskPhone:
    """The phone that was handed round, its key bound."""
    kiosk.at_the_kiosk.open()
    return kiosk.at_the_kiosk


@pytest.fixture
def thief(kiosk, phone, app) -> Phone:
    """Another device with a copy of the phone's cookies."""
    thief = Phone(app, "203.0.113.9")
    thief.take_cookies(kiosk.cookies())
    return thief


@pytest.fixture
def later(toolbox):
    """Moves the server's clock on by some seconds."""

    def move(seconds: float) -> None:
        now = toolbox.now() + timedelta(seconds=seconds)
        stand_in(toolbox, now=lambda: now)

    return move


def marks(toolbox) -> int:
    with toolbox.reading() as session:
        return session.query(Mark).count()


def test_a_copied_cookie_gets_no_key_no_ticket_no_status_and_no_check_in(thief, photo, meera, toolbox):
    theirs = thief.at_the_kiosk
    with pytest.raises(Refused, match="403: This is not the phone that was handed round"):
        theirs.open()
    for ask in (theirs.status, theirs.fetch_ticket):
        with pytest.raises(Refused, match="403"):
            ask()
    with pytest.raises(Refused, match="403"):
        theirs.check_in(ROLL_ID, photo, CLASS_CODE, ticket="guessed")
    assert marks(toolbox) == 0


def test_a_pass_that_ends_between_head_and_photo_marks_nobody(
    phone, photo, meera, kiosk, toolbox, monkeypatch
):
    monkeypatch.setattr(kiosk_pass, "KEPT_FOR_S", 60.0)
    kiosk.client.environ_base[kiosk_pass.KEPT] = {}
    ticket, late = phone.fetch_ticket(), phone.fetch_ticket()  # which finds the pass, as the head does
    with toolbox.sessions.begin() as session:
        session.query(KioskPass).update({"ended_at": toolbox.now()})
    assert phone.check_in(ROLL_ID, photo, CLASS_CODE, ticket=ticket)["outcome"] == "lecture_closed"
    monkeypatch.setattr(kiosk_pass, "KEPT_FOR_S", 0.0)  # the photo was long in coming
    with pytest.raises(Refused, match="404"):
        phone.check_in(ROLL_ID, photo, CLASS_CODE, ticket=late)
    assert marks(toolbox) == 0


def test_the_page_itself_tells_a_copied_cookie_nothing(thief):
    page = thief.page("/kiosk")
    assert page.select_one(".counter").get_text(" ", strip=True) == "– / –"
    for word in ("Meera", "Ravi", "Asha", "15203A"):
        assert word not in str(page)


def test_a_ticket_of_the_phone_is_of_no_use_to_another(phone, thief, photo, meera, toolbox):
    stolen, theirs = phone.fetch_ticket(), thief.at_the_kiosk
    theirs._csrf_token = thief.page("/kiosk").select_one("meta[name=csrf-token]")["content"]
    with pytest.raises(Refused, match="403"):
        theirs.check_in(ROLL_ID, photo, CLASS_CODE, ticket=stolen)
    assert marks(toolbox) == 0


def test_the_same_key_may_be_bound_again_after_a_reload(phone, toolbox):
    phone.open()
    assert phone.status()["here"] == 0
    with toolbox.reading() as session:
        assert session.query(KioskPass).one().public_key == phone.public_key


@pytest.mark.parametrize("sent", ["", "not base64", "AAAA", "x" * 100_000, "rsa", "P-384"])
def test_what_is_no_key_of_the_right_kind_is_not_bound(kiosk, toolbox, sent):
    assert kiosk.post("/kiosk/key", {"public_key": _other_keys().get(sent, sent)}).status_code == 400
    with toolbox.reading() as session:
        assert session.query(KioskPass).one().public_key is None


def _other_keys() -> dict[str, str]:
    keys = {"rsa": rsa.generate_private_key(65537, 2048), "P-384": ec.generate_private_key(ec.SECP384R1())}
    encoding = serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
    return {
        name: base64.b64encode(key.public_key().public_bytes(*encoding)).decode()
        for name, key in keys.items()
    }


@pytest.mark.parametrize(
    "change",
    [{"roll_id": "15203A0043"}, {"class_code": "CO6GB"}, {"idempotency_key": str(uuid4())}, {"ticket": "x"}],
)
def test_a_request_changed_on_the_way_is_refused(phone, photo, meera, toolbox, change):
    request = phone.write("/kiosk/check-in", ROLL_ID, photo, CLASS_CODE)
    request["data"] |= change
    assert phone.client.post(f"{SITE}/kiosk/check-in", **request).status_code == 403
    assert marks(toolbox) == 0


def test_a_photo_exchanged_on_the_way_is_refused(phone, photo, meera, toolbox):
    request = phone.write("/kiosk/check-in", ROLL_ID, photo, CLASS_CODE)
    request["files"] = {"photo": ("photo.jpg", photo + b"\0", "image/jpeg")}
    assert phone.client.post(f"{SITE}/kiosk/check-in", **request).status_code == 403
    assert marks(toolbox) == 0


def test_a_captured_request_sent_again_marks_nobody(phone, photo, meera, toolbox, school):
    request = phone.write("/kiosk/check-in", ROLL_ID, photo, CLASS_CODE)
    send = partial(phone.client.post, f"{SITE}/kiosk/check-in", **request)
    assert send().json()["outcome"] == "present"
    with toolbox.sessions.begin() as session:  # the teacher takes the mark away again
        session.query(Mark).delete()
    asked = meera.asked
    answer = send().json()
    assert (answer["outcome"], answer["sentence"]) == ("too_late", "Please take the photo again.")
    assert answer["name"] is None
    assert marks(toolbox) == 0
    assert meera.asked == asked


def test_a_ticket_is_good_for_one_roll_id(phone, photo, meera, toolbox):
    ticket = phone.fetch_ticket()
    assert phone.check_in("15203A9999", photo, CLASS_CODE, ticket=ticket)["outcome"] == "not_in_class"
    assert phone.check_in(ROLL_ID, photo, CLASS_CODE, ticket=ticket)["outcome"] == "too_late"
    assert marks(toolbox) == 0


def test_a_ticket_is_good_for_half_a_minute(phone, photo, meera, toolbox, later):
    old, young = phone.fetch_ticket(), phone.fetch_ticket()
    later(29)
    assert phone.check_in(ROLL_ID, photo, CLASS_CODE, ticket=young)["outcome"] == "present"
    with toolbox.sessions.begin() as session:
        session.query(Mark).delete()
    later(31)
    assert phone.check_in(ROLL_ID, photo, CLASS_CODE, ticket=old)["outcome"] == "too_late"
    assert marks(toolbox) == 0


def test_old_tickets_are_swept_when_the_next_is_fetched(phone, toolbox, later):
    for _ in range(3):
        phone.fetch_ticket()
    later(31)
    phone.fetch_ticket()
    with toolbox.reading() as session:
        assert session.query(KioskTicket).count() == 1


def test_a_retry_with_a_new_ticket_and_the_old_key_is_told_the_same_without_a_look(
    phone, photo, meera, toolbox
):
    key = str(uuid4())
    first, second = (phone.check_in(ROLL_ID, photo, CLASS_CODE, idempotency_key=key) for _ in range(2))
    assert first == second
    assert first["outcome"] == "present"
    assert meera.asked == 1
    assert marks(toolbox) == 1


def test_tries_with_one_roll_id_are_slowed_on_every_phone_and_for_nobody_else(
    phone, photo, meera, toolbox, school, app, later
):
    give_eyes(toolbox, Eyes(RAVI_LOOKS))
    enrol(toolbox, school.ids["ravi"], [RAVI_LOOKS.tolist()] * 3)
    outcomes = [phone.check_in(ROLL_ID, photo, CLASS_CODE)["outcome"] for _ in range(7)]
    assert outcomes == ["no_match"] * 6 + ["slowed"]

    second = Phone(app, "192.0.2.3")
    second.sign_in(school.password)
    second.press(f"/lectures/{school.ids['lecture']}/kiosk", "Start the check-in")
    answer = second.at_the_kiosk.check_in(ROLL_ID, photo, CLASS_CODE)
    assert answer["outcome"] == "slowed"
    assert re.search(r"Try again in (30|2\d) seconds\.", answer["sentence"])
    assert answer["may_call_teacher"]
    assert phone.check_in("15203A0043", photo, CLASS_CODE)["outcome"] == "present"

    later(31)
    give_eyes(toolbox, Eyes())
    assert phone.check_in(ROLL_ID, photo, CLASS_CODE)["outcome"] == "turn_head"  # looked at again


def test_roll_ids_of_nobody_typed_one_after_another_are_slowed_and_no_students(phone, photo, meera, toolbox):
    outcomes = [phone.check_in(f"GUESS{n}", photo, CLASS_CODE)["outcome"] for n in range(32)]
    assert outcomes == ["not_in_class"] * 31 + ["slowed"]
    assert phone.check_in(ROLL_ID, photo, CLASS_CODE)["outcome"] == "present"


def test_many_photos_without_a_face_are_no_reason_to_wait(phone, photo, meera, toolbox):
    matcher = SimpleNamespace(describe_fast=lambda rgb: FaceReading(PhotoVerdict.NO_FACE))
    stand_in(toolbox, face_matcher=matcher)
    outcomes = {phone.check_in(ROLL_ID, photo, CLASS_CODE)["outcome"] for _ in range(8)}
    assert outcomes == {"no_face"}


def test_the_third_refusal_offers_the_teacher_and_the_call_is_kept(phone, photo, meera, toolbox):
    give_eyes(toolbox, Eyes(RAVI_LOOKS))
    offers = [phone.check_in(ROLL_ID, photo, CLASS_CODE)["may_call_teacher"] for _ in range(3)]
    assert offers == [False, False, True]
    answer = phone.call_teacher(ROLL_ID, photo, CLASS_CODE)
    assert (answer["outcome"], answer["headline"]) == ("asked_teacher", "The teacher will look at it")
    assert set(answer) == {
        *("outcome", "headline", "sentence", "name", "marked_at", "may_call_teacher", "here", "expected"),
        *("turn", "class_code", "roll_id"),
    }
    with toolbox.reading() as session:
        assert session.query(CheckIn).filter_by(outcome="asked_teacher").count() == 1


def test_a_call_out_of_turn_is_refused_with_a_sentence(phone, photo, meera):
    with pytest.raises(Refused, match="409: Please try the camera first"):
        phone.call_teacher(ROLL_ID, photo, CLASS_CODE)


def test_an_upload_without_a_signature_is_refused_before_the_photo_is_opened(kiosk, phone, meera):
    fields = {"class_code": CLASS_CODE, "roll_id": ROLL_ID, "idempotency_key": str(uuid4()), "ticket": "x"}
    photo = (BytesIO(b"not a photo"), "photo.jpg")
    assert kiosk.post("/kiosk/check-in", {**fields, "photo": photo}, json=True).status_code == 403
    assert meera.asked == 0


class _NeverRead(RawIOBase):
    def readinto(self, _buffer):
        raise AssertionError("the body was read")


def test_the_head_of_an_upload_without_a_signature_is_refused_before_its_photo_arrives(kiosk):
    head = {"CONTENT_TYPE": "multipart/form-data; boundary=x", "CONTENT_LENGTH": "3000000"}
    upload = {**head, "wsgi.input": _NeverRead()}
    answer = kiosk.client.post("/kiosk/check-in", base_url=SITE, environ_overrides=upload)
    assert answer.status_code == 403
