"""Tells families a lecture's attendance: what would be sent, the press, and trying again by hand.

A letter here is one to an address, or a message to a phone where the office has turned these on.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from shared.domain.attendance import MarkStatus
from shared.domain.family_mail import (
    Channel,
    MailState,
    Recipients,
    family_addresses,
    find_doubt,
    is_writable,
)
from shared.domain.languages import phrase
from shared.domain.phone_messages import LETTERS_ALONE, Ways
from shared.domain.statuses import CountsAs
from shared.errors import Conflict, InvalidInput
from shared.mail.attendance_email import Wording, show_words
from shared.mail.short_message import show_text
from shared.persistence import attendance, outbox, statuses
from shared.persistence.attendance import RegisterLine
from shared.persistence.database import Session
from shared.persistence.tables import Lecture, OutgoingMail, Student
from shared.security.tokens import digest
from shared.services import audit
from shared.services.audit import Actor
from shared.services.family_mail.delivery import email_about, wake
from shared.services.family_mail.messages import find_ways
from shared.toolbox import Toolbox

_SEEN_CHANGED = phrase(
    "Marks or addresses changed since this page was shown. Nothing was sent; please look again."
)


@dataclass(frozen=True)
class Letter:
    """One letter that would be written: to one address or phone, about one student, with what is doubtful
    about it."""

    student: Student
    address: str
    status: str
    doubt: str | None
    class_code: str
    channel: Channel = Channel.LETTER


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
    def messages(self) -> int:
        """How many of the letters are messages to phones."""
        return sum(letter.channel is Channel.MESSAGE for letter in self.letters)

    @property
    def counts(self) -> dict[str, int]:
        """How many letters say what."""
        counted = Counter(letter.status for letter in self.letters)
        own = sorted(counted.keys() - set(MarkStatus))
        return {status: counted[status] for status in (*MarkStatus, *own) if counted[status]}

    @property
    def samples(self) -> list[Letter]:
        """The first letter of each wording: one for each channel, status and language."""
        found: dict[tuple[str, str, str], Letter] = {}
        for letter in self.letters:
            found.setdefault((letter.channel, letter.status, letter.student.language), letter)
        return list(found.values())


def plan_mail(session: Session, lecture: Lecture, ways: Ways = LETTERS_ALONE) -> MailPlan:
    """Find out who would get which letter about a lecture, and who already did."""
    lines = attendance.register(session, lecture.id)
    told = outbox.letters_of(session, lecture.id)
    marked = {line.student.id: line.mark.status for line in lines if line.mark}
    all_letters = _all_letters(lines, ways)
    known = {(letter.student_id, letter.address) for letter in told}
    fresh = [letter for letter in all_letters if (letter.student.id, letter.address) not in known]
    writable = [letter for letter in fresh if _can_be_sent(letter)]
    school, chosen = statuses.load(session, CountsAs.PRESENT), lecture.teacher.mail_to
    letters = [letter for letter in writable if chosen.has(school.get(letter.status))]
    return MailPlan(
        chosen=chosen,
        letters=letters,
        not_chosen=len(writable) - len(letters),
        unwritable=[letter for letter in all_letters if not _can_be_sent(letter)],
        missing=[line.student for line in lines if not any(_reach(line.student, ways))],
        unmarked=[line.student for line in lines if line.mark is None],
        told=told,
        corrections=[letter for letter in told if _is_outdated(letter, marked, ways)],
    )


def _all_letters(lines: Sequence[RegisterLine], ways: Ways) -> list[Letter]:
    """Return a letter for each address of everybody who is marked, and a message for each phone."""
    children = Counter(address for line in lines for address in _addresses(line.student))
    found = []
    for line in lines:
        if line.mark is None:
            continue
        student, status, class_code = line.student, line.mark.status, line.school_class.class_code
        addresses, phones = _reach(student, ways)
        for address in addresses:
            doubt = find_doubt(address, children=children[address])
            found.append(Letter(student, address, status, doubt, class_code))
        found += [Letter(student, phone, status, None, class_code, Channel.MESSAGE) for phone in phones]
    return found


def _addresses(student: Student) -> list[str]:
    return family_addresses(student.email, student.parent1_email, student.parent2_email)


def _reach(student: Student, ways: Ways) -> tuple[list[str], list[str]]:
    """Return to which addresses and phones of a family something goes."""
    return ways.reach(_addresses(student), student.phone_numbers)


def _can_be_sent(letter: Letter) -> bool:
    return letter.channel is Channel.MESSAGE or is_writable(letter.address)


def _is_still_theirs(letter: OutgoingMail, ways: Ways) -> bool:
    """Tell whether the family still has this address or phone, and something still goes there."""
    if letter.channel is Channel.MESSAGE:
        return ways.messages is not None and letter.address in letter.student.phone_numbers
    return letter.address in _addresses(letter.student)


def _is_outdated(letter: OutgoingMail, marked: dict[int, str], ways: Ways) -> bool:
    """Tell whether a family was told what the register no longer says, at an address it still has."""
    becomes = marked.get(letter.student_id)
    return (
        letter.state in (MailState.SENT, MailState.PERHAPS_SENT)
        and becomes not in (None, letter.status)
        and _is_still_theirs(letter, ways)
    )


def choose_recipients(toolbox: Toolbox, actor: Actor, lecture_id: int, chosen: Recipients) -> None:
    """Remember whose families a teacher writes to, for this lecture and the next ones. Raise NotFound."""
    with toolbox.sessions.begin() as session:
        lecture = attendance.get_own_lecture(session, actor.account_id, lecture_id)
        lecture.teacher.mail_to = chosen


def show_sample(toolbox: Toolbox, lecture: Lecture, letter: Letter) -> Wording | str:
    """Return the words of a letter, or a message's text, as the family would read them."""
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
    show = show_text if letter.channel is Channel.MESSAGE else show_words
    return show(toolbox.mailer, email)


