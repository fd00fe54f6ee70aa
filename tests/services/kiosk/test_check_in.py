"""From one photo to one mark, on both databases.

Eyes of our own stand in for the networks where only the story counts; the last test sees with the real ones.
"""

import threading
from dataclasses import replace
from datetime import timedelta

import numpy as np
import pytest
from sqlalchemy import select

from shared.domain.check_in import CheckInOutcome
from shared.domain.photo_verdict import PhotoVerdict
from shared.errors import Conflict, ModelUnavailable, NotFound, PhotoRefused
from shared.persistence.tables import (
    CheckIn,
    FaceModelRow,
    KioskPass,
    Lecture,
    Mark,
    MarkChange,
    SchoolClass,
    Student,
    Teacher,
)
from shared.services.kiosk.check_in import check_in
from shared.services.kiosk.passes import end_pass, find_pass, open_kiosk
from shared.vision.images import open_photo
from shared.vision.load_limiter import LoadLimiter
from tests.support.eyes import MEERA_LOOKS, NEW_LOOKS, RAVI_LOOKS, Eyes, count, give_eyes, gray_photo, send
from tests.support.photographs import photograph
from tests.support.school import enrol, found_school, hand_round, sent
from tests.support.stand_ins import stand_in, use_own


@pytest.fixture
def school(toolbox):
    school = found_school(toolbox)
    enrol(toolbox, school.ids["meera"], [MEERA_LOOKS.tolist()] * 5)
    school.kiosk = hand_round(toolbox, school)
    give_eyes(toolbox, Eyes())
    return school


def test_the_right_face_is_marked_present_with_its_history(toolbox, school):
    answer = send(toolbox, school)
    assert (answer.outcome, answer.student_name) == (CheckInOutcome.PRESENT, "Meera Iyer")
    with toolbox.reading() as session:
        mark = session.scalars(select(Mark)).one()
        change = session.scalars(select(MarkChange)).one()
    assert (mark.student_id, mark.status, mark.source) == (school.ids["meera"], "present", "face")
    assert mark.marked_at == answer.marked_at
    assert (change.was, change.becomes, change.teacher_id) == (None, "present", None)


@pytest.mark.parametrize("typed", ["15203a0042", " 15203A 0042 ", "１５２０３a００４２"])
def test_a_roll_id_is_taken_as_a_phone_types_it(toolbox, school, typed):
    assert send(toolbox, school, typed, class_code="co6ga").outcome is CheckInOutcome.PRESENT


def add_student(toolbox, school, roll_id, *, class_id=None):
    with toolbox.sessions.begin() as session:
        student = Student(
            class_id=class_id or school.ids["class"],
            roll_id=roll_id,
            name=f"Pupil {roll_id}",
            language="en",
            active=True,
        )
        session.add(student)
    enrol(toolbox, student.id, [NEW_LOOKS.tolist()] * 5)
    return f"Pupil {roll_id}"


@pytest.mark.parametrize(
    ("roll_id", "typed"),
    [
        ("1", "001"),
        ("001", "1"),
        ("24-CS-011", "24cs011"),
        ("24-CS-011", "24 cs 11"),
        ("24-CS-011", "11"),
        ("12", "१२"),
        ("12", "١٢"),
        ("15203B0017", "b17"),
        ("202401058", "58"),
    ],
)
def test_the_student_is_found_as_people_type_a_roll_id(toolbox, school, roll_id, typed):
    named = add_student(toolbox, school, roll_id)
    give_eyes(toolbox, Eyes(NEW_LOOKS))
    answer = send(toolbox, school, typed)
    assert (answer.outcome, answer.student_name) == (CheckInOutcome.PRESENT, named)


@pytest.mark.parametrize("typed", ["11", "9", "0", "2", "", "-", "1" * 70])
def test_what_fits_several_or_nobody_marks_nobody(toolbox, school, typed):
    for roll_id in ("24-CS-011", "23-CS-011", "10", "12"):
        add_student(toolbox, school, roll_id)
    assert send(toolbox, school, typed).outcome is CheckInOutcome.NOT_IN_CLASS
    assert count(toolbox, Mark) == 0


def test_a_roll_id_is_looked_for_in_this_lecture_alone(toolbox, school):
    with toolbox.sessions.begin() as session:
        other = SchoolClass(class_code="CO6GB", name="", active=True)
        session.add(other)
    add_student(toolbox, school, "007", class_id=other.id)
    assert send(toolbox, school, "7").outcome is CheckInOutcome.NOT_IN_CLASS


