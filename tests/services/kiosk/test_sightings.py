"""One face, several roll ids: nobody is marked twice silently, and the teacher is told, on both databases."""

import threading
from datetime import timedelta

import numpy as np
import pytest
from sqlalchemy import select

from shared.domain.check_in import CheckInOutcome, ConfirmReason
from shared.persistence import erasure, faces
from shared.persistence.database import AlreadyThere
from shared.persistence.tables import FaceFlag, Lecture, Mark, Student, ToConfirm
from shared.services.attendance import flagged_faces
from shared.services.attendance.lectures import close_lecture
from shared.services.kiosk import answers
from shared.services.kiosk.calls import call_teacher
from shared.services.kiosk.check_in import check_in
from shared.services.kiosk.confirmations import ask_teacher, decide
from tests.support.eyes import Eyes, give_eyes, gray_photo
from tests.support.school import enrol, found_school, hand_round, sent


def face(*parts: tuple[int, float]) -> np.ndarray:
    """A descriptor with these cosines to the axes; what is left points where nobody else does."""
    numbers = np.zeros(128)
    for axis, cosine in parts:
        numbers[axis] = cosine
    numbers[100] = np.sqrt(max(0.0, 1 - np.square(numbers).sum()))
    return numbers.astype(np.float32)


MEERA = face((0, 1.0))
# Meera's and Ravi's templates have a cosine of 0.3: no look-alikes, yet a face between them passes for both.
RAVI = face((0, 0.3), (1, np.sqrt(1 - 0.3**2)))
BETWEEN = (MEERA + RAVI) / np.linalg.norm(MEERA + RAVI)
# These pass for both as well, but fit one of them clearly better.
NEARER_MEERA, NEARER_RAVI = BETWEEN - 0.2 * (RAVI - MEERA), BETWEEN + 0.2 * (RAVI - MEERA)
TWIN = face((0, 0.7), (1, np.sqrt(1 - 0.7**2)))
STRANGER = face((7, 1.0))


@pytest.fixture
def school(toolbox):
    school = found_school(toolbox)
    school.kiosk, school.count = hand_round(toolbox, school), 0
    with toolbox.sessions.begin() as session:
        for number in (44, 45):
            student = Student(
                class_id=school.ids["class"],
                roll_id=f"15203A00{number}",
                name=f"Student {number}",
                active=True,
            )
            session.add(student)
            session.flush()
            school.ids[str(number)] = student.id
    enrol(toolbox, school.ids["meera"], [MEERA.tolist()] * 5)
    enrol(toolbox, school.ids["44"], [face((20, 1.0)).tolist()] * 5)
    enrol(toolbox, school.ids["45"], [face((21, 1.0)).tolist()] * 5)
    return school


def come(toolbox, school, looks, roll_id, *, kiosk=None, action=check_in):
    give_eyes(toolbox, Eyes(looks))
    school.count += 1
    kiosk = kiosk or school.kiosk
    return action(toolbox, kiosk, sent(toolbox, kiosk, roll_id, gray_photo(), key=f"k{school.count}")).outcome


def rows(toolbox, table):
    with toolbox.reading() as session:
        return session.scalars(select(table).order_by(table.id)).all()


def told(toolbox, school) -> list[tuple[str | None, list[tuple[str, str]]]]:
    """Whose face, and which roll ids it tried with what outcome."""
    with toolbox.reading() as session:
        return [
            (
                seen.student.name if seen.student else None,
                [(one.student.roll_id[-2:], one.outcome) for one in seen.tries],
            )
            for seen in flagged_faces.list_faces(session, school.ids["lecture"])
        ]


def test_a_classmates_face_that_is_refused_is_noted(toolbox, school):
    assert come(toolbox, school, MEERA, "15203A0044") is CheckInOutcome.NO_MATCH
    assert come(toolbox, school, MEERA, "15203A0045") is CheckInOutcome.NO_MATCH
    assert told(toolbox, school) == [("Meera Iyer", [("44", "no_match"), ("45", "no_match")])]
    assert all(flag.kiosk_pass_id == school.kiosk.id for flag in rows(toolbox, FaceFlag))
    with toolbox.reading() as session:
        kept = session.scalars(select(FaceFlag.sealed_descriptor)).all()
    assert kept == [None, None]  # who it is, is known: no face needs to be kept


