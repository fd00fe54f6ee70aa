"""What Moodle's attendance activity (mod_attendance) calls our students, statuses and lectures."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, time
from enum import StrEnum

from shared.domain.attendance import MarkStatus
from shared.domain.languages import phrase
from shared.domain.statuses import CountsAs, Status


class Identifier(StrEnum):
    """The field of a Moodle user that names a student; also the heading that the import looks for."""

    IDNUMBER = "idnumber"
    USERNAME = "username"
    EMAIL = "email"


class Course(StrEnum):
    """What the short name of the Moodle course is here."""

    SUBJECT = "subject"
    CLASS_CODE = "class_code"


# The acronyms of the statuses that every new attendance activity begins with.
_ACRONYMS = {MarkStatus.PRESENT: "P", MarkStatus.LATE: "L", MarkStatus.EXCUSED: "E", MarkStatus.ABSENT: "A"}
_COUNTS_AS = {CountsAs.PRESENT: "P", CountsAs.HALF: "L", CountsAs.ABSENT: "A"}


def acronym_of(status: Status) -> str:
    """Return Moodle's acronym; a status of the school's own goes by what it counts as."""
    if not status.is_own:
        return _ACRONYMS[MarkStatus(status.key)]
    return "E" if status.is_left_out else _COUNTS_AS[status.counts_as]


@dataclass(frozen=True)
class MarkedStudent:
    """A student of a lecture; `acronym` is "" without a mark."""

    name: str
    roll_id: str
    email: str
    acronym: str

    def identifier(self, kind: Identifier) -> str:
        """Return what Moodle knows them by; user names are small letters there."""
        return {
            Identifier.IDNUMBER: self.roll_id,
            Identifier.USERNAME: self.roll_id.lower(),
            Identifier.EMAIL: self.email,
        }[kind]


def mark_rows(students: Iterable[MarkedStudent], kind: Identifier) -> tuple[list[tuple[str, str]], list[str]]:
    """Return the rows of the import, the headings first, and why others are left out, as sentences.

    The identifier's column comes first, where the import expects it. Moodle takes one row of a user.
    """
    students = list(students)
    counts = Counter(student.identifier(kind).casefold() for student in students)
    rows = [(kind.value, "status")]
    left_out: list[str] = []
    for student in students:
        identifier = student.identifier(kind)
        if not student.acronym:
            left_out.append(phrase("%(name)s is not marked.", name=student.name))
        elif not identifier:
            left_out.append(phrase("%(name)s has no e-mail address here.", name=student.name))
        elif counts[identifier.casefold()] > 1:
            left_out.append(
                phrase(
                    "%(name)s: somebody else of this lecture is %(identifier)s too.",
                    name=student.name,
                    identifier=identifier,
                )
            )
        else:
            rows.append((identifier, student.acronym))
    return rows, left_out


@dataclass(frozen=True)
class PlannedSession:
    """A lecture, by the school's clock."""

    subject: str
    class_codes: Sequence[str]
    begins: datetime
    ends: datetime


# In this order the import of sessions takes them without being told which is which.
SESSION_HEADINGS = ("Course", "Groups", "Date", "From", "To", "Description")
_LAST_MINUTE = time(23, 59)


def session_rows(sessions: Iterable[PlannedSession], course: Course) -> list[tuple[str, ...]]:
    """Return the rows of the import of sessions, the headings first.

    Groups are separated by semicolons. A session of Moodle ends on the day it begins.
    """
    rows: list[tuple[str, ...]] = [SESSION_HEADINGS]
    for each in sessions:
        ends = each.ends.time() if each.ends.date() == each.begins.date() else _LAST_MINUTE
        day = (f"{each.begins:%Y-%m-%d}", f"{each.begins:%H:%M}", f"{ends:%H:%M}", each.subject)
        if course is Course.SUBJECT:
            rows.append((each.subject, ";".join(each.class_codes), *day))
        else:
            rows += [(code, "", *day) for code in each.class_codes]
    return rows


def read_choice(chosen: Mapping[str, str]) -> tuple[Identifier, Course]:
    """Return what the office chose; at first the ID number is the roll id, and the course the subject."""
    return (
        Identifier(chosen.get("identifier", Identifier.IDNUMBER)),
        Course(chosen.get("course", Course.SUBJECT)),
    )
