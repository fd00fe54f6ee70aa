"""What somebody tries at the kiosk tells nothing and slows nobody else; the right face is marked."""

from datetime import timedelta
from uuid import uuid4

import pytest

from shared.domain.check_in import CheckInOutcome
from shared.domain.photo_verdict import PhotoVerdict
from shared.errors import Conflict, ModelUnavailable
from shared.persistence.attendance import Count
from shared.persistence.tables import CheckIn, Mark, Student, ToConfirm
from shared.services.kiosk import confirmations
from shared.services.kiosk.answers import CheckInAnswer
from shared.services.kiosk.calls import MOST_CALLS_OF_A_PHONE, call_teacher
from shared.services.kiosk.check_in import check_in
from shared.services.kiosk.confirmations import decide
from tests.support.eyes import MEERA_LOOKS, RAVI_LOOKS, Eyes, count, give_eyes, gray_photo
from tests.support.school import enrol, found_school, hand_round, sent

MEERA, RAVI = "15203A0042", "15203A0043"
PRESENT, SLOWED, NO_FACE = CheckInOutcome.PRESENT, CheckInOutcome.SLOWED, CheckInOutcome.NO_FACE


@pytest.fixture
def school(toolbox):
    school = found_school(toolbox)
    enrol(toolbox, school.ids["meera"], [MEERA_LOOKS.tolist()] * 5)
    school.kiosk = hand_round(toolbox, school)
    return school


@pytest.fixture
def send(toolbox, school):
    """Sends one request with a key of its own: `send(roll_id)`, by whatever eyes there are."""

    def send_one(roll_id=MEERA, *, action=check_in, kiosk=None, photo=None, key=None, at=toolbox):
        kiosk = kiosk or school.kiosk
        photo = photo or gray_photo()
        return action(at, kiosk, sent(at, kiosk, roll_id, photo, key=key or str(uuid4())))

    return send_one


def test_a_gray_photo_through_27_roll_ids_tells_nothing(toolbox, school, send):
    give_eyes(toolbox, Eyes())
    assert send().outcome is PRESENT
    give_eyes(toolbox, Eyes(verdict=PhotoVerdict.NO_FACE))
    roll_ids = [MEERA, RAVI, *(f"15203A00{number}" for number in range(44, 69))]
    answers = {send(roll_id) for roll_id in roll_ids}
    assert len(roll_ids) == 27
    assert {(each.outcome, each.sentence, each.marked_at, each.may_call_teacher) for each in answers} == {
        (NO_FACE, NO_FACE.sentence, None, False)
    }


def test_a_call_tells_nothing_of_a_roll_id_either(toolbox, school, send):
    give_eyes(toolbox, Eyes())
    send()
    told = set()
    for roll_id in (MEERA, RAVI, "15203A9999"):
        with pytest.raises(Conflict) as refused:
            send(roll_id, action=call_teacher)
        told.add(str(refused.value))
    assert len(told) == 1


def test_a_failing_network_tells_nothing_of_a_roll_id(toolbox, school, send):
    give_eyes(toolbox, Eyes(failure=ModelUnavailable("gone")))
    answers = {send(roll_id).outcome for roll_id in (MEERA, RAVI, "15203A9999")}
    assert answers == {CheckInOutcome.UNAVAILABLE}


@pytest.mark.parametrize("failure", [None, ModelUnavailable("gone")])
def test_until_a_face_was_seen_every_roll_id_may_call_alike(toolbox, school, send, failure):
    """Known, marked, without an enrolled face, waiting already, of nobody: button and answer are one."""
    mark_waiting_and_refused_elsewhere(toolbox, school, send)
    give_eyes(toolbox, Eyes(verdict=PhotoVerdict.NO_FACE, failure=failure))
    told = {}
    for roll_id in (MEERA, RAVI, "15203A0044", "15203A0045", "15203A9999"):
        offers = [send(roll_id).may_call_teacher for _ in range(3)]
        called = send(roll_id, action=call_teacher)
        again = [send(roll_id).may_call_teacher for _ in range(3)]
        told[roll_id] = (offers, called, again, send(roll_id, action=call_teacher))
    asked = CheckInAnswer(CheckInOutcome.ASKED_TEACHER, count=Count(here=1, expected=4))
    offers = [failure is not None] * 2 + [True]
    assert set(map(repr, told.values())) == {repr((offers, asked, [False, False, True], asked))}


