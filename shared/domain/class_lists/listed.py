"""Looks at the students of a list together: who is there twice, whose roll id is unlike all others."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from shared.domain.class_lists import roll_ids
from shared.domain.class_lists.columns import FIELD_WORDS
from shared.domain.class_lists.headings import ListField
from shared.domain.class_lists.layout import Skipped
from shared.domain.class_lists.questions import (
    LEAVE_OUT,
    Answers,
    Asker,
    Choice,
    Concern,
    Notice,
    Question,
    Trouble,
)
from shared.domain.languages import phrase
from shared.domain.number_formats import KEPT_DIGITS
from shared.domain.typed_text import fold, normal_code

LEFT_OUT = phrase("left out, as you said")
MOST_PARENTS = 2


@dataclass(frozen=True)
class ListedStudent:
    """One student of the list; an address that is not there is "", `phones` are the cells as they stand.

    `is_open`: a question about the row has no answer yet.
    """

    row: int
    roll_id: str
    name: str
    email: str = ""
    parents: tuple[str, str] = ("", "")
    language: str = ""
    phones: tuple[str, ...] = ()
    is_open: bool = False


@dataclass
class Findings:
    """What reading a list gathers besides its students."""

    answers: Answers
    asker: Asker
    notices: list[Notice] = field(default_factory=list)
    skipped: list[Skipped] = field(default_factory=list)


def one_address(addresses: Sequence[str]) -> str:
    """Say which of a student's own addresses is used."""
    return phrase(
        "The %(field_words)s holds %(count)s addresses: only %(own)s is used.",
        field_words=FIELD_WORDS[ListField.EMAIL],
        count=len(addresses),
        own=addresses[0],
    )


def two_parents(addresses: Sequence[str]) -> str:
    """Say which of the parents' addresses are not used."""
    passed = ", ".join(addresses[MOST_PARENTS:])
    return phrase("There is room for two parents' addresses; not used: %(passed)s.", passed=passed)


def ask_about_the_unlike(students: Sequence[ListedStudent], found: Findings) -> list[ListedStudent]:
    """Ask about a roll id without a digit where all others have one: it may be a line below the list."""
    unlike = [student for student in students if student.roll_id and not _has_digit(student.roll_id)]
    if not unlike or len(unlike) * 2 >= len(students):
        return list(students)
    return _ask(roll_ids.UNLIKE, unlike, students, found)


def ask_about_lost_digits(students: Sequence[ListedStudent], found: Findings) -> list[ListedStudent]:
    """Ask about long numbers that all end in the zeros a spreadsheet writes for digits it cannot keep.

    A text file does not say what was a number; of ids that really are so long, one in ten ends in a zero.
    """
    kept = KEPT_DIGITS
    long = [each for each in students if each.roll_id.isdecimal() and len(each.roll_id) > kept]
    if not long or any(student.roll_id[kept:].strip("0") for student in long):
        return list(students)
    unasked = [each for each in long if not found.asker.has_asked(roll_ids.DIGITS, each.row)]
    return _ask(roll_ids.DIGITS, unasked, students, found)


def _ask(
    trouble: Trouble, about: Sequence[ListedStudent], students: Sequence[ListedStudent], found: Findings
) -> list[ListedStudent]:
    """Return the students after the answers about some of them."""
    kept = []
    for student in students:
        if student in about:
            words = f"{student.roll_id} · {student.name}"
            became = found.asker.settle(
                trouble, student.row, words, reading=student.roll_id, accepts=roll_ids.is_roll_id
            )
            if became == LEAVE_OUT:
                found.skipped.append(Skipped(student.row, words, LEFT_OUT))
                continue
            roll_id = normal_code(became) if became else student.roll_id
            student = replace(student, roll_id=roll_id, is_open=student.is_open or became is None)
        kept.append(student)
    return kept


def _has_digit(text: str) -> bool:
    return any(sign.isdecimal() for sign in text)


def without_repeats(
    students: Sequence[ListedStudent], found: Findings
) -> tuple[list[ListedStudent], list[Question]]:
    """Put rows together that are one student; ask where two students have one roll id."""
    by_roll_id: dict[str, list[ListedStudent]] = {}
    for student in students:
        by_roll_id.setdefault(student.roll_id or phrase("row %(row)s", row=student.row), []).append(student)
    kept, questions = [], []
    for roll_id, same in by_roll_id.items():
        if len({fold(student.name) for student in same}) == 1:
            kept.append(_put_together(same, found))
            continue
        # Named for its rows too: an answer holds for no row that another answer brings to this roll id.
        key = f"twice/{roll_id}/{','.join(str(student.row) for student in same)}"
        choices = [
            Choice(str(student.row), phrase("row %(row)s: %(name)s", row=student.row, name=student.name))
            for student in same
        ]
        concerns = tuple(Concern(student.row, student.name) for student in same)
        sentence = phrase(
            "The roll id %(roll_id)s stands in several rows with different names. Which one is right?",
            roll_id=roll_id,
        )
        choices.append(Choice(LEAVE_OUT, phrase("Leave these rows out")))
        question = Question(key, sentence, tuple(choices), concerns, found.answers.get(key, ""))
        questions.append(question)
        for student in same:
            if question.is_open:
                kept.append(replace(student, is_open=True))
            elif question.answer == str(student.row):
                kept.append(student)
            else:
                found.skipped.append(Skipped(student.row, f"{roll_id} {student.name}", LEFT_OUT))
    return sorted(kept, key=lambda student: student.row), questions


def _put_together(same: Sequence[ListedStudent], found: Findings) -> ListedStudent:
    first, *more = same
    for other in more:
        sentence = phrase(
            "This is %(roll_id)s %(name)s of row %(row)s again; the addresses were put together.",
            roll_id=first.roll_id,
            name=first.name,
            row=first.row,
        )
        found.notices.append(Notice(sentence, other.row))
        both = {address.casefold(): address for address in (*other.parents, *first.parents) if address}
        ours = {address.casefold() for address in first.parents}
        added = [address for key, address in both.items() if key not in ours]
        parents = [*(each for each in first.parents if each), *added]
        if len(parents) > MOST_PARENTS:
            found.notices.append(Notice(two_parents(parents), other.row))
        if first.email and other.email and first.email.casefold() != other.email.casefold():
            found.notices.append(Notice(one_address([first.email, other.email]), other.row))
        one, two, *_ = (*parents, "", "")
        first = replace(
            first,
            email=first.email or other.email,
            parents=(one, two),
            language=first.language or other.language,
            phones=(*first.phones, *other.phones),
        )
        found.skipped.append(
            Skipped(other.row, f"{other.roll_id} {other.name}", phrase("the same student again"))
        )
    return first