@pytest.mark.parametrize(
    ("eyes", "outcome"),
    [
        (Eyes(RAVI_LOOKS), CheckInOutcome.NO_MATCH),
        (Eyes(is_live=False), CheckInOutcome.PICTURE_SEEN),
        (Eyes(verdict=PhotoVerdict.NO_FACE), CheckInOutcome.NO_FACE),
        (Eyes(verdict=PhotoVerdict.SEVERAL_FACES), CheckInOutcome.SEVERAL_FACES),
        (Eyes(verdict=PhotoVerdict.TOO_SMALL), CheckInOutcome.COME_CLOSER),
        (Eyes(verdict=PhotoVerdict.TOO_DARK), CheckInOutcome.TOO_DARK),
        (Eyes(failure=ModelUnavailable("gone")), CheckInOutcome.UNAVAILABLE),
        (Eyes(np.full(129, np.nan, np.float32)), CheckInOutcome.UNAVAILABLE),
        (Eyes(np.zeros(129, np.float32)), CheckInOutcome.UNAVAILABLE),
        (Eyes(np.ones(5, np.float32)), CheckInOutcome.UNAVAILABLE),
    ],
)
def test_no_doubt_ever_becomes_present(toolbox, school, eyes, outcome):
    give_eyes(toolbox, eyes)
    answer = send(toolbox, school)
    assert (answer.outcome, answer.student_name, answer.marked_at) == (outcome, None, None)
    assert count(toolbox, Mark) == 0


def test_a_failing_spoof_check_passes_nobody(toolbox, school):
    class Broken:
        def judge(self, _rgb, _face):
            raise ModelUnavailable("its network failed")

    give_eyes(toolbox, Eyes(), spoof_detector=Broken())
    assert send(toolbox, school).outcome is CheckInOutcome.UNAVAILABLE
    give_eyes(toolbox, Eyes())
    assert send(toolbox, school, key="k2").outcome is CheckInOutcome.PRESENT  # it recovers without a restart


def test_whose_a_roll_id_is_is_told_once_a_face_was_seen(toolbox, school):
    assert send(toolbox, school, "15203A9999", key="a").outcome is CheckInOutcome.NOT_IN_CLASS
    assert send(toolbox, school, class_code="XX", key="b").outcome is CheckInOutcome.NOT_IN_CLASS
    assert send(toolbox, school, "15203A0043", key="c").outcome is CheckInOutcome.NOT_ENROLLED


def test_an_inactive_student_is_not_in_the_class(toolbox, school):
    with toolbox.sessions.begin() as session:
        session.get(Student, school.ids["meera"]).active = False
    assert send(toolbox, school).outcome is CheckInOutcome.NOT_IN_CLASS


def test_a_second_check_in_tells_when_the_first_was_and_no_name(toolbox, school):
    first = send(toolbox, school)
    second = send(toolbox, school, key="k2")
    assert (second.outcome, second.marked_at) == (CheckInOutcome.ALREADY_MARKED, first.marked_at)
    assert second.student_name is None
    assert count(toolbox, Mark) == 1


def test_the_same_request_again_gets_the_same_answer(toolbox, school):
    eyes = give_eyes(toolbox, Eyes())
    assert send(toolbox, school) == send(toolbox, school)
    assert eyes.asked == 1
    assert (count(toolbox, Mark), count(toolbox, CheckIn), count(toolbox, MarkChange)) == (1, 1, 1)


def test_a_refusal_sent_again_stays_a_refusal(toolbox, school):
    give_eyes(toolbox, Eyes(RAVI_LOOKS))
    send(toolbox, school)
    give_eyes(toolbox, Eyes())
    assert send(toolbox, school).outcome is CheckInOutcome.NO_MATCH
    assert count(toolbox, Mark) == 0


def test_three_phones_at_once_mark_once(toolbox, school):
    phones = [hand_round(toolbox, school) for _ in range(3)]
    barrier, answers = threading.Barrier(3), []

    class SlowEyes(Eyes):
        def describe_fast(self, rgb):
            barrier.wait(timeout=10)
            return super().describe_fast(rgb)

    give_eyes(toolbox, SlowEyes())
    stand_in(toolbox, load_limiter=LoadLimiter(at_once=3))  # as on two workers
    threads = [
        threading.Thread(target=lambda phone=phone: answers.append(send(toolbox, school, kiosk=phone)))
        for phone in phones
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=30)
    outcomes = sorted(answer.outcome for answer in answers)
    assert outcomes == [CheckInOutcome.ALREADY_MARKED, CheckInOutcome.ALREADY_MARKED, CheckInOutcome.PRESENT]
    assert (count(toolbox, Mark), count(toolbox, MarkChange)) == (1, 1)


def test_a_closed_and_an_ended_lecture_take_no_marks(toolbox, school):
    ended = toolbox.with_(now=lambda: toolbox.now() + timedelta(hours=2))
    assert send(ended, school, key="late").outcome is CheckInOutcome.LECTURE_CLOSED
    with toolbox.sessions.begin() as session:
        session.get(Lecture, school.ids["lecture"]).closed_at = toolbox.now()
    assert send(toolbox, school).outcome is CheckInOutcome.LECTURE_CLOSED
    assert count(toolbox, Mark) == 0


def test_a_pass_is_none_while_its_teacher_is_deactivated(toolbox, school):
    token = open_kiosk(toolbox, school.actor, lecture_id=school.ids["lecture"], device="a phone")
    assert find_pass(toolbox, token) is not None
    with toolbox.sessions.begin() as session:
        session.get(Teacher, school.ids["teacher"]).active = False
    assert find_pass(toolbox, token) is None


