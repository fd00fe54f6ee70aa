"""Reads the files of a OneRoster package into records, and says what contradicts the standard."""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum

from shared.domain.languages import all_of, phrase
from shared.domain.oneroster.columns import FILES, MANIFEST, VERSIONS, check_columns

# A file's rows, the headings first, by its name without .csv.
Tables = Mapping[str, Sequence[Sequence[str]]]
MOST_PROBLEMS = 50
_MODES = ("absent", "bulk", "delta")
_NEEDED = ("orgs", "classes", "users", "enrollments")
_PARENTS = ("parent", "guardian", "relative")


class Role(StrEnum):
    """What somebody is to us; other roles of the standard are nobody's here."""

    STUDENT = "student"
    TEACHER = "teacher"
    PARENT = "parent"


@dataclass(frozen=True)
class Person:
    """One row of users.csv, with the roles of either version. `is_gone`: status says "tobedeleted"."""

    sourced_id: str
    line: int
    name: str
    identifier: str = ""
    email: str = ""
    agents: tuple[str, ...] = ()
    roles: frozenset[Role] = frozenset()
    is_gone: bool = False
    phones: tuple[str, ...] = ()


@dataclass(frozen=True)
class TaughtClass:
    """One row of classes.csv. `is_over`: every term it is of has ended."""

    sourced_id: str
    line: int
    title: str
    class_code: str
    is_homeroom: bool
    school: str
    is_over: bool = False
    is_gone: bool = False


@dataclass(frozen=True)
class Enrollment:
    """One row of enrollments.csv of a student or teacher that holds today, or was taken back."""

    class_id: str
    person_id: str
    role: Role
    is_gone: bool = False


@dataclass(frozen=True)
class Package:
    """What a OneRoster package says. With `problems` it can't be used; then the rest may be incomplete.

    `is_whole` tells a bulk package, in which whoever is missing has gone, from one of changes (delta).
    """

    version: str = ""
    is_whole: bool = True
    system: str = ""
    schools: Mapping[str, str] = field(default_factory=dict)
    classes: Mapping[str, TaughtClass] = field(default_factory=dict)
    people: Mapping[str, Person] = field(default_factory=dict)
    enrollments: tuple[Enrollment, ...] = ()
    problems: tuple[str, ...] = ()


def read_package(tables: Tables, *, today: date) -> Package:
    """Read the tables of a package as they hold on a day.

    Everything that contradicts the standard is a sentence in `problems`, with file and line.
    """
    return _Reading(tables, today).read()


