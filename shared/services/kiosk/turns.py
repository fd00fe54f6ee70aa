"""The second lock at the kiosk: who is asked to turn the head, and what a film of it leads to."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from shared.domain.check_in import ASKED_TO_TURN, LEAVES_A_DOUBT, CheckInOutcome
from shared.domain.head_turn import Side, TurnVerdict
from shared.domain.second_lock import AskedTurn, Zone, cause_of_turn
from shared.persistence import head_turns, kiosk
from shared.persistence.database import Session
from shared.persistence.tables import CheckIn, HeadTurn, KioskPass
from shared.toolbox import Toolbox

# How long after the question its film may arrive: it takes two seconds, and a lost network a few tries.
FILM_LIFE = timedelta(seconds=30)


@dataclass(frozen=True)
class TurnClaim:
    """A question that a request's film answers, taken for this request alone. `begun_at` is when the photo
    that began it all was answered."""

    turn_id: int
    asked: AskedTurn
    begun_at: datetime


@dataclass(frozen=True)
class FirstLook:
    """What the first look at a photo leaves open. `photo_digest` names the photo."""

    photo_digest: str
    zone: Zone
    saw_device: bool = False


@dataclass(frozen=True)
class Film:
    """What the film of a turn showed, and what it answers."""

    photo_digest: str
    claim: TurnClaim
    verdict: TurnVerdict


@dataclass(frozen=True)
class TurnQuestion:
    """What the student is asked next instead of being marked; `asked` is None if nothing more is."""

    outcome: CheckInOutcome
    photo_digest: str
    asked: AskedTurn | None
    advice: str = ""


def claim_turn(
    session: Session,
    toolbox: Toolbox,
    kiosk_pass: KioskPass,
    *,
    turn_of: str,
    answer_key: str,
    student_id: int,
    photo_digest: str,
) -> TurnClaim | None:
    """Take the question that the phone's request `turn_of` was answered with, in the caller's transaction.

    None if it is not this student's and photo's, too old, or answered by another request already.
    """
    asked_by = kiosk.find_check_in(session, kiosk_pass.id, turn_of)
    if asked_by is None or asked_by.student_id != student_id or asked_by.outcome not in ASKED_TO_TURN:
        return None
    row = head_turns.claim(
        session,
        asked_by,
        photo_digest=photo_digest,
        answer_key=answer_key,
        asked_after=toolbox.now() - FILM_LIFE,
    )
    if row is None:
        return None
    return TurnClaim(row.id, _asked(row), head_turns.find_beginning(session, asked_by).answered_at)


def question_of(
    session: Session, toolbox: Toolbox, lecture_id: int, student_id: int, shown: FirstLook | Film
) -> TurnQuestion | None:
    """Return what is asked of a face that matches before it is marked; None: mark it.

    Reads inside the caller's transaction, in which the answer is written.
    """
    if isinstance(shown, Film):
        return _after_film(session, shown)
    last, strictness = head_turns.find_doubt(session, lecture_id, student_id)
    cause = cause_of_turn(
        shown.zone,
        screen_seen=shown.saw_device,
        after_refusal=last in LEAVES_A_DOUBT,
        drawn_at_random=toolbox.draws.one_in(strictness.one_in),
    )
    if cause is None:
        return None
    # Drawn once: who may begin anew until the side is the one of a recording needs no other.
    side = head_turns.find_first_side(session, lecture_id, student_id) or toolbox.draws.side()
    asked = AskedTurn.first(cause, side)
    return TurnQuestion(CheckInOutcome.TURN_HEAD, shown.photo_digest, asked)


def _after_film(session: Session, film: Film) -> TurnQuestion | None:
    head_turns.note_verdict(session, film.claim.turn_id, film.verdict)
    asked, verdict = film.claim.asked, film.verdict
    if asked.has_passed(verdict):
        return None
    following = asked.after(verdict)
    outcome = CheckInOutcome.TURN_HEAD if verdict is TurnVerdict.TURNED else CheckInOutcome.TURN_AGAIN
    if following is None:
        outcome = CheckInOutcome.TURN_FAILED
    return TurnQuestion(outcome, film.photo_digest, following, verdict.sentence)


def keep(session: Session, check_in: CheckIn, question: TurnQuestion) -> None:
    """Write the question together with the check-in that it answers."""
    if question.asked is not None:
        head_turns.add(session, check_in, question.asked, photo_digest=question.photo_digest)


def side_asked(session: Session, check_in: CheckIn) -> Side | None:
    """Return to which side a check-in's answer asks to turn, if it does."""
    if check_in.outcome not in ASKED_TO_TURN:
        return None
    row = head_turns.find(session, check_in)
    return None if row is None else row.side


def _asked(row: HeadTurn) -> AskedTurn:
    return AskedTurn(row.side, row.cause, row.steps_left, row.tries_left)
