"""Takes over a class list: every row's result first, then all of them or none."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import Any

from shared.domain.attendance import normal_code
from shared.domain.family_mail import LANGUAGES
from shared.domain.sheet_table import Cell, Column, Problem, TableRow, as_number, read_table
from shared.errors import Conflict, InvalidInput
from shared.persistence import people
from shared.persistence.database import AlreadyThere, Session
from shared.persistence.people import get_class
from shared.persistence.tables import SchoolClass, Student
from shared.security import purposes
from shared.security.sealed_form import open_form, seal_form
from shared.security.sealing import BrokenSeal
from shared.services import audit
from shared.services.audit import Actor
from shared.services.people.registration import StudentDetails, checked_student
from shared.toolbox import Toolbox

MOST_STUDENTS = 2_000

COLUMNS = {
    "roll_id": Column(("Roll id", "Roll no", "Roll number", "Roll"), required=True),
    "name": Column(("Name", "Student", "Student name"), required=True),
    "class_code": Column(("Class", "Class code")),
    "email": Column(("E-mail", "Student's e-mail", "Student e-mail", "Mail")),
    "parent1_email": Column(
        ("First parent's e-mail", "Parent's e-mail", "Parent 1", "Parent e-mail 1", "Parent")
    ),
    "parent2_email": Column(("Second parent's e-mail", "Parent 2", "Parent e-mail 2")),
    "language": Column(("Language",)),
}
_LANGUAGE_WORDS = {
    **{code: code for code in LANGUAGES},
    **{name.casefold(): code for code, name in LANGUAGES.items()},
    "hindi": "hi",
}


class RowAction(StrEnum):
    """What becomes of a row."""

    ADD = "add"
    CHANGE = "change"
    REACTIVATE = "reactivate"
    SAME = "same"


@dataclass(frozen=True)
class RosterRow:
    """One row and its result; `was` and `becomes` hold what differs, by the names of StudentDetails."""

    number: int
    roll_id: str
    name: str
    action: RowAction
    was: Mapping[str, str | None]
    becomes: Mapping[str, str | None]


@dataclass(frozen=True)
class RosterReview:
    """Every row's result. With problems nothing can be applied; `unlisted` counts students not in it."""

    problems: tuple[Problem, ...] = ()
    rows: tuple[RosterRow, ...] = ()
    unlisted: int = 0
    sealed: str = ""

    @property
    def tally(self) -> Counter[RowAction]:
        return Counter(row.action for row in self.rows)


def review_roster(
    toolbox: Toolbox, actor: Actor, class_id: int, cells: Sequence[Sequence[Cell]]
) -> RosterReview:
    """Say what a class list would do; nothing is changed. Raises NotFound."""
    table = read_table(cells, COLUMNS)
    with toolbox.reading() as session:
        school_class = get_class(session, class_id)
        roster = people.list_roster(session, class_id)
    if table.problems:
        return RosterReview(problems=table.problems)
    if not 0 < len(table.rows) <= MOST_STUDENTS:
        return RosterReview(
            problems=(Problem(f"A class list has 1 to {MOST_STUDENTS:,} rows; this has {len(table.rows)}."),)
        )
    reader = _Reader(school_class, roster)
    read = [reader.read(row) for row in table.rows]
    problems = tuple(row for row in read if isinstance(row, Problem))
    if problems:
        return RosterReview(problems=problems)
    rows = tuple(row for row in read if isinstance(row, RosterRow))
    listed = {row.roll_id for row in rows}
    unlisted = sum(1 for roll_id, student in roster.items() if student.active and roll_id not in listed)
    changing = [asdict(row) for row in rows if row.action is not RowAction.SAME]
    sealed = (
        seal_form(toolbox.sealer, changing, purpose=purposes.roster_review(actor.account_id, class_id))
        if changing
        else ""
    )
    return RosterReview(rows=rows, unlisted=unlisted, sealed=sealed)


def apply_roster(toolbox: Toolbox, actor: Actor, class_id: int, sealed: str) -> int:
    """Apply every row of a review, or none; gives how many. What a second press finds done stays.

    Raises NotFound, InvalidInput, and Conflict when a student was changed since the review.
    """
    try:
        rows = open_form(toolbox.sealer, sealed, purpose=purposes.roster_review(actor.account_id, class_id))
    except BrokenSeal as cause:
        raise InvalidInput("The review was not sent whole. Please send the list again.") from cause
    try:
        with toolbox.sessions.begin() as session:
            school_class = get_class(session, class_id)
            roster = people.list_roster(session, class_id, lock=True)
            for row in rows:
                _apply_row(session, toolbox, actor, class_id, roster.get(row["roll_id"]), row)
            after = {"rows": len(rows)}
            audit.record(session, toolbox, actor, "import roster", school_class.class_code, after=after)
    except AlreadyThere as cause:
        raise _overtaken("A student of the list") from cause
    return len(rows)


