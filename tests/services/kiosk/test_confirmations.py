"""Check-ins that wait for the teacher: when one may call, what is kept, and what a decision does."""

import threading
from datetime import timedelta
from io import BytesIO

import numpy as np
import pytest
from PIL import Image

from shared.domain.attendance import MarkSource, MarkStatus
from shared.domain.check_in import CheckInOutcome, ConfirmReason
from shared.errors import Conflict, ModelUnavailable, NotFound, PhotoRefused
from shared.persistence import attendance
from shared.persistence.tables import AuditEntry, Mark, SchoolClass, Student, ToConfirm
from shared.security.sealing import BrokenSeal
from shared.services.attendance.lectures import close_lecture
from shared.services.attendance.marks import set_mark, undo_change
from shared.services.audit import Actor
from shared.services.kiosk import confirmations as to_confirm
from shared.services.kiosk.calls import call_teacher
from shared.services.kiosk.check_in import check_in
from shared.services.kiosk.confirmations import PICTURE_MAX_BYTES, Question, ask_teacher, decide, forget_old
from tests.services.kiosk.test_turns import Film, give_film, send_film
from tests.support.eyes import MEERA_LOOKS, RAVI_LOOKS, Eyes, give_eyes, gray_photo
from tests.support.school import enrol, found_school, hand_round, sent

MEERA, RAVI = "15203A0042", "15203A0043"


@pytest.fixture
def school(toolbox):
    """Meera is enrolled, Ravi is not; a stranger stands before the camera."""
    school = found_school(toolbox)
    enrol(toolbox, school.ids["meera"], [MEERA_LOOKS.tolist()] * 5)
    school.kiosk = hand_round(toolbox, school)
    give_eyes(toolbox, Eyes(RAVI_LOOKS))
    return school


@pytest.fixture
def send(toolbox, school):
    """Sends check-ins, or with `action=call_teacher` a call."""
    numbers = iter(range(1000))

    def send_one(roll_id=MEERA, *, action=check_in, kiosk=None, photo=None, key=None):
        kiosk, key = kiosk or school.kiosk, key or f"key {next(numbers)}"
        return action(toolbox, kiosk, sent(toolbox, kiosk, roll_id, photo or gray_photo(), key=key))

    return send_one


@pytest.fixture
def asked(toolbox, school, send):
    """Meera was refused three times and has called the teacher."""
    for _ in range(3):
        send()
    send(action=call_teacher)
    return only_entry(toolbox)


def only_entry(toolbox):
    with toolbox.reading() as session:
        entry = session.query(ToConfirm).one()
        entry.sealed_picture, entry.sealed_descriptor  # noqa: B018  loads what is deferred
    return entry


def mark_of(toolbox, school, student="meera"):
    with toolbox.reading() as session:
        return session.query(Mark).filter_by(student_id=school.ids[student]).one_or_none()


def test_a_call_in_a_lecture_that_is_over_says_so_whatever_was_tried(toolbox, school, send):
    school.kiosk.lecture.closed_at = toolbox.now()  # as the request reads it
    for roll_id in (MEERA, RAVI, "15203A9999"):
        assert send(roll_id, action=call_teacher).outcome is CheckInOutcome.LECTURE_CLOSED


def test_the_third_refusal_offers_to_call_whatever_the_phone(toolbox, school, send):
    other_phone = hand_round(toolbox, school)
    offers = [send().may_call_teacher, send(kiosk=other_phone).may_call_teacher, send().may_call_teacher]
    assert offers == [False, False, True]


def test_a_call_before_the_third_refusal_is_refused(toolbox, send):
    send()
    send()
    with pytest.raises(Conflict, match="camera first"):
        send(action=call_teacher)
    with toolbox.reading() as session:
        assert session.query(ToConfirm).count() == 0


def test_a_call_keeps_the_reason_the_likeness_and_one_small_sealed_picture(toolbox, school, send):
    send()
    send()
    give_eyes(toolbox, Eyes(is_live=False))
    send()
    noise = np.random.default_rng(7).integers(0, 255, (1200, 1600, 3), np.uint8)
    file = BytesIO()
    Image.fromarray(noise).save(file, "JPEG", quality=95)
    answer = send(action=call_teacher, photo=file.getvalue())
    assert (answer.outcome, answer.student_name) == (CheckInOutcome.ASKED_TEACHER, None)

    entry = only_entry(toolbox)
    assert (entry.reason, entry.last_outcome) == ("called_the_teacher", "picture_seen")
    assert entry.score == pytest.approx(1.0)
    assert not entry.sealed_picture.startswith(b"\xff\xd8")
    picture = to_confirm.get_picture(toolbox, school.actor, school.ids["lecture"], entry.id)
    assert len(picture) <= PICTURE_MAX_BYTES
    assert Image.open(BytesIO(picture)).format == "JPEG"
    assert to_confirm.open_descriptor(toolbox, entry) == pytest.approx(MEERA_LOOKS.tolist())
    assert mark_of(toolbox, school) is None


