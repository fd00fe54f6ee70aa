"""Mails a lecture's attendance to the families: what would be sent, the press, and trying again by hand."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from shared.domain.attendance import MarkStatus
from shared.domain.family_mail import MailState, Recipients, family_addresses, find_doubt, is_writable
from shared.domain.languages import phrase
from shared.domain.statuses import CountsAs
from shared.errors import Conflict, InvalidInput
from shared.mail.attendance_email import Wording, show_words
from shared.persistence import attendance, outbox, statuses
from shared.persistence.database import Session
from shared.persistence.tables import Lecture, OutgoingMail, Student
from shared.security.tokens import digest
from shared.services import audit
from shared.services.audit import Actor
from shared.services.family_mail.delivery import email_about, wake
from shared.toolbox import Toolbox

_SEEN_CHANGED = phrase(
    "Marks or addresses changed since this page was shown. Nothing was sent; please look again."
)


@dataclass(frozen=True)
class Letter:
    """One letter that would be written: to one address, about one student, with what is doubtful about it."""

    student: Student
    address: str
    status: str
    doubt: str | None
    class_code: str


@dataclass(frozen=True)
class MailPlan:
    """What a press would send, and what it would not.

    `letters` would be sent, the doubtful ones as well, to those whom the teacher chose (`chosen`); to others
    `not_chosen` more would be. `unwritable` are no addresses at all; `missing` have none. `told` are the
    letters of earlier presses, `corrections` those that say what is no longer true.
    """

    chosen: Recipients
    letters: list[Letter]
    not_chosen: int
    unwritable: list[Letter]
    missing: list[Student]
    unmarked: list[Student]
    told: Sequence[OutgoingMail]
    corrections: list[OutgoingMail]

    @property
    def fingerprint(self) -> str:
        """Stands for exactly these letters, so that a press sends what its page showed."""
        shown = sorted(f"{letter.student.id} {letter.status} {letter.address}" for letter in self.letters)
        return digest("\n".join(shown))

    @property
    def doubtful(self) -> list[Letter]:
        return [letter for letter in self.letters if letter.doubt]

    @property
    def counts(self) -> dict[str, int]:
        """How many letters say what."""
        counted = Counter(letter.status for letter in self.letters)
        own = sorted(counted.keys() - set(MarkStatus))
        return {status: counted[status] for status in (*MarkStatus, *own) if counted[status]}

    @property
    def samples(self) -> list[Letter]:
        """The first letter of each wording: one for each status and language."""
        found: dict[tuple[str, str], Letter] = {}
        for letter in self.letters:
            found.setdefault((letter.status, letter.student.language), letter)
        return list(found.values())


def plan_mail(session: Session, lecture: Lecture) -> MailPlan:
    """Find out who would get which letter about a lecture, and who already did."""
    lines = attendance.register(session, lecture.id)
    told = outbox.letters_of(session, lecture.id)
    children = Counter(address for line in lines for address in _addresses(line.student))
    marked = {line.student.id: line.mark.status for line in lines if line.mark}
    all_letters = [
        Letter(
            line.student,
            address,
            line.mark.status,
            find_doubt(address, children=children[address]),
            line.school_class.class_code,
        )
        for line in lines
        if line.mark
        for address in _addresses(line.student)
    ]
    known = {(letter.student_id, letter.address) for letter in told}
    fresh = [letter for letter in all_letters if (letter.student.id, letter.address) not in known]
    writable = [letter for letter in fresh if is_writable(letter.address)]
    school, chosen = statuses.load(session, CountsAs.PRESENT), lecture.teacher.mail_to
    letters = [letter for letter in writable if chosen.has(school.get(letter.status))]
    return MailPlan(
        chosen=chosen,
        letters=letters,
        not_chosen=len(writable) - len(letters),
        unwritable=[letter for letter in all_letters if not is_writable(letter.address)],
        missing=[line.student for line in lines if not _addresses(line.student)],
        unmarked=[line.student for line in lines if line.mark is None],
        told=told,
        corrections=[letter for letter in told if _is_outdated(letter, marked)],
    )


def _addresses(student: Student) -> list[str]:
    return family_addresses(student.email, student.parent1_email, student.parent2_email)


def _is_outdated(letter: OutgoingMail, marked: dict[int, str]) -> bool:
    """Tell whether a family was told what the register no longer says, at an address it still has."""
    becomes = marked.get(letter.student_id)
    return (
        letter.state in (MailState.SENT, MailState.PERHAPS_SENT)
        and becomes not in (None, letter.status)
        and letter.address in _addresses(letter.student)
    )


def choose_recipients(toolbox: Toolbox, actor: Actor, lecture_id: int, chosen: Recipients) -> None:
    """Remember whose families a teacher writes to, for this lecture and the next ones. Raise NotFound."""
    with toolbox.sessions.begin() as session:
        lecture = attendance.find_own_lecture(session, actor.account_id, lecture_id)
        lecture.teacher.mail_to = chosen


def show_sample(toolbox: Toolbox, lecture: Lecture, letter: Letter) -> Wording:
    """Give the words of a letter as the family would read them."""
    with toolbox.reading() as session:
        status = statuses.load(session, toolbox.settings.late_counts_as).get(letter.status)
    email = email_about(
        letter.student,
        lecture,
        class_code=letter.class_code,
        address=letter.address,
        status=status,
        key="sample",
    )
    return show_words(toolbox.mailer, email)


def send_mail(toolbox: Toolbox, actor: Actor, lecture_id: int, *, seen: str) -> int:
    """Queue the letters whose fingerprint the teacher saw; gives how many. Nobody is written to twice.

    Raise NotFound; InvalidInput when mail is not set up; Conflict when the lecture is open, or so old that
    its letters are no longer kept, or when what was seen is no longer what would be sent.
    """
    with toolbox.sessions.begin() as session:
        lecture = attendance.find_own_lecture(session, actor.account_id, lecture_id, lock=True)
        _refuse_unready(toolbox, lecture)
        plan = plan_mail(session, lecture)
        if not plan.letters:
            return 0
        if plan.fingerprint != seen:
            raise Conflict(_SEEN_CHANGED)
        session.add_all(_queued(toolbox, lecture, letter) for letter in plan.letters)
        audit.record_in_lecture(
            session, toolbox, actor, "mail families", lecture, after={"letters": len(plan.letters)}
        )
    wake(toolbox, lecture_id)
    return len(plan.letters)


def _refuse_unready(toolbox: Toolbox, lecture: Lecture) -> None:
    if toolbox.settings.mail_server is None:
        raise InvalidInput(phrase("Mail is not set up yet. The office names the school's mail server first."))
    if lecture.not_held_reason is not None:
        raise Conflict(phrase("This lecture was not held, so nobody is written to."))
    if lecture.closed_at is None:
        raise Conflict(phrase("Close the lecture first: until then not everybody's mark is certain."))
    kept = timedelta(days=toolbox.settings.keep_letters_days)
    if lecture.ends_at < toolbox.now() - kept:
        raise Conflict(phrase("This lecture is too long ago: who was written to about it is no longer kept."))


def _queued(toolbox: Toolbox, lecture: Lecture, letter: Letter) -> OutgoingMail:
    now = toolbox.now()
    return OutgoingMail(
        lecture_id=lecture.id,
        student_id=letter.student.id,
        address=letter.address,
        status=letter.status,
        queued_at=now,
        try_at=now,
    )


def retry_refused(toolbox: Toolbox, actor: Actor, lecture_id: int) -> int:
    """Queue the refused letters again whose address the family still has; gives how many."""
    return _queue_again(toolbox, actor, lecture_id, MailState.REFUSED, "retry refused mail")


def retry_perhaps_sent(toolbox: Toolbox, actor: Actor, lecture_id: int, mail_id: int) -> int:
    """Queue one letter again that perhaps arrived: a person decided that twice is better than not at all."""
    action = "retry mail perhaps sent"
    return _queue_again(toolbox, actor, lecture_id, MailState.PERHAPS_SENT, action, mail_id=mail_id)


def _queue_again(
    toolbox: Toolbox,
    actor: Actor,
    lecture_id: int,
    state: MailState,
    action: str,
    *,
    mail_id: int | None = None,
) -> int:
    with toolbox.sessions.begin() as session:
        lecture = attendance.find_own_lecture(session, actor.account_id, lecture_id, lock=True)
        _refuse_unready(toolbox, lecture)
        letters = [
            letter
            for letter in outbox.lock_letters(session, lecture_id, state)
            if mail_id in (None, letter.id) and letter.address in _addresses(letter.student)
        ]
        outbox.queue_again(letters, toolbox.now())
        audit.record_in_lecture(session, toolbox, actor, action, lecture, after={"letters": len(letters)})
    wake(toolbox, lecture_id)
    return len(letters)


def send_corrections(toolbox: Toolbox, actor: Actor, lecture_id: int) -> int:
    """Write again to the families whose child's mark changed after their letter; gives how many letters."""
    with toolbox.sessions.begin() as session:
        lecture = attendance.find_own_lecture(session, actor.account_id, lecture_id, lock=True)
        _refuse_unready(toolbox, lecture)
        letters = plan_mail(session, lecture).corrections
        marked = {line.student.id: line.mark for line in attendance.register(session, lecture_id)}
        outbox.queue_again(letters, toolbox.now())
        for letter in letters:
            mark = marked[letter.student_id]
            letter.status = mark.status if mark else letter.status
            letter.corrections += 1
        audit.record_in_lecture(
            session, toolbox, actor, "mail corrections", lecture, after={"letters": len(letters)}
        )
    wake(toolbox, lecture_id)
    return len(letters)
