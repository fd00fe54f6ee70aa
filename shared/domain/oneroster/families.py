"""Ties parents to students as OneRoster does: by `agentSourcedIds`, from either side."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from shared.domain.class_lists.questions import Notice
from shared.domain.languages import phrase
from shared.domain.oneroster.package import Package, Person, Role

MOST_PARENTS = 2


@dataclass(frozen=True)
class Parent:
    """A parent's sourcedId and address."""

    sourced_id: str
    email: str


class Families:
    """Finds the parents of students in one package; `notices` gathers what is to be known."""

    def __init__(self, package: Package) -> None:
        self._people = package.people
        self._is_whole = package.is_whole
        self.notices: list[Notice] = []
        # Some systems name the students at the parents, and not the parents at the students.
        self._tied: dict[str, list[str]] = defaultdict(list)
        for person in package.people.values():
            if Role.PARENT in person.roles and not person.is_gone:
                for student_id in person.agents:
                    self._tied[student_id].append(person.sourced_id)

    def parents_of(self, student: Person, before: Sequence[Parent]) -> tuple[Parent, ...] | None:
        """Return at most two parents with addresses; None where a package of changes does not say.

        `before` are the parents known so far.
        """
        known = {parent.sourced_id: parent for parent in before}
        found: list[Parent] = []
        for agent in dict.fromkeys([*student.agents, *self._tied[student.sourced_id]]):
            if agent in self._people:
                person = self._people[agent]
                if Role.PARENT in person.roles and not person.is_gone:
                    found.append(Parent(agent, person.email))
            elif self._is_whole:
                words = phrase(
                    "%(name)s: agentSourcedIds names %(agent)s, who is not in users.csv.",
                    name=student.name,
                    agent=agent,
                )
                self.notices.append(Notice(words, student.line))
            elif agent in known:
                found.append(known[agent])
            else:
                return None  # who that is stood in an earlier package
        distinct = _distinct(found)
        if len(distinct) > MOST_PARENTS:
            words = phrase(
                "%(name)s has %(count)s parents with addresses; the first two are written to.",
                name=student.name,
                count=len(distinct),
            )
            self.notices.append(Notice(words, student.line))
        return tuple(distinct[:MOST_PARENTS])

    def phones_of(self, student: Person) -> tuple[str, ...]:
        """Return the phones of a student and the parents as they are written.

        Nothing where a package of changes lacks a parent: which number is whose is not kept.
        """
        agents = dict.fromkeys([*student.agents, *self._tied[student.sourced_id]])
        if not self._is_whole and any(agent not in self._people for agent in agents):
            return ()
        found = [self._people[agent] for agent in agents if agent in self._people]
        parents = [each for each in found if Role.PARENT in each.roles and not each.is_gone]
        return tuple(phone for each in (student, *parents) for phone in each.phones)

    def changed(self, before: Sequence[Parent]) -> tuple[Parent, ...] | None:
        """Return a student's parents where a package of changes has one of them; None where it has none."""
        if self._is_whole or not any(parent.sourced_id in self._people for parent in before):
            return None
        now = []
        for parent in before:
            person = self._people.get(parent.sourced_id)
            if person is None:
                now.append(parent)
            elif not person.is_gone:
                now.append(Parent(parent.sourced_id, person.email))
        return tuple(_distinct(now)[:MOST_PARENTS])


def _distinct(parents: Iterable[Parent]) -> list[Parent]:
    """Return the parents who have an address, one for each address."""
    by_address: dict[str, Parent] = {}
    for parent in parents:
        if parent.email:
            by_address.setdefault(parent.email.casefold(), parent)
    return list(by_address.values())
