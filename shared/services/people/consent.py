"""Records a family's consent to a face model, and its withdrawal, which removes everything at once."""

from shared.errors import Conflict
from shared.persistence.people import get_student
from shared.persistence.tables import Consent
from shared.services import audit
from shared.services.audit import Actor
from shared.services.people import erasure
from shared.services.typed_input import checked_name
from shared.toolbox import Toolbox

# What a family agrees to. A changed text holds for later consents; earlier ones keep their own words.
NOTICE = """\
The school would like to mark attendance by face.

What is kept: a few photos are taken at the office, and from them a face model is computed: some thousand \
numbers that describe the face. It is stored encrypted on the school's own computers. The photos are deleted \
as soon as the model is ready, unless the school has decided to keep them, encrypted as well.

What it is used for: in class a photo is taken when the student checks in. It is compared with the face \
model of the roll id that was typed, and with those of the others of that lecture and at enrolment of \
the school, so that nobody is taken for somebody else; then it is forgotten. Where the camera is in \
doubt, the teacher is shown one picture, which is deleted with the teacher's decision and after seven \
days at the latest; a face that was refused is remembered, as numbers, until the lecture is closed. A \
check-in that a teacher confirmed may improve the face model, if the office agrees. The model is used \
for nothing else and given to nobody.

It is your choice: a student without a face model has no disadvantage; the teacher marks them by hand. You \
can withdraw your consent at the office at any time, without giving a reason; photos and face model are then \
deleted at once. You can ask the office at any time what is kept."""


def record_consent(toolbox: Toolbox, actor: Actor, student_id: int, *, given_by: str) -> None:
    """Record that a family agreed to the notice; a consent that already holds stays as it is.

    Raises InvalidInput naming the field, or NotFound.
    """
    given_by = checked_name(given_by, field="given_by")
    with toolbox.sessions.begin() as session:
        student = get_student(session, student_id, lock=True)
        if student.consent is not None:
            return
        student.consents.append(
            Consent(text=NOTICE, given_by=given_by, given_at=toolbox.now(), recorded_by_id=actor.account_id)
        )
        audit.record(
            session,
            toolbox,
            actor,
            "record consent",
            student.roll_id,
            student_id=student_id,
            after={"given_by": given_by},
        )


def withdraw_consent(toolbox: Toolbox, actor: Actor, student_id: int) -> None:
    """End a consent and remove all that was made of the face in the same transaction; marks stay.

    Raises NotFound, or Conflict when no consent holds.
    """
    with toolbox.sessions.begin() as session:
        student = get_student(session, student_id, lock=True)
        consent = student.consent
        if consent is None:
            raise Conflict("There is no consent to withdraw.")
        consent.withdrawn_at, consent.withdrawal_recorded_by_id = toolbox.now(), actor.account_id
        erasure.forget_face(session, toolbox, student, consent)
        audit.record(session, toolbox, actor, "withdraw consent", student.roll_id, student_id=student_id)
    erasure.settle(toolbox)
