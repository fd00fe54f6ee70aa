"""Corrects a class's term by one sheet: download of the grid, review of the edited one, apply, undo.

Each lecture is reviewed, written and kept as by a sheet of its own; here they are joined.
"""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from shared.domain.attendance import natural_order
from shared.domain.attendance_sheet import MarkValue, Standing
from shared.domain.languages import joined, phrase
from shared.domain.sheet_table import Problem
from shared.domain.sheet_words import ENGLISH, SheetWords
from shared.domain.term_sheet import TermLecture, TermReview, review_term
from shared.errors import Conflict, InvalidInput, NotFound, WorkbookRefused
from shared.persistence import sheets, statuses, totals
from shared.persistence.database import Session
from shared.persistence.sheets import HistoryLine
from shared.persistence.tables import Lecture, SchoolClass, SheetUpload
from shared.reports.attendance_workbook import SheetIdentity
from shared.reports.file_names import file_name
from shared.reports.term_workbook import (
    MOST_CELLS,
    MOST_LECTURES,
    UploadedTerm,
    read_term_workbook,
    write_term_workbook,
)
from shared.security import purposes
from shared.security.sealed_form import open_form, seal_form
from shared.security.sealing import BrokenSeal
from shared.security.tokens import digest, new_token
from shared.services.attendance.sheet_correction import (
    apply_changes,
    as_downloaded,
    asked_of,
    rows_of,
    shown_name,
    take_back,
)
from shared.services.attendance.totals import SeriesAsked, series_of
from shared.services.audit import Actor
from shared.settings import Settings
from shared.toolbox import Toolbox

# One press writes them in one transaction, and on SQLite the school's other writers wait for it: 1.3 ms of
# processor time each (two busy cores, 26 Nov 2026).
MOST_CHANGES = 2_000


@dataclass(frozen=True)
class TermUploadReview:
    """What an uploaded term comes to; `sealed` is what `apply_term` takes, "" with nothing to apply."""

    file_name: str
    review: TermReview
    sealed: str = ""


def get_taught_class(session: Session, actor: Actor, class_id: int) -> SchoolClass:
    """Return a class that the teacher teaches. Raise NotFound."""
    school_class = totals.find_taught_class(session, actor.account_id, class_id)
    if school_class is None:
        raise NotFound(phrase("There is no such class, or you do not teach it."))
    return school_class


def download_term(
    toolbox: Toolbox, actor: Actor, asked: SeriesAsked, words: SheetWords = ENGLISH
) -> tuple[str, bytes]:
    """Write the teacher's own lectures of a series that are over; return a file name and the .xlsx.

    Raise NotFound for a class the teacher does not teach, InvalidInput for more than one sheet can hold.
    """
    own = SeriesAsked(asked.class_id, asked.since, asked.until, actor.account_id, asked.subject)
    with toolbox.reading() as session:
        school_class = get_taught_class(session, actor, own.class_id)
        held = totals.held_lectures(session, series_of(toolbox, own), now=toolbox.now())
        # What a colleague held for the teacher is the colleague's to correct.
        lecture_ids = [each.id for each in held if each.teacher_id == actor.account_id]
    if not lecture_ids:
        raise InvalidInput(
            phrase("You held no lecture in these days. A lecture is in the sheet once it is over.")
        )
    if len(lecture_ids) > MOST_LECTURES:
        raise InvalidInput(
            phrase(
                "These are %(count)s lectures, and one sheet holds %(most_lectures)s. Choose fewer days.",
                count=len(lecture_ids),
                most_lectures=MOST_LECTURES,
            )
        )
    # Locked, so that no mark is half-way between the history's version and the register.
    with toolbox.sessions.begin() as session:
        sheets.lock_lectures(session, actor.account_id, lecture_ids)
        lectures = sheets.lectures_of_class(session, actor.account_id, own.class_id, lecture_ids)
        changes = _by_lecture(sheets.list_changes(session, lecture_ids))
        shown = _as_now(session, toolbox, actor, own.class_id, lectures, downloaded={})
        known = statuses.load(session, toolbox.settings.late_counts_as)
    students = {each.student_id: each for lecture in shown for each in lecture.register.values()}
    if len(students) * len(shown) > MOST_CELLS:
        raise InvalidInput(
            phrase(
                "This is more than %(most_cells)s marks, which no sheet holds. Choose fewer days.",
                most_cells=f"{MOST_CELLS:,}",
            )
        )
    title = f"{school_class.class_code} term {toolbox.settings.clock.show_day(toolbox.now())}"
    content = write_term_workbook(
        own.class_id,
        [(each, SheetIdentity(each.lecture_id, _version(changes[each.lecture_id]))) for each in shown],
        sorted(students.values(), key=lambda each: natural_order(each.roll_id)),
        known,
        title=title,
        words=words,
    )
    return file_name(title, ".xlsx"), content


