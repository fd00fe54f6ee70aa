"""Records families' consent to a face model, for one student or a class, and its withdrawal, which removes
everything at once."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from shared.domain.languages import phrase
from shared.errors import Conflict, InvalidInput
from shared.persistence import people
from shared.persistence.database import Session
from shared.persistence.people import get_student
from shared.persistence.tables import Consent, Student
from shared.services import audit
from shared.services.audit import Actor
from shared.services.people import erasure
from shared.services.people.consent_texts import consent_text
from shared.services.typed_input import LONGEST_NAME, checked_name
from shared.toolbox import Toolbox

# A form older than this is more likely a slip of the pen than a form.
OLDEST_FORM = timedelta(days=10 * 366)
# With the words of any language around it, it fits where it is recorded.
_LONGEST_SIGNER = LONGEST_NAME - 30


@dataclass(frozen=True)
class TakenBack:
    """What became of consents that were recorded by mistake: how many are gone, and whose stay."""

    count: int
    enrolled_since: list[str]


def known_signers(student: Student) -> list[str]:
    """Name who may have signed for a student, as far as the class list tells.

    To choose from, never filled in: the record says who agreed, which only the signed form tells.
    """
    parents = [each for each in (student.parent1_email, student.parent2_email) if each]
    return [
        *(phrase("parent, %(address)s", address=each[:_LONGEST_SIGNER]) for each in parents),
        phrase("%(name)s, of age", name=student.name[:_LONGEST_SIGNER]),
    ]


def record_consent(
    toolbox: Toolbox, actor: Actor, student_id: int, *, given_by: str, signed_on: date | None = None
) -> None:
    """Record that a family agreed to the text in its language; a consent that already holds stays as it is.

    `signed_on` is today where it is None. Raise InvalidInput naming the field, or NotFound.
    """
    given_by = checked_name(given_by, field="given_by")
    given_at = _moment_of(toolbox, signed_on)
    with toolbox.sessions.begin() as session:
        student = get_student(session, student_id, lock=True)
        _record(session, toolbox, actor, student, given_by, given_at)


def record_consents(
    toolbox: Toolbox, actor: Actor, class_id: int, signed: Mapping[int, str], *, signed_on: date | None = None
) -> list[int]:
    """Record the signed forms of a class, all or none; `signed` says who signed, by the student's id.

    Return the new rows' ids. Who has a consent meanwhile, or is of another class, is passed over. Raise
    InvalidInput naming the field, `given_by-ID` for a student's.
    """
    names = {
        student_id: checked_name(given_by, field=f"given_by-{student_id}")
        for student_id, given_by in signed.items()
    }
    given_at = _moment_of(toolbox, signed_on)
    with toolbox.sessions.begin() as session:
        found = people.list_without_consent(session, class_id, lock=True)
        recorded = [
            _record(session, toolbox, actor, student, names[student.id], given_at)
            for student in found
            if student.id in names
        ]
        session.flush()
        return [consent.id for consent in recorded if consent is not None]


def take_back_consents(toolbox: Toolbox, actor: Actor, consent_ids: Collection[int]) -> TakenBack:
    """Delete consents that the same admin has just recorded by mistake: nobody gave them.

    Where a photo or a face was taken on the strength of one, it stays: it can be withdrawn on the student's
    own page, which removes the face.
    """
    with toolbox.sessions.begin() as session:
        count, enrolled_since = 0, []
        for consent, student, has_face in people.list_given_consents(
            session, consent_ids, recorded_by_id=actor.account_id
        ):
            if has_face:
                enrolled_since.append(student.name)
                continue
            session.delete(consent)
            audit.record(session, toolbox, actor, "take back consent", student.roll_id, student_id=student.id)
            count += 1
    return TakenBack(count, enrolled_since)


def withdraw_consent(toolbox: Toolbox, actor: Actor, student_id: int) -> None:
    """End a consent and remove all that was made of the face in the same transaction; marks stay.

    Raise NotFound, or Conflict when no consent holds.
    """
    with toolbox.sessions.begin() as session:
        student = get_student(session, student_id, lock=True)
        end_consent(session, toolbox, actor, student)
    erasure.settle(toolbox)


def end_consent(
    session: Session, toolbox: Toolbox, actor: Actor, student: Student, *, action: str = "withdraw consent"
) -> None:
    """Do it within a transaction of the caller's, who locked the student; then call `erasure.settle`.

    Raise Conflict when no consent holds.
    """
    consent = student.consent
    if consent is None:
        raise Conflict(phrase("There is no consent to withdraw."))
    consent.withdrawn_at, consent.withdrawal_recorded_by_id = toolbox.now(), actor.account_id
    erasure.forget_face(session, toolbox, student, consent)
    audit.record(session, toolbox, actor, action, student.roll_id, student_id=student.id)


def _record(
    session: Session, toolbox: Toolbox, actor: Actor, student: Student, given_by: str, given_at: datetime
) -> Consent | None:
    if student.consent is not None:
        return None
    consent = Consent(
        text=consent_text(student.language),
        given_by=given_by,
        given_at=given_at,
        recorded_by_id=actor.account_id,
    )
    student.consents.append(consent)
    audit.record(
        session,
        toolbox,
        actor,
        "record consent",
        student.roll_id,
        student_id=student.id,
        after={"given_by": given_by, "signed_on": f"{toolbox.settings.clock.day_of(given_at)}"},
    )
    return consent


def _moment_of(toolbox: Toolbox, signed_on: date | None) -> datetime:
    """Return the moment that stands for the day of a signature: now, as many days ago.

    The time of day keeps two consents of one day apart, which the ledger of erasures tells by their moments.
    Raise InvalidInput for a day to come or long ago.
    """
    now, clock = toolbox.now(), toolbox.settings.clock
    today = clock.day_of(now)
    if signed_on is None or signed_on == today:
        return now
    if signed_on > today:
        raise InvalidInput(phrase("This day has not come yet."), field="signed_on")
    if today - signed_on > OLDEST_FORM:
        raise InvalidInput(phrase("This is too long ago. Please look at the year."), field="signed_on")
    begin, end = clock.day(signed_on)
    return min(begin + (now - clock.day(today)[0]), end - timedelta(microseconds=1))
