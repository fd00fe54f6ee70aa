"""Writes lectures for Moodle: the marks of one, and the sessions of a term."""

import csv
import io
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from shared.domain.languages import phrase
from shared.domain.moodle import (
    Course,
    Identifier,
    MarkedStudent,
    PlannedSession,
    acronym_of,
    mark_rows,
    read_choice,
    session_rows,
)
from shared.domain.statuses import Statuses
from shared.errors import InvalidInput, NotFound
from shared.persistence import attendance, integrations, statuses, totals
from shared.persistence.attendance import RegisterLine
from shared.persistence.database import Session
from shared.persistence.tables import Integration
from shared.reports.file_names import file_name, lecture_title
from shared.services import audit
from shared.services.audit import Actor
from shared.toolbox import Toolbox


@dataclass(frozen=True)
class MoodleFile:
    """A file for Moodle's import, as text; `left_out` says of whom it holds nothing, and why."""

    name: str
    content: str
    rows: int
    left_out: Sequence[str] = ()


def choose(toolbox: Toolbox, actor: Actor, *, identifier: str, course: str) -> None:
    """Choose what Moodle calls students and courses. Raise InvalidInput."""
    try:
        chosen = {"identifier": Identifier(identifier).value, "course": Course(course).value}
    except ValueError as cause:
        raise InvalidInput(phrase("Please choose one of the offered fields.")) from cause
    with toolbox.sessions.begin() as session:
        before = integrations.get_chosen(session, Integration.MOODLE)
        if before != chosen:
            integrations.save_choice(session, Integration.MOODLE, now=toolbox.now(), chosen=chosen)
            audit.record(
                session, toolbox, actor, "change integration", "moodle", before=before or None, after=chosen
            )


def write_marks(toolbox: Toolbox, actor: Actor, lecture_id: int) -> MoodleFile:
    """Write the marks of a lecture. Raise NotFound while Moodle is off, and for another's lecture."""
    with toolbox.reading() as session:
        identifier, _ = _require_on(session)
        lecture = attendance.get_own_lecture(session, actor.account_id, lecture_id)
        known = statuses.load(session, toolbox.settings.late_counts_as)
        students = [_marked(line, known) for line in attendance.register(session, lecture_id)]
        codes = (school_class.class_code for school_class in lecture.classes)
        title = lecture_title(codes, lecture.subject, toolbox.settings.clock.local(lecture.starts_at))
    rows, left_out = mark_rows(students, identifier)
    return MoodleFile(file_name(f"{title} for Moodle", ".csv"), _csv(rows), len(rows) - 1, left_out)


def write_sessions(
    toolbox: Toolbox, actor: Actor, class_id: int, *, since: date | None, until: date | None
) -> MoodleFile:
    """Write a teacher's lectures of a class as sessions; both days are included, None leaves them open.

    A lecture that was not held is none. Raise NotFound while Moodle is off or for a class that the teacher
    does not teach, and InvalidInput for days the wrong way round.
    """
    if since is not None and until is not None and until < since:
        raise InvalidInput(phrase("The last day is before the first."), field="until")
    clock = toolbox.settings.clock
    with toolbox.reading() as session:
        _, course = _require_on(session)
        school_class = totals.find_taught_class(session, actor.account_id, class_id)
        if school_class is None or actor.account_id is None:
            raise NotFound(phrase("There is no such class, or you do not teach it."))
        lectures = attendance.lectures_between(
            session,
            actor.account_id,
            clock.day(since)[0] if since else clock.day(date(2000, 1, 1))[0],
            clock.day(until)[1] if until else clock.day(date(9990, 1, 1))[0],
            class_id=class_id,
        )
        sessions = [
            PlannedSession(
                lecture.subject,
                [each.class_code for each in lecture.classes],
                clock.local(lecture.starts_at),
                clock.local(lecture.ends_at),
            )
            for lecture in lectures
            if lecture.not_held_reason is None
        ]
        title = f"{school_class.class_code} sessions for Moodle"
    rows = session_rows(sessions, course)
    return MoodleFile(file_name(title, ".csv"), _csv(rows), len(rows) - 1)


def _require_on(session: Session) -> tuple[Identifier, Course]:
    """Return what was chosen. Raise NotFound while Moodle is off."""
    if not integrations.is_on(session, Integration.MOODLE):
        raise NotFound(phrase("The office has not turned Moodle on."))
    return read_choice(integrations.get_chosen(session, Integration.MOODLE))


def _marked(line: RegisterLine, known: Statuses) -> MarkedStudent:
    student, mark = line.student, line.mark
    acronym = acronym_of(known.get(mark.status)) if mark is not None else ""
    return MarkedStudent(student.name, student.roll_id, student.email or "", acronym)


def _csv(rows: Sequence[Sequence[str]]) -> str:
    text = io.StringIO()
    csv.writer(text, lineterminator="\r\n").writerows(rows)
    return text.getvalue()
