"""The last part of a check-in: writes down what it came to, once, and says it."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime

from shared.domain.attendance import MarkSource, MarkStatus, status_on_arrival
from shared.domain.check_in import ASKED_TO_TURN, REFUSALS, CheckInOutcome
from shared.domain.head_turn import Side
from shared.domain.languages import joined, phrase
from shared.errors import Conflict
from shared.persistence import kiosk
from shared.persistence.attendance import Count, RegisterLine, count_here
from shared.persistence.database import AlreadyThere, Session
from shared.persistence.tables import CheckIn, KioskPass, Lecture, Mark, Student
from shared.security import throttling
from shared.services.attendance.marks import write_mark
from shared.services.kiosk.confirmations import Question, ask_teacher, call_status, call_status_on
from shared.services.kiosk.passes import is_open, note_seen_now
from shared.services.kiosk.sightings import Sighting, record_sighting
from shared.services.kiosk.turns import Film, FirstLook, TurnQuestion, keep, question_of, side_asked
from shared.toolbox import Toolbox

# What a face gets that is alike and went through both locks of the spoof check.
_PASSED = (CheckInOutcome.PRESENT, CheckInOutcome.IS_IT_YOU)
_AFTER_A_TURN = (*_PASSED, CheckInOutcome.TURN_HEAD)
_FAILED_FILM = (CheckInOutcome.TURN_AGAIN, CheckInOutcome.TURN_FAILED)


@dataclass(frozen=True)
class CheckInAnswer:
    """What the kiosk tells. `student_name` is there only for PRESENT and IS_IT_YOU: a roll id alone tells
    nobody's name. IS_IT_YOU comes with class and roll id too.

    `wait_s` are the seconds that SLOWED asks for, `turn` is the side to turn to, and `advice` says what was
    wrong with the film before. `count` says how many are here by then, of a request that was written down.
    """

    outcome: CheckInOutcome
    student_name: str | None = None
    marked_at: datetime | None = None
    may_call_teacher: bool = False
    wait_s: int = 0
    turn: Side | None = None
    advice: str = ""
    is_late: bool = False
    class_code: str | None = None
    roll_id: str | None = None
    count: Count | None = None

    @property
    def sentence(self) -> str:
        """What the student may do now."""
        if self.is_late:
            return phrase("You are marked late. Please pass the phone on.")
        sentence = self.advice or self.outcome.sentence
        if not self.wait_s:
            return sentence
        return joined([sentence, phrase("Try again in %(spoken)s.", spoken=throttling.spoken(self.wait_s))])


@dataclass(frozen=True)
class CheckInResult:
    """What a request came to before it is written down; ASKED_TEACHER comes with its question.

    `sighting` tells how the face compares with the lecture's other students. PRESENT comes with a question if
    it would pass for some of them too: it is asked instead of marking, once one of those is here already.
    `shown` is what the second lock decides by about a face that matches; `seen_at` is when the photo arrived.
    `found` is whom a face without a roll id is most like. `turned` says of a Yes that the head had turned
    before the name was told. `after_failed_film` is told instead where a roll id waits and a film fails.
    """

    outcome: CheckInOutcome
    question: Question | None = None
    sighting: Sighting | None = None
    shown: FirstLook | Film | None = None
    seen_at: datetime | None = None
    found: Student | None = None
    turned: bool = False
    after_failed_film: CheckInOutcome | None = None


def record(
    toolbox: Toolbox,
    kiosk_pass: KioskPass,
    student: Student | None,
    result: CheckInResult,
    *,
    idempotency_key: str,
    content_digest: str,
    typed_digest: str | None = None,
) -> CheckInAnswer:
    """Write a result down, and the mark or the question if there is one, and return what the kiosk tells.

    A key that was recorded meanwhile, and a student whom another phone marked, get the answer that stands.
    """
    known_by = {
        "idempotency_key": idempotency_key,
        "content_digest": content_digest,
        "typed_digest": typed_digest,
    }
    try:
        return _write(toolbox, kiosk_pass, student, result, known_by)
    except AlreadyThere:
        with toolbox.reading() as session:
            earlier = kiosk.find_check_in(session, kiosk_pass.id, idempotency_key)
            if earlier is not None:
                return tell_again(session, earlier, content_digest)
        if result.outcome is not CheckInOutcome.ASKED_TEACHER:
            result = CheckInResult(CheckInOutcome.ALREADY_MARKED)
        return _write(toolbox, kiosk_pass, student, result, known_by)


def slowed(session: Session, lecture_id: int, student_id: int, wait_s: int) -> CheckInAnswer:
    """Return the answer for a roll id that has to wait."""
    may_call = call_status(session, lecture_id, student_id).may_call
    return CheckInAnswer(CheckInOutcome.SLOWED, may_call_teacher=may_call, wait_s=wait_s)


def tell_again(session: Session, earlier: CheckIn, content_digest: str) -> CheckInAnswer:
    """Return the answer that was recorded earlier. Raise Conflict if it was for something else."""
    if earlier.content_digest not in (None, content_digest):
        raise Conflict(
            phrase("This was sent before with another photo or roll id. Please take the photo again.")
        )
    mark = kiosk.find_mark(session, earlier.lecture_id, earlier.student_id) if earlier.student_id else None
    return _answer(session, earlier, earlier.student, mark)


def _write(
    toolbox: Toolbox,
    kiosk_pass: KioskPass,
    student: Student | None,
    result: CheckInResult,
    known_by: Mapping[str, str | None],
) -> CheckInAnswer:
    """Write it all in one transaction; `known_by` are the request's key and digests. Raise AlreadyThere."""
    now, mark, lecture_id = toolbox.now(), None, kiosk_pass.lecture_id
    with toolbox.sessions.begin() as session:
        living = kiosk.find_living_pass(session, kiosk_pass.id, alone=_needs_care(result))
        if living is None or not is_open(toolbox, living.lecture):
            # Closed, or the phone taken back, while the photo was looked at.
            result = CheckInResult(CheckInOutcome.LECTURE_CLOSED)
        else:
            note_seen_now(session, toolbox, living)
            result = _doubt_a_second_mark(session, lecture_id, result)
        turn = _ask_to_turn(session, toolbox, lecture_id, student, result)
        if turn is not None and turn.outcome in _FAILED_FILM and result.after_failed_film is not None:
            result, turn = CheckInResult(result.after_failed_film), None
        outcome = result.outcome if turn is None else turn.outcome
        question = result.question if outcome is CheckInOutcome.ASKED_TEACHER else None
        before_a_face = question is not None and question.before_a_face
        asked_of = outcome in (CheckInOutcome.ALREADY_MARKED, CheckInOutcome.ASKED_TEACHER)
        if student is not None and asked_of and not before_a_face:
            mark = kiosk.find_mark(session, lecture_id, student.id)
        if student is not None and living is not None and outcome is CheckInOutcome.PRESENT:
            mark = _mark(session, toolbox, living.lecture, student, result.seen_at or now)
        elif question is not None and (before_a_face or student is not None):
            if mark is None:
                ask_teacher(session, toolbox, kiosk_pass, student.id if student else None, question)
            else:
                outcome = CheckInOutcome.ALREADY_MARKED
        if student is not None and result.sighting is not None:
            record_sighting(session, toolbox, kiosk_pass, student.id, outcome, result.sighting)
        answered = CheckIn(
            kiosk_pass_id=kiosk_pass.id,
            lecture_id=lecture_id,
            student_id=student.id if student else None,
            outcome=outcome,
            turned=outcome in _AFTER_A_TURN and (result.turned or isinstance(result.shown, Film)),
            answered_at=now,
            **known_by,
        )
        session.add(answered)
        if turn is not None:
            keep(session, answered, turn)
        session.flush()
        return replace(_answer(session, answered, student, mark), advice=turn.advice if turn else "")


