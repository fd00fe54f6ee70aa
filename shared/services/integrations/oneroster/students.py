"""Compares the students of a OneRoster package with those of the school: who is who, and what changes."""

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

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
from shared.domain.class_lists.same_child import may_be_another_child
from shared.domain.languages import phrase
from shared.domain.oneroster.families import Parent
from shared.domain.oneroster.package import Person
from shared.domain.oneroster.roll import RollEntry
from shared.domain.typed_text import fold, normal_code
from shared.errors import InvalidInput
from shared.persistence import class_lists, integrations
from shared.persistence.tables import Student
from shared.services.integrations.oneroster.school import Change, Kind, School, change_of, stored_address
from shared.services.typed_input import checked_code, checked_name
from shared.services.typed_phones import read_phones

_NO_IDENTIFIER = Trouble(
    "identifier",
    phrase("The identifier becomes the roll id, and these students have none. Which roll ids do they have?"),
    leave_out=phrase("Leave these students out"),
)
SAME, OTHER = "same", "other"


@dataclass(frozen=True)
class _Holders:
    """The students of the classes: by class code and roll id, and those without a sourcedId by name."""

    by_place: dict[tuple[str, str], Student] = field(default_factory=dict)
    by_name: dict[tuple[str, str], list[Student]] = field(default_factory=lambda: defaultdict(list))