def review_term_upload(
    toolbox: Toolbox, actor: Actor, class_id: int, *, file_name: str, content: bytes
) -> TermUploadReview:
    """Say what an edited term would change; nothing is changed or kept.

    Raise NotFound, WorkbookRefused, and Conflict for the sheet of another class.
    """
    file_name, uploaded = shown_name(file_name), read_term_workbook(content)
    with toolbox.reading() as session:
        get_taught_class(session, actor, class_id)
        if uploaded.class_id != class_id:
            other = get_taught_class(session, actor, uploaded.class_id)
            raise Conflict(
                phrase(
                    "This is the term's sheet of %(class_code)s. Upload it there.",
                    class_code=other.class_code,
                )
            )
        lecture_ids = list(uploaded.versions)
        lectures = sheets.lectures_of_class(session, actor.account_id, class_id, lecture_ids)
        if gone := _gone(uploaded, lectures):
            return TermUploadReview(file_name, TermReview(problems=gone))
        changes = _by_lecture(sheets.list_changes(session, lecture_ids))
        if any(version > _version(changes[each]) for each, version in uploaded.versions.items()):
            raise WorkbookRefused(phrase("This sheet is newer than the registers. Download it again."))
        downloaded = {each: as_downloaded(changes[each], uploaded.versions[each]) for each in lecture_ids}
        now = _as_now(session, toolbox, actor, class_id, lectures, downloaded=downloaded)
        known = statuses.load(session, toolbox.settings.late_counts_as)
    review = review_term(uploaded.rows, now, known, passed_over=uploaded.passed_over)
    if not review.changes:
        return TermUploadReview(file_name, review)
    if review.changes > MOST_CHANGES:
        raise InvalidInput(
            phrase(
                "This sheet would change %(changes)s marks, and one press saves "
                "%(most_changes)s. Delete some of the lectures' columns, upload the rest, and go "
                "on with another part.",
                changes=f"{review.changes:,}",
                most_changes=f"{MOST_CHANGES:,}",
            )
        )
    rows = [[each.lecture_id, rows_of(each.review)] for each in review.lectures if each.review.changes]
    sealed = seal_form(
        toolbox.sealer,
        {"key": new_token(), "file_name": file_name, "lectures": rows},
        purpose=purposes.term_review(actor.account_id, class_id),
    )
    return TermUploadReview(file_name, review, sealed)


def apply_term(toolbox: Toolbox, actor: Actor, class_id: int, sealed: str) -> int:
    """Apply every change of a review in all its lectures, or none; a second press finds it done. Return how
    many.

    Raise NotFound, InvalidInput, and Conflict when a mark is no longer what the review showed.
    """
    try:
        purpose = purposes.term_review(actor.account_id, class_id)
        reviewed = open_form(toolbox.sealer, sealed, purpose=purpose)
    except BrokenSeal as cause:
        raise InvalidInput(phrase("The review was not sent whole. Please upload the sheet again.")) from cause
    asked = {lecture_id: asked_of(rows) for lecture_id, rows in reviewed["lectures"]}
    term_key = digest(reviewed["key"])
    # Whoever marks holds the lecture's row meanwhile, phones too: what is read under the locks stays true.
    with toolbox.sessions.begin() as session:
        lectures = _locked(session, actor, list(asked))
        applied = sheets.list_term_parts(session, term_key)
        if applied:
            return sum(len(each.changes) for each in applied)
        for lecture in lectures:
            upload = SheetUpload(
                teacher_id=actor.account_id,
                file_name=reviewed["file_name"],
                review_key=digest(f"{reviewed['key']} {lecture.id}"),
                term_key=term_key,
            )
            try:
                apply_changes(session, toolbox, actor, lecture, asked[lecture.id], upload)
            except Conflict as refused:
                raise Conflict(_at(lecture, toolbox.settings, refused)) from refused
    return sum(map(len, asked.values()))


