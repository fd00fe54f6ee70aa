"""Compares the students of a list with the class as it is: what would become of each."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import Any

from shared.domain.class_lists.layout import Skipped
from shared.domain.class_lists.listed import LEFT_OUT, ListedStudent
from shared.domain.class_lists.questions import (
    LEAVE_OUT,
    TAKE,
    Answers,
    Asker,
    Choice,
    Concern,
    Notice,
    Question,
    Trouble,
)
from shared.domain.class_lists.reading import ClassList
from shared.domain.class_lists.same_child import may_be_another_child
from shared.domain.languages import phrase
from shared.domain.typed_text import fold, loose_code, normal_code
from shared.errors import InvalidInput
from shared.persistence import class_lists
from shared.persistence.class_lists import Belongings
from shared.persistence.database import Session
from shared.persistence.tables import SchoolClass, Student
from shared.services.people.registration import StudentDetails, checked_student
from shared.services.typed_input import checked_email
from shared.services.typed_phones import read_phones

_WORN = Trouble(
    "roll_id_worn",
    phrase(
        "The class has a roll id that differs in leading zeros or separators only. Is it the same student?"
    ),
    take=phrase("Yes, it is the student who is there"),
    as_it_is=phrase("No, it is a new student"),
    may_type=False,
)
_TAKEN = Trouble(
    "roll_id_taken",
    phrase("The student of the class whom this row may mean stands in another row already."),
    as_it_is=phrase("No, it is a new student"),
    may_type=False,
)
SAME_CHILD, ANOTHER_CHILD = "same_child", "another_child"


class RowAction(StrEnum):
    """What becomes of a row. REPLACE: another child gets the roll id; QUESTION: not known yet."""

    ADD = "add"
    CHANGE = "change"
    REACTIVATE = "reactivate"
    SAME = "same"
    REPLACE = "replace"
    QUESTION = "question"


@dataclass(frozen=True)
class RosterRow:
    """One row and what becomes of it; `was` and `becomes` hold what differs."""

    number: int
    roll_id: str
    name: str
    action: RowAction
    email: str | None = None
    parent1_email: str | None = None
    parent2_email: str | None = None
    language: str = "en"
    phones: str = ""
    was: Mapping[str, str | None] = field(default_factory=dict)
    becomes: Mapping[str, str | None] = field(default_factory=dict)


class Comparison:
    """Compares the students of a list with the class as it is."""

    def __init__(
        self,
        session: Session,
        school_class: SchoolClass,
        roster: Mapping[str, Student],
        found: ClassList,
        answers: Answers,
        *,
        country: str,
    ) -> None:
        """Take the school's class; `country` is that of phone numbers which do not name theirs."""
        self._country = country
        self._session = session
        self._class = school_class
        self._roster = {normal_code(roll_id): student for roll_id, student in roster.items()}
        self._answers = answers
        self._listed = {student.roll_id for student in found.students}
        # Whom the list names as they are: another one of the name is a namesake.
        self._same_name = {
            each.roll_id
            for each in found.students
            if each.roll_id in self._roster and fold(self._roster[each.roll_id].name) == fold(each.name)
        }
        self._by_name: dict[str, list[Student]] = {}
        for student in self._roster.values():
            if student.active:
                self._by_name.setdefault(fold(student.name), []).append(student)
        self._loose: dict[str, list[Student]] = {}
        for roll_id, student in self._roster.items():
            self._loose.setdefault(loose_code(roll_id), []).append(student)
        self._taken: set[int] = set()  # students whom a row with a worn roll id means
        self.asker = Asker(answers)
        self.questions: list[Question] = []
        self.notices: list[Notice] = []
        self.skipped: list[Skipped] = []

    def compare(self, listed: ListedStudent) -> RosterRow | None:
        """Return what becomes of one row; None: it is left out."""
        if listed.is_open:
            return RosterRow(listed.row, listed.roll_id, listed.name, RowAction.QUESTION)
        student = self._roster.get(listed.roll_id)
        if student is None:
            student, settled = self._worn(listed)
            if settled == LEAVE_OUT:
                self.skipped.append(Skipped(listed.row, f"{listed.roll_id} {listed.name}", LEFT_OUT))
                return None
            if settled is None:
                return RosterRow(listed.row, listed.roll_id, listed.name, RowAction.QUESTION)
        addresses = self._addresses(listed)
        self._note_phones(listed)
        values = self._values(listed, student, addresses)
        if student is None:
            self._tell_namesake(listed)
            return _row(listed, values, RowAction.ADD, None)
        belongings = self._belongings(listed, student, values, addresses)
        if belongings:
            answer = self._ask_about_child(listed, student, belongings)
            if answer == ANOTHER_CHILD:
                return _row(listed, self._values(listed, None, addresses), RowAction.REPLACE, student)
            if answer != SAME_CHILD:
                return RosterRow(listed.row, student.roll_id, listed.name, RowAction.QUESTION)
        differs = any(getattr(student, name) != value for name, value in values.items())
        action = RowAction.CHANGE if differs else RowAction.SAME
        return _row(listed, values, action if student.active else RowAction.REACTIVATE, student)

    def _worn(self, listed: ListedStudent) -> tuple[Student | None, str | None]:
        """Return the student whose roll id a spreadsheet may have worn down to the listed one, if there is
        one."""
        alike = self._loose.get(loose_code(listed.roll_id), [])
        alike = [student for student in alike if normal_code(student.roll_id) not in self._listed]
        if not alike:
            return None, TAKE
        words = phrase(
            "%(roll_id)s %(name)s: %(roll_id_2)s %(name_2)s is in the class",
            roll_id=listed.roll_id,
            name=listed.name,
            roll_id_2=alike[0].roll_id,
            name_2=alike[0].name,
        )
        settled = self.asker.settle(_WORN, listed.row, words, reading=alike[0].roll_id, shown=listed.roll_id)
        if settled != alike[0].roll_id:
            return None, settled
        if alike[0].id in self._taken:
            return None, self.asker.settle(_TAKEN, listed.row, words, shown=listed.roll_id)
        self._taken.add(alike[0].id)
        return alike[0], settled

    def _addresses(self, listed: ListedStudent) -> list[str | None]:
        """Return the student's and both parents' addresses as stored; a wrong one is a notice at its row."""
        checked: list[str | None] = []
        for address in (listed.email, *listed.parents):
            try:
                checked.append(checked_email(address) if address else None)
            except InvalidInput as refused:
                self.notices.append(
                    Notice(phrase("%(refused)s It is not used.", refused=refused.sentence), listed.row)
                )
                checked.append(None)
        return checked

    def _values(
        self, listed: ListedStudent, student: Student | None, addresses: Sequence[str | None]
    ) -> dict[str, Any]:
        """Return what is stored of a listed student; an empty cell leaves what is known."""
        email, one, two = addresses
        read = read_phones(listed.phones, self._country).numbers
        details = StudentDetails(
            name=listed.name,
            roll_id=student.roll_id if student else listed.roll_id,
            class_id=self._class.id,
            language=listed.language or (student.language if student else "en"),
        )
        values = checked_student(details)
        values["email"] = email or (student.email if student else None)
        values["parent1_email"], values["parent2_email"] = _parents(one, two, student)
        values["phones"] = _phones(read, student)
        return {name: value for name, value in values.items() if name not in ("roll_id", "class_id")}

    def _note_phones(self, listed: ListedStudent) -> None:
        """Say at its row which phone number is none, or was guessed."""
        found = read_phones(listed.phones, self._country)
        for reason in found.unused:
            self.notices.append(Notice(phrase("%(reason)s It is not used.", reason=reason), listed.row))
        self.notices.extend(Notice(guess, listed.row) for guess in found.guessed)

    def _belongings(
        self,
        listed: ListedStudent,
        student: Student,
        values: Mapping[str, Any],
        addresses: Sequence[str | None],
    ) -> Belongings | None:
        """Return what would pass to another child, if the list perhaps means one."""
        known = (student.email, student.parent1_email, student.parent2_email)
        if not may_be_another_child(
            student.name,
            values["name"],
            known=[address for address in known if address],
            listed=[address for address in addresses if address],
        ):
            return None
        kept = _contacts(values) - _contacts(self._values(listed, None, addresses))
        found = class_lists.find_belongings(self._session, [student.id])[student.id]
        return replace(found, has_addresses=bool(kept))

    def _ask_about_child(self, listed: ListedStudent, student: Student, belongings: Belongings) -> str:
        key = f"child/{student.roll_id}"
        answer = self._answers.get(key, "")
        sentence = phrase(
            "Roll id %(roll_id)s is %(name)s so far, with %(words)s; the list says "
            "%(name_2)s. Is this another child?",
            roll_id=student.roll_id,
            name=student.name,
            words=belongings.words,
            name_2=listed.name,
        )
        choices = (
            Choice(
                ANOTHER_CHILD,
                phrase(
                    "Yes, another child: %(name)s is deactivated and keeps all that is theirs, "
                    "%(name_2)s starts anew",
                    name=student.name,
                    name_2=listed.name,
                ),
            ),
            Choice(
                SAME_CHILD,
                phrase("No, %(name)s is now called %(name_2)s", name=student.name, name_2=listed.name),
            ),
        )
        concern = Concern(listed.row, f"{listed.roll_id} {listed.name}")
        self.questions.append(Question(key, sentence, choices, (concern,), answer))
        self._tell_namesake(listed)
        return answer

    def _tell_namesake(self, listed: ListedStudent) -> None:
        """Say that somebody of this name is in the class under another roll id: perhaps it was renumbered."""
        named = [each for each in self._by_name.get(fold(listed.name), []) if each.roll_id != listed.roll_id]
        if named and not any(normal_code(each.roll_id) in self._same_name for each in named):
            sentence = phrase(
                "%(name)s is in the class already, as %(roll_id)s. If it is the same student, leave the row "
                "out and change the roll id on the student's own page: face, consent and marks stay.",
                name=listed.name,
                roll_id=named[0].roll_id,
            )
            self.notices.append(Notice(sentence, listed.row))