def _mark(session: Session, toolbox: Toolbox, lecture: Lecture, student: Student, seen_at: datetime) -> Mark:
    """Mark a face that was recognised: present, or late by the lecture's clock when its photo arrived."""
    starts_at, late_after = lecture.starts_at, lecture.late_after_minutes
    status = status_on_arrival(seen_at=seen_at, starts_at=starts_at, late_after_minutes=late_after)
    line, source = RegisterLine(student, None), MarkSource.FACE
    mark = write_mark(session, toolbox, None, lecture, line, status, source=source, at=seen_at)
    if mark is None:
        raise AssertionError("a status was given, so there is a mark")
    return mark


def _ask_to_turn(
    session: Session, toolbox: Toolbox, lecture_id: int, student: Student | None, result: CheckInResult
) -> TurnQuestion | None:
    """Return what the second lock asks of a face that matches, if it asks anything."""
    matches = result.outcome in (*_PASSED, *ASKED_TO_TURN)
    if student is None or result.shown is None or not matches:
        return None
    return question_of(session, toolbox, lecture_id, student.id, result.shown)


def _needs_care(result: CheckInResult) -> bool:
    return result.outcome is CheckInOutcome.PRESENT and result.question is not None


def _doubt_a_second_mark(session: Session, lecture_id: int, result: CheckInResult) -> CheckInResult:
    """Ask instead of marking, if the face would also pass for somebody who is here already."""
    if not _needs_care(result) or result.question is None or result.sighting is None:
        return result
    here = kiosk.find_here(session, lecture_id, result.sighting.near_match_ids)
    if here is None:
        return result
    return CheckInResult(
        CheckInOutcome.ASKED_TEACHER,
        replace(result.question, near_match_id=here),
        replace(result.sighting, near_match_id=here),
    )


def _answer(session: Session, answered: CheckIn, student: Student | None, mark: Mark | None) -> CheckInAnswer:
    outcome = answered.outcome
    unmarked = outcome in (*REFUSALS, *ASKED_TO_TURN, CheckInOutcome.SLOWED)
    may_call = unmarked and _may_call(session, answered)
    count = count_here(session, [answered.lecture_id])[answered.lecture_id]
    if student is None:
        return CheckInAnswer(outcome, may_call_teacher=may_call, count=count)
    timed = outcome in (CheckInOutcome.PRESENT, CheckInOutcome.ALREADY_MARKED) and mark is not None
    return CheckInAnswer(
        outcome,
        student_name=student.name if outcome in _PASSED else None,
        marked_at=mark.marked_at if timed and mark else None,
        may_call_teacher=may_call,
        turn=side_asked(session, answered),
        is_late=outcome is CheckInOutcome.PRESENT and mark is not None and mark.status == MarkStatus.LATE,
        class_code=student.school_class.class_code if outcome is CheckInOutcome.IS_IT_YOU else None,
        roll_id=student.roll_id if outcome is CheckInOutcome.IS_IT_YOU else None,
        count=count,
    )


def _may_call(session: Session, answered: CheckIn) -> bool:
    return call_status_on(
        session, answered.kiosk_pass_id, answered.typed_digest, answered.lecture_id, answered.student_id
    ).may_call
