"""The kiosk: a phone handed round reaches the check-in of one lecture and nothing else."""

from contextlib import ExitStack
from io import BytesIO
from types import SimpleNamespace
from uuid import uuid4

import pytest

from shared.domain.photo_verdict import PhotoVerdict
from shared.persistence.tables import CheckIn, KioskPass, Lecture, Mark, SignIn, Teacher
from shared.services.attendance.lectures import close_lecture
from shared.vision.faces import FaceReading
from shared.vision.load_limiter import AT_ONCE, MOST_WAITING
from tests.support.eyes import MEERA_LOOKS, Eyes, give_eyes
from tests.support.phones import Refused
from tests.support.school import enrol
from tests.support.stand_ins import stand_in
from tests.teacher_site.conftest import SITE, Phone

ELSEWHERE = ["/", "/lectures", "/lectures/open", "/lectures/1", "/lectures/1/kiosk", "/report", "/sign-in"]
ELSEWHERE += ["/password", "/no-such-page", "/lectures/999", "/kiosk/../report", "/login", "/reset"]


def check_in(phone, photo, roll_id="15203A0042", class_code="CO6GA", **changes):
    return phone.at_the_kiosk.check_in(roll_id, photo, class_code, **changes)


def post_unsigned(phone, photo, address="/kiosk/check-in"):
    """The same by somebody who has the cookie and knows the form, but not the key."""
    fields = {"class_code": "CO6GA", "roll_id": "15203A0042", "idempotency_key": str(uuid4()), "ticket": "x"}
    return phone.post(address, {**fields, "photo": (BytesIO(photo), "photo.jpg")}, json=True)


@pytest.fixture
def meera_enrolled(toolbox, school):
    """A student whose check-in gets as far as the photo."""
    enrol(toolbox, school.ids["meera"], [[1.0] + [0.0] * 128] * 3)


@pytest.fixture
def nobody_seen(toolbox, meera_enrolled):
    """A matcher that finds no face."""
    matcher = SimpleNamespace(describe_fast=lambda rgb: FaceReading(PhotoVerdict.NO_FACE))
    stand_in(toolbox, face_matcher=matcher)


def test_handing_over_asks_first_and_changes_nothing(teacher, school, toolbox):
    page = teacher.page(f"/lectures/{school.ids['lecture']}/kiosk")
    assert "You are signed out on this phone" in page.get_text()
    with toolbox.reading() as session:
        assert session.query(KioskPass).count() == 0


def test_handing_over_ends_the_sign_in_on_the_server(kiosk, toolbox):
    with toolbox.reading() as session:
        assert session.query(SignIn).count() == 0
        assert session.query(KioskPass).one().ended_at is None


def test_the_pass_is_in_a_cookie_of_this_host_that_a_link_from_elsewhere_brings_along(teacher, school):
    answer = teacher.press(f"/lectures/{school.ids['lecture']}/kiosk", "Start the check-in")
    (cookie,) = [
        each for each in answer.headers.getlist("Set-Cookie") if each.startswith("__Host-kiosk_pass=")
    ]
    for word in ("HttpOnly", "Secure", "SameSite=Lax", "Path=/"):
        assert word in cookie


def test_every_other_address_shows_the_kiosk(kiosk):
    for address in ELSEWHERE:
        answer = kiosk.get(address)
        assert (answer.status_code, answer.location) == (302, "/kiosk"), address


def test_every_other_change_is_refused(kiosk, toolbox):
    for address in (
        *ELSEWHERE,
        "/sign-out",
        "/lectures/1/marks/1",
        "/lectures/1/close",
        "/lectures/1/reopen",
    ):
        answer = kiosk.post(address, {"status": "present", "email": "asha.rao@school.example"})
        assert answer.status_code == 403, address
        assert "check-ins" in answer.text
    with toolbox.reading() as session:
        assert session.query(Mark).count() == 0


