"""Makes, changes and undoes marks by hand; every change is kept with who, when, from what to what."""

from datetime import datetime

from shared.domain.attendance import MarkSource, one_line
from shared.domain.languages import phrase
from shared.domain.statuses import Statuses
from shared.errors import Conflict, InvalidInput
from shared.persistence import attendance, statuses, to_confirm
from shared.persistence.attendance import RegisterLine
from shared.persistence.database import AlreadyThere, Session
from shared.persistence.tables import Lecture, Mark, MarkChange
from shared.services import audit
from shared.services.audit import Actor
from shared.toolbox import Toolbox

LONGEST_NOTE = 500


def set_mark(
    toolbox: Toolbox,
    actor: Actor,
    lecture_id: int,
    student_id: int,
    status: str | None,
    *,
    expected: str | None,
    note: str | None = None,
) -> None:
    """Mark a student by hand; None takes the mark away. Without `note` the note stays as it is.

    `expected` is the status the teacher saw. Raise Conflict when it changed meanwhile, so that a mark made
    at the kiosk is never overwritten unseen; NotFound; InvalidInput. What stands there already, as after a
    second tap, changes nothing and is no conflict.
    """
    note = None if note is None else one_line(note)
    if note is not None and len(note) > LONGEST_NOTE:
        raise InvalidInput(
            phrase("A note has at most %(longest_note)s characters.", longest_note=LONGEST_NOTE), field="note"
        )
    try:
        with toolbox.sessions.begin() as session:
            lecture = attendance.get_own_lecture(session, actor.account_id, lecture_id, lock=True)
            line = attendance.get_register_line(session, lecture, student_id)
            known = statuses.load(session, toolbox.settings.late_counts_as)
            if _status(line.mark) == status and (note is None or note == _note(line.mark)):
                return
            _refuse_stale(line, expected, known)
            _refuse_unknown(line, status, known)
            _refuse_gap(lecture, status)
            if status is None and note:
                raise InvalidInput(phrase("Choose a status for the note to belong to."), field="note")
            write_mark(session, toolbox, actor, lecture, line, status, source=MarkSource.BY_HAND, note=note)
            audit.record_in_lecture(
                session,
                toolbox,
                actor,
                "change mark",
                lecture,
                student=line.student,
                before={"status": expected},
                after={"status": status},
            )
    except AlreadyThere as cause:
        raise Conflict(
            phrase("This student was marked at the kiosk just now. Nothing was changed.")
        ) from cause


def undo_change(toolbox: Toolbox, actor: Actor, lecture_id: int, change_id: int) -> None:
    """Take the latest change of a student's mark back: status, note, time and way of marking as before.

    The undoing is itself a change in the history. Raise Conflict when the mark was changed again since.
    """
    with toolbox.sessions.begin() as session:
        lecture = attendance.get_own_lecture(session, actor.account_id, lecture_id, lock=True)
        change = attendance.get_change(session, lecture_id, change_id)
        line = attendance.get_register_line(session, lecture, change.student_id)
        latest, *earlier = attendance.changes_of(session, lecture_id, change.student_id)
        if latest.id != change.id or _status(line.mark) != change.becomes:
            raise Conflict(
                phrase(
                    "The mark of %(name)s was changed again since. Nothing was undone.",
                    name=line.student.name,
                )
            )
        _refuse_gap(lecture, change.was)
        before = earlier[0] if earlier and earlier[0].becomes == change.was else None
        note = before.note if before else ""
        mark = write_mark(
            session, toolbox, actor, lecture, line, change.was, source=MarkSource.BY_HAND, note=note
        )
        # A note that was typed later changed neither the time nor the way.
        marked = next((each for each in earlier if each.was != each.becomes), None)
        if mark is not None and marked is not None and marked.becomes == change.was:
            mark.source, mark.marked_at = marked.source, marked.changed_at
        audit.record_in_lecture(
            session,
            toolbox,
            actor,
            "undo mark",
            lecture,
            student=line.student,
            before={"status": change.becomes},
            after={"status": change.was},
        )


def write_mark(
    session: Session,
    toolbox: Toolbox,
    actor: Actor | None,
    lecture: Lecture,
    line: RegisterLine,
    status: str | None,
    *,
    source: MarkSource,
    note: str | None = None,
    at: datetime | None = None,
) -> Mark | None:
    """Write a mark and its entry in the history, inside the caller's transaction; None takes the mark away.

    `actor` is None where a face made the mark and no teacher did. What one press writes for many students is
    written `at` one moment, by which the history knows them together; without it, now. Raise AlreadyThere
    when another phone or the teacher marked the student in the same moment; the transaction is then void.

    `at` is when the student was seen, where that was before now. A change of the note alone leaves time and
    source of the mark as they are. Whatever waited for the teacher's eye is settled by a mark, but not by the
    absence that closing a lecture gives.
    """
    mark, now, was = line.mark, at or toolbox.now(), _status(line.mark)
    teacher_id = actor.account_id if actor else None
    note = _note(mark) if note is None else note
    session.add(
        MarkChange(
            lecture_id=lecture.id,
            student_id=line.student.id,
            teacher_id=teacher_id,
            source=source,
            was=was,
            becomes=status,
            note=note,
            changed_at=now,
        )
    )
    if status is None:
        if mark is not None:
            session.delete(mark)
        return None
    if mark is None:
        mark = Mark(lecture_id=lecture.id, student_id=line.student.id, class_id=line.student.class_id)
        session.add(mark)
    if was != status:
        mark.status, mark.source, mark.marked_at = status, source, at or now
    mark.note = note
    if source is not MarkSource.CLOSING:
        to_confirm.settle(session, lecture.id, line.student.id, now=now, teacher_id=teacher_id)
    session.flush()
    return mark


def _status(mark: Mark | None) -> str | None:
    return None if mark is None else mark.status


def _note(mark: Mark | None) -> str:
    return "" if mark is None else mark.note


def _refuse_stale(line: RegisterLine, expected: str | None, known: Statuses) -> None:
    found = _status(line.mark)
    if found != expected:
        now = phrase("has no mark any more")
        if found:
            now = phrase("is %(status)s now", status=known.name_of(found))
        raise Conflict(
            phrase(
                "%(name)s %(now)s; it was changed meanwhile. Nothing was saved, please look again.",
                name=line.student.name,
                now=now,
            )
        )


def _refuse_unknown(line: RegisterLine, status: str | None, known: Statuses) -> None:
    """Raise InvalidInput for what a new mark may not say; a mark that says so already may stay."""
    if status is None or status == _status(line.mark):
        return
    found = known.find(status)
    if found is None:
        raise InvalidInput(phrase("This is not a status a mark can have."))
    if not found.active:
        raise InvalidInput(
            phrase("The school does not use “%(name)s” any more. Choose another status.", name=found.name)
        )


def _refuse_gap(lecture: Lecture, status: str | None) -> None:
    if status is None and lecture.closed_at is not None:
        raise InvalidInput(
            phrase("In a closed lecture everybody has a mark. Choose another one, or reopen the lecture.")
        )