class StudentComparison:
    """Compares students; the lists fill while `compare` runs. `codes` are the classes' by sourcedId."""

    def __init__(self, school: School, codes: Mapping[str, str], answers: Answers) -> None:
        self._school = school
        self._codes = codes
        self._answers = answers
        self._asker = Asker(answers)
        self._asked: list[Question] = []
        self.changes: list[Change] = []
        self.notices: list[Notice] = []
        self.problems: list[str] = []

    @property
    def questions(self) -> tuple[Question, ...]:
        """Return what is asked of whom."""
        return (*self._asker.questions(), *self._asked)

    def compare(self, entries: Sequence[RollEntry], gone: set[str]) -> None:
        """Find what becomes of every student; `gone` are deactivated by the same package."""
        holders = self._find_holders(entries)
        listed = {entry.person.sourced_id for entry in entries} | gone
        found = [(entry.person, self._values(entry)) for entry in entries if entry.class_id in self._codes]
        people = [(person, values) for person, values in found if values is not None]
        places = Counter(_place(values) for _, values in people)
        for person, values in people:
            holder = holders.by_place.get(_place(values))
            if places[_place(values)] > 1 or _keeps_place(holder, listed):
                self.problems.append(
                    phrase(
                        "users.csv, line %(line)s: another student of %(class_code)s has the identifier "
                        "%(roll_id)s too.",
                        line=person.line,
                        class_code=values["class_code"],
                        roll_id=values["roll_id"],
                    )
                )
                continue
            student, is_settled = self._match(person, values, holder, holders)
            words = f"{values['roll_id']} {values['name']}, {values['class_code']}"
            change = change_of(Kind.STUDENT, words, student, values) if is_settled else None
            if change is not None:
                self.changes.append(change)

    def _find_holders(self, entries: Sequence[RollEntry]) -> _Holders:
        codes = {self._codes[entry.class_id] for entry in entries if entry.class_id in self._codes}
        code_of = {each.id: each.class_code for each in self._school.classes if each.class_code in codes}
        holders = _Holders()
        for student in integrations.list_students(self._school.session, list(code_of)):
            code = code_of[student.class_id]
            holders.by_place[code, normal_code(student.roll_id)] = student
            if student.sourced_id is None and student.active:
                holders.by_name[code, fold(student.name)].append(student)
        return holders

    def _values(self, entry: RollEntry) -> dict[str, Any] | None:
        """Return what is stored of a student; None for one who is left out or in trouble."""
        person, row = entry.person, self._school.sourced.get(entry.person.sourced_id)
        values: dict[str, Any] = {"sourced_id": person.sourced_id, "active": True}
        values["class_code"] = self._codes[entry.class_id]
        try:
            values["name"] = row.name if row is not None and not person.name else checked_name(person.name)
            roll_id = person.identifier or (row.roll_id if row else "")
            if not roll_id:
                settled = self._asker.settle(_NO_IDENTIFIER, person.line, person.name)
                if settled is None or settled == LEAVE_OUT:
                    return None
                roll_id = settled
            values["roll_id"] = checked_code(roll_id, field="roll_id")
        except InvalidInput as refused:
            self.problems.append(
                phrase(
                    "users.csv, line %(line)s: %(name)s: %(problem)s",
                    line=person.line,
                    name=person.name or phrase("no name"),
                    problem=refused.sentence,
                )
            )
            return None
        email = stored_address(person.email, person, self.notices)
        values["email"] = email or (row.email if row else None)
        values["phones"] = self._phones(entry, row)
        return values | self._parent_values(entry, row)

    def _phones(self, entry: RollEntry, row: Student | None) -> str:
        """Return the family's phone numbers; where the package has none, those that are known stay."""
        read = read_phones(entry.phones, self._school.country)
        for reason in (*read.unused, *read.guessed):
            self.notices.append(
                Notice(
                    phrase("%(name)s: %(reason)s", name=entry.person.name, reason=reason), entry.person.line
                )
            )
        known = row.phone_numbers if row else []
        is_new = bool(read.numbers) and set(read.numbers) != set(known)
        return " ".join(read.numbers if is_new else known)

    def _parent_values(self, entry: RollEntry, row: Student | None) -> dict[str, Any]:
        if entry.parents is None or (row is not None and not entry.parents and not row.parent1_sourced_id):
            return {}  # nothing is said of the parents: addresses that were typed stay
        slots: list[Parent | None] = [*entry.parents, None, None]
        values: dict[str, Any] = {}
        for number, parent in enumerate(slots[:2], 1):
            address = stored_address(parent.email, entry.person, self.notices) if parent else None
            values[f"parent{number}_email"] = address
            values[f"parent{number}_sourced_id"] = parent.sourced_id if parent and address else None
        return values

    def _match(
        self, person: Person, values: Mapping[str, Any], holder: Student | None, holders: _Holders
    ) -> tuple[Student | None, bool]:
        """Return whose row a person's is, and whether that is settled.

        A sourcedId is the person. Somebody who has none yet is tied by roll id and name; where these disagree
        it is asked, for face, consent and marks go with the row.
        """
        known = self._school.sourced.get(person.sourced_id)
        if known is not None:
            return known, True
        if holder is not None and holder.sourced_id is None:
            listed = [
                values[name] for name in ("email", "parent1_email", "parent2_email") if values.get(name)
            ]
            addresses = [each for each in (holder.email, holder.parent1_email, holder.parent2_email) if each]
            if not may_be_another_child(holder.name, values["name"], known=addresses, listed=listed):
                return holder, True
            return self._ask_who(
                person, holder, phrase("has the roll id %(roll_id)s", roll_id=holder.roll_id)
            )
        namesakes = holders.by_name.get((values["class_code"], fold(values["name"])), [])
        if len(namesakes) == 1:
            words = phrase("is in the class with the roll id %(roll_id)s", roll_id=namesakes[0].roll_id)
            return self._ask_who(person, namesakes[0], words)
        return None, True

    def _ask_who(self, person: Person, holder: Student, words: str) -> tuple[Student | None, bool]:
        key = f"who/{person.sourced_id}"
        answer = self._answers.get(key, "")
        belongings = class_lists.find_belongings(self._school.session, [holder.id])[holder.id]
        kept = phrase(", with %(belongings)s", belongings=belongings.words) if belongings else ""
        sentence = phrase(
            "%(name)s %(words)s%(kept)s; the package has %(name_2)s (%(value)s). Are they the same person?",
            name=holder.name,
            words=words,
            kept=kept,
            name_2=person.name,
            value=person.identifier or phrase("no identifier"),
        )
        choices = (
            Choice(SAME, phrase("Yes, %(name)s is %(name_2)s", name=holder.name, name_2=person.name)),
            Choice(
                OTHER,
                phrase(
                    "No: %(name)s starts anew, %(name_2)s keeps all that is theirs",
                    name=person.name,
                    name_2=holder.name,
                ),
            ),
        )
        concern = Concern(person.line, person.name)
        self._asked.append(Question(key, sentence, choices, (concern,), answer))
        return (holder if answer == SAME else None), answer in (SAME, OTHER)


def _place(values: Mapping[str, Any]) -> tuple[str, str]:
    return values["class_code"], values["roll_id"]


def _keeps_place(holder: Student | None, listed: set[str]) -> bool:
    """Tell whether somebody of the system stays active at a roll id, although the package says nothing of
    them."""
    return bool(holder and holder.active and holder.sourced_id and holder.sourced_id not in listed)
