"""What a family sees of one student, and what it can write back: an announced absence, or a question."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from shared.domain.languages import phrase
from shared.domain.statuses import Status
from shared.errors import Conflict, InvalidInput, NotFound
from shared.persistence import families, statuses, student_history
from shared.persistence.database import Session
from shared.persistence.tables import AnnouncedAbsence, FamilyQuestion, Student
from shared.services import audit
from shared.services.audit import Actor
from shared.services.families.links import get_student
from shared.services.typed_input import checked_text
from shared.toolbox import Toolbox

# Lectures older than this are in the percentage, and not in the list.
SHOWN = timedelta(days=60)
LONGEST_REASON, LONGEST_QUESTION = 500, 1000
LONGEST_ABSENCE = timedelta(days=60)
FURTHEST_AHEAD = timedelta(days=366)
# So many messages about one student a day are a family's; more are somebody's who plays with the link.
MOST_A_DAY = 10
_ACTOR = "family"


@dataclass(frozen=True)
class SeenMark:
    """One lecture as the family sees it; no status: it is over, and nobody has closed its register."""

    lecture_id: int
    subject: str
    starts_at: datetime
    status: Status | None


@dataclass(frozen=True)
class FamilyView:
    """One student for the family: attended of held, what was missed lately, what is announced."""

    name: str
    class_code: str
    language: str
    attended: float
    held: int
    missed: Sequence[SeenMark]
    absences: Sequence[AnnouncedAbsence]

    @property
    def percent(self) -> float | None:
        """Attended of held; None where nothing was held."""
        return 100 * self.attended / self.held if self.held else None


def look(toolbox: Toolbox, token: str) -> FamilyView:
    """Return what the link shows. Raise NotFound for a link that is not good."""
    with toolbox.reading() as session:
        student = get_student(session, toolbox, token)
        known = statuses.load(session, toolbox.settings.late_counts_as)
        attended = student_history.list_attended(session, student, now=toolbox.now())
        counts, unmarked = student_history.count_attended(attended)
        since = toolbox.now() - SHOWN
        missed = [
            SeenMark(lecture.id, lecture.subject, lecture.starts_at, known.get(mark.status) if mark else None)
            for lecture, mark, _ in reversed(attended)
            if lecture.starts_at >= since
            # What a register that is open says may still be corrected; that it has no mark counts already.
            and (mark.status != "present" and lecture.closed_at is not None if mark else True)
        ]
        return FamilyView(
            student.name,
            student.school_class.class_code,
            student.language,
            known.attended(counts),
            known.held(counts) + unmarked,
            missed,
            families.list_absences(session, student.id, since=_today(toolbox)),
        )


def announce_absence(
    toolbox: Toolbox, token: str, *, first_day: date | None, last_day: date | None, reason: str, address: str
) -> None:
    """Keep that a student will be away; staff decide what comes of it.

    Raise NotFound for a link that is not good, InvalidInput naming the field, and Conflict after too many.
    """
    today = _today(toolbox)
    if first_day is None:
        raise InvalidInput("first_day_missing", field="first_day")
    last_day = last_day or first_day
    if last_day < first_day:
        raise InvalidInput("days_reversed", field="last_day")
    if last_day < today:
        raise InvalidInput("days_past", field="first_day")
    if last_day - first_day > LONGEST_ABSENCE or first_day > today + FURTHEST_AHEAD:
        raise InvalidInput("days_far", field="last_day")
    words = _checked(reason, field="reason", longest=LONGEST_REASON)
    with toolbox.sessions.begin() as session:
        student = _writing(session, toolbox, token)
        now = toolbox.now()
        session.add(
            AnnouncedAbsence(
                student_id=student.id, first_day=first_day, last_day=last_day, reason=words, sent_at=now
            )
        )
        after = {"first_day": first_day.isoformat(), "last_day": last_day.isoformat()}
        _record(session, toolbox, student, "announce absence", address, after)


def withdraw_absence(toolbox: Toolbox, token: str, absence_id: int, *, address: str) -> None:
    """Take an announced absence back that is not over. Raise NotFound."""
    with toolbox.sessions.begin() as session:
        student = get_student(session, toolbox, token)
        absence = session.get(AnnouncedAbsence, absence_id)
        if absence is None or absence.student_id != student.id or absence.last_day < _today(toolbox):
            raise NotFound(phrase("Not found."))
        session.delete(absence)
        after = {"first_day": absence.first_day.isoformat(), "last_day": absence.last_day.isoformat()}
        _record(session, toolbox, student, "withdraw absence", address, after)


def ask(toolbox: Toolbox, token: str, *, lecture_id: int | None, words: str, address: str) -> None:
    """Keep a family's question for the teacher of the lecture, or for the class's teachers without one.

    Raise NotFound for a link that is not good or a lecture without a mark of this student, InvalidInput
    naming the field, and Conflict after too many.
    """
    words = _checked(words, field="words", longest=LONGEST_QUESTION)
    with toolbox.sessions.begin() as session:
        student = _writing(session, toolbox, token)
        if lecture_id is not None and not families.has_mark(session, student.id, lecture_id):
            raise NotFound(phrase("Not found."))
        session.add(
            FamilyQuestion(student_id=student.id, lecture_id=lecture_id, words=words, sent_at=toolbox.now())
        )
        _record(session, toolbox, student, "ask about a mark", address, {"lecture_id": lecture_id})


def settle_question(toolbox: Toolbox, actor: Actor, question_id: int) -> None:
    """Take a question off the teacher's list. Raise NotFound for one that does not wait for this teacher."""
    with toolbox.sessions.begin() as session:
        waiting = families.open_questions(session, actor.account_id or 0)
        question = next((each for each in waiting if each.id == question_id), None)
        if question is None:
            raise NotFound(phrase("This question is settled already, or not yours."))
        question.settled_at, question.settled_by_id = toolbox.now(), actor.account_id
        student = question.student
        audit.record(
            session, toolbox, actor, "settle family's question", student.roll_id, student_id=student.id
        )


def _writing(session: Session, toolbox: Toolbox, token: str) -> Student:
    """Return the link's student. Raise Conflict when too much was written about them today."""
    student = get_student(session, toolbox, token)
    if families.count_written(session, student.id, since=toolbox.now() - timedelta(days=1)) >= MOST_A_DAY:
        raise Conflict("too_many")
    return student


def _checked(typed: str, *, field: str, longest: int) -> str:
    text = checked_text(" ".join(typed.split()), field=field, longest=longest)
    if not text:
        raise InvalidInput("words_missing", field=field)
    return text


def _record(
    session: Session,
    toolbox: Toolbox,
    student: Student,
    action: str,
    address: str,
    after: Mapping[str, object],
) -> None:
    """Note who wrote: a family has no account, so the link's student stands for it."""
    actor = Actor(site="classroom", email=_ACTOR, address=address)
    audit.record(session, toolbox, actor, action, student.roll_id, student_id=student.id, after=dict(after))


def _today(toolbox: Toolbox) -> date:
    return toolbox.settings.clock.day_of(toolbox.now())
