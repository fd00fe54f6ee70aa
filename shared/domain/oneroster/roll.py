"""Says whom a OneRoster package puts into which class, and asks where it would have to guess."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from shared.domain.class_lists.questions import LEAVE_OUT, Answers, Choice, Concern, Notice, Question
from shared.domain.languages import counted, phrase
from shared.domain.oneroster.families import Families, Parent
from shared.domain.oneroster.package import Enrollment, Package, Person, Role, TaughtClass

# More sets of classes than this are no questions any more: the export lacks homerooms.
MOST_CLASS_QUESTIONS = 20


@dataclass(frozen=True)
class KnownStudent:
    """A student who was imported before: the class they are in, and whose the parents' addresses are."""

    class_id: str
    parents: tuple[Parent, ...] = ()


@dataclass(frozen=True)
class Known:
    """What earlier packages left here, by sourcedId; `class_codes` are those of the classes."""

    students: Mapping[str, KnownStudent] = field(default_factory=dict)
    teachers: frozenset[str] = frozenset()
    class_codes: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class RollEntry:
    """A student as a package has them. `parents` is None where a package of changes does not say."""

    person: Person
    class_id: str
    parents: tuple[Parent, ...] | None
    phones: tuple[str, ...] = ()


@dataclass(frozen=True)
class TeacherEntry:
    """A teacher with the classes that they teach, or that their students are in.

    `classes_gone` are those that a package of changes takes away; in a whole one the rest have gone.
    """

    person: Person
    class_ids: frozenset[str]
    classes_gone: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Roll:
    """What a package comes to. `gone` are the known students and teachers that it no longer has."""

    students: tuple[RollEntry, ...] = ()
    teachers: tuple[TeacherEntry, ...] = ()
    classes: tuple[TaughtClass, ...] = ()
    gone: frozenset[str] = frozenset()
    questions: tuple[Question, ...] = ()
    notices: tuple[Notice, ...] = ()
    problems: tuple[str, ...] = ()


def call_roll(package: Package, known: Known, answers: Answers) -> Roll:
    """Return whom a package without problems puts where.

    A student's class is the homeroom, or else the only class; with several it is asked, once for all who are
    in the same. `answers` are by the questions' keys.
    """
    return _Calling(package, known, answers).call()


