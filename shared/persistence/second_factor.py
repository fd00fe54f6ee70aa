"""Keeps the second factors of admins: which codes are used up, and the recovery codes that are left."""

from typing import Any, cast

from sqlalchemy import CursorResult, delete, func, or_, select, update
from sqlalchemy.orm import Session

from shared.persistence.tables import Admin, RecoveryCode


def take_step(session: Session, admin_id: int, step: int) -> bool:
    """Use a one-time code up; False if it, or a later one, was used before."""
    taken = session.execute(
        update(Admin)
        .where(Admin.id == admin_id, or_(Admin.last_code_step.is_(None), Admin.last_code_step < step))
        .values(last_code_step=step)
    )
    return bool(cast("CursorResult[Any]", taken).rowcount)


def take_recovery_code(session: Session, admin_id: int, code_digest: str) -> bool:
    """Use a recovery code up; False if there is none such."""
    gone = delete(RecoveryCode).where(
        RecoveryCode.admin_id == admin_id, RecoveryCode.code_digest == code_digest
    )
    return bool(cast("CursorResult[Any]", session.execute(gone)).rowcount)


def replace_recovery_codes(session: Session, admin_id: int, digests: list[str]) -> None:
    """Forget all recovery codes of an admin and keep these."""
    session.execute(delete(RecoveryCode).where(RecoveryCode.admin_id == admin_id))
    session.add_all(RecoveryCode(admin_id=admin_id, code_digest=each) for each in digests)


def count_recovery_codes(session: Session, admin_id: int) -> int:
    """Return how many recovery codes an admin has left."""
    query = select(func.count()).select_from(RecoveryCode).where(RecoveryCode.admin_id == admin_id)
    return session.scalar(query) or 0
