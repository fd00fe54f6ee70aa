"""Check-ins that wait for the teacher's eye: asked at the kiosk, shown with a picture, then decided."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from shared.domain.attendance import MarkSource, status_on_arrival
from shared.domain.check_in import (
    BEFORE_A_FACE,
    REFUSALS,
    REFUSALS_BEFORE_CALLING,
    CheckInOutcome,
    ConfirmReason,
    doubtfulness,
    may_call_before_a_face,
    may_call_teacher,
)
from shared.domain.languages import phrase
from shared.errors import Conflict, NotFound
from shared.persistence import attendance, kiosk, statuses, to_confirm
from shared.persistence.database import Session
from shared.persistence.tables import KioskPass, Lecture, ToConfirm
from shared.security import purposes
from shared.security.sealing import BrokenSeal
from shared.services import audit
from shared.services.attendance.marks import write_mark
from shared.services.audit import Actor
from shared.services.faces.model_offers import offer
from shared.services.faces.sealed_faces import pack_descriptor, unpack_descriptor
from shared.toolbox import Toolbox

# One picture of at most this much is kept until somebody decides, and no longer than this.
PICTURE_MAX_BYTES = 50_000
PICTURE_KEPT = timedelta(days=7)


@dataclass(frozen=True)
class Question:
    """Why the teacher is asked about a check-in, and what there is to look at.

    `picture` is a JPEG of at most PICTURE_MAX_BYTES, `descriptor` its numbers if a face was found, of the
    `quality` 0…1; all are None for a student without a face model, whose family may have said no. `score` is
    the matcher's, and `near_match_id` names the student whom the face resembles as well. `before_a_face` says
    that the call waits whoever's the roll id is, as it was typed: `typed_roll_id`.
    """

    reason: ConfirmReason
    last_outcome: CheckInOutcome | None = None
    score: float | None = None
    near_match_id: int | None = None
    picture: bytes | None = None
    descriptor: Sequence[float] | None = None
    quality: float | None = None
    before_a_face: bool = False
    typed_roll_id: str = ""


@dataclass(frozen=True)
class CallStatus:
    """The last refusal of a student at a lecture, and whether the teacher may be called now.

    `before_a_face` says that this goes by what the phone was answered, and by nothing of the student.
    """

    last_refusal: CheckInOutcome | None
    may_call: bool
    before_a_face: bool = False


def call_status_on(
    session: Session, kiosk_pass_id: int, typed_digest: str | None, lecture_id: int, student_id: int | None
) -> CallStatus:
    """Return whether the teacher may be called on a phone with what was typed there.

    Until that phone saw a face with it, the answer is the same whoever's roll id it is, if anybody's.
    """
    latest = kiosk.latest_answers(session, kiosk_pass_id, typed_digest, limit=REFUSALS_BEFORE_CALLING)
    last = next((outcome for outcome in latest if outcome is not CheckInOutcome.ASKED_TEACHER), None)
    if last in BEFORE_A_FACE:
        return CallStatus(last, may_call_before_a_face(latest), before_a_face=True)
    if last is None or student_id is None:
        return CallStatus(None, may_call=False)
    return call_status(session, lecture_id, student_id)


def call_status(session: Session, lecture_id: int, student_id: int) -> CallStatus:
    """Return whether a student may call the teacher: after a few refusals, and not while one call waits.

    A call that the teacher refused may have been somebody else's, and leaves everything as it was before.
    """
    asked = to_confirm.find_latest(session, lecture_id, student_id)
    if asked is not None and asked.waiting:
        return CallStatus(asked.last_outcome, may_call=False)
    if asked is not None and asked.accepted is False:
        asked = None
    outcomes = to_confirm.unmarked_since(session, lecture_id, student_id, asked.asked_at if asked else None)
    last = outcomes[-1] if outcomes else None
    refusals = sum(outcome in REFUSALS for outcome in outcomes)
    return CallStatus(last, may_call_teacher(last, refusals=refusals, has_asked=asked is not None))


def ask_teacher(
    session: Session, toolbox: Toolbox, kiosk_pass: KioskPass, student_id: int | None, question: Question
) -> None:
    """Let a student of the pass's lecture wait for the teacher, inside the caller's transaction.

    Without a student it is somebody with the roll id that was typed. What waits already stays as it is.
    Raise AlreadyThere when another phone asks in the same moment; the transaction is then void and may be
    tried again.
    """
    if student_id is None:
        if to_confirm.has_called(session, kiosk_pass.id, question.typed_roll_id):
            return
    else:
        latest = to_confirm.find_latest(session, kiosk_pass.lecture_id, student_id)
        if latest is not None and latest.waiting:
            return
    entry = ToConfirm(
        lecture_id=kiosk_pass.lecture_id,
        student_id=student_id,
        typed_roll_id=question.typed_roll_id if student_id is None else None,
        kiosk_pass_id=kiosk_pass.id,
        reason=question.reason,
        last_outcome=question.last_outcome,
        near_match_id=question.near_match_id,
        score=question.score,
        quality=question.quality,
        asked_at=toolbox.now(),
        waiting=True,
    )
    session.add(entry)
    session.flush()  # the seals name the row
    if question.picture is not None:
        entry.sealed_picture = toolbox.sealer.seal(
            question.picture, purpose=purposes.waiting_picture(entry.id)
        )
    if question.descriptor is not None:
        plain = pack_descriptor(question.descriptor)
        entry.sealed_descriptor = toolbox.sealer.seal(plain, purpose=purposes.waiting_descriptor(entry.id))


def list_waiting(session: Session, lecture_id: int) -> list[ToConfirm]:
    """Return what waits at a lecture, the most doubtful first."""
    waiting = to_confirm.list_waiting(session, lecture_id)
    return sorted(waiting, key=lambda entry: doubtfulness(entry.last_outcome, entry.score), reverse=True)


def get_picture(toolbox: Toolbox, actor: Actor, lecture_id: int, entry_id: int) -> bytes:
    """Return the picture of a waiting entry as a JPEG, for the lecture's teacher. Raise NotFound."""
    with toolbox.reading() as session:
        attendance.get_own_lecture(session, actor.account_id, lecture_id)
        entry = to_confirm.get_entry(session, lecture_id, entry_id)
    if entry.sealed_picture is None:
        raise NotFound(phrase("There is no picture any more."))
    try:
        return toolbox.sealer.open(entry.sealed_picture, purpose=purposes.waiting_picture(entry_id))
    except BrokenSeal as cause:
        raise NotFound(phrase("The picture cannot be opened any more.")) from cause