class _Calling:
    def __init__(self, package: Package, known: Known, answers: Answers) -> None:
        self._package = package
        self._known = known
        self._answers = answers
        self._questions: list[Question] = []
        self._notices: list[Notice] = []
        self._problems: list[str] = []
        self._left_out: set[str] = set()

    def call(self) -> Roll:
        classes = self._classes_of_school()
        if any(question.is_open for question in self._questions):
            return Roll(questions=tuple(self._questions))
        held, returned = self._enrollments(Role.STUDENT, classes)
        placed = self._place(held, returned)
        entries = self._entries(placed)
        gone = self._gone_students(placed, returned)
        teachers, teachers_gone = self._teachers(classes, held, placed)
        used = {entry.class_id for entry in entries}
        return Roll(
            students=entries,
            teachers=teachers,
            classes=tuple(self._package.classes[each] for each in sorted(used & set(self._package.classes))),
            gone=frozenset(gone | teachers_gone),
            questions=tuple(self._questions),
            notices=tuple(self._notices),
            problems=tuple(self._problems),
        )

    def _classes_of_school(self) -> set[str]:
        """Return the classes that count: those of one school that are not over."""
        classes = [each for each in self._package.classes.values() if not each.is_gone and not each.is_over]
        schools = sorted({each.school for each in classes})
        if len(schools) > 1 and self._package.is_whole:
            names = [self._package.schools.get(school, school) for school in schools]
            choices = tuple(Choice(school, name) for school, name in zip(schools, names, strict=True))
            answer = self._answers.get("school", "")
            sentence = phrase(
                "The package holds %(count)s schools. Which of them is this?", count=len(schools)
            )
            self._questions.append(Question("school", sentence, choices, answer=answer))
            classes = [each for each in classes if each.school == answer]
        of_package = {each.sourced_id for each in classes}
        return of_package if self._package.is_whole else of_package | set(self._known.class_codes)

    def _enrollments(self, role: Role, classes: set[str]) -> tuple[dict[str, list[str]], dict[str, set[str]]]:
        """Return the classes that people are in, and those they were taken out of, by person."""
        held: dict[str, list[str]] = defaultdict(list)
        returned: dict[str, set[str]] = defaultdict(set)
        for enrollment in self._package.enrollments:
            if enrollment.role is not role:
                continue
            if enrollment.is_gone:
                returned[enrollment.person_id].add(enrollment.class_id)
            elif self._counts(enrollment, classes) and enrollment.class_id not in held[enrollment.person_id]:
                held[enrollment.person_id].append(enrollment.class_id)
        return held, returned

    def _counts(self, enrollment: Enrollment, classes: set[str]) -> bool:
        """Tell whether a class counts; one that neither this package nor an earlier one has is a problem."""
        known = enrollment.class_id in self._package.classes or enrollment.class_id in self._known.class_codes
        if not known and not self._package.is_whole and enrollment.person_id not in self._known.students:
            self._problems.append(
                phrase(
                    "enrollments.csv puts %(person_id)s into class %(class_id)s, which no package "
                    "had so far. Send a bulk package first.",
                    person_id=enrollment.person_id,
                    class_id=enrollment.class_id,
                )
            )
        return enrollment.class_id in classes

    def _place(self, held: Mapping[str, Sequence[str]], returned: Mapping[str, set[str]]) -> dict[str, str]:
        """Return the one class of each student who has one, and ask about those with several."""
        placed: dict[str, str] = {}
        undecided: dict[tuple[str, ...], list[str]] = defaultdict(list)
        for person_id in self._student_ids(held):
            now = self._known.students.get(person_id)
            stays = now is not None and not self._package.is_whole and now.class_id not in returned[person_id]
            candidates = sorted(held.get(person_id, ()))
            homerooms = [each for each in candidates if self._is_homeroom(each)]
            if len(homerooms) == 1:
                placed[person_id] = homerooms[0]
            elif stays and now is not None:
                placed[person_id] = now.class_id
            elif len(candidates) == 1:
                placed[person_id] = candidates[0]
            elif candidates:
                undecided[tuple(homerooms or candidates)].append(person_id)
        self._ask_for_classes(undecided, placed)
        return placed

    def _student_ids(self, held: Mapping[str, Sequence[str]]) -> list[str]:
        """Return who may be a student of this package, in the order of users.csv."""
        people = self._package.people
        listed = [
            each.sourced_id
            for each in people.values()
            if not each.is_gone and (Role.STUDENT in each.roles or self._is_known_student(each))
        ]
        return listed + [each for each in held if each not in people and each in self._known.students]

    def _is_known_student(self, person: Person) -> bool:
        """Tell whether a package of changes, which need not repeat the roles, means a known student."""
        return not self._package.is_whole and not person.roles and person.sourced_id in self._known.students

    def _ask_for_classes(
        self, undecided: Mapping[tuple[str, ...], Sequence[str]], placed: dict[str, str]
    ) -> None:
        if len(undecided) > MOST_CLASS_QUESTIONS:
            count = sum(map(len, undecided.values()))
            self._problems.append(
                phrase(
                    "%(count)s students are in several classes, and none of these is marked as their "
                    "homeroom. Let the export mark homerooms (classType homeroom), or give it one "
                    "class a student.",
                    count=count,
                )
            )
            return
        for classes, people in undecided.items():
            key = "class/" + "+".join(classes)
            answer = self._answers.get(key, "")
            choices = [Choice(each, self._class_words(each)) for each in classes]
            choices.append(Choice(LEAVE_OUT, phrase("None of them: leave these students as they are")))
            concerns = tuple(
                Concern(self._package.people[each].line, self._package.people[each].name)
                for each in people[:10]
                if each in self._package.people
            )
            sentence = counted(
                "One student is in %(classes)d classes. Which one is the class for attendance?",
                "%(num)d students are in %(classes)d classes. Which one is the class for attendance?",
                len(people),
                classes=len(classes),
            )
            self._questions.append(Question(key, sentence, tuple(choices), concerns, answer))
            if answer in classes:
                placed.update(dict.fromkeys(people, answer))
            self._left_out.update(people)

    def _is_homeroom(self, class_id: str) -> bool:
        found = self._package.classes.get(class_id)
        return found is not None and found.is_homeroom

    def _class_words(self, class_id: str) -> str:
        found = self._package.classes.get(class_id)
        if found is None:
            return self._known.class_codes.get(class_id, class_id)
        return " · ".join(part for part in (found.class_code, found.title) if part) or class_id

    def _entries(self, placed: Mapping[str, str]) -> tuple[RollEntry, ...]:
        people = self._package.people
        families = Families(self._package)
        entries = []
        for student_id, class_id in placed.items():
            if student_id in people:
                known = self._known.students.get(student_id)
                person = people[student_id]
                parents = families.parents_of(person, known.parents if known else ())
                entries.append(RollEntry(person, class_id, parents, families.phones_of(person)))
        in_changes = set(placed) - set(people)
        for student_id, known in self._known.students.items():
            moved = placed.get(student_id) if student_id in in_changes else None
            changed = families.changed(known.parents) if student_id not in people else None
            if moved or changed is not None:
                person = Person(student_id, 0, "", roles=frozenset({Role.STUDENT}))
                entries.append(RollEntry(person, moved or known.class_id, changed))
        without = sum(
            1
            for each in people.values()
            if Role.STUDENT in each.roles
            and not each.is_gone
            and each.sourced_id not in placed
            and each.sourced_id not in self._left_out
        )
        if without:
            words = counted(
                "%(num)d student of users.csv is in no class that holds today, and left out.",
                "%(num)d students of users.csv are in no class that holds today, and left out.",
                without,
            )
            self._notices.append(Notice(words))
        self._notices += families.notices
        return tuple(entries)

    def _gone_students(self, placed: Mapping[str, str], returned: Mapping[str, set[str]]) -> set[str]:
        if self._package.is_whole:
            return set(self._known.students) - set(placed) - self._left_out
        people = self._package.people
        return {
            each
            for each, known in self._known.students.items()
            if (each in people and people[each].is_gone)
            or (
                each not in placed and each not in self._left_out and known.class_id in returned.get(each, ())
            )
        }

    def _teachers(
        self, classes: set[str], held: Mapping[str, Sequence[str]], placed: Mapping[str, str]
    ) -> tuple[tuple[TeacherEntry, ...], set[str]]:
        """Return the teachers and which known ones have gone.

        A teacher of Physics has no students of a class Physics here but those of their own classes.
        """
        students_classes: dict[str, set[str]] = defaultdict(set)
        for student_id, held_ids in held.items():
            for class_id in held_ids if student_id in placed else ():
                students_classes[class_id].add(placed[student_id])
        attended = set(placed.values()) | set(self._known.class_codes)
        teaches, taken = self._enrollments(Role.TEACHER, classes)
        entries = []
        for person in self._package.people.values():
            if Role.TEACHER not in person.roles or person.is_gone:
                continue
            class_ids = {
                each
                for taught in teaches.get(person.sourced_id, ())
                for each in ({taught} & attended) | students_classes[taught]
            }
            gone = frozenset(taken.get(person.sourced_id, set()) - class_ids)
            if class_ids or gone or person.sourced_id in self._known.teachers:
                entries.append(TeacherEntry(person, frozenset(class_ids), gone))
        listed = {entry.person.sourced_id for entry in entries}
        if self._package.is_whole:
            return tuple(entries), set(self._known.teachers) - listed
        people = self._package.people
        return tuple(entries), {
            each for each in self._known.teachers if each in people and people[each].is_gone
        }