def test_a_picture_moved_to_another_row_does_not_open(toolbox, school, asked):
    with pytest.raises(BrokenSeal):
        toolbox.sealer.open(asked.sealed_picture, purpose=f"to-confirm-picture:{asked.id + 1}")


def test_who_has_no_face_model_calls_at_once_and_no_picture_is_kept(toolbox, send):
    assert send(RAVI).may_call_teacher
    assert send(RAVI, action=call_teacher).outcome is CheckInOutcome.ASKED_TEACHER
    entry = only_entry(toolbox)
    assert (entry.sealed_picture, entry.sealed_descriptor, entry.score) == (None, None, None)
    assert not entry.has_picture


def test_the_teacher_can_be_called_while_the_camera_check_is_unavailable(toolbox, send):
    give_eyes(toolbox, Eyes(failure=ModelUnavailable("gone")))
    assert send().may_call_teacher
    assert send(action=call_teacher).outcome is CheckInOutcome.ASKED_TEACHER
    entry = only_entry(toolbox)
    assert (entry.sealed_descriptor, entry.score, entry.last_outcome) == (None, None, "unavailable")
    assert entry.has_picture


def test_nobody_calls_for_a_roll_id_of_nobody_or_without_a_photo(toolbox, send, school):
    assert not send("15203A9999").may_call_teacher
    with pytest.raises(Conflict, match="camera first"):
        send("15203A9999", action=call_teacher)
    for _ in range(3):
        send()
    with pytest.raises(PhotoRefused):
        send(action=call_teacher, photo=b"not a photo")
    with toolbox.reading() as session:
        assert session.query(ToConfirm).count() == 0


def test_one_entry_waits_however_often_and_on_however_many_phones_one_calls(toolbox, school, send):
    for _ in range(3):
        send()
    first = send(action=call_teacher, key="the same")
    assert send(action=call_teacher, key="the same") == first
    with pytest.raises(Conflict):
        send(action=call_teacher)
    assert not send().may_call_teacher  # asked already
    only_entry(toolbox)


def test_two_phones_that_call_at_once_leave_one_entry(toolbox, school, send):
    for _ in range(3):
        send()
    phones, start, answers = [hand_round(toolbox, school) for _ in range(2)], threading.Barrier(2), []
    for phone in phones:
        send(kiosk=phone)

    class SlowEyes(Eyes):
        def describe_fast(self, rgb):
            start.wait(timeout=10)
            return super().describe_fast(rgb)

    give_eyes(toolbox, SlowEyes(RAVI_LOOKS))
    threads = [
        threading.Thread(target=lambda phone=phone: answers.append(send(action=call_teacher, kiosk=phone)))
        for phone in phones
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=30)
    assert [answer.outcome for answer in answers] == [CheckInOutcome.ASKED_TEACHER] * 2
    only_entry(toolbox)


def test_accepting_marks_present_with_a_history_and_erases_the_picture(toolbox, school, asked):
    lecture_id = school.ids["lecture"]
    told = decide(toolbox, school.actor, lecture_id, asked.id, accepted=True)
    assert told == "Meera Iyer is present."
    mark = mark_of(toolbox, school)
    assert (mark.status, mark.source) == (MarkStatus.PRESENT, MarkSource.CONFIRMED)
    entry = only_entry(toolbox)
    assert (entry.waiting, entry.accepted, entry.decided_by_id) == (None, True, school.ids["teacher"])
    assert (entry.sealed_picture, entry.sealed_descriptor) == (None, None)
    with toolbox.reading() as session:
        (change,) = attendance.history(session, lecture_id)
        assert (change.was, change.becomes, change.teacher.name) == (None, "present", "Asha Rao")
        assert session.query(AuditEntry).filter_by(action="confirm check-in").count() == 1
    undo_change(toolbox, school.actor, lecture_id, change.id)
    assert mark_of(toolbox, school) is None


def test_refusing_marks_nobody_and_erases_the_picture(toolbox, school, asked, send):
    decide(toolbox, school.actor, school.ids["lecture"], asked.id, accepted=False)
    assert mark_of(toolbox, school) is None
    entry = only_entry(toolbox)
    assert (entry.waiting, entry.accepted, entry.sealed_picture) == (None, False, None)
    assert send().may_call_teacher  # the call may have been somebody else's


def test_what_was_decided_cannot_be_decided_again(toolbox, school, asked):
    decide(toolbox, school.actor, school.ids["lecture"], asked.id, accepted=False)
    with pytest.raises(Conflict, match="settled already"):
        decide(toolbox, school.actor, school.ids["lecture"], asked.id, accepted=True)
    assert mark_of(toolbox, school) is None