def _contacts(values: Mapping[str, Any]) -> set[str]:
    """Return how the family is reached."""
    addresses = (values["email"], values["parent1_email"], values["parent2_email"])
    return {*filter(None, addresses), *values["phones"].split()}


def _parents(one: str | None, two: str | None, student: Student | None) -> tuple[str | None, str | None]:
    """Return the parents' addresses after a list: what it lacks stays, and nobody is written to twice."""
    known = (student.parent1_email, student.parent2_email) if student else (None, None)
    if {one, two} - {None} <= set(known):
        return known
    first, second = one or known[0], two or known[1]
    return first, (second if second != first else None)


def _phones(read: Sequence[str], student: Student | None) -> str:
    """Return a family's numbers after a list: those it has, unless it has none that is new."""
    known = student.phones if student else ""
    return known if set(read) <= set(known.split()) else " ".join(read)


def _row(
    listed: ListedStudent, values: Mapping[str, Any], action: RowAction, student: Student | None
) -> RosterRow:
    is_new = student is None or action is RowAction.REPLACE
    was = {name: None if is_new else getattr(student, name) for name in values}
    differing = [name for name in values if was[name] != values[name]]
    return RosterRow(
        number=listed.row,
        roll_id=student.roll_id if student else listed.roll_id,
        name=values["name"],
        action=action,
        email=values["email"],
        parent1_email=values["parent1_email"],
        parent2_email=values["parent2_email"],
        language=values["language"],
        phones=values["phones"],
        was={"name": student.name}
        if student and action is RowAction.REPLACE
        else {each: was[each] for each in differing},
        becomes={name: values[name] for name in differing},
    )