def test_a_cookie_copied_before_the_kiosk_opened_answers_nothing(teacher, school, app):
    copied = teacher.cookies()
    teacher.press(f"/lectures/{school.ids['lecture']}/kiosk", "Start the check-in")

    thief = Phone(app, "203.0.113.9")
    thief.take_cookies(copied)
    for address in ("/", "/report", f"/lectures/{school.ids['lecture']}"):
        assert "/sign-in" in thief.get(address).location

    teacher.take_cookies(copied)  # put back on the kiosk itself
    assert teacher.get(f"/lectures/{school.ids['lecture']}").location == "/kiosk"


def test_the_kiosk_page_names_nobody(kiosk, school):
    text = kiosk.get("/kiosk").text
    for word in ("Meera", "Ravi", "15203A", "Asha", school.password):
        assert word not in text
    assert "no-store" in kiosk.get("/kiosk").headers["Cache-Control"]


def test_the_class_is_not_asked_for_at_first(kiosk):
    page = kiosk.page("/kiosk")
    assert page.select_one("input[name=class_code]")["type"] == "hidden"
    assert page.select_one("#classes").has_attr("hidden")
    assert page.select_one("select") is None
    assert page.select_one("#roll-id")["autocomplete"] == "off"


def test_a_check_in_answers_with_words_and_the_counter(kiosk, photo, nobody_seen):
    answer = check_in(kiosk, photo)
    assert answer["outcome"] == "no_face"
    assert answer["headline"] == "No face seen"
    assert (answer["here"], answer["expected"]) == (0, 2)
    assert (answer["name"], answer["marked_at"], answer["may_call_teacher"]) == (None, None, False)


def test_the_time_of_an_earlier_mark_is_the_schools(kiosk, school, toolbox, photo):
    give_eyes(toolbox, Eyes())  # only who shows a face is told
    now = toolbox.now()
    with toolbox.sessions.begin() as session:
        mark = {"student_id": school.ids["meera"], "status": "present", "source": "by_hand", "marked_at": now}
        session.add(Mark(lecture_id=school.ids["lecture"], **mark))
    answer = check_in(kiosk, photo)
    assert answer["outcome"] == "already_marked"
    assert answer["marked_at"] == toolbox.settings.clock.show_time(now)
    assert answer["name"] is None
    assert answer["here"] == 1


def test_the_same_request_again_is_answered_the_same_and_kept_once(kiosk, photo, nobody_seen, toolbox):
    key = str(uuid4())
    first, second = (check_in(kiosk, photo, idempotency_key=key) for _ in range(2))
    assert first == second
    with toolbox.reading() as session:
        assert session.query(CheckIn).count() == 1


@pytest.mark.parametrize(
    ("changes", "status"),
    [
        ({"photo": None}, 400),
        ({"photo": b""}, 400),
        ({"photo": b"<svg/>"}, 400),
        ({"photo": b"\xff\xd8" * (5 * 512 * 1024 + 1)}, 400),
        ({"photo": b"\xff\xd8" * (8 * 512 * 1024)}, 413),
        ({"idempotency_key": "again and again"}, 400),
        ({"idempotency_key": "x" * 100_000}, 400),
        # One character of these becomes eighteen where codes are compared.
        ({"roll_id": "\ufdfa" * 300}, 400),
        ({"class_code": "\ufdfa" * 300}, 400),
    ],
)
def test_what_is_no_check_in_is_refused_with_a_sentence(
    kiosk, meera_enrolled, toolbox, photo, changes, status
):
    changes = dict(changes)
    with pytest.raises(Refused) as refused:
        check_in(kiosk, changes.pop("photo", photo), **changes)
    assert refused.value.status == status
    assert refused.value.sentence.endswith(".")
    with toolbox.reading() as session:
        assert session.query(CheckIn).count() == 0


