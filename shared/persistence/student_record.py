"""Reads all that is held on one student, for the export a family may ask for."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

from sqlalchemy import or_, select
from sqlalchemy.orm import Session, joinedload, undefer

from shared.persistence import photo_questions
from shared.persistence.tables import (
    AnnouncedAbsence,
    AuditEntry,
    CheckIn,
    Consent,
    EnrolmentPhoto,
    FaceFlag,
    FaceModelRow,
    FamilyLink,
    FamilyQuestion,
    Job,
    Lecture,
    Mark,
    MarkChange,
    ModelOffer,
    NearMatchPair,
    OutgoingMail,
    PhotoQuestion,
    SheetMarkChange,
    SheetUpload,
    Student,
    ToConfirm,
)

T = TypeVar("T")


@dataclass(frozen=True)
class StudentRecord:
    """The rows of one student, each kind in the order of time; `lectures` are those they refer to, by id."""

    student: Student
    consents: Sequence[Consent]
    marks: Sequence[Mark]
    changes: Sequence[MarkChange]
    sheet_changes: Sequence[tuple[SheetMarkChange, SheetUpload]]
    check_ins: Sequence[CheckIn]
    to_confirm: Sequence[ToConfirm]
    flags: Sequence[FaceFlag]
    near_matches: int
    offers: Sequence[ModelOffer]
    letters: Sequence[OutgoingMail]
    photos: Sequence[EnrolmentPhoto]
    face_model: FaceModelRow | None
    results: Sequence[dict[str, object]]
    photo_questions: Sequence[PhotoQuestion]
    family_links: Sequence[FamilyLink]
    absences: Sequence[AnnouncedAbsence]
    family_questions: Sequence[FamilyQuestion]
    audit_entries: Sequence[AuditEntry]
    lectures: dict[int, Lecture]


def read_record(session: Session, student: Student) -> StudentRecord:
    """Read everything that hangs on a student or is about them, sealed values loaded."""
    whose = student.id
    sheets = select(SheetMarkChange, SheetUpload).join(
        SheetUpload, SheetUpload.id == SheetMarkChange.upload_id
    )
    waiting = select(ToConfirm).where(or_(ToConfirm.student_id == whose, ToConfirm.near_match_id == whose))
    waiting = waiting.options(undefer(ToConfirm.sealed_picture), undefer(ToConfirm.sealed_descriptor))
    flags = select(FaceFlag).where(or_(FaceFlag.student_id == whose, FaceFlag.near_match_id == whose))
    alike = or_(NearMatchPair.student_id == whose, NearMatchPair.other_id == whose)
    photos = select(EnrolmentPhoto).where(EnrolmentPhoto.student_id == whose)
    photos = photos.options(undefer(EnrolmentPhoto.sealed_photo), undefer(EnrolmentPhoto.sealed_descriptor))
    marks = select(Mark).where(Mark.student_id == whose)
    changes = select(MarkChange).where(MarkChange.student_id == whose)
    model = select(FaceModelRow).where(FaceModelRow.student_id == whose)
    jobs = session.scalars(select(Job).where(Job.results.is_not(None)))
    record = StudentRecord(
        student=student,
        consents=session.scalars(select(Consent).where(Consent.student_id == whose)).all(),
        marks=session.scalars(marks.options(joinedload(Mark.school_class)).order_by(Mark.id)).all(),
        changes=session.scalars(
            changes.options(joinedload(MarkChange.teacher)).order_by(MarkChange.id)
        ).all(),
        sheet_changes=[
            (change, upload)
            for change, upload in session.execute(sheets.where(SheetMarkChange.student_id == whose))
        ],
        check_ins=session.scalars(select(CheckIn).where(CheckIn.student_id == whose)).all(),
        to_confirm=session.scalars(waiting.order_by(ToConfirm.id)).all(),
        flags=session.scalars(flags.order_by(FaceFlag.id)).all(),
        near_matches=len(session.scalars(select(NearMatchPair.id).where(alike)).all()),
        offers=session.scalars(select(ModelOffer).where(ModelOffer.student_id == whose)).all(),
        letters=session.scalars(select(OutgoingMail).where(OutgoingMail.student_id == whose)).all(),
        photos=session.scalars(photos.order_by(EnrolmentPhoto.id)).all(),
        face_model=session.scalar(model.options(undefer(FaceModelRow.sealed_model))),
        results=[result for job in jobs for result in job.results or [] if result.get("student_id") == whose],
        photo_questions=photo_questions.list_about(session, whose),
        family_links=_all_of(session, FamilyLink, whose),
        absences=_all_of(session, AnnouncedAbsence, whose),
        family_questions=_all_of(session, FamilyQuestion, whose),
        audit_entries=session.scalars(
            select(AuditEntry).where(AuditEntry.student_id == whose).order_by(AuditEntry.id)
        ).all(),
        lectures={},
    )
    _find_lectures(session, record)
    return record


def _all_of(session: Session, kind: type[T], student_id: int) -> Sequence[T]:
    """Return every row of a kind that hangs on a student, in the order of time."""
    rows: Any = kind
    return session.scalars(select(kind).where(rows.student_id == student_id).order_by(rows.id)).all()


def _find_lectures(session: Session, record: StudentRecord) -> None:
    held = (
        record.marks,
        record.changes,
        record.check_ins,
        record.to_confirm,
        record.flags,
        record.offers,
        record.letters,
    )
    ids = {row.lecture_id for rows in held for row in rows}
    ids |= {upload.lecture_id for _change, upload in record.sheet_changes}
    ids |= {each.lecture_id for each in record.family_questions if each.lecture_id is not None}
    found = session.scalars(select(Lecture).where(Lecture.id.in_(ids)).options(joinedload(Lecture.teacher)))
    record.lectures.update({lecture.id: lecture for lecture in found})
