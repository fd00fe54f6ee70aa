"""Opens, closes and reopens lectures."""

from collections.abc import Collection
from datetime import datetime, timedelta

from shared.domain.attendance import MarkSource, MarkStatus, one_line
from shared.domain.languages import counted, phrase
from shared.errors import Conflict, InvalidInput
from shared.persistence import attendance, families, to_confirm
from shared.persistence.database import AlreadyThere, Session
from shared.persistence.tables import Lecture, SchoolClass
from shared.security.tokens import digest
from shared.services import audit
from shared.services.attendance.flagged_faces import forget_strangers
from shared.services.attendance.lateness import check_late_after
from shared.services.attendance.marks import write_mark
from shared.services.audit import Actor
from shared.toolbox import Toolbox

LONGEST_LECTURE_MINUTES = 12 * 60
LONGEST_SUBJECT = 100
# A lecture is opened for this week or noted down for last month; a date further off is a slip of the finger.
FURTHEST = timedelta(days=366)
# What a lecture that the clock has ended gets when it is reopened on its day.
REOPENED_FOR = timedelta(minutes=15)


def open_lecture(
    toolbox: Toolbox,
    actor: Actor,
    *,
    subject: str,
    class_ids: Collection[int],
    minutes: int,
    opening_key: str,
    starts_at: datetime | None = None,
    late_after_minutes: int | None = None,
    roll_id_by_face: bool = False,
) -> int:
    """Open a lecture, now or at `starts_at` (aware), and give its id.

    Check-ins are late from `late_after_minutes` on; None: nobody is by the clock. With `roll_id_by_face` its
    kiosks find the roll id by the face.

    The same `opening_key` of the same teacher is the same lecture, however often the form is sent.
    Raise InvalidInput naming the field.
    """
    now = toolbox.now()
    subject, starts_at = one_line(subject), starts_at or now
    _check(subject, minutes, opening_key, starts_at - now)
    check_late_after(late_after_minutes)
    key = digest(f"{actor.account_id} {opening_key}")
    try:
        with toolbox.sessions.begin() as session:
            classes = _taught_classes(session, actor, class_ids)
            ends_at = starts_at + timedelta(minutes=minutes)
            lecture = Lecture(
                subject=subject,
                teacher_id=actor.account_id,
                starts_at=starts_at,
                ends_at=ends_at,
                opening_key=key,
                classes=classes,
                late_after_minutes=late_after_minutes,
                roll_id_by_face=roll_id_by_face,
            )
            session.add(lecture)
            session.flush()
            codes = ", ".join(school_class.class_code for school_class in classes)
            after: dict[str, object] = {
                "classes": codes,
                "starts_at": starts_at.isoformat(),
                "ends_at": ends_at.isoformat(),
            }
            if roll_id_by_face:
                after["roll_id_by_face"] = True
            audit.record_in_lecture(session, toolbox, actor, "open lecture", lecture, after=after)
            return lecture.id
    except AlreadyThere as cause:
        with toolbox.reading() as session:
            opened = attendance.find_lecture_by_key(session, key)
        if opened is None:
            raise Conflict(
                phrase("One of the classes was removed meanwhile. Please load the page again.")
            ) from cause
        return opened.id


def _check(subject: str, minutes: int, opening_key: str, from_now: timedelta) -> None:
    if not subject:
        raise InvalidInput(phrase("Say what the lecture is about."), field="subject")
    if len(subject) > LONGEST_SUBJECT:
        raise InvalidInput(
            phrase("A subject has at most %(longest_subject)s characters.", longest_subject=LONGEST_SUBJECT),
            field="subject",
        )
    if not 1 <= minutes <= LONGEST_LECTURE_MINUTES:
        raise InvalidInput(
            phrase(
                "A lecture lasts 1 to %(longest_lecture_minutes)s minutes.",
                longest_lecture_minutes=LONGEST_LECTURE_MINUTES,
            ),
            field="minutes",
        )
    if abs(from_now) > FURTHEST:
        raise InvalidInput(phrase("This date is more than a year away. Check the year."), field="starts_on")
    if not opening_key:
        raise InvalidInput(phrase("The page was not sent whole. Please load it again."))


