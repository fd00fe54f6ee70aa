"""Reads what a lecture's sheets need: the history since a download, and the uploads that were applied."""

from collections.abc import Sequence

from sqlalchemy import func, select
from sqlalchemy.orm import Session, selectinload

from shared.errors import NotFound
from shared.persistence.tables import MarkChange, SheetUpload


def history_version(session: Session, lecture_id: int) -> int:
    """Return the id of the latest entry of a lecture's history; 0 before the first."""
    return session.scalar(select(func.max(MarkChange.id)).where(MarkChange.lecture_id == lecture_id)) or 0


def list_changes(session: Session, lecture_id: int) -> Sequence[MarkChange]:
    """Return every entry of a lecture's history, the earliest first."""
    query = select(MarkChange).where(MarkChange.lecture_id == lecture_id)
    return session.scalars(query.order_by(MarkChange.id)).all()


def list_uploads(session: Session, lecture_id: int) -> Sequence[SheetUpload]:
    """Return the applied uploads of a lecture with their changes, the latest first."""
    query = select(SheetUpload).where(SheetUpload.lecture_id == lecture_id)
    query = query.options(selectinload(SheetUpload.changes))
    return session.scalars(query.order_by(SheetUpload.id.desc())).all()


def find_upload(session: Session, lecture_id: int, upload_id: int) -> SheetUpload:
    """Find an applied upload of a lecture with its changes. Raise NotFound."""
    query = select(SheetUpload).where(SheetUpload.id == upload_id, SheetUpload.lecture_id == lecture_id)
    upload = session.scalar(query.options(selectinload(SheetUpload.changes)))
    if upload is None:
        raise NotFound("There is no such upload of this lecture.")
    return upload


def find_upload_by_key(session: Session, review_key: str) -> SheetUpload | None:
    """Find the upload that a review was applied as."""
    return session.scalar(select(SheetUpload).where(SheetUpload.review_key == review_key))
