"""Keeps what the school teaches the spoof check: pictures, versions of the last layer, and which is used."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, cast

from sqlalchemy import CursorResult, delete, func, select
from sqlalchemy.orm import Session, joinedload, selectinload, undefer

from shared.domain.second_lock import Strictness
from shared.persistence import check_in_statements as statements
from shared.persistence.tables import (
    SpoofActivation,
    SpoofMistake,
    SpoofPicture,
    SpoofVersion,
)


@dataclass(frozen=True)
class LabelCount:
    """How many pictures of a label wait, and from how many sources."""

    label: str
    pictures: int
    sources: int


def count_pictures(session: Session) -> list[LabelCount]:
    """Count the waiting pictures by label, in the labels' order."""
    query = select(SpoofPicture.label, func.count(), func.count(SpoofPicture.source.distinct())).group_by(
        SpoofPicture.label
    )
    return [LabelCount(*row) for row in session.execute(query.order_by(SpoofPicture.label))]


def list_pictures(session: Session) -> Sequence[SpoofPicture]:
    """Return the waiting pictures, oldest first, without their bytes."""
    return session.scalars(select(SpoofPicture).order_by(SpoofPicture.id)).all()


def find_sealed_picture(session: Session, picture_id: int) -> bytes | None:
    """Return the sealed picture itself; None if it was deleted."""
    return session.scalar(select(SpoofPicture.sealed_picture).where(SpoofPicture.id == picture_id))


def delete_pictures(session: Session, picture_ids: Sequence[int] | None = None) -> None:
    """Delete some waiting pictures by their ids, or all."""
    query = delete(SpoofPicture)
    session.execute(query if picture_ids is None else query.where(SpoofPicture.id.in_(picture_ids)))


def delete_older(session: Session, before: datetime) -> int:
    """Delete pictures that wait, and copies of mistakes, from before a moment; give how many."""
    count = 0
    for kind in (SpoofPicture, SpoofMistake):
        deleted = session.execute(delete(kind).where(kind.added_at < before))
        count += cast("CursorResult[Any]", deleted).rowcount
    return count


def find_version(session: Session, version_id: int) -> SpoofVersion | None:
    """Find a version by its id, with its activations."""
    return session.get(SpoofVersion, version_id, options=[selectinload(SpoofVersion.activations)])


def find_version_by_digest(session: Session, digest: str) -> SpoofVersion | None:
    """Find the version whose last layer has this SHA-256."""
    return session.scalar(select(SpoofVersion).where(SpoofVersion.digest == digest))


def list_versions(session: Session) -> Sequence[SpoofVersion]:
    """Return all versions, newest first, with their activations and mistakes but without bytes."""
    query = select(SpoofVersion).options(
        selectinload(SpoofVersion.activations), selectinload(SpoofVersion.mistakes)
    )
    return session.scalars(query.order_by(SpoofVersion.id.desc())).all()


def find_activation(session: Session) -> SpoofActivation | None:
    """Return the newest activation with its version, which is the one in use; None: nothing but the shipped
    one."""
    version = joinedload(SpoofActivation.version).options(undefer(SpoofVersion.sealed_heads))
    return session.scalar(
        select(SpoofActivation).options(version).order_by(SpoofActivation.id.desc()).limit(1)
    )


def get_strictness(session: Session) -> Strictness:
    """Return the step of strictness that was chosen last, or the usual one."""
    return session.scalar(statements.STRICTNESS) or Strictness.USUAL


def delete_mistakes(session: Session, version_id: int) -> None:
    """Delete the copies of what a version got wrong."""
    session.execute(delete(SpoofMistake).where(SpoofMistake.version_id == version_id))


def find_mistake(session: Session, mistake_id: int) -> SpoofMistake | None:
    """Find one copy of a picture that a version got wrong, bytes included."""
    return session.get(SpoofMistake, mistake_id, options=[undefer(SpoofMistake.sealed_picture)])