def _taught_classes(session: Session, actor: Actor, class_ids: Collection[int]) -> list[SchoolClass]:
    taught = {
        school_class.id: school_class for school_class, _ in attendance.classes_of(session, actor.account_id)
    }
    if not class_ids:
        raise InvalidInput(phrase("Choose at least one class."), field="class_ids")
    if not taught.keys() >= set(class_ids):
        raise InvalidInput(phrase("Choose among the classes you teach."), field="class_ids")
    return [school_class for class_id, school_class in taught.items() if class_id in class_ids]


def close_lecture(
    toolbox: Toolbox,
    actor: Actor,
    lecture_id: int,
    *,
    although_some_wait: bool = False,
    excuse_announced: bool = False,
) -> int:
    """Close a lecture: who has no mark becomes absent. Return how many; 0 for one that was closed already.

    With `excuse_announced` those whose families announced an absence on its day become excused instead.
    Raise Conflict while check-ins wait for the teacher, unless `although_some_wait`; they go on waiting.
    """
    try:
        return _close(toolbox, actor, lecture_id, although_some_wait, excuse_announced)
    except AlreadyThere:
        # A phone marked one of them while we closed; whom it marked is no longer without a mark.
        return _close(toolbox, actor, lecture_id, although_some_wait, excuse_announced)


def _close(
    toolbox: Toolbox, actor: Actor, lecture_id: int, although_some_wait: bool, excuse_announced: bool
) -> int:
    with toolbox.sessions.begin() as session:
        lecture = attendance.get_own_lecture(session, actor.account_id, lecture_id, lock=True)
        if lecture.closed_at is not None:
            return 0
        waiting = to_confirm.count_waiting(session, lecture_id)
        if waiting and not although_some_wait:
            raise Conflict(
                counted(
                    "%(num)d check-in waits for you to confirm. Look there first, or close all the same.",
                    "%(num)d check-ins wait for you to confirm. Look there first, or close all the same.",
                    waiting,
                )
            )
        absent, now = attendance.unmarked_students(session, lecture_id), toolbox.now()
        day = toolbox.settings.clock.day_of(lecture.starts_at)
        announced = families.announced_on(session, [each.id for each in absent], day)
        for student in absent:
            line, source = attendance.RegisterLine(student, None), MarkSource.CLOSING
            absence = announced.get(student.id) if excuse_announced else None
            status = MarkStatus.EXCUSED if absence else MarkStatus.ABSENT
            # Their own words alone: a note is stored, and read in any language.
            note = absence.reason if absence else None
            write_mark(session, toolbox, actor, lecture, line, status, source=source, note=note, at=now)
        lecture.closed_at = now
        forget_strangers(session, lecture_id)
        after = {"became absent": len(absent)}
        audit.record_in_lecture(session, toolbox, actor, "close lecture", lecture, after=after)
        return len(absent)


def reopen_lecture(toolbox: Toolbox, actor: Actor, lecture_id: int) -> Lecture:
    """Take marks again. Who became absent by the closing is without a mark again, unless changed since.

    On a day that the lecture ran on the kiosk works again too, for REOPENED_FOR where its time is over; the
    lecture's hours, which letters tell, stay. Who has left the class since keeps the mark: nobody would give
    it again.
    """
    with toolbox.sessions.begin() as session:
        lecture = attendance.get_own_lecture(session, actor.account_id, lecture_id, lock=True)
        now, clock = toolbox.now(), toolbox.settings.clock
        before = {"closed_at": _iso(lecture.closed_at)}
        if lecture.closed_at is not None:
            lecture.closed_at = lecture.not_held_reason = None
            changes = attendance.history(session, lecture_id)
            latest = {each.student_id: each.source for each in reversed(changes)}
            for mark in attendance.marks_from(session, lecture_id, MarkSource.CLOSING):
                if not mark.student.active or mark.student.class_id != mark.class_id:
                    continue
                if latest.get(mark.student_id, mark.source) != MarkSource.CLOSING:
                    continue  # a note was typed since
                line = attendance.RegisterLine(mark.student, mark)
                write_mark(session, toolbox, actor, lecture, line, None, source=MarkSource.CLOSING)
        today_began, _ = clock.day(clock.day_of(now))
        if today_began < lecture.ends_at <= now:
            lecture.reopened_until = now + REOPENED_FOR
        audit.record_in_lecture(
            session,
            toolbox,
            actor,
            "reopen lecture",
            lecture,
            before=before,
            after={"by face until": _iso(lecture.faces_until)},
        )
        return lecture


def _iso(moment: datetime | None) -> str | None:
    return None if moment is None else moment.isoformat()
