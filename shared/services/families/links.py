"""Links for families: one in each letter, good for one student and a time, without any account."""

from datetime import timedelta

from shared.domain.languages import phrase
from shared.errors import NotFound
from shared.persistence import families, integrations
from shared.persistence.database import Session
from shared.persistence.tables import FamilyLink, Integration, Student
from shared.security.tokens import digest, new_token
from shared.services import audit
from shared.services.audit import Actor
from shared.toolbox import Toolbox

OVER = phrase("This link is no longer good. Every new letter from the school has one that is.")


def make_link(toolbox: Toolbox, student_id: int) -> str:
    """Make a link for a student's family and return its address.

    Nothing but a random token stands in it, and only the token's digest is kept.
    """
    now, token = toolbox.now(), new_token()
    with toolbox.sessions.begin() as session:
        expires_at = now + timedelta(days=toolbox.settings.family_link_days)
        session.add(
            FamilyLink(student_id=student_id, token_digest=digest(token), made_at=now, expires_at=expires_at)
        )
    return f"{toolbox.settings.teacher_site_url}/family?link={token}"


def get_student(session: Session, toolbox: Toolbox, token: str) -> Student:
    """Return the student whom a link is for, with the class.

    Raise NotFound, with the same sentence, for a link that never was, is over or was revoked, and while
    families are off.
    """
    link = families.find_link(session, digest(token), now=toolbox.now())
    if link is None or not integrations.is_on(session, Integration.FAMILIES):
        raise NotFound(OVER)
    return link.student


def revoke_links(toolbox: Toolbox, actor: Actor, student: Student) -> int:
    """End every link that the family of a student was sent; return how many."""
    with toolbox.sessions.begin() as session:
        count = families.revoke_links(session, student.id)
        if count:
            audit.record(
                session, toolbox, actor, "revoke family links", student.roll_id, student_id=student.id
            )
    return count