@pytest.mark.parametrize("what_ends", ["lecture", "pass"])
def test_what_ends_while_the_photo_is_looked_at_marks_nobody(toolbox, school, what_ends):
    class Interrupted(Eyes):
        def describe_fast(self, rgb):
            with toolbox.sessions.begin() as session:
                if what_ends == "lecture":
                    session.get(Lecture, school.ids["lecture"]).closed_at = toolbox.now()
                else:
                    session.get(KioskPass, school.kiosk.id).ended_at = toolbox.now()
            return super().describe_fast(rgb)

    give_eyes(toolbox, Interrupted())
    assert send(toolbox, school).outcome is CheckInOutcome.LECTURE_CLOSED
    assert count(toolbox, Mark) == 0


@pytest.mark.parametrize("damage", [b"", b"\0" * 300, "another row's", "cut", "NaN"])
def test_a_damaged_face_model_marks_nobody(toolbox, school, damage):
    purpose = f"face-model:{school.ids['meera']}"
    with toolbox.sessions.begin() as session:
        row = session.scalars(select(FaceModelRow)).one()
        plain = toolbox.sealer.open(row.sealed_model, purpose=purpose)
        row.sealed_model = {
            "another row's": toolbox.sealer.seal(plain, purpose="face-model:0"),
            "cut": toolbox.sealer.seal(plain[:-1], purpose=purpose),
            "NaN": toolbox.sealer.seal(plain[:-4] + b"\xff\xff\xff\x7f", purpose=purpose),
        }.get(damage, damage)
    assert send(toolbox, school).outcome is CheckInOutcome.UNAVAILABLE
    assert count(toolbox, Mark) == 0


def test_what_is_no_photo_is_refused_and_changes_nothing(toolbox, school):
    with pytest.raises(PhotoRefused):
        send(toolbox, school, photo=b"not a photo")
    assert (count(toolbox, CheckIn), count(toolbox, Mark)) == (0, 0)


def test_a_pass_needs_the_teachers_own_open_lecture(toolbox, school):
    stranger = replace(school.actor, account_id=school.ids["teacher"] + 1)
    with pytest.raises(NotFound):
        open_kiosk(toolbox, stranger, lecture_id=school.ids["lecture"], device="a phone")
    with pytest.raises(NotFound):
        end_pass(toolbox, stranger, school.kiosk.id)
    with toolbox.sessions.begin() as session:
        session.get(Lecture, school.ids["lecture"]).closed_at = toolbox.now()
    with pytest.raises(Conflict):
        open_kiosk(toolbox, school.actor, lecture_id=school.ids["lecture"], device="a phone")


def test_an_ended_pass_is_found_no_more(toolbox, school):
    token = open_kiosk(toolbox, school.actor, lecture_id=school.ids["lecture"], device="a phone")
    found = find_pass(toolbox, token)
    end_pass(toolbox, school.actor, found.id)
    assert find_pass(toolbox, token) is None
    assert find_pass(toolbox, "guessed") is None


def test_real_eyes_tell_two_people_apart(toolbox, school):
    use_own(toolbox, "face_matcher", "spoof_detector")
    photos = {name: photograph(f"{name}.jpg").read_bytes() for name in ("obama", "obama2", "obama3", "biden")}
    look = toolbox.face_matcher.read
    enrol(
        toolbox,
        school.ids["ravi"],
        [look(open_photo(photos[name])).descriptor.tolist() for name in ("obama2", "obama3")],
    )
    give_eyes(toolbox, toolbox.face_matcher, spoof_detector=Eyes())
    assert (
        send(toolbox, school, "15203A0043", photo=photos["biden"], key="b").outcome is CheckInOutcome.NO_MATCH
    )
    assert (
        send(toolbox, school, "15203A0043", photo=photos["obama"], key="o").outcome
        is CheckInOutcome.TURN_HEAD  # it matches, and the try before left a doubt
    )


def test_a_ticket_of_another_phone_marks_nobody(toolbox, school):
    other = hand_round(toolbox, school)
    request = sent(toolbox, other, "15203A0042", gray_photo(), key="k1")
    assert check_in(toolbox, school.kiosk, request).outcome is CheckInOutcome.TOO_LATE
    assert count(toolbox, Mark) == 0
    assert check_in(toolbox, other, request).outcome is CheckInOutcome.PRESENT


@pytest.mark.parametrize(("ahead_s", "is_good"), [(20, True), (40, False)])
def test_a_ticket_by_a_clock_that_is_far_ahead_is_none(toolbox, school, ahead_s, is_good):
    ahead = toolbox.with_(now=lambda: toolbox.now() + timedelta(seconds=ahead_s))
    request = sent(ahead, school.kiosk, "15203A0042", gray_photo(), key="k1")
    outcome = check_in(toolbox, school.kiosk, request).outcome
    assert outcome is (CheckInOutcome.PRESENT if is_good else CheckInOutcome.TOO_LATE)
