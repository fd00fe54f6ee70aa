"""Keeps enrolment photos and face models, all of them sealed."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import datetime

from sqlalchemy import ColumnElement, delete, exists, or_, select, update
from sqlalchemy.orm import Session, aliased, contains_eager, undefer

from shared.domain.photo_verdict import PhotoVerdict
from shared.persistence import check_in_statements as statements
from shared.persistence.tables import (
    EnrolmentPhoto,
    FaceFlag,
    FaceModelRow,
    FaceVersion,
    NearMatchPair,
    SchoolClass,
    Student,
)

# Rows fetched at a time while all face models are gone through: some 3 MB.
_MODELS_AT_A_TIME = 500


def list_waiting(session: Session, student: Student) -> Sequence[EnrolmentPhoto]:
    """Return good photos that the student's model was not yet trained on, oldest first, descriptors
    loaded."""
    query = (
        select(EnrolmentPhoto)
        .where(EnrolmentPhoto.student_id == student.id, EnrolmentPhoto.verdict == PhotoVerdict.GOOD)
        .options(undefer(EnrolmentPhoto.sealed_descriptor))
        .order_by(EnrolmentPhoto.id)
    )
    if student.face_model is not None:
        query = query.where(EnrolmentPhoto.added_at > student.face_model.trained_at)
    return session.scalars(query).all()


def list_students_waiting(session: Session, class_id: int | None = None) -> Sequence[Student]:
    """Return the active students, of one class or all, with good photos that no model was trained on yet."""
    waiting = (
        exists()
        .where(EnrolmentPhoto.student_id == Student.id, EnrolmentPhoto.verdict == PhotoVerdict.GOOD)
        .where(or_(FaceModelRow.id.is_(None), EnrolmentPhoto.added_at > FaceModelRow.trained_at))
    )
    query = select(Student).outerjoin(Student.face_model).where(Student.active, waiting)
    if class_id is not None:
        query = query.where(Student.class_id == class_id)
    return session.scalars(query.order_by(Student.class_id, Student.roll_order, Student.id)).all()


def list_kept(session: Session, student_id: int) -> Sequence[EnrolmentPhoto]:
    """Return photos that a student's model was trained on and the school kept, oldest first, the photos
    loaded."""
    query = (
        select(EnrolmentPhoto)
        .join(FaceModelRow, FaceModelRow.student_id == EnrolmentPhoto.student_id)
        .where(
            EnrolmentPhoto.student_id == student_id,
            EnrolmentPhoto.verdict == PhotoVerdict.GOOD,
            EnrolmentPhoto.added_at <= FaceModelRow.trained_at,
        )
        .options(undefer(EnrolmentPhoto.sealed_photo))
        .order_by(EnrolmentPhoto.id)
    )
    return session.scalars(query).all()


def save_descriptor(session: Session, photo_id: int, sealed_descriptor: bytes) -> None:
    """Write how a photo was described anew."""
    session.execute(
        update(EnrolmentPhoto)
        .where(EnrolmentPhoto.id == photo_id)
        .values(sealed_descriptor=sealed_descriptor)
    )


def list_unseen(session: Session, class_id: int) -> Sequence[EnrolmentPhoto]:
    """Return photos of a class that nobody has looked at yet, by roll id."""
    query = (
        select(EnrolmentPhoto)
        .join(Student, Student.id == EnrolmentPhoto.student_id)
        .where(Student.class_id == class_id, EnrolmentPhoto.verdict.is_(None))
    )
    return session.scalars(query.order_by(Student.roll_order, EnrolmentPhoto.id)).all()


def delete_unseen(session: Session, class_id: int) -> None:
    """Delete the photos of a class that nobody has looked at yet."""
    delete_photos(session, list_unseen(session, class_id))


def find_photo(session: Session, photo_id: int) -> EnrolmentPhoto | None:
    """Find a photo's row by its id."""
    return session.get(EnrolmentPhoto, photo_id)


def find_sealed_photo(session: Session, photo_id: int) -> bytes | None:
    """Return the sealed photo itself; None if it was deleted."""
    return session.scalar(select(EnrolmentPhoto.sealed_photo).where(EnrolmentPhoto.id == photo_id))


def delete_photos_by_id(session: Session, photo_ids: Collection[int]) -> None:
    """Delete some photos by their ids."""
    session.execute(delete(EnrolmentPhoto).where(EnrolmentPhoto.id.in_(photo_ids)))


def delete_photos(session: Session, photos: Sequence[EnrolmentPhoto]) -> None:
    """Delete some photos."""
    delete_photos_by_id(session, [photo.id for photo in photos])


def delete_photos_but(session: Session, student_id: int, photos: Sequence[EnrolmentPhoto]) -> None:
    """Delete every photo of a student but these and those nobody has looked at yet."""
    ids = [photo.id for photo in photos]
    session.execute(
        delete(EnrolmentPhoto).where(
            EnrolmentPhoto.student_id == student_id,
            EnrolmentPhoto.verdict.is_not(None),
            EnrolmentPhoto.id.not_in(ids),
        )
    )


