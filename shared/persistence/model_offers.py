"""Keeps the confirmed faces that are offered for face models."""

from collections.abc import Sequence

from sqlalchemy import select
from sqlalchemy.orm import Session, joinedload, undefer

from shared.persistence.tables import ModelOffer


def list_offers(session: Session, student_id: int) -> Sequence[ModelOffer]:
    """Return the offers for a student, oldest first, with teacher, lecture and sealed descriptor."""
    query = select(ModelOffer).where(ModelOffer.student_id == student_id)
    query = query.options(
        joinedload(ModelOffer.teacher), joinedload(ModelOffer.lecture), undefer(ModelOffer.sealed_descriptor)
    )
    return session.scalars(query.order_by(ModelOffer.id)).all()


def find_offer(session: Session, student_id: int, offer_id: int) -> ModelOffer | None:
    """Find an offer for a student, with its sealed descriptor, and lock it."""
    query = select(ModelOffer).where(ModelOffer.id == offer_id, ModelOffer.student_id == student_id)
    return session.scalar(query.options(undefer(ModelOffer.sealed_descriptor)).with_for_update())