def test_ones_own_face_leaves_nothing(toolbox, school):
    assert come(toolbox, school, MEERA, "15203A0042") is CheckInOutcome.PRESENT
    assert rows(toolbox, FaceFlag) == []


def test_a_second_roll_id_of_one_face_waits_for_the_teacher(toolbox, school):
    enrol(toolbox, school.ids["ravi"], [RAVI.tolist()] * 5)
    assert come(toolbox, school, NEARER_RAVI, "15203A0043") is CheckInOutcome.PRESENT
    assert come(toolbox, school, NEARER_MEERA, "15203A0042") is CheckInOutcome.ASKED_TEACHER
    (mark,) = rows(toolbox, Mark)
    (entry,) = rows(toolbox, ToConfirm)
    assert mark.student_id == school.ids["ravi"]
    assert (entry.student_id, entry.near_match_id) == (school.ids["meera"], school.ids["ravi"])
    assert entry.reason is ConfirmReason.LOOKS_LIKE_A_CLASSMATE
    assert told(toolbox, school) == [("Ravi Patil", [("42", "asked_teacher")])]


def test_a_face_that_fits_two_equally_waits_for_the_teacher_at_once(toolbox, school):
    enrol(toolbox, school.ids["ravi"], [RAVI.tolist()] * 5)
    assert come(toolbox, school, BETWEEN, "15203A0043") is CheckInOutcome.ASKED_TEACHER
    assert rows(toolbox, Mark) == []
    (entry,) = rows(toolbox, ToConfirm)
    assert entry.near_match_id == school.ids["meera"]
    assert decide(toolbox, school.actor, school.ids["lecture"], entry.id, accepted=True).endswith(
        "is present."
    )
    assert [mark.student_id for mark in rows(toolbox, Mark)] == [school.ids["ravi"]]


def test_a_face_waits_for_the_teacher_though_whom_it_fits_less_well_is_here(toolbox, school):
    """Of the two others whom Meera's face would pass for, the likest is not here and the second is."""
    enrol(toolbox, school.ids["ravi"], [face((0, 0.6), (1, 0.8)).tolist()] * 5)
    second = face((0, 0.5), (2, np.sqrt(0.75)))
    enrol(toolbox, school.ids["44"], [second.tolist()] * 5)
    assert come(toolbox, school, second, "15203A0044") is CheckInOutcome.PRESENT
    assert come(toolbox, school, MEERA, "15203A0042") is CheckInOutcome.ASKED_TEACHER
    (entry,) = rows(toolbox, ToConfirm)
    assert (entry.student_id, entry.near_match_id) == (school.ids["meera"], school.ids["44"])


def test_who_asks_the_teacher_in_the_moment_another_phone_does_is_not_said_to_be_marked(
    toolbox, school, monkeypatch
):
    enrol(toolbox, school.ids["ravi"], [RAVI.tolist()] * 5)
    beaten = []

    def ask_second(*args):
        if not beaten:
            beaten.append(True)
            raise AlreadyThere("INSERT INTO to_confirm", {}, Exception("another phone was first"))
        ask_teacher(*args)

    monkeypatch.setattr(answers, "ask_teacher", ask_second)
    assert come(toolbox, school, BETWEEN, "15203A0043") is CheckInOutcome.ASKED_TEACHER
    assert beaten
    assert [entry.waiting for entry in rows(toolbox, ToConfirm)] == [True]


def test_of_two_phones_at_once_only_one_marks_the_face(toolbox, school):
    """Each phone sees a register without the other's mark; the mark of the second must wait for the first."""
    enrol(toolbox, school.ids["ravi"], [RAVI.tolist()] * 5)
    looks, barrier, answers = (
        {"15203A0042": NEARER_MEERA, "15203A0043": NEARER_RAVI},
        threading.Barrier(2),
        [],
    )
    own = threading.local()

    class TwoEyes(Eyes):
        def describe_fast(self, rgb):
            reading = Eyes(looks[own.roll_id]).describe_fast(rgb)
            barrier.wait(timeout=10)
            return reading

    give_eyes(toolbox, TwoEyes())

    def send(roll_id, kiosk):
        own.roll_id = roll_id
        answers.append(
            check_in(toolbox, kiosk, sent(toolbox, kiosk, roll_id, gray_photo(), key=roll_id)).outcome
        )

    threads = [
        threading.Thread(target=send, args=(roll_id, hand_round(toolbox, school))) for roll_id in looks
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=30)
    assert sorted(answers) == [CheckInOutcome.ASKED_TEACHER, CheckInOutcome.PRESENT]
    assert len(rows(toolbox, Mark)) == 1