def mark_waiting_and_refused_elsewhere(toolbox, school, send):
    """Meera is marked, Uma waits and Noor was refused three times, on another phone; Ravi has no face."""
    with toolbox.sessions.begin() as session:
        for roll_id, name in (("15203A0044", "Uma"), ("15203A0045", "Noor")):
            session.add(Student(class_id=school.ids["class"], roll_id=roll_id, name=name, language="en"))
    elsewhere = hand_round(toolbox, school)
    give_eyes(toolbox, Eyes())
    assert send(kiosk=elsewhere).outcome is PRESENT
    for _ in range(3):
        send("15203A0044", kiosk=elsewhere)
        send("15203A0045", kiosk=elsewhere)
    send("15203A0044", kiosk=elsewhere, action=call_teacher)


def test_a_call_before_a_face_keeps_no_picture_of_who_has_no_enrolled_face(toolbox, school, send):
    give_eyes(toolbox, Eyes(failure=ModelUnavailable("gone")))
    for roll_id in (MEERA, RAVI):
        send(roll_id)
        send(roll_id, action=call_teacher)
    with toolbox.reading() as session:
        waiting = confirmations.list_waiting(session, school.ids["lecture"])
    kept = {each.student_id: (each.has_picture, each.typed_roll_id) for each in waiting}
    assert kept == {school.ids["meera"]: (True, None), school.ids["ravi"]: (False, None)}


def test_a_call_from_a_phone_that_tried_nothing_tells_nothing(toolbox, school, send):
    mark_waiting_and_refused_elsewhere(toolbox, school, send)
    for roll_id in (MEERA, RAVI, "15203A0044", "15203A0045", "15203A9999"):
        with pytest.raises(Conflict, match="camera first"):
            send(roll_id, action=call_teacher)


def test_the_teacher_sees_who_called_with_a_roll_id_of_nobody(toolbox, school, send):
    give_eyes(toolbox, Eyes(verdict=PhotoVerdict.NO_FACE))
    for kiosk in (school.kiosk, hand_round(toolbox, school)):
        for _ in range(2):
            for _ in range(3):
                send(" 15203a9999 ", kiosk=kiosk)
            send("15203a9999", kiosk=kiosk, action=call_teacher)
    with toolbox.reading() as session:
        waiting = confirmations.list_waiting(session, school.ids["lecture"])
    assert [(each.student, each.typed_roll_id, each.has_picture) for each in waiting] == [
        (None, "15203A9999", False)
    ] * 2
    told = decide(toolbox, school.actor, school.ids["lecture"], waiting[0].id, accepted=True)
    assert told == "The call with 15203A9999 is settled."
    assert (count(toolbox, Mark), count(toolbox, ToConfirm)) == (0, 2)
    with toolbox.reading() as session:
        assert [each.id for each in confirmations.list_waiting(session, school.ids["lecture"])] == [
            waiting[1].id
        ]
    with pytest.raises(Conflict, match="settled already"):
        decide(toolbox, school.actor, school.ids["lecture"], waiting[0].id, accepted=False)


def test_calls_with_roll_ids_of_nobody_are_capped_too(toolbox, school, send):
    give_eyes(toolbox, Eyes(failure=ModelUnavailable("gone")))
    for number in range(MOST_CALLS_OF_A_PHONE):
        send(f"JUNK{number}")
        send(f"JUNK{number}", action=call_teacher)
    for roll_id in (MEERA, "JUNK"):
        assert send(roll_id).may_call_teacher
        with pytest.raises(Conflict, match="Many calls from this phone"):
            send(roll_id, action=call_teacher)


def test_a_face_that_was_seen_is_told_apart_again(toolbox, school, send):
    """Two refused faces and a photo of the wall are three refusals; an unknown roll id is said to be one."""
    give_eyes(toolbox, Eyes(RAVI_LOOKS))
    assert send("15203A9999").outcome is CheckInOutcome.NOT_IN_CLASS
    for _ in range(2):
        send()
    give_eyes(toolbox, Eyes(verdict=PhotoVerdict.NO_FACE))
    assert send().may_call_teacher
    give_eyes(toolbox, Eyes(RAVI_LOOKS))
    assert send().may_call_teacher
    with pytest.raises(Conflict, match="camera first"):
        send("15203A9999", action=call_teacher)