def test_a_roll_id_of_nobody_is_not_in_this_class(kiosk, photo, toolbox):
    give_eyes(toolbox, Eyes())
    html, sql = "<script>alert(1)</script>", "' OR 1=1 --"
    for typed in ("", "\x00", "{{7*7}}", html, sql, "x" * 200, "-1", "15203A9999", "🎓"):
        assert check_in(kiosk, photo, roll_id=typed)["outcome"] == "not_in_class", typed


def test_a_check_in_without_the_forms_token_is_refused(kiosk, photo):
    fields = {"class_code": "CO6GA", "roll_id": "15203A0042", "idempotency_key": str(uuid4())}
    fields["photo"] = (BytesIO(photo), "photo.jpg")
    headers = {"X-Kiosk-Signature": "A" * 86 + "=="}  # of the right shape: it is the token that is missing
    answer = kiosk.client.post("/kiosk/check-in", base_url=SITE, data=fields, headers=headers)
    assert answer.status_code == 400


def test_without_a_pass_the_kiosks_addresses_answer_nothing(stranger, photo):
    assert "/sign-in" in stranger.get("/kiosk", follow_redirects=True).request.path
    assert stranger.get("/kiosk/status").status_code == 404
    for address in ("check-in", "call", "key", "ticket"):
        assert post_unsigned(stranger, photo, f"/kiosk/{address}").status_code == 404, address
    assert "/sign-in" in stranger.get("/kiosk/leave", follow_redirects=True).request.path


def test_a_closed_lecture_is_told_by_the_status_and_by_the_check_in(kiosk, school, toolbox, photo):
    kiosk.at_the_kiosk.open()
    assert kiosk.at_the_kiosk.status() == {"over": None, "here": 0, "expected": 2}
    close_lecture(toolbox, school.actor, school.ids["lecture"])
    assert "closed" in kiosk.at_the_kiosk.status()["over"]
    assert check_in(kiosk, photo)["outcome"] == "lecture_closed"


def test_another_screen_can_end_the_phones_check_in(kiosk, school, app, photo):
    desk = Phone(app, "192.0.2.2")
    desk.sign_in(school.password)
    desk.press(f"/lectures/{school.ids['lecture']}", "End")
    assert kiosk.get("/kiosk/status").status_code == 404
    assert post_unsigned(kiosk, photo).status_code == 404
    page = kiosk.get("/kiosk", follow_redirects=True)  # as the phone's own script then does
    assert page.request.path == "/sign-in"
    assert "This phone takes no check-ins any more. Please give it back to the teacher." in page.text
    assert "__Host-kiosk_pass" not in kiosk.cookies()
    assert "no check-ins any more" not in kiosk.get("/sign-in").text


def test_phones_of_a_closed_lecture_are_not_said_to_take_check_ins(kiosk, school, app, toolbox):
    desk, lecture = Phone(app, "192.0.2.2"), f"/lectures/{school.ids['lecture']}"
    desk.sign_in(school.password)
    assert "1 phone taking check-ins" in desk.get(lecture).text
    close_lecture(toolbox, school.actor, school.ids["lecture"])
    assert "taking check-ins" not in desk.get(lecture).text
    assert "1 phone not given back yet" in desk.get(lecture).text


def test_a_wrong_password_keeps_the_kiosk(kiosk):
    answer = kiosk.post("/kiosk/leave", {"secret": "not the teacher's"})
    assert answer.status_code == 403
    assert "not the teacher" in answer.text
    assert kiosk.get("/report").location == "/kiosk"


def test_the_right_password_gives_the_phone_back_on_the_lectures_page(kiosk, school, toolbox):
    answer = kiosk.post("/kiosk/leave", {"secret": school.password})
    assert answer.location == f"/lectures/{school.ids['lecture']}"
    assert "Databases" in kiosk.page(answer.location).h1.get_text()
    assert "__Host-kiosk_pass" not in kiosk.cookies()
    with toolbox.reading() as session:
        assert session.query(KioskPass).one().ended_at is not None
        assert session.query(SignIn).count() == 1


