"""Removes a student, or only the face, from every table, and keeps the ledger of what was erased.

What hangs on a student goes with the row, by the database's own foreign keys. What only names a student (the
audit trail, files of a class's zip, notes) is found by the columns' types, so that no new table is forgotten.
"""

import json
import re
from collections.abc import Collection, Sequence
from datetime import datetime
from itertools import groupby
from typing import Any

from sqlalchemy import JSON, ColumnElement, Enum, String, cast, delete, exists, or_, select, update
from sqlalchemy import Text as TextType
from sqlalchemy.orm import Session

from shared.domain.languages import Sentence
from shared.persistence import faces, photo_questions
from shared.persistence.jobs import JobKind
from shared.persistence.sealed_rows import list_columns
from shared.persistence.tables import (
    Admin,
    AuditEntry,
    Base,
    Consent,
    Erasure,
    FaceFlag,
    Job,
    NearMatchPair,
    Student,
    Teacher,
    ToConfirm,
)
from shared.persistence.tables.base import Told, ToldResults

_NAMING = ("name", "roll_id", "email", "parent1_email", "parent2_email")
# Shorter ones, such as the roll id 12, mean other things in a free text.
_SHORTEST_IN_A_TEXT = 4
# What these tables and columns hold is somebody else's own: a brother's parents have the same address, and a
# class may be called like a student. A night is known by its day.
_SOMEBODYS_OWN = frozenset({"student", "teacher", "admin", "consent", "school_class", "night"})
_SOMEBODYS_OWN_COLUMNS = frozenset({"audit_entry.actor", "outgoing_mail.address"})


# A day or a moment as the audit trail keeps them: the roll id 2026 is none of it.
_MOMENT = re.compile(r"\d{4}-\d\d-\d\d(T\d\d:\d\d(:\d\d(\.\d+)?)?([+-]\d\d:\d\d|Z)?)?")


def forget_face(session: Session, student_id: int) -> None:
    """Remove all that was made of a student's face: photos, descriptors, model, pictures, trainings."""
    of_students = [column for column in list_columns() if "student_id" in column.table.columns]
    for table, columns in groupby(of_students, key=lambda column: column.table):
        sealed = [table.c[column.column] for column in columns]
        of_student = table.c.student_id == student_id
        if all(column.nullable for column in sealed):
            session.execute(update(table).where(of_student).values({column.name: None for column in sealed}))
        else:
            session.execute(delete(table).where(of_student))
    photo_questions.forget_student(session, student_id)
    faces.forget_near_matches(session, student_id)
    faces.note_removal(session)
    session.execute(update(ToConfirm).where(ToConfirm.student_id == student_id).values(score=None))
    session.execute(delete(FaceFlag).where(FaceFlag.near_match_id == student_id))
    alike = or_(NearMatchPair.student_id == student_id, NearMatchPair.other_id == student_id)
    session.execute(delete(NearMatchPair).where(alike))
    resembling = update(ToConfirm).where(ToConfirm.near_match_id == student_id)
    session.execute(resembling.values(near_match_id=None, score=None))
    session.execute(delete(Job).where(Job.kind == JobKind.TRAIN_FACE_MODEL, Job.subject_id == student_id))


def erase_student(session: Session, student: Student, alias: str) -> None:
    """Delete a student with all that is held on them; `alias` stands where only their name stood."""
    entries = session.scalars(select(AuditEntry).where(AuditEntry.student_id == student.id)).all()
    known_as = _names(student, entries)
    forget_face(session, student.id)
    session.execute(delete(Student).where(Student.id == student.id))
    at_the_end = re.compile(rf"(?:{'|'.join(re.escape(each) for each in known_as)})\Z")
    for entry in entries:
        entry.subject = at_the_end.sub(alias, entry.subject)
        entry.before, entry.after = _unnamed(entry.before, alias), _unnamed(entry.after, alias)
        entry.student_id = None
    for job in session.scalars(select(Job).where(Job.results.is_not(None))):
        if any(result.get("student_id") == student.id for result in job.results or []):
            job.results = [_unnamed_result(result, student.id, alias) for result in job.results or []]
    session.flush()
    only_theirs = {words for words in known_as if not _is_shared(session, words)}
    _replace_everywhere(session, {words for words in only_theirs if len(words) >= _SHORTEST_IN_A_TEXT}, alias)


def _names(student: Student, entries: Sequence[AuditEntry]) -> set[str]:
    """Return every name, roll id, address and phone number a student has or had, as far as the audit trail
    tells."""
    earlier = [values for entry in entries for values in (entry.before, entry.after) if values]
    held = [getattr(student, name) for name in _NAMING] + [
        values.get(name) for values in earlier for name in _NAMING
    ]
    phones = [values.get("phones") for values in ({"phones": student.phones}, *earlier)]
    return {str(each) for each in held if each} | {each for some in phones for each in (some or "").split()}


