"""Remembers how the columns of class lists are used, and finds what belongs to students a list names."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from shared.domain.languages import counted, joined, phrase
from shared.persistence.tables import Consent, EnrolmentPhoto, FaceModelRow, ListColumns, Mark


@dataclass(frozen=True)
class Belongings:
    """What a student has that must never become another's.

    `has_addresses`: those of the family, or its phone, where they would stay with the roll id.
    """

    has_face: bool = False
    has_consent: bool = False
    marks: int = 0
    has_addresses: bool = False

    def __bool__(self) -> bool:
        return self.has_face or self.has_consent or self.marks > 0 or self.has_addresses

    @property
    def words(self) -> str:
        """Return "a face model, 12 marks" and the like; "" for nothing."""
        words = (
            (phrase("a face model"), self.has_face),
            (phrase("a consent"), self.has_consent),
            (counted("%(num)d mark", "%(num)d marks", self.marks), self.marks),
            (phrase("addresses or phone numbers of the family"), self.has_addresses),
        )
        return joined([text for text, is_there in words if is_there], ", ")


def list_remembered_columns(session: Session) -> dict[str, Mapping[str, str]]:
    """Return what the columns of every set of headings were tied to, by the headings."""
    return {row.headings: row.columns for row in session.scalars(select(ListColumns))}


def remember_columns(
    session: Session, headings: str, columns: Mapping[str, str], *, digest: str, now: datetime
) -> None:
    """Remember what the columns under a set of headings are tied to; `digest` is the headings'."""
    row = session.scalar(select(ListColumns).where(ListColumns.digest == digest))
    if row is None:
        row = ListColumns(digest=digest, headings=headings)
        session.add(row)
    row.columns, row.saved_at = dict(columns), now


def find_belongings(session: Session, student_ids: Collection[int]) -> dict[int, Belongings]:
    """Return what each of these students has; nothing for a student without anything."""
    faces = set(
        session.scalars(select(FaceModelRow.student_id).where(FaceModelRow.student_id.in_(student_ids)))
    )
    photos = select(EnrolmentPhoto.student_id).where(EnrolmentPhoto.student_id.in_(student_ids))
    faces.update(session.scalars(photos))
    consents = select(Consent.student_id).where(
        Consent.student_id.in_(student_ids), Consent.withdrawn_at.is_(None)
    )
    agreed = set(session.scalars(consents))
    counts = select(Mark.student_id, func.count(Mark.id)).where(Mark.student_id.in_(student_ids))
    marks = {row[0]: row[1] for row in session.execute(counts.group_by(Mark.student_id))}
    return {each: Belongings(each in faces, each in agreed, marks.get(each, 0)) for each in student_ids}