def undo_term(toolbox: Toolbox, actor: Actor, class_id: int, upload_id: int) -> int:
    """Take every change of a term's sheet back, in all its lectures or in none. Return how many.

    `upload_id` is any of its parts. Raise NotFound, and Conflict when it was undone before or one of its
    marks was changed since.
    """
    with toolbox.reading() as session:
        get_taught_class(session, actor, class_id)
        term_key = sheets.get_term_key(session, actor.account_id, class_id, upload_id)
        lecture_ids = [each.lecture_id for each in sheets.list_term_parts(session, term_key)]
    with toolbox.sessions.begin() as session:
        lectures = {each.id: each for each in _locked(session, actor, lecture_ids)}
        count = 0
        for part in sheets.list_term_parts(session, term_key):
            lecture = lectures[part.lecture_id]
            try:
                count += take_back(session, toolbox, actor, lecture, part)
            except Conflict as refused:
                raise Conflict(_at(lecture, toolbox.settings, refused)) from refused
        return count


def _locked(session: Session, actor: Actor, lecture_ids: Collection[int]) -> Sequence[Lecture]:
    """Lock lectures. Raise NotFound where one is not the teacher's, or gone."""
    lectures = sheets.lock_lectures(session, actor.account_id, lecture_ids)
    if len(lectures) != len(set(lecture_ids)):
        raise NotFound(phrase("One of these lectures is gone, or is not yours."))
    return lectures


def _gone(uploaded: UploadedTerm, lectures: Sequence[Lecture]) -> tuple[Problem, ...]:
    found = {each.id for each in lectures}
    return tuple(
        Problem(
            phrase(
                "The column “%(heading)s” is of a lecture that is gone, or is not yours.",
                heading=heading[:60],
            ),
            suggestion=phrase("Delete the column."),
        )
        for lecture_id, heading in uploaded.headings.items()
        if lecture_id not in found
    )


def _by_lecture(changes: Sequence[HistoryLine]) -> Mapping[int, list[HistoryLine]]:
    found: dict[int, list[HistoryLine]] = defaultdict(list)
    for change in changes:
        found[change.lecture_id].append(change)
    return found


def _version(changes: Sequence[HistoryLine]) -> int:
    return changes[-1].id if changes else 0


def _as_now(
    session: Session,
    toolbox: Toolbox,
    actor: Actor,
    class_id: int,
    lectures: Sequence[Lecture],
    *,
    downloaded: Mapping[int, Mapping[int, MarkValue]],
) -> list[TermLecture]:
    """Return the class's part of the lectures' registers, which `attendance.register` tells one by one."""
    lecture_ids = [each.id for each in lectures]
    marks = totals.list_marks(session, class_id, lecture_ids, for_teacher_id=actor.account_id)
    elsewhere = sheets.marked_in_another_class(session, class_id, lecture_ids)
    students = totals.list_students(session, class_id, with_marks={each.student_id for each in marks})
    code = session.get_one(SchoolClass, class_id).class_code
    plain = {each.id: Standing(each.id, code, each.roll_id, each.name) for each in students}
    members = [each.id for each in students if each.active and each.class_id == class_id]
    clock = toolbox.settings.clock
    registers: dict[int, dict[int, Standing]] = {
        lecture.id: {each: plain[each] for each in members if (lecture.id, each) not in elsewhere}
        if lecture.closed_at is None
        else {}
        for lecture in lectures
    }
    for mark in marks:
        was = plain[mark.student_id]
        # Told only of who was marked since the download: showing 24,000 times takes half a second.
        is_since = mark.student_id in downloaded.get(mark.lecture_id, {})
        marked = joined([mark.source.label, clock.local(mark.marked_at)], ", ") if is_since else ""
        registers[mark.lecture_id][mark.student_id] = Standing(
            was.student_id, code, was.roll_id, was.name, MarkValue(mark.status, mark.note), marked
        )
    return [
        TermLecture(
            lecture_id=each.id,
            title=_title(each, toolbox.settings),
            register=registers[each.id],
            downloaded=downloaded.get(each.id, {}),
            is_closed=each.closed_at is not None,
        )
        for each in lectures
    ]


def _at(lecture: Lecture, settings: Settings, refused: Conflict) -> str:
    """Say at which lecture of the term something was refused."""
    return phrase("%(lecture)s: %(problem)s", lecture=_title(lecture, settings), problem=refused.sentence)


def _title(lecture: Lecture, settings: Settings) -> str:
    return joined([settings.clock.show_moment(lecture.starts_at), lecture.subject])