def test_nine_wrong_faces_do_not_keep_the_right_one_out(toolbox, school, send):
    give_eyes(toolbox, Eyes(RAVI_LOOKS))
    outcomes = [send().outcome for _ in range(9)]
    assert outcomes == [CheckInOutcome.NO_MATCH] * 6 + [SLOWED] * 3
    give_eyes(toolbox, Eyes())
    assert send().outcome is CheckInOutcome.TURN_HEAD  # looked at, and asked after so many wrong ones


def test_a_wrong_face_in_a_wait_is_told_to_wait_and_looked_at_six_times_a_minute(toolbox, school, send):
    eyes = give_eyes(toolbox, Eyes(RAVI_LOOKS))
    answers = [send() for _ in range(6 + 6 + 5)]
    assert [answer.outcome for answer in answers[6:]] == [SLOWED] * 11
    assert all(answer.wait_s > 0 and answer.may_call_teacher for answer in answers[6:])
    assert eyes.asked == 6 + 6
    other_phone = hand_round(toolbox, school)
    give_eyes(toolbox, Eyes())
    assert send(kiosk=other_phone).outcome is CheckInOutcome.TURN_HEAD


def test_after_a_minute_the_right_face_is_looked_at_again(toolbox, school, send):
    give_eyes(toolbox, Eyes(RAVI_LOOKS))
    for _ in range(13):
        send()
    give_eyes(toolbox, Eyes())
    assert send().outcome is SLOWED
    later = toolbox.with_(now=lambda: toolbox.now() + timedelta(seconds=61))
    give_eyes(later, Eyes())
    assert send(at=later).outcome is CheckInOutcome.TURN_HEAD


def test_a_phones_junk_slows_no_student_even_with_a_failure_of_their_own(toolbox, school, send):
    give_eyes(toolbox, Eyes(RAVI_LOOKS))
    for number in range(40):
        send(f"JUNK{number}")
    assert send("JUNK").outcome is SLOWED
    assert send().outcome is CheckInOutcome.NO_MATCH
    give_eyes(toolbox, Eyes())
    # After a face that did not match, the right one is asked to turn the head; it is not slowed.
    assert send().outcome is CheckInOutcome.TURN_HEAD


@pytest.mark.parametrize("change", [{"roll_id": RAVI}, {"photo": gray_photo() + b"\0"}])
def test_a_key_is_good_for_its_own_photo_and_roll_id(toolbox, school, send, change):
    give_eyes(toolbox, Eyes())
    key = str(uuid4())
    first = send(key=key)
    assert send(key=key) == first
    with pytest.raises(Conflict, match="another photo or roll id"):
        send(key=key, **change)
    assert count(toolbox, CheckIn) == 1


def test_a_refused_call_gives_back_the_right_to_call(toolbox, school, send):
    give_eyes(toolbox, Eyes(RAVI_LOOKS))
    for _ in range(3):
        send()
    send(action=call_teacher)
    with toolbox.reading() as session:
        entry_id = session.query(ToConfirm).one().id
    decide(toolbox, school.actor, school.ids["lecture"], entry_id, accepted=False)
    assert send(action=call_teacher).outcome is CheckInOutcome.ASKED_TEACHER


def test_the_calls_of_a_phone_are_capped_and_another_phones_are_not(toolbox, school, send):
    give_eyes(toolbox, Eyes())
    with toolbox.sessions.begin() as session:
        session.add_all(
            Student(
                class_id=school.ids["class"], roll_id=f"N{number}", name="New", language="en", active=True
            )
            for number in range(MOST_CALLS_OF_A_PHONE + 1)
        )
    for number in range(MOST_CALLS_OF_A_PHONE):
        send(f"N{number}")
        send(f"N{number}", action=call_teacher)
    last = f"N{MOST_CALLS_OF_A_PHONE}"
    assert send(last).may_call_teacher
    with pytest.raises(Conflict, match="Many calls from this phone"):
        send(last, action=call_teacher)
    other_phone = hand_round(toolbox, school)
    assert send(last, kiosk=other_phone).may_call_teacher
    assert send(last, action=call_teacher, kiosk=other_phone).outcome is CheckInOutcome.ASKED_TEACHER


def test_a_wait_leaves_its_doubt_although_the_teacher_was_called_before(toolbox, school, send):
    give_eyes(toolbox, Eyes(RAVI_LOOKS))
    for _ in range(6):
        send()
    assert send(action=call_teacher).outcome is CheckInOutcome.ASKED_TEACHER
    assert send().outcome is SLOWED
    give_eyes(toolbox, Eyes())
    assert send().outcome is CheckInOutcome.TURN_HEAD
