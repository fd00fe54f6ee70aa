"""Hands a phone round and takes it back: a kiosk pass is good for one lecture's check-ins, nothing else."""

from shared.domain.attendance import LectureState, lecture_state
from shared.errors import Conflict, NotFound
from shared.persistence import kiosk
from shared.persistence.tables import KioskPass, Lecture
from shared.security.tokens import digest, new_token
from shared.services import audit
from shared.services.audit import Actor
from shared.toolbox import Toolbox


def open_kiosk(toolbox: Toolbox, actor: Actor, *, lecture_id: int, device: str) -> str:
    """Make a pass for one phone and give the token for its cookie.

    Raises NotFound if the lecture is not the teacher's, Conflict if it takes no marks now.
    """
    token, now = new_token(), toolbox.now()
    with toolbox.sessions.begin() as session:
        lecture = session.get(Lecture, lecture_id)
        if lecture is None or actor.account_id is None or lecture.teacher_id != actor.account_id:
            raise NotFound("There is no such lecture among yours.")
        if not is_open(toolbox, lecture):
            raise Conflict("This lecture takes no marks now. Open it first, then pass the phone round.")
        session.add(
            KioskPass(
                token_digest=digest(token),
                lecture_id=lecture_id,
                teacher_id=actor.account_id,
                device=device[:200],
                opened_at=now,
                last_seen_at=now,
            )
        )
        audit.record(
            session, toolbox, actor, "open kiosk", f"lecture {lecture_id}", after={"device": device[:200]}
        )
    return token


def find_pass(toolbox: Toolbox, token: str) -> KioskPass | None:
    """Find the pass of a token; None once it was ended or its teacher deactivated."""
    with toolbox.reading() as session:
        found = kiosk.find_pass(session, digest(token))
    return found if found is not None and found.teacher.active else None


def is_open(toolbox: Toolbox, lecture: Lecture) -> bool:
    """Tell whether a lecture takes marks by face now; its kiosks end by themselves when it does not."""
    state = lecture_state(
        now=toolbox.now(), starts_at=lecture.starts_at, ends_at=lecture.ends_at, closed_at=lecture.closed_at
    )
    return state is LectureState.OPEN


def end_pass(toolbox: Toolbox, actor: Actor, pass_id: int) -> None:
    """End a pass. Raises NotFound if it is not one of the teacher's."""
    with toolbox.sessions.begin() as session:
        found = session.get(KioskPass, pass_id)
        if found is None or found.teacher_id != actor.account_id:
            raise NotFound("There is no such kiosk among yours.")
        if found.ended_at is None:
            found.ended_at = toolbox.now()
            audit.record(session, toolbox, actor, "end kiosk", f"lecture {found.lecture_id}")
