"""Corrects a lecture's attendance by a sheet: download, review of the edited one, apply, undo."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import PureWindowsPath
from typing import Any

from shared.domain.attendance import MarkSource, one_line
from shared.domain.attendance_sheet import MarkValue, SheetReview, Standing, review_sheet
from shared.domain.languages import joined, phrase
from shared.domain.sheet_words import ENGLISH, SheetWords
from shared.errors import Conflict, InvalidInput, WorkbookRefused
from shared.persistence import attendance, sheets, statuses
from shared.persistence.attendance import RegisterLine
from shared.persistence.database import Session
from shared.persistence.sheets import HistoryLine
from shared.persistence.tables import Lecture, Mark, SheetMarkChange, SheetUpload
from shared.reports.attendance_workbook import (
    SheetIdentity,
    read_attendance_workbook,
    write_attendance_workbook,
)
from shared.reports.file_names import file_name, lecture_title
from shared.security import purposes
from shared.security.sealed_form import open_form, seal_form
from shared.security.sealing import BrokenSeal
from shared.security.tokens import digest, new_token
from shared.services import audit
from shared.services.attendance.marks import write_mark
from shared.services.audit import Actor
from shared.settings import Settings
from shared.toolbox import Toolbox

_NAMED_AT_MOST = 5


@dataclass(frozen=True)
class UploadReview:
    """What an uploaded sheet comes to; `sealed` is what `apply_review` takes, "" with nothing to apply."""

    file_name: str
    review: SheetReview
    sealed: str = ""


def download_sheet(
    toolbox: Toolbox, actor: Actor, lecture_id: int, words: SheetWords = ENGLISH
) -> tuple[str, bytes]:
    """Write a lecture's sheet in a reader's words; return a file name and the .xlsx. Raise NotFound."""
    settings = toolbox.settings
    # Locked, so that no mark is half-way between the history's version and the register.
    with toolbox.sessions.begin() as session:
        lecture = attendance.get_own_lecture(session, actor.account_id, lecture_id, lock=True)
        identity = SheetIdentity(lecture.id, sheets.history_version(session, lecture.id))
        register = _standings(attendance.register(session, lecture.id), settings)
        known = statuses.load(session, settings.late_counts_as)
    codes = (school_class.class_code for school_class in lecture.classes)
    title = lecture_title(codes, lecture.subject, settings.clock.local(lecture.starts_at))
    held_on = _held_on(lecture, settings)
    content = write_attendance_workbook(identity, register, known, title=title, held_on=held_on, words=words)
    return file_name(title, ".xlsx"), content


def review_upload(
    toolbox: Toolbox, actor: Actor, lecture_id: int, *, file_name: str, content: bytes
) -> UploadReview:
    """Say what an edited sheet would change; nothing is changed or kept.

    Raise NotFound, WorkbookRefused, and Conflict for the sheet of another lecture.
    """
    file_name, uploaded = shown_name(file_name), read_attendance_workbook(content)
    with toolbox.reading() as session:
        lecture = attendance.get_own_lecture(session, actor.account_id, lecture_id)
        if uploaded.identity.lecture_id != lecture_id:
            raise Conflict(_other_lecture(session, toolbox.settings, actor, uploaded.identity.lecture_id))
        if uploaded.identity.version > sheets.history_version(session, lecture_id):
            raise WorkbookRefused(phrase("This sheet is newer than the register. Download it again."))
        if uploaded.table.problems:
            return UploadReview(file_name, SheetReview(problems=uploaded.table.problems))
        review = review_sheet(
            uploaded.table.rows,
            _standings(attendance.register(session, lecture_id), toolbox.settings),
            statuses.load(session, toolbox.settings.late_counts_as),
            downloaded=as_downloaded(sheets.list_changes(session, [lecture_id]), uploaded.identity.version),
            held_on=toolbox.settings.clock.day_of(lecture.starts_at),
            is_closed=lecture.closed_at is not None,
            above=uploaded.table.above,
        )
    if not review.changes:
        return UploadReview(file_name, review)
    content_to_seal = {"key": new_token(), "file_name": file_name, "rows": rows_of(review)}
    sealed = seal_form(
        toolbox.sealer, content_to_seal, purpose=purposes.sheet_review(actor.account_id, lecture_id)
    )
    return UploadReview(file_name, review, sealed)


def apply_review(toolbox: Toolbox, actor: Actor, lecture_id: int, sealed: str) -> SheetUpload:
    """Apply every change of a review, or none; a second press finds it applied.

    Raise NotFound, InvalidInput, and Conflict when a mark is no longer what the review showed.
    """
    key, file_name, asked = _opened(toolbox, actor, lecture_id, sealed)
    # Whoever marks holds the lecture's row meanwhile, phones too: what is read under the lock stays true.
    with toolbox.sessions.begin() as session:
        lecture = attendance.get_own_lecture(session, actor.account_id, lecture_id, lock=True)
        applied = sheets.find_upload_by_key(session, key)
        if applied is not None:
            return applied
        upload = SheetUpload(teacher_id=actor.account_id, file_name=file_name, review_key=key)
        apply_changes(session, toolbox, actor, lecture, asked, upload)
        return upload


def apply_changes(
    session: Session,
    toolbox: Toolbox,
    actor: Actor,
    lecture: Lecture,
    asked: Mapping[int, tuple[MarkValue, MarkValue]],
    upload: SheetUpload,
) -> None:
    """Write what a review asked of a lecture, locked, and keep it as `upload`, inside the caller's
    transaction.

    `asked` holds, by student id, what was and what becomes. Raise Conflict.
    """
    lines = {line.student.id: line for line in attendance.register(session, lecture.id)}
    _refuse_stale(lines, {student_id: was for student_id, (was, _) in asked.items()})
    if lecture.closed_at is not None and any(becomes.status is None for _, becomes in asked.values()):
        raise Conflict(phrase("The lecture was closed meanwhile, and this sheet would take marks away."))
    upload.lecture_id, upload.applied_at = lecture.id, toolbox.now()
    upload.changes = [_kept_change(lines[each], becomes) for each, (_, becomes) in asked.items()]
    session.add(upload)
    for each, (_, becomes) in asked.items():
        _write(session, toolbox, actor, lecture, lines[each], becomes)
    after = {"file": upload.file_name, "marks": len(asked)}
    audit.record_in_lecture(session, toolbox, actor, "apply sheet", lecture, after=after)


def _opened(
    toolbox: Toolbox, actor: Actor, lecture_id: int, sealed: str
) -> tuple[str, str, dict[int, tuple[MarkValue, MarkValue]]]:
    """Return the review's key, the file's name, and by student id what was and what becomes. Raise
    InvalidInput."""
    try:
        reviewed = open_form(
            toolbox.sealer, sealed, purpose=purposes.sheet_review(actor.account_id, lecture_id)
        )
    except BrokenSeal as cause:
        raise InvalidInput(phrase("The review was not sent whole. Please upload the sheet again.")) from cause
    return digest(reviewed["key"]), reviewed["file_name"], asked_of(reviewed["rows"])


def rows_of(review: SheetReview) -> list[list[Any]]:
    """Return the changes of a review as a sealed form carries them."""
    return [[change.student.student_id, *change.was, *change.becomes] for change in review.changes]


def asked_of(rows: Iterable[Sequence[Any]]) -> dict[int, tuple[MarkValue, MarkValue]]:
    """Return by student id what was and what becomes, of what `rows_of` gave."""
    return {
        student_id: (MarkValue(was, was_note), MarkValue(becomes, note))
        for student_id, was, was_note, becomes, note in rows
    }


def undo_upload(toolbox: Toolbox, actor: Actor, lecture_id: int, upload_id: int) -> int:
    """Take every change of an upload back: status, note, time and way of marking. Return how many.

    Raise NotFound, and Conflict when it was undone before, one of its marks was changed since, or it is part
    of a term's sheet.
    """
    with toolbox.sessions.begin() as session:
        lecture = attendance.get_own_lecture(session, actor.account_id, lecture_id, lock=True)
        upload = sheets.get_upload(session, lecture_id, upload_id)
        if upload.term_key is not None:
            raise Conflict(
                phrase("This came with a term's sheet. Undo it there: Totals, The term as one sheet.")
            )
        return take_back(session, toolbox, actor, lecture, upload)


def take_back(session: Session, toolbox: Toolbox, actor: Actor, lecture: Lecture, upload: SheetUpload) -> int:
    """Undo an upload of a locked lecture in the caller's transaction. Return how many. Raise Conflict."""
    if upload.undone_at is not None:
        raise Conflict(phrase("This upload was undone already."))
    lines = {line.student.id: line for line in attendance.register(session, lecture.id)}
    became = {each.student_id: MarkValue(each.becomes, each.becomes_note) for each in upload.changes}
    _refuse_stale(lines, became)
    if lecture.closed_at is not None and any(each.was is None for each in upload.changes):
        raise Conflict(
            phrase(
                "In a closed lecture everybody has a mark, and some had none before this upload. "
                "Reopen the lecture, then undo."
            )
        )
    for each in upload.changes:
        was = MarkValue(each.was, each.was_note)
        mark = _write(session, toolbox, actor, lecture, lines[each.student_id], was)
        if mark is not None and each.was_source is not None and each.was_marked_at is not None:
            mark.source, mark.marked_at = each.was_source, each.was_marked_at
    upload.undone_at = toolbox.now()
    after = {"file": upload.file_name, "marks": len(upload.changes)}
    audit.record_in_lecture(session, toolbox, actor, "undo sheet", lecture, after=after)
    return len(upload.changes)