def save_model(
    session: Session,
    student: Student,
    *,
    sealed_model: bytes,
    photo_count: int,
    is_weak: bool,
    network: int,
    trained_at: datetime,
) -> None:
    """Write a student's face model, in place of an earlier one."""
    row = student.face_model or FaceModelRow(student_id=student.id)
    row.version = count_change(session)
    row.sealed_model, row.photo_count = sealed_model, photo_count
    row.is_weak, row.network, row.trained_at = is_weak, network, trained_at
    session.add(row)


def find_sealed_model(session: Session, student_id: int) -> bytes | None:
    """Return the sealed face model of a student."""
    return session.scalar(select(FaceModelRow.sealed_model).where(FaceModelRow.student_id == student_id))


def find_version(session: Session) -> tuple[int, int]:
    """Return how many changes of face models there were, and at which of them a model was last deleted."""
    row = session.execute(statements.FACES_VERSION).one()
    return row.version, row.removed_at


def models_since(session: Session, version: int) -> Iterator[tuple[int, bytes]]:
    """Go through the student's id and the sealed face model of every model changed after `version`."""
    query = select(FaceModelRow.student_id, FaceModelRow.sealed_model).where(FaceModelRow.version > version)
    for row in session.execute(query.execution_options(yield_per=_MODELS_AT_A_TIME)):
        yield row.student_id, row.sealed_model


def list_of_earlier_networks(session: Session, current: int) -> Sequence[int]:
    """Return the ids of the active students whose face model is not of the current network."""
    query = (
        select(FaceModelRow.student_id).join(Student).where(FaceModelRow.network != current, Student.active)
    )
    return session.scalars(query.order_by(FaceModelRow.student_id)).all()


def list_enrolled(session: Session) -> Sequence[int]:
    """Return the ids of all students with a face model."""
    return session.scalars(select(FaceModelRow.student_id)).all()


def list_students(session: Session, student_ids: Sequence[int]) -> Sequence[Student]:
    """Return active students by their ids, with their classes, by class and roll id."""
    query = (
        select(Student)
        .join(Student.school_class)
        .where(Student.id.in_(student_ids), Student.active)
        .options(contains_eager(Student.school_class))
    )
    return session.scalars(query.order_by(SchoolClass.code_order, Student.roll_order)).all()


def list_classmates(session: Session, student: Student) -> Sequence[int]:
    """Return the ids of the other students of a class, deactivated ones included."""
    query = select(Student.id).where(Student.class_id == student.class_id, Student.id != student.id)
    return session.scalars(query).all()


def save_near_matches(session: Session, student_id: int, scores: Mapping[int, float]) -> None:
    """Write who looks like a student, in place of what was known before."""
    _delete_near_matches(session, student_id)
    for other_id, score in scores.items():
        first, second = sorted((student_id, other_id))
        session.add(NearMatchPair(student_id=first, other_id=second, score=score))


def near_matches_of(session: Session, student_id: int) -> set[int]:
    """Return the ids of the classmates who look like a student."""
    pairs = session.execute(
        select(NearMatchPair.student_id, NearMatchPair.other_id).where(_has_near_match(student_id))
    )
    return {each for pair in pairs for each in pair} - {student_id}


def list_near_match_pairs(session: Session) -> Sequence[NearMatchPair]:
    """Return every pair of active students who look alike, the likest first, with their names."""
    one, other = aliased(Student), aliased(Student)
    query = (
        select(NearMatchPair)
        .join(NearMatchPair.student.of_type(one))
        .join(NearMatchPair.other.of_type(other))
        .where(one.active, other.active)
        .options(
            contains_eager(NearMatchPair.student.of_type(one)),
            contains_eager(NearMatchPair.other.of_type(other)),
        )
    )
    return session.scalars(query.order_by(NearMatchPair.score.desc())).all()


def note_removal(session: Session) -> None:
    """Say that a face model was deleted, to those who keep models in memory."""
    count_change(session, removed=True)


def forget_near_matches(session: Session, student_id: int) -> None:
    """Delete whom a student looked like, here and at the kiosk."""
    _delete_near_matches(session, student_id)
    session.execute(
        delete(FaceFlag).where(or_(FaceFlag.student_id == student_id, FaceFlag.near_match_id == student_id))
    )


def _delete_near_matches(session: Session, student_id: int) -> None:
    session.execute(delete(NearMatchPair).where(_has_near_match(student_id)))


def _has_near_match(student_id: int) -> ColumnElement[bool]:
    return or_(NearMatchPair.student_id == student_id, NearMatchPair.other_id == student_id)


def lock_models(session: Session) -> FaceVersion:
    """Let nobody else change a face model until the transaction ends.

    Who will write about two students' faces takes this lock before a student's, or two of them could wait
    for each other.
    """
    query = select(FaceVersion).with_for_update().execution_options(populate_existing=True)
    return session.scalars(query).one()


def count_change(session: Session, *, removed: bool = False) -> int:
    """Count a change of the face models; under its lock, so that changes are committed in their order."""
    row = lock_models(session)
    row.version += 1
    if removed:
        row.removed_at = row.version
    session.flush()
    return row.version
