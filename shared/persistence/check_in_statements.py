"""What every check-in asks the database, put together once: that takes longer than to run it.

Each is named for what it gives; the files of their subjects run them, with these parameters.
"""

from sqlalchemy import BindParameter, bindparam, select, update
from sqlalchemy.orm import contains_eager, joinedload

from shared.domain.check_in import OF_A_FACE, SLOWS, CheckInOutcome
from shared.persistence.tables import (
    CheckIn,
    FaceModelRow,
    FaceVersion,
    KioskPass,
    KioskTicket,
    Lecture,
    LectureClass,
    Mark,
    SchoolClass,
    StrictnessChoice,
    Student,
    Teacher,
    ToConfirm,
)

# More failures than these cannot make a wait longer.
FAILURES_LOOKED_AT = 40
# On a phone the roll ids of nobody count too.
FAILED_ON_A_PHONE = (*SLOWS, CheckInOutcome.NOT_IN_CLASS)

_THE_PASS: BindParameter[int] = bindparam("the_pass")
_THE_LECTURE: BindParameter[int] = bindparam("the_lecture")
_THE_STUDENT: BindParameter[int] = bindparam("the_student")

LIVING_PASS = (
    select(KioskPass)
    .join(KioskPass.teacher)
    .where(KioskPass.token_digest == bindparam("token"), KioskPass.ended_at.is_(None), Teacher.active)
    .options(joinedload(KioskPass.lecture, innerjoin=True))
)
_CANDIDATES = (
    select(Student, Mark, FaceModelRow.sealed_model)
    .join(SchoolClass, SchoolClass.id == Student.class_id)
    .join(LectureClass, LectureClass.class_id == SchoolClass.id)
    .outerjoin(Mark, (Mark.student_id == Student.id) & (Mark.lecture_id == _THE_LECTURE))
    .outerjoin(FaceModelRow, FaceModelRow.student_id == Student.id)
    .where(LectureClass.lecture_id == _THE_LECTURE, Student.active)
    .options(contains_eager(Student.school_class))
)
CANDIDATE = _CANDIDATES.where(
    SchoolClass.class_code == bindparam("class_code"), Student.roll_id == bindparam("roll_id")
)
CANDIDATE_BY_ID = _CANDIDATES.where(Student.id == _THE_STUDENT)
ROLL_IDS = (
    select(Student.roll_id)
    .join(SchoolClass, SchoolClass.id == Student.class_id)
    .join(LectureClass, LectureClass.class_id == SchoolClass.id)
    .where(
        LectureClass.lecture_id == _THE_LECTURE,
        SchoolClass.class_code == bindparam("class_code"),
        Student.active,
    )
)
EXPECTED = (
    select(Student.id)
    .join(LectureClass, LectureClass.class_id == Student.class_id)
    .where(LectureClass.lecture_id == _THE_LECTURE, Student.active)
)
ANSWERED = (
    select(CheckIn)
    .where(CheckIn.kiosk_pass_id == _THE_PASS, CheckIn.idempotency_key == bindparam("key"))
    .options(joinedload(CheckIn.student))
)
LOCKED_PASS = (
    select(KioskPass)
    .where(KioskPass.id == _THE_PASS, KioskPass.ended_at.is_(None))
    .with_for_update()
    .execution_options(populate_existing=True)
)
LOCKED_LECTURE = {
    is_shared: select(Lecture)
    .where(Lecture.id == _THE_LECTURE)
    .with_for_update(read=is_shared)
    .execution_options(populate_existing=True)
    for is_shared in (True, False)
}
USE_TICKET = (
    update(KioskTicket)
    .where(
        KioskTicket.token_digest == bindparam("ticket"),
        KioskTicket.kiosk_pass_id == _THE_PASS,
        KioskTicket.issued_at > bindparam("issued_after"),
        KioskTicket.issued_at < bindparam("issued_before"),
        KioskTicket.bound_to.is_(None),
    )
    .values(bound_to=bindparam("request"))
    .execution_options(synchronize_session=False)
)
FAILURES_OF_STUDENT = (
    select(CheckIn.answered_at)
    .where(
        CheckIn.lecture_id == _THE_LECTURE,
        CheckIn.student_id == _THE_STUDENT,
        CheckIn.outcome.in_(SLOWS),
        CheckIn.answered_at > bindparam("since"),
    )
    .order_by(CheckIn.id.desc())
    .limit(FAILURES_LOOKED_AT)
)
FAILURES_OF_PHONE = (
    select(CheckIn.answered_at)
    .where(
        CheckIn.kiosk_pass_id == _THE_PASS,
        CheckIn.outcome.in_(FAILED_ON_A_PHONE),
        CheckIn.answered_at > bindparam("since"),
    )
    .order_by(CheckIn.id.desc())
    .limit(FAILURES_LOOKED_AT)
)
LATEST_ANSWERS = (
    select(CheckIn.outcome)
    .where(CheckIn.kiosk_pass_id == _THE_PASS, CheckIn.typed_digest == bindparam("typed"))
    .order_by(CheckIn.id.desc())
    .limit(bindparam("most"))
)
LAST_OUTCOME = (
    select(CheckIn.outcome)
    .where(
        CheckIn.lecture_id == _THE_LECTURE,
        CheckIn.student_id == _THE_STUDENT,
        CheckIn.outcome.in_(OF_A_FACE),
    )
    .order_by(CheckIn.id.desc())
    .limit(1)
)
STRICTNESS = select(StrictnessChoice.strictness).order_by(StrictnessChoice.id.desc()).limit(1)
DOUBT = select(LAST_OUTCOME.scalar_subquery(), STRICTNESS.scalar_subquery())
FACES_VERSION = select(FaceVersion.version, FaceVersion.removed_at)
END_WAITING = (
    update(ToConfirm)
    .where(
        ToConfirm.lecture_id == _THE_LECTURE,
        ToConfirm.student_id == _THE_STUDENT,
        ToConfirm.waiting.is_(True),
    )
    .values(
        waiting=None,
        accepted=bindparam("is_accepted"),
        decided_at=bindparam("at"),
        decided_by_id=bindparam("by"),
        sealed_picture=None,
        sealed_descriptor=None,
    )
    .execution_options(synchronize_session=False)  # nobody reads a loaded entry after this
)