def _standings(lines: Iterable[RegisterLine], settings: Settings) -> list[Standing]:
    return [
        Standing(
            student_id=line.student.id,
            class_code=line.school_class.class_code,
            roll_id=line.student.roll_id,
            name=line.student.name,
            value=_value(line.mark),
            marked=_marked(line.mark, settings),
        )
        for line in lines
    ]


def _value(mark: Mark | None) -> MarkValue:
    return MarkValue() if mark is None else MarkValue(mark.status, mark.note)


def _marked(mark: Mark | None, settings: Settings) -> str:
    if mark is None:
        return ""
    return joined([mark.source.label, settings.clock.local(mark.marked_at)], ", ")


def as_downloaded(changes: Iterable[HistoryLine], version: int) -> dict[int, MarkValue]:
    """Return what a sheet of this version showed of each student whose mark was changed since."""
    shown: dict[int, MarkValue] = {}
    notes: dict[int, str] = {}
    for change in changes:
        if change.id <= version:
            notes[change.student_id] = change.note
        elif change.student_id not in shown:
            note = notes.get(change.student_id, "") if change.was else ""
            shown[change.student_id] = MarkValue(change.was, note)
    return shown


def _kept_change(line: RegisterLine, becomes: MarkValue) -> SheetMarkChange:
    mark = line.mark
    return SheetMarkChange(
        student_id=line.student.id,
        was=mark.status if mark else None,
        was_note=mark.note if mark else "",
        was_source=mark.source if mark else None,
        was_marked_at=mark.marked_at if mark else None,
        becomes=becomes.status,
        becomes_note=becomes.note,
    )