def test_a_pass_that_was_given_back_is_worth_nothing(kiosk, school, app, photo):
    copied = {"__Host-kiosk_pass": kiosk.cookies()["__Host-kiosk_pass"]}
    kiosk.post("/kiosk/leave", {"secret": school.password})
    thief = Phone(app, "203.0.113.9")
    thief.take_cookies(copied)
    assert post_unsigned(thief, photo).status_code == 404


def test_guessing_at_the_kiosk_is_slowed_but_not_the_teacher_elsewhere(kiosk, school, app):
    answers = [kiosk.post("/kiosk/leave", {"secret": f"guess {number}"}).status_code for number in range(7)]
    assert answers == [403] * 6 + [429]
    assert kiosk.post("/kiosk/leave", {"secret": school.password}).status_code == 429
    assert Phone(app, "192.0.2.2").sign_in(school.password).location.endswith("/")


def test_the_pass_of_a_deactivated_teacher_is_worth_nothing(kiosk, school, toolbox, photo):
    with toolbox.sessions.begin() as session:
        session.get(Teacher, school.ids["teacher"]).active = False
    assert post_unsigned(kiosk, photo).status_code == 404


def test_a_lecture_that_takes_no_marks_is_not_handed_round(teacher, school, toolbox):
    close_lecture(toolbox, school.actor, school.ids["lecture"])
    answer = teacher.press(f"/lectures/{school.ids['lecture']}/kiosk", "Start the check-in")
    assert answer.status_code == 409
    assert "__Host-kiosk_pass" not in teacher.cookies()


def test_no_page_a_student_had_open_is_good_for_anything_once_the_teacher_is_back(kiosk, school, toolbox):
    """What the phone held in the students' hands, the token of its forms too, ends with the kiosk."""
    token = kiosk.page("/kiosk").select_one("meta[name=csrf-token]")["content"]
    fields = {"csrf_token": token}
    headers = {"Referer": SITE + "/kiosk"}
    answer = kiosk.client.post(
        "/kiosk/leave", base_url=SITE, data={**fields, "secret": school.password}, headers=headers
    )
    assert answer.location == f"/lectures/{school.ids['lecture']}"
    lecture = f"/lectures/{school.ids['lecture']}/close"
    refused = kiosk.client.post(lecture, base_url=SITE, data=fields, headers=headers)
    assert refused.status_code == 400
    assert "open for too long" in refused.text
    with toolbox.reading() as session:
        assert session.query(Lecture).one().closed_at is None


class Unread(BytesIO):
    def read(self, *_args):
        raise AssertionError("the body was read")

    readline = readinto = read


@pytest.mark.parametrize("address", ["/kiosk/check-in", "/kiosk/call"])
def test_a_kiosk_that_is_full_turns_a_photo_away_before_it_is_received(kiosk, toolbox, address):
    signature = kiosk.at_the_kiosk.sign(address)
    headers = {"X-Kiosk-Signature": signature, "Referer": SITE + "/kiosk", "Accept": "application/json"}
    with ExitStack() as stack:
        for _ in range(AT_ONCE + MOST_WAITING):
            stack.enter_context(toolbox.load_limiter.admit())
        answer = kiosk.client.post(
            address,
            base_url=SITE,
            input_stream=Unread(bytes(1000)),
            content_type="multipart/form-data; boundary=x",
            headers=headers,
        )
    assert answer.status_code == 503


def test_who_is_late_reads_it_with_the_time(kiosk, toolbox, school, photo):
    give_eyes(toolbox, Eyes())
    enrol(toolbox, school.ids["meera"], [MEERA_LOOKS.tolist()] * 3)
    with toolbox.sessions.begin() as session:
        session.get(Lecture, school.ids["lecture"]).late_after_minutes = 1
    told = check_in(kiosk, photo)
    assert told["outcome"] == "present"
    assert told["headline"] == f"Late, {told['marked_at']}"