def test_two_screens_that_accept_at_once_mark_once(toolbox, school, asked):
    start, refused = threading.Barrier(2), []

    def press():
        start.wait(timeout=10)
        try:
            decide(toolbox, school.actor, school.ids["lecture"], asked.id, accepted=True)
        except Conflict as conflict:
            refused.append(conflict)

    threads = [threading.Thread(target=press) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=30)
    assert len(refused) == 1
    assert mark_of(toolbox, school).status == MarkStatus.PRESENT


@pytest.mark.parametrize("how", ["by hand", "by face"])
def test_a_mark_made_meanwhile_settles_what_waits(toolbox, school, asked, send, how):
    if how == "by hand":
        arguments = (school.ids["lecture"], school.ids["meera"], MarkStatus.LATE)
        set_mark(toolbox, school.actor, *arguments, expected=None)
    else:
        give_film(toolbox, Film())
        assert (
            send(key="asked to turn").outcome is CheckInOutcome.TURN_HEAD
        )  # for the refusals before the call
        assert send_film(toolbox, school, of="asked to turn").outcome is CheckInOutcome.PRESENT
    entry = only_entry(toolbox)
    assert (entry.waiting, entry.accepted, entry.sealed_picture) == (None, None, None)
    with pytest.raises(Conflict, match="settled already"):
        decide(toolbox, school.actor, school.ids["lecture"], asked.id, accepted=True)


@pytest.mark.parametrize("accepted", [True, False])
def test_who_moves_to_another_class_meanwhile_leaves_no_call_that_cannot_be_ended(
    toolbox, school, asked, accepted
):
    with toolbox.sessions.begin() as session:
        student = session.get_one(Student, school.ids["meera"])
        student.school_class = SchoolClass(class_code="CO7GA", name="", active=True)
    told = decide(toolbox, school.actor, school.ids["lecture"], asked.id, accepted=accepted)
    assert told == "Meera Iyer is no longer in a class of this lecture. Nobody was marked."
    assert mark_of(toolbox, school) is None
    entry = only_entry(toolbox)
    assert (entry.waiting, entry.sealed_picture, entry.sealed_descriptor) == (None, None, None)


def test_closing_asks_for_a_look_first_and_what_waits_can_still_be_accepted(toolbox, school, asked):
    lecture_id = school.ids["lecture"]
    with pytest.raises(Conflict, match="1 check-in waits"):
        close_lecture(toolbox, school.actor, lecture_id)
    assert close_lecture(toolbox, school.actor, lecture_id, although_some_wait=True) == 2
    assert mark_of(toolbox, school).status == MarkStatus.ABSENT
    decide(toolbox, school.actor, lecture_id, asked.id, accepted=True)
    assert mark_of(toolbox, school).status == MarkStatus.PRESENT


def test_the_most_doubtful_comes_first(toolbox, school):
    with toolbox.sessions.begin() as session:
        school_class = session.get(Student, school.ids["meera"]).school_class
        extra = Student(school_class=school_class, roll_id="15203A0044", name="Uma Bhat", language="en")
        session.add(extra)
    likely = Question(ConfirmReason.LOOKS_LIKE_A_CLASSMATE, score=0.97, near_match_id=school.ids["ravi"])
    unlike = Question(ConfirmReason.CALLED_THE_TEACHER, CheckInOutcome.NO_MATCH, score=0.5)
    seen = Question(ConfirmReason.CALLED_THE_TEACHER, CheckInOutcome.PICTURE_SEEN, score=0.99)
    asking = ((school.ids["meera"], likely), (school.ids["ravi"], unlike), (extra.id, seen))
    with toolbox.sessions.begin() as session:
        for student_id, question in asking:
            ask_teacher(session, toolbox, school.kiosk, student_id, question)
    with toolbox.reading() as session:
        waiting = to_confirm.list_waiting(session, school.ids["lecture"])
    assert [entry.student.name for entry in waiting] == ["Uma Bhat", "Ravi Patil", "Meera Iyer"]
    assert waiting[2].near_match.name == "Ravi Patil"


def test_another_teacher_sees_no_picture_and_decides_nothing(toolbox, school, asked):
    stranger = Actor(site="classroom", email="stranger@school.example", account_id=999_999)
    with pytest.raises(NotFound):
        to_confirm.get_picture(toolbox, stranger, school.ids["lecture"], asked.id)
    with pytest.raises(NotFound):
        decide(toolbox, stranger, school.ids["lecture"], asked.id, accepted=True)
    assert mark_of(toolbox, school) is None


def test_after_seven_days_the_picture_goes_and_the_words_stay(toolbox, school, asked):
    assert forget_old(toolbox) == 0
    later = toolbox.with_(now=lambda: toolbox.now() + timedelta(days=7, seconds=1))
    assert forget_old(later) == 1
    entry = only_entry(toolbox)
    assert (entry.sealed_picture, entry.sealed_descriptor) == (None, None)
    assert (entry.waiting, entry.last_outcome) == (True, "no_match")
    with pytest.raises(NotFound, match="no picture"):
        to_confirm.get_picture(toolbox, school.actor, school.ids["lecture"], asked.id)