def _write(
    session: Session, toolbox: Toolbox, actor: Actor, lecture: Lecture, line: RegisterLine, value: MarkValue
) -> Mark | None:
    source = MarkSource.SHEET
    return write_mark(session, toolbox, actor, lecture, line, value.status, source=source, note=value.note)


def _refuse_stale(lines: Mapping[int, RegisterLine], expected: Mapping[int, MarkValue]) -> None:
    """Raise Conflict naming who is not marked as expected any more."""
    stale = [
        student_id
        for student_id, value in expected.items()
        if student_id not in lines or _value(lines[student_id].mark) != value
    ]
    if stale:
        names = [lines[each].student.name if each in lines else phrase("a student") for each in stale]
        more = (
            phrase(" and %(count)s more", count=len(names) - _NAMED_AT_MOST)
            if len(names) > _NAMED_AT_MOST
            else ""
        )
        raise Conflict(
            phrase(
                "Marked otherwise meanwhile: %(names)s%(more)s. Nothing was changed; please look again.",
                names=joined(names[:_NAMED_AT_MOST], ", "),
                more=more,
            )
        )


def _other_lecture(session: Session, settings: Settings, actor: Actor, lecture_id: int) -> str:
    """Raise NotFound where the other lecture is somebody else's."""
    other = attendance.get_own_lecture(session, actor.account_id, lecture_id)
    named = joined([other.subject, settings.clock.show_moment(other.starts_at)], ", ")
    return phrase("This is the sheet of another lecture: %(named)s. Upload it there.", named=named)


def shown_name(file_name: str) -> str:
    """Return the last part of a file's name, for showing only; nothing is stored under it."""
    return one_line(PureWindowsPath(file_name).name)[:200] or "a sheet without a name"


def _held_on(lecture: Lecture, settings: Settings) -> str:
    return settings.clock.show_day(lecture.starts_at)
