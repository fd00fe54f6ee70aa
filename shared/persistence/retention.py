"""Deletes what is old, some rows at a time, and remembers which nights it was done."""

from collections.abc import Iterator
from datetime import datetime
from typing import Any, cast

from sqlalchemy import CursorResult, Select, delete, select, update
from sqlalchemy.orm import Session

from shared.persistence.database import AlreadyThere, Sessions
from shared.persistence.tables import (
    AnnouncedAbsence,
    AttemptLock,
    AuditEntry,
    CheckIn,
    EnrolmentPhoto,
    FailedTry,
    FamilyLink,
    FamilyQuestion,
    Job,
    KioskPass,
    KioskTicket,
    KnownDevice,
    Lecture,
    ModelOffer,
    Night,
    OutgoingMail,
    PasswordLink,
    PhotoQuestion,
    PlanDraft,
    PlannedLecture,
    SchoolVisit,
    SignIn,
)

# A transaction of so many rows lets others in between.
_AT_A_TIME = 500


def claim_night(sessions: Sessions, night_of: str, *, now: datetime, abandoned_before: datetime) -> bool:
    """Take a night's work; False if it is done, or another worker has been at it since `abandoned_before`."""
    try:
        with sessions.begin() as session:
            night = session.scalar(select(Night).where(Night.night_of == night_of).with_for_update())
            if night is None:
                session.add(Night(night_of=night_of, began_at=now))
                return True
            if night.finished_at is not None or night.began_at >= abandoned_before:
                return False
            night.began_at = now
            return True
    except AlreadyThere:
        return False


def is_night_taken(session: Session, night_of: str, *, abandoned_before: datetime) -> bool:
    """Tell the same without taking it."""
    query = select(Night).where(Night.night_of == night_of)
    night = session.scalar(query)
    return night is not None and (night.finished_at is not None or night.began_at >= abandoned_before)


def finish_night(session: Session, night_of: str, now: datetime) -> None:
    """Note that a night's work is done, and forget nights of long ago."""
    session.execute(update(Night).where(Night.night_of == night_of).values(finished_at=now))
    last = select(Night.id).order_by(Night.id.desc()).limit(1).offset(400)
    longest_ago = session.scalar(last)
    if longest_ago is not None:
        session.execute(delete(Night).where(Night.id <= longest_ago))


def old_check_ins(before: datetime) -> list[Select[Any]]:
    """Select answered check-ins, and the passes of phones; what waited there for a teacher goes with them."""
    passes = select(KioskPass.id).where(KioskPass.last_seen_at < before)
    return [select(CheckIn.id).where(CheckIn.answered_at < before), passes]


def old_letters(before: datetime) -> list[Select[Any]]:
    """Return letters whose result has been known since."""
    return [select(OutgoingMail.id).where(OutgoingMail.settled_at < before)]


def old_lectures(before: datetime) -> list[Select[Any]]:
    """Return lectures that ended, with their marks and all that hangs on them."""
    return [select(Lecture.id).where(Lecture.ends_at < before)]


def old_plans(before: datetime) -> list[Select[Any]]:
    """Return what was planned, opened or not."""
    return [select(PlannedLecture.id).where(PlannedLecture.ends_at < before)]


def old_plan_drafts(before: datetime) -> list[Select[Any]]:
    """Plan that were looked at, applied or not; what was applied of them stays."""
    return [select(PlanDraft.id).where(PlanDraft.made_at < before)]


def old_audit_entries(before: datetime) -> list[Select[Any]]:
    """Return entries of the audit trail."""
    return [select(AuditEntry.id).where(AuditEntry.at < before)]


def old_sign_ins(before: datetime) -> list[Select[Any]]:
    """Return browsers nobody has used since."""
    return [select(SignIn.id).where(SignIn.last_seen_at < before)]


def old_tickets(before: datetime) -> list[Select[Any]]:
    """Return tickets that a phone fetched and no later one of the same phone swept away."""
    return [select(KioskTicket.id).where(KioskTicket.issued_at < before)]


def old_family_links(now: datetime) -> list[Select[Any]]:
    """Links for families that have run out."""
    return [select(FamilyLink.id).where(FamilyLink.expires_at < now)]


def old_family_messages(before: datetime) -> list[Select[Any]]:
    """Return what finds families' old messages: questions, settled or not, and absences that are over."""
    return [
        select(FamilyQuestion.id).where(FamilyQuestion.sent_at < before),
        select(AnnouncedAbsence.id).where(AnnouncedAbsence.last_day < before.date()),
    ]


def old_tries(before: datetime) -> list[Select[Any]]:
    """Return wrong passwords with their locks, links that have run out, and ways to a provider and back."""
    links = select(PasswordLink.id).where(PasswordLink.expires_at < before)
    locks = select(AttemptLock.id).where(AttemptLock.used_at < before)
    visits = select(SchoolVisit.id).where(SchoolVisit.came_back_at < before)
    return [select(FailedTry.id).where(FailedTry.failed_at < before), locks, links, visits]


def old_devices(before: datetime) -> list[Select[Any]]:
    """Return browsers with which nobody has signed in since."""
    return [select(KnownDevice.id).where(KnownDevice.last_sign_in_at < before)]


def old_photos(before: datetime, *, keep_seen: bool) -> list[Select[Any]]:
    """Return photos that were never trained on; with `keep_seen` only those nobody has looked at, or knows
    whose."""
    query = select(EnrolmentPhoto.id).where(EnrolmentPhoto.added_at < before)
    questions = select(PhotoQuestion.id).where(PhotoQuestion.added_at < before)
    return [query.where(EnrolmentPhoto.verdict.is_(None)) if keep_seen else query, questions]


def old_offers(before: datetime) -> list[Select[Any]]:
    """Return confirmed faces offered for a face model that nobody decided about."""
    return [select(ModelOffer.id).where(ModelOffer.offered_at < before)]


def old_jobs(before: datetime) -> list[Select[Any]]:
    """Return long work, with what became of each file of a class's zip."""
    return [select(Job.id).where(Job.created_at < before)]


def delete_old(sessions: Sessions, which: list[Select[Any]]) -> int:
    """Delete the rows whose ids these queries give, in transactions of their own; return how many."""
    return sum(count for ids in which for count in _delete_some(sessions, ids))


def _delete_some(sessions: Sessions, ids: Select[Any]) -> Iterator[int]:
    table = ids.get_final_froms()[0]
    while True:
        with sessions.begin() as session:
            found = session.scalars(ids.limit(_AT_A_TIME)).all()
            gone = session.execute(delete(cast(Any, table)).where(table.c.id.in_(found)))
            count = cast("CursorResult[Any]", gone).rowcount
        if not found:
            return
        yield count