class _Reading:
    def __init__(self, tables: Tables, today: date) -> None:
        self._tables = tables
        self._today = today
        self._version = ""
        self._is_delta = False
        self._problems: list[str] = []

    def read(self) -> Package:
        properties = self._manifest()
        rows = {} if self._problems else {file: self._rows(file) for file in FILES}
        if self._problems:
            return Package(problems=tuple(self._problems[:MOST_PROBLEMS]))
        schools = {row["sourcedId"]: row["name"] for _, row in rows["orgs"] if not _is_gone(row)}
        terms = {
            row["sourcedId"]: self._day(row, "endDate", "academicSessions", line)
            for line, row in rows["academicSessions"]
        }
        classes = {row["sourcedId"]: self._class(line, row, terms) for line, row in rows["classes"]}
        people = self._people(rows)
        enrollments = self._enrollments(rows["enrollments"])
        if not self._is_delta:
            self._check_references(schools, terms, classes, people, rows)
        return Package(
            version=self._version,
            is_whole=not self._is_delta,
            system=properties.get("source.systemName", ""),
            schools=schools,
            classes=classes,
            people=people,
            enrollments=enrollments,
            problems=tuple(self._problems[:MOST_PROBLEMS]),
        )

    def _manifest(self) -> dict[str, str]:
        """Check manifest.csv and note version and modes."""
        if MANIFEST not in self._tables:
            self._problems.append(phrase("manifest.csv is missing: this is not a OneRoster package."))
            return {}
        lines = self._tables[MANIFEST]
        if not lines or [cell.strip() for cell in lines[0][:2]] != ["propertyName", "value"]:
            self._problems.append(
                phrase("manifest.csv does not begin with the columns propertyName and value.")
            )
            return {}
        properties = {row[0].strip(): row[1].strip() for row in lines[1:] if len(row) > 1}
        self._version = properties.get("oneroster.version", "")
        if self._version not in VERSIONS:
            stated = self._version or phrase("no version")
            self._problems.append(
                phrase(
                    "manifest.csv says OneRoster %(stated)s; %(versions)s are read.",
                    stated=stated,
                    versions=all_of(VERSIONS),
                )
            )
            return properties
        self._note_modes({file: properties.get(f"file.{file}", "absent").lower() for file in FILES})
        return properties

    def _note_modes(self, modes: Mapping[str, str]) -> None:
        """Note which files are said to be there, and whether they hold all or only changes."""
        for file, mode in modes.items():
            if mode not in _MODES:
                self._problems.append(
                    phrase(
                        "manifest.csv says %(mode)s of %(file)s; it is absent, bulk or delta.",
                        mode=f"{mode!r}",
                        file=file,
                    )
                )
            elif mode != "absent" and file not in self._tables:
                self._problems.append(
                    phrase("manifest.csv announces %(file)s.csv, which is missing.", file=file)
                )
            elif mode == "absent" and file in self._tables:
                self._problems.append(
                    phrase("%(file)s.csv is there, but manifest.csv says that it is absent.", file=file)
                )
        used = {mode for mode in modes.values() if mode != "absent"}
        if used == {"bulk", "delta"}:
            self._problems.append(
                phrase("Some files are bulk and others delta; a package is read as one of them.")
            )
        self._is_delta = used == {"delta"}
        needed = [*_NEEDED, *(["roles"] if self._version == "1.2" else [])]
        for file in () if self._is_delta else needed:
            if modes[file] == "absent":
                self._problems.append(
                    phrase("%(file)s.csv is missing, without which nobody can be imported.", file=file)
                )

    def _rows(self, file: str) -> list[tuple[int, dict[str, str]]]:
        """Return a file's rows with their lines, by heading; a row without sourcedId, or with one twice, is a
        problem."""
        table = self._tables.get(file)
        if table is None:
            return []
        headings = [cell.strip() for cell in table[0]] if table else []
        wrong = check_columns(file, headings, self._version, is_delta=self._is_delta)
        if wrong:
            self._problems.append(wrong)
            return []
        rows = []
        for line, cells in enumerate(table[1:], 2):
            if not any(cell.strip() for cell in cells):
                continue
            if len(cells) > len(headings):
                self._note(file, line, phrase("it has more cells than there are headings."))
                continue
            row = dict.fromkeys(headings, "")
            row.update(zip(headings, (cell.strip() for cell in cells), strict=False))
            if row.get("status", "").lower() not in ("", "active", "tobedeleted", "inactive"):
                self._note(
                    file,
                    line,
                    phrase("status %(row)s is neither active nor tobedeleted.", row=f"{row['status']!r}"),
                )
            if not row["sourcedId"]:
                self._note(file, line, phrase("it has no sourcedId."))
            rows.append((line, row))
        counts = Counter(row["sourcedId"] for _, row in rows)
        for line, row in rows:
            if row["sourcedId"] and counts[row["sourcedId"]] > 1:
                self._note(
                    file, line, phrase("the sourcedId %(row)s is there more than once.", row=row["sourcedId"])
                )
        return rows

    def _class(self, line: int, row: Mapping[str, str], terms: Mapping[str, date | None]) -> TaughtClass:
        kind = row["classType"].lower()
        if kind not in ("homeroom", "scheduled") and not _is_gone(row):
            self._note(
                "classes",
                line,
                phrase("classType %(row)s is neither homeroom nor scheduled.", row=f"{row['classType']!r}"),
            )
        ends = [terms.get(term) for term in _many(row["termSourcedIds"])]
        return TaughtClass(
            row["sourcedId"],
            line,
            row["title"],
            row.get("classCode", ""),
            kind == "homeroom",
            row["schoolSourcedId"],
            is_over=bool(ends) and all(end is not None and end < self._today for end in ends),
            is_gone=_is_gone(row),
        )

    def _people(self, rows: Mapping[str, Sequence[tuple[int, dict[str, str]]]]) -> dict[str, Person]:
        roles: dict[str, set[Role]] = {}
        for line, row in rows["roles"]:
            holds = self._holds_today(row, "roles", line)
            role = _role(row["role"])
            if role is not None and holds and not _is_gone(row):
                roles.setdefault(row["userSourcedId"], set()).add(role)
        people = {}
        for line, row in rows["users"]:
            own = (
                {_role(row["role"])} - {None}
                if self._version == "1.1"
                else roles.get(row["sourcedId"], set())
            )
            people[row["sourcedId"]] = Person(
                row["sourcedId"],
                line,
                _name(row),
                row.get("identifier", ""),
                row.get("email", ""),
                tuple(_many(row.get("agentSourcedIds", ""))),
                frozenset(role for role in own if role is not None),
                _is_gone(row),
                tuple(filter(None, (row.get("sms", ""), row.get("phone", "")))),
            )
        return people

    def _enrollments(self, rows: Sequence[tuple[int, dict[str, str]]]) -> tuple[Enrollment, ...]:
        found = []
        for line, row in rows:
            role = _role(row["role"])
            if role not in (Role.STUDENT, Role.TEACHER):
                continue
            if _is_gone(row) or self._holds_today(row, "enrollments", line):
                found.append(Enrollment(row["classSourcedId"], row["userSourcedId"], role, _is_gone(row)))
        return tuple(found)

    def _holds_today(self, row: Mapping[str, str], file: str, line: int) -> bool:
        """Tell whether a row holds today: its endDate is the first day on which it no longer does."""
        begins, ends = self._day(row, "beginDate", file, line), self._day(row, "endDate", file, line)
        return (begins is None or begins <= self._today) and (ends is None or self._today < ends)

    def _day(self, row: Mapping[str, str], column: str, file: str, line: int) -> date | None:
        text = row.get(column, "")
        if not text:
            return None
        try:
            return date.fromisoformat(text[:10])
        except ValueError:
            self._note(
                file,
                line,
                phrase(
                    "%(column)s %(text)s is not a date such as 2026-11-26.", column=column, text=f"{text!r}"
                ),
            )
            return None

    def _check_references(
        self,
        schools: Mapping[str, str],
        terms: Mapping[str, date | None],
        classes: Mapping[str, TaughtClass],
        people: Mapping[str, Person],
        rows: Mapping[str, Sequence[tuple[int, dict[str, str]]]],
    ) -> None:
        """Note every row of a bulk package that refers to a record which the package lacks."""
        known: tuple[tuple[str, str, Callable[[str], bool], str], ...] = (
            ("classes", "schoolSourcedId", schools.__contains__, "orgs.csv"),
            ("classes", "termSourcedIds", terms.__contains__, "academicSessions.csv"),
            ("enrollments", "classSourcedId", classes.__contains__, "classes.csv"),
            ("enrollments", "userSourcedId", people.__contains__, "users.csv"),
            ("roles", "userSourcedId", people.__contains__, "users.csv"),
        )
        for file, column, is_known, where in known:
            if column == "termSourcedIds" and not terms:
                continue
            for line, row in rows[file]:
                for sourced_id in _many(row.get(column, "")):
                    if not is_known(sourced_id):
                        self._note(
                            file,
                            line,
                            phrase(
                                "%(column)s %(sourced_id)s is not in %(where)s.",
                                column=column,
                                sourced_id=sourced_id,
                                where=where,
                            ),
                        )

    def _note(self, file: str, line: int, sentence: str) -> None:
        self._problems.append(
            phrase("%(file)s.csv, line %(line)s: %(problem)s", file=file, line=line, problem=sentence)
        )


def _is_gone(row: Mapping[str, str]) -> bool:
    return row.get("status", "").lower() in ("tobedeleted", "inactive")


def _many(cell: str) -> list[str]:
    return [part for part in (each.strip() for each in cell.split(",")) if part]


def _role(word: str) -> Role | None:
    word = word.lower()
    if word in _PARENTS:
        return Role.PARENT
    return Role(word) if word in ("student", "teacher") else None


def _name(row: Mapping[str, str]) -> str:
    """Return the name a person goes by: the preferred parts of 1.2 where they are given."""
    given = row.get("preferredGivenName") or row["givenName"]
    middle = row.get("preferredMiddleName") or row.get("middleName", "")
    family = row.get("preferredFamilyName") or row["familyName"]
    return " ".join(part for part in (given, middle, family) if part)