def _unnamed(values: dict[str, Any] | None, alias: str) -> dict[str, Any] | None:
    """Return the same keys without what they held."""
    return None if values is None else dict.fromkeys(values, alias)


def _unnamed_result(result: dict[str, Any], student_id: int, alias: str) -> dict[str, Any]:
    """Return what became of a file, without its name and the student's."""
    if result.get("student_id") != student_id:
        return result
    return {**result, "student_id": None, "file": alias, "student": alias}


def _is_shared(session: Session, words: str) -> bool:
    """Tell whether somebody else goes by the same name, roll id, address or phone number."""
    columns = [getattr(Student, name) for name in _NAMING]
    columns_of_accounts = [column for kind in (Admin, Teacher) for column in (kind.name, kind.email)]
    held = [select(exists().where(column == words)) for column in (*columns, *columns_of_accounts)]
    if words.startswith("+"):
        held.append(select(exists().where(Student.phones.contains(words, autoescape=True))))
    return any(session.scalar(query) for query in held)


def _replace_everywhere(session: Session, words: Collection[str], alias: str) -> None:
    if not words:
        return
    by_length = sorted(words, key=len, reverse=True)
    # Between letters or digits it is another word; "15203A0042_1.jpg" names the student.
    named = re.compile(
        rf"(?<![^\W_])(?:{'|'.join(re.escape(each) for each in by_length)})(?![^\W_])", re.IGNORECASE
    )
    for table in Base.metadata.sorted_tables:
        columns = [column for column in table.columns if _is_free_text(column)]
        if not columns:
            continue
        where = or_(*(_may_hold(column, words) for column in columns))
        if table.name == AuditEntry.__tablename__:
            where &= table.c.student_id.is_(None)
        for row in session.execute(select(table.c.id, *columns).where(where)).all():
            values = {
                column.name: _without(
                    row._mapping[column], named, alias, getattr(column.type, "length", None)
                )
                for column in columns
            }
            session.execute(update(table).where(table.c.id == row.id).values(values))


def _is_free_text(column: Any) -> bool:
    if column.table.name in _SOMEBODYS_OWN or str(column) in _SOMEBODYS_OWN_COLUMNS:
        return False
    return isinstance(column.type, JSON | String | Told | ToldResults) and not isinstance(column.type, Enum)


def _may_hold(column: Any, words: Collection[str]) -> ColumnElement[bool]:
    text = cast(column, TextType)  # MariaDB looks for no Devanagari in a column of ASCII, nor in JSON
    spellings = {*words, *(json.dumps(each)[1:-1] for each in words)}  # JSON escapes what is not ASCII
    return or_(*(text.icontains(each, autoescape=True) for each in spellings))


def _without(value: Any, named: re.Pattern[str], alias: str, longest: int | None) -> Any:
    """Return the same text, list or dictionary with the alias in place of the names."""
    if isinstance(value, Sentence):
        values = {name: _without(each, named, alias, None) for name, each in value.values.items()}
        return Sentence(value.one, value.many, value.number, values)
    if isinstance(value, str):
        return value if _MOMENT.fullmatch(value) else named.sub(alias, value)[:longest]
    if isinstance(value, list):
        return [_without(each, named, alias, None) for each in value]
    if isinstance(value, dict):
        return {key: _without(each, named, alias, None) for key, each in value.items()}
    return value


def note(session: Session, digest: str, what: str, now: datetime) -> None:
    """Write an erasure into the ledger, once."""
    if session.scalar(select(exists().where(Erasure.digest == digest))):
        return
    session.add(Erasure(digest=digest, what=what, erased_at=now))
    session.flush()


def list_erasures(session: Session) -> Sequence[Erasure]:
    """Return the whole ledger, the earliest first."""
    return session.scalars(select(Erasure).order_by(Erasure.id)).all()


def list_students(session: Session) -> Sequence[Student]:
    """Return every student, for the replay of a ledger."""
    return session.scalars(select(Student).order_by(Student.id)).all()


def list_standing_consents(session: Session) -> Sequence[tuple[Consent, Student]]:
    """Return every consent that was not withdrawn, with its student, for the replay of a ledger."""
    query = select(Consent, Student).join(Student, Student.id == Consent.student_id)
    standing = session.execute(query.where(Consent.withdrawn_at.is_(None)))
    return [(consent, student) for consent, student in standing]
