"""A class of forty in the middle of its round: some marked, two who wait, faces that tried other roll ids."""

from types import SimpleNamespace

from shared.domain.attendance import MarkSource, MarkStatus
from shared.domain.check_in import CheckInOutcome, ConfirmReason
from shared.persistence import attendance
from shared.persistence.tables import FaceFlag, Lecture, SchoolClass, Student
from shared.services.attendance.marks import write_mark
from shared.services.kiosk.confirmations import Question, ask_teacher
from shared.toolbox import Toolbox
from tests.support.school import hand_round

FIRST = (
    *("Aarav", "Aditi", "Arjun", "Bhavya", "Chetan", "Deepika", "Esha", "Farhan", "Gauri", "Harsh", "Ishaan"),
    *("Jyoti", "Kabir", "Lakshmi", "Manish", "Neha", "Omkar", "Pooja", "Qasim", "Ritika", "Sanjay", "Tanvi"),
    *("Uday", "Vaishnavi", "Wasim", "Yash", "Zoya"),
)
LAST = ("Deshmukh", "Kulkarni", "Shaikh", "Patil", "Venkataraghavan-Iyer", "Joshi", "More")


def fill_class(toolbox: Toolbox, school: SimpleNamespace, *, size: int = 39) -> list[int]:
    """Add students to the small school's class until it has `size`; gives the ids of those added."""
    with toolbox.sessions.begin() as session:
        school_class = session.get_one(SchoolClass, school.ids["class"])
        added = [
            Student(
                school_class=school_class,
                roll_id=f"15203A{44 + number:04}",
                name=f"{FIRST[number % len(FIRST)]} {LAST[number % len(LAST)]}",
                language="en",
                active=True,
            )
            for number in range(size - 2)
        ]
        session.add_all(added)
        session.flush()
        return [student.id for student in added]


def begin_round(toolbox: Toolbox, school: SimpleNamespace, student_ids: list[int], *, here: int = 6) -> None:
    """Mark the first `here` by face, let the next two wait, and flag four faces that tried other roll ids."""
    kiosk = hand_round(toolbox, school)
    lecture_id = school.ids["lecture"]
    with toolbox.sessions.begin() as session:
        lecture = session.get_one(Lecture, lecture_id)
        for student_id in student_ids[:here]:
            line = attendance.get_register_line(session, lecture, student_id)
            write_mark(session, toolbox, None, lecture, line, MarkStatus.PRESENT, source=MarkSource.FACE)
    for student_id in student_ids[here : here + 2]:
        ask_to_confirm(toolbox, kiosk, student_id)
    with toolbox.sessions.begin() as session:
        for face in range(4):
            for typed in range(3):
                session.add(
                    FaceFlag(
                        lecture_id=lecture_id,
                        kiosk_pass_id=kiosk.id,
                        student_id=student_ids[10 + typed],
                        near_match_id=student_ids[20 + face],
                        outcome=CheckInOutcome.NO_MATCH,
                        noted_at=toolbox.now(),
                    )
                )


def ask_to_confirm(toolbox: Toolbox, kiosk, student_id: int) -> None:
    """Let a student wait for the teacher, as after a turn of the head that was not seen."""
    with toolbox.sessions.begin() as session:
        question = Question(ConfirmReason.CALLED_THE_TEACHER, CheckInOutcome.TURN_FAILED)
        ask_teacher(session, toolbox, kiosk, student_id, question)