def test_a_look_alike_waits_though_the_other_would_not_pass(toolbox, school):
    enrol(toolbox, school.ids["ravi"], [TWIN.tolist()] * 5)
    # Fits Meera by 0.58 and her twin by 0.45.
    probe = face((0, 0.58), (1, 0.06))
    assert come(toolbox, school, probe, "15203A0042") is CheckInOutcome.PRESENT
    with toolbox.sessions.begin() as session:
        session.delete(session.scalars(select(Mark)).one())
        faces.save_near_matches(session, school.ids["ravi"], {school.ids["meera"]: 0.99})
    assert come(toolbox, school, probe, "15203A0042") is CheckInOutcome.ASKED_TEACHER


def test_nobodys_face_that_tries_several_is_told_and_one_that_tries_one_is_not(toolbox, school):
    other = face((8, 1.0))
    for roll_id, looks in (("44", STRANGER), ("45", other), ("44", other), ("42", face((9, 1.0)))):
        assert come(toolbox, school, looks, f"15203A00{roll_id}") is CheckInOutcome.NO_MATCH
    assert told(toolbox, school) == [(None, [("45", "no_match"), ("44", "no_match")])]


def test_nobodys_face_is_sealed_and_gone_when_the_lecture_closes(toolbox, school):
    for roll_id in ("44", "45"):
        come(toolbox, school, STRANGER, f"15203A00{roll_id}")
    come(toolbox, school, face((9, 1.0)), "15203A0042")
    with toolbox.reading() as session:
        kept = session.scalars(select(FaceFlag.sealed_descriptor)).all()
    assert len(kept) == 3
    assert all(sealed and STRANGER.tobytes()[:64] not in sealed for sealed in kept)
    before = told(toolbox, school)
    close_lecture(toolbox, school.actor, school.ids["lecture"])
    with toolbox.reading() as session:
        assert session.scalars(select(FaceFlag.sealed_descriptor)).all() == [None, None]
    assert told(toolbox, school) == before == [(None, [("44", "no_match"), ("45", "no_match")])]


def test_nobodys_face_is_gone_the_night_after_though_nobody_closed(toolbox, school):
    come(toolbox, school, STRANGER, "15203A0044")
    assert flagged_faces.forget_old(toolbox) == 0
    with toolbox.sessions.begin() as session:
        session.get(Lecture, school.ids["lecture"]).ends_at = toolbox.now() - timedelta(minutes=1)
    assert flagged_faces.forget_old(toolbox) == 1
    assert rows(toolbox, FaceFlag) == []


def test_a_face_that_is_forgotten_takes_its_flags_along(toolbox, school):
    come(toolbox, school, MEERA, "15203A0044")
    come(toolbox, school, STRANGER, "15203A0045")
    with toolbox.sessions.begin() as session:
        erasure.forget_face(session, school.ids["meera"])
        erasure.forget_face(session, school.ids["45"])
    assert rows(toolbox, FaceFlag) == []


def test_students_of_other_lectures_are_not_compared(toolbox, school):
    with toolbox.sessions.begin() as session:
        session.get(Student, school.ids["meera"]).active = False
        assert session.get(Lecture, school.ids["lecture"]).classes
    come(toolbox, school, MEERA, "15203A0044")
    assert [flag.near_match_id for flag in rows(toolbox, FaceFlag)] == [None]


def test_who_calls_the_teacher_with_a_classmates_face_is_told_with_the_classmate(toolbox, school):
    for _ in range(3):
        assert come(toolbox, school, MEERA, "15203A0044") is CheckInOutcome.NO_MATCH
    assert come(toolbox, school, MEERA, "15203A0044", action=call_teacher) is CheckInOutcome.ASKED_TEACHER
    (entry,) = rows(toolbox, ToConfirm)
    assert (entry.reason, entry.near_match_id) == (ConfirmReason.CALLED_THE_TEACHER, school.ids["meera"])