class _Reader:
    """Reads the rows of one list against the class as it is."""

    def __init__(self, school_class: SchoolClass, roster: Mapping[str, Student]) -> None:
        self._class = school_class
        self._roster = roster
        self._by_number = {as_number(roll_id): student for roll_id, student in roster.items()}
        self._rows_of: dict[str, int] = {}

    def read(self, row: TableRow) -> RosterRow | Problem:
        formulas = [COLUMNS[name].title for name in row.cells if row.is_formula(name)]
        if formulas:
            return Problem(f"{formulas[0]} is a formula. Type it as a word.", row=row.number)
        roll_id = normal_code(row.text("roll_id"))
        if roll_id in self._rows_of:
            return Problem(f"{roll_id} stands in row {self._rows_of[roll_id]} already.", row=row.number)
        self._rows_of[roll_id] = row.number
        class_code = normal_code(row.text("class_code"))
        if class_code not in ("", self._class.class_code):
            sentence = f"This row is of class {class_code[:40]}; the list is for {self._class.class_code}."
            return Problem(sentence, row=row.number)
        student = self._roster.get(roll_id)
        worn = self._worn(roll_id) if student is None else None
        if worn is not None:
            return Problem(f"{roll_id} became a number in the spreadsheet.", row=row.number, suggestion=worn)
        return self._compare(row, roll_id, student)

    def _worn(self, roll_id: str) -> str | None:
        """What to do about a roll id that a spreadsheet took for a number."""
        number = as_number(roll_id)
        student = self._by_number.get(number) if number is not None else None
        if student is not None:
            return f"Did you mean {student.roll_id} {student.name}? Format the column as text."
        return "Format the column as text and type the roll ids again." if "E+" in roll_id else None

    def _compare(self, row: TableRow, roll_id: str, student: Student | None) -> RosterRow | Problem:
        fields = ("name", "email", "parent1_email", "parent2_email")
        typed = {name: row.text(name) for name in fields}
        language = row.text("language").casefold()
        if language and language not in _LANGUAGE_WORDS:
            known = " or ".join(LANGUAGES.values())
            return Problem(f"“{language[:40]}” is not a language we write.", row=row.number, suggestion=known)
        if student is not None:  # an empty cell leaves what is known
            typed = {name: text or getattr(student, name) or "" for name, text in typed.items()}
        known_language = student.language if student else "en"
        details = StudentDetails(
            **typed,
            roll_id=roll_id,
            class_id=self._class.id,
            language=_LANGUAGE_WORDS[language] if language else known_language,
        )
        try:
            values = checked_student(details)
        except InvalidInput as refused:
            title = COLUMNS[refused.field].title if refused.field in COLUMNS else "Row"
            return Problem(f"{title}: {refused}", row=row.number)
        values = {name: value for name, value in values.items() if name not in ("roll_id", "class_id")}
        was = {name: getattr(student, name) if student else None for name in values}
        differing = [name for name in values if was[name] != values[name]]
        return RosterRow(
            number=row.number,
            roll_id=roll_id,
            name=values["name"],
            action=_action(student, differing),
            was={name: was[name] for name in differing},
            becomes={name: values[name] for name in differing},
        )


def _action(student: Student | None, differing: Sequence[str]) -> RowAction:
    if student is None:
        return RowAction.ADD
    if not student.active:
        return RowAction.REACTIVATE
    return RowAction.CHANGE if differing else RowAction.SAME


def _apply_row(
    session: Session,
    toolbox: Toolbox,
    actor: Actor,
    class_id: int,
    student: Student | None,
    row: Mapping[str, Any],
) -> None:
    if student is None:
        if row["action"] != RowAction.ADD:
            raise _overtaken(row["name"])
        added = {"email": None, "parent1_email": None, "parent2_email": None, **row["becomes"]}
        student = Student(**added, roll_id=row["roll_id"], class_id=class_id, active=True)
        session.add(student)
        session.flush()
        audit.record(
            session, toolbox, actor, "add student", row["roll_id"], student_id=student.id, after=added
        )
        return
    now = {name: getattr(student, name) for name in row["becomes"]}
    if now == row["becomes"] and student.active:
        return
    if (
        row["action"] == RowAction.ADD
        or now != row["was"]
        or student.active == (row["action"] == RowAction.REACTIVATE)
    ):
        raise _overtaken(student.name)
    for name, value in row["becomes"].items():
        setattr(student, name, value)
    student.active = True
    action = "reactivate student" if row["action"] == RowAction.REACTIVATE else "change student"
    audit.record(
        session,
        toolbox,
        actor,
        action,
        student.roll_id,
        student_id=student.id,
        before=row["was"],
        after=row["becomes"],
    )


def _overtaken(name: str) -> Conflict:
    return Conflict(f"{name} was changed meanwhile. Nothing was saved; please send the list again.")