def open_descriptor(toolbox: Toolbox, entry: ToConfirm) -> tuple[float, ...] | None:
    """Return the descriptor of an entry that was loaded with its picture; None without. Raise BrokenSeal."""
    if entry.sealed_descriptor is None:
        return None
    return unpack_descriptor(
        toolbox.sealer.open(entry.sealed_descriptor, purpose=purposes.waiting_descriptor(entry.id))
    )


def decide(toolbox: Toolbox, actor: Actor, lecture_id: int, entry_id: int, *, accepted: bool) -> str:
    """Accept or refuse what waits, and erase its picture; return a sentence on what became of the mark.

    Accepting marks the student present, or late by the clock, unless a mark says so already. Raise NotFound,
    and Conflict for what was settled before.
    """
    with toolbox.sessions.begin() as session:
        lecture = attendance.get_own_lecture(session, actor.account_id, lecture_id, lock=True)
        entry = to_confirm.get_entry(session, lecture_id, entry_id)
        if entry.student_id is None:
            return _see_to_nobody(session, toolbox, actor, lecture, entry)
        descriptor = _open_to_learn(toolbox, entry) if accepted and entry.waiting else None
        try:
            line = attendance.get_register_line(session, lecture, entry.student_id)
        except NotFound:
            return _see_to_nobody(session, toolbox, actor, lecture, entry)
        name = line.student.name
        if not entry.waiting:
            raise Conflict(
                phrase("The check-in of %(name)s was settled already. Nothing was changed.", name=name)
            )
        to_confirm.settle(
            session,
            lecture_id,
            entry.student_id,
            now=toolbox.now(),
            teacher_id=actor.account_id,
            accepted=accepted,
        )
        audit.record_in_lecture(
            session,
            toolbox,
            actor,
            "confirm check-in" if accepted else "refuse check-in",
            lecture,
            student=line.student,
            before={"reason": entry.reason, "status": line.mark.status if line.mark else None},
        )
        if not accepted:
            return phrase("The check-in of %(name)s was refused. You can still mark by hand.", name=name)
        if descriptor is not None:
            offer(session, toolbox, actor, line.student, entry, descriptor)
        return _confirm(session, toolbox, actor, lecture, line, asked_at=entry.asked_at)


def _see_to_nobody(
    session: Session, toolbox: Toolbox, actor: Actor, lecture: Lecture, entry: ToConfirm
) -> str:
    """End what waits for nobody of the lecture: a roll id of nobody, or a student who has moved since.

    Raise Conflict if it was settled before.
    """
    student = entry.student
    roll_id = student.roll_id if student else entry.typed_roll_id or ""
    if not entry.waiting:
        raise Conflict(phrase("The call with %(roll_id)s was settled already.", roll_id=roll_id))
    to_confirm.settle_entry(session, entry.id, now=toolbox.now(), teacher_id=actor.account_id)
    before = {"reason": entry.reason, "roll_id": roll_id}
    audit.record_in_lecture(
        session, toolbox, actor, "refuse check-in", lecture, student=student, before=before
    )
    if student is not None:
        return phrase(
            "%(name)s is no longer in a class of this lecture. Nobody was marked.", name=student.name
        )
    return phrase("The call with %(roll_id)s is settled.", roll_id=roll_id)


def _open_to_learn(toolbox: Toolbox, entry: ToConfirm) -> tuple[float, ...] | None:
    """Return the descriptor, if there is one that opens: a mark must not fail for want of it."""
    try:
        return open_descriptor(toolbox, entry)
    except BrokenSeal:
        return None


def _confirm(
    session: Session,
    toolbox: Toolbox,
    actor: Actor,
    lecture: Lecture,
    line: attendance.RegisterLine,
    *,
    asked_at: datetime,
) -> str:
    """Mark the student as the clock said when the kiosk asked, not when the teacher came to look."""
    name, mark = line.student.name, line.mark
    if mark is not None and mark.source is not MarkSource.CLOSING:
        known = statuses.load(session, toolbox.settings.late_counts_as)
        return phrase(
            "%(name)s is %(name_of)s already; the mark stays as it is.",
            name=name,
            name_of=known.name_of(mark.status),
        )
    starts_at, late_after = lecture.starts_at, lecture.late_after_minutes
    status = status_on_arrival(seen_at=asked_at, starts_at=starts_at, late_after_minutes=late_after)
    write_mark(session, toolbox, actor, lecture, line, status, source=MarkSource.CONFIRMED)
    return phrase("%(name)s is %(status)s.", name=name, status=status)


def forget_old(toolbox: Toolbox) -> int:
    """Erase the pictures and descriptors that waited too long; return how many. The entries' words stay."""
    with toolbox.sessions.begin() as session:
        return to_confirm.forget_pictures(session, before=toolbox.now() - PICTURE_KEPT)
