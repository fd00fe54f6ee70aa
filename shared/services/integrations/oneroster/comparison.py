"""Compares a whole OneRoster package with the school."""

from typing import Any

from shared.domain.class_lists.questions import Answers, Choice, Notice, Question
from shared.domain.languages import phrase
from shared.domain.oneroster.package import TaughtClass
from shared.domain.oneroster.roll import Roll, TeacherEntry
from shared.errors import InvalidInput
from shared.persistence.tables import Teacher
from shared.services.integrations.oneroster.school import Change, Kind, School, change_of, stored_address
from shared.services.integrations.oneroster.students import StudentComparison
from shared.services.typed_input import LONGEST_NAME, checked_code, checked_name, checked_text

ALL_GONE, NONE_GONE = "deactivate", "keep"
# More than this share of those who came from the system does not go in one day unasked.
MOST_GONE_SHARE, MOST_GONE = 0.2, 10


class Comparison:
    """Compares one roll with the school; the lists fill while `compare` runs."""

    def __init__(self, school: School, roll: Roll, answers: Answers, *, is_whole: bool) -> None:
        self._school = school
        self._roll = roll
        self._answers = answers
        self._is_whole = is_whole
        # By what they are looked up by: a package may have 30,000 classes, and reads no list for each.
        self._by_id = {each.sourced_id: each for each in school.classes if each.sourced_id}
        self._by_code = {each.class_code: each for each in school.classes}
        self._listed = {each.sourced_id for each in roll.classes}
        self._codes = {sourced_id: each.class_code for sourced_id, each in self._by_id.items()}
        self._with_code = {code: sourced_id for sourced_id, code in self._codes.items()}
        self._asked: list[Question] = []
        self.changes: list[Change] = []
        self.questions: list[Question] = list(roll.questions)
        self.notices: list[Notice] = list(roll.notices)
        self.problems: list[str] = list(roll.problems)

    def compare(self) -> None:
        """Find every change."""
        for taught in self._roll.classes:
            self._compare_class(taught)
        gone = self._gone()
        students = StudentComparison(self._school, self._codes, self._answers)
        students.compare(self._roll.students, gone)
        self.changes += students.changes
        self.questions += students.questions
        self.notices += students.notices
        self.problems += students.problems
        for entry in self._roll.teachers:
            self._compare_teacher(entry, gone)

    def _compare_class(self, taught: TaughtClass) -> None:
        typed = taught.class_code or taught.title
        try:
            code = checked_code(typed, field="class_code")
            name = checked_text(taught.title, field="name", longest=LONGEST_NAME)
        except InvalidInput as refused:
            self.problems.append(
                phrase(
                    "classes.csv, line %(line)s: %(code)s: %(problem)s",
                    line=taught.line,
                    code=typed or phrase("no classCode"),
                    problem=refused.sentence,
                )
            )
            return
        if not taught.class_code:
            words = phrase("%(title)s has no classCode; its title is the code.", title=taught.title)
            self.notices.append(Notice(words, taught.line))
        row, holder = self._by_id.get(taught.sourced_id), self._by_code.get(code)
        other = self._with_code.get(code)
        is_double = other in self._listed and other != taught.sourced_id
        if is_double or (row is not None and holder is not None and holder is not row):
            self.problems.append(
                phrase(
                    "classes.csv, line %(line)s: another class has the code %(code)s too.",
                    line=taught.line,
                    code=code,
                )
            )
            return
        if other is not None:
            del self._codes[other]
        self._with_code.pop(self._codes.get(taught.sourced_id, ""), None)
        self._codes[taught.sourced_id], self._with_code[code] = code, taught.sourced_id
        values = {"class_code": code, "name": name, "sourced_id": taught.sourced_id, "active": True}
        self._add(change_of(Kind.CLASS, code, row or holder, values))

    def _gone(self) -> set[str]:
        """Return the students and teachers who have gone; very many are asked about."""
        gone = set(self._roll.gone)
        students = sorted(gone & set(self._school.sourced))
        known = sum(1 for student in self._school.sourced.values() if student.active)
        if len(students) > max(MOST_GONE, MOST_GONE_SHARE * known):
            answer = self._answers.get("gone", "")
            sentence = phrase(
                "%(count)s of %(known)s students are not in the package. Have they left the school?",
                count=len(students),
                known=known,
            )
            choices = (
                Choice(ALL_GONE, phrase("Yes, deactivate them; their marks stay")),
                Choice(NONE_GONE, phrase("No, leave them as they are")),
            )
            self.questions.append(Question("gone", sentence, choices, answer=answer))
            if answer != ALL_GONE:
                gone.difference_update(students)
        for sourced_id in students:
            student = self._school.sourced[sourced_id]
            if sourced_id in gone:
                words = f"{student.roll_id} {student.name}, {student.school_class.class_code}"
                self._add(change_of(Kind.STUDENT, words, student, {"active": False}))
        for teacher in self._school.teachers:
            if teacher.sourced_id in gone:
                words = f"{teacher.name}, {teacher.email}"
                self._add(change_of(Kind.TEACHER, words, teacher, {"active": False}))
        return gone

    def _compare_teacher(self, entry: TeacherEntry, gone: set[str]) -> None:
        person = entry.person
        email = stored_address(person.email, person, self.notices)
        row = next((each for each in self._school.teachers if each.sourced_id == person.sourced_id), None)
        if row is not None and email and email != row.email:
            words = phrase(
                "%(name)s has the address %(email)s in the package. The account keeps %(email_2)s.",
                name=row.name,
                email=email,
                email_2=row.email,
            )
            self.notices.append(Notice(words, person.line))
        if row is None and email is None:
            words = phrase("%(name)s has no e-mail address, so no account is made.", name=person.name)
            self.notices.append(Notice(words, person.line))
            return
        if row is None:
            row = next((each for each in self._school.teachers if each.email == email), None)
        if row is not None and row.sourced_id not in (None, person.sourced_id, *gone):
            self.problems.append(
                phrase(
                    "users.csv, line %(line)s: another teacher has the address %(email)s too.",
                    line=person.line,
                    email=row.email,
                )
            )
            return
        try:
            name = checked_name(person.name)
        except InvalidInput as refused:
            self.problems.append(
                phrase("users.csv, line %(line)s: %(problem)s", line=person.line, problem=refused.sentence)
            )
            return
        values: dict[str, Any] = {"name": name, "sourced_id": person.sourced_id, "active": True}
        values |= {} if row is not None else {"email": email}
        values["classes"] = sorted(self._classes_of(entry, row))
        self._add(change_of(Kind.TEACHER, f"{name}, {row.email if row else email}", row, values))

    def _classes_of(self, entry: TeacherEntry, row: Teacher | None) -> set[str]:
        """Return the codes of a teacher's classes; those that the office gave by hand stay."""
        codes = {self._codes[each] for each in entry.class_ids if each in self._codes}
        lost = {self._codes[each] for each in entry.classes_gone if each in self._codes}
        for school_class in row.classes if row else ():
            code = self._codes.get(school_class.sourced_id or "", school_class.class_code)
            if not school_class.sourced_id or (not self._is_whole and code not in lost):
                codes.add(code)
        return codes

    def _add(self, change: Change | None) -> None:
        if change is not None:
            self.changes.append(change)