def send_mail(toolbox: Toolbox, actor: Actor, lecture_id: int, *, seen: str) -> int:
    """Queue the letters whose fingerprint the teacher saw; return how many. Nobody is written to twice.

    Raise NotFound; InvalidInput when nothing can be sent; Conflict when the lecture is open, or so old that
    its letters are no longer kept, or when what was seen is no longer what would be sent.
    """
    with toolbox.sessions.begin() as session:
        lecture = attendance.get_own_lecture(session, actor.account_id, lecture_id, lock=True)
        ways = find_ways(toolbox, session)
        _refuse_unready(toolbox, lecture, ways)
        plan = plan_mail(session, lecture, ways)
        if not plan.letters:
            return 0
        if plan.fingerprint != seen:
            raise Conflict(_SEEN_CHANGED)
        session.add_all(_queued(toolbox, lecture, letter) for letter in plan.letters)
        after = _counted(plan.letters)
        audit.record_in_lecture(session, toolbox, actor, "mail families", lecture, after=after)
    _wake_for(toolbox, lecture_id, plan.letters)
    return len(plan.letters)


def _counted(letters: Sequence[Letter | OutgoingMail]) -> dict[str, int]:
    """Return for the audit trail how many letters, and how many messages if there are any."""
    messages = sum(letter.channel is Channel.MESSAGE for letter in letters)
    return {"letters": len(letters) - messages} | ({"messages": messages} if messages else {})


def _wake_for(toolbox: Toolbox, lecture_id: int, letters: Sequence[Letter | OutgoingMail]) -> None:
    for channel in Channel:
        if any(letter.channel is channel for letter in letters):
            wake(toolbox, lecture_id, channel=channel)


def _refuse_unready(toolbox: Toolbox, lecture: Lecture, ways: Ways) -> None:
    if toolbox.settings.mail_server is None and ways.messages is None:
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
        channel=letter.channel,
        status=letter.status,
        queued_at=now,
        try_at=now,
    )


def retry_refused(toolbox: Toolbox, actor: Actor, lecture_id: int) -> int:
    """Queue the refused letters again whose address the family still has; return how many."""
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
        lecture = attendance.get_own_lecture(session, actor.account_id, lecture_id, lock=True)
        ways = find_ways(toolbox, session)
        _refuse_unready(toolbox, lecture, ways)
        letters = [
            letter
            for letter in outbox.lock_letters(session, lecture_id, state)
            if mail_id in (None, letter.id) and _is_still_theirs(letter, ways)
        ]
        outbox.queue_again(letters, toolbox.now())
        for letter in letters:
            if state is MailState.PERHAPS_SENT and outbox.status_now(session, letter) != letter.status:
                letter.corrections += 1  # the family may have read what is no longer true
        audit.record_in_lecture(session, toolbox, actor, action, lecture, after=_counted(letters))
    _wake_for(toolbox, lecture_id, letters)
    return len(letters)


def send_corrections(toolbox: Toolbox, actor: Actor, lecture_id: int) -> int:
    """Write again to the families whose child's mark changed after their letter; return how many letters."""
    with toolbox.sessions.begin() as session:
        lecture = attendance.get_own_lecture(session, actor.account_id, lecture_id, lock=True)
        ways = find_ways(toolbox, session)
        _refuse_unready(toolbox, lecture, ways)
        letters = plan_mail(session, lecture, ways).corrections
        marked = {line.student.id: line.mark for line in attendance.register(session, lecture_id)}
        outbox.queue_again(letters, toolbox.now())
        for letter in letters:
            mark = marked[letter.student_id]
            letter.status = mark.status if mark else letter.status
            letter.corrections += 1
        audit.record_in_lecture(session, toolbox, actor, "mail corrections", lecture, after=_counted(letters))
    _wake_for(toolbox, lecture_id, letters)
    return len(letters)
