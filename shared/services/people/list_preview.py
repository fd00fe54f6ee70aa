"""Says what a class list would do: what becomes of every row, and what has to be asked before."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from shared.domain.class_lists.layout import Layout, Skipped, find_layout
from shared.domain.class_lists.questions import Answers, Notice, Question
from shared.domain.class_lists.reading import ClassList, read_class_list
from shared.domain.languages import LANGUAGES, phrase
from shared.domain.table_cells import TableFile
from shared.domain.typed_text import fold
from shared.errors import InvalidInput
from shared.persistence import class_lists, people
from shared.persistence.tables import Student
from shared.reports.table_files import read_pasted
from shared.reports.uploaded_tables import open_table
from shared.security import purposes
from shared.security.sealed_form import seal_form
from shared.services.audit import Actor
from shared.services.people.list_comparison import Comparison, RosterRow, RowAction
from shared.services.people.list_encoding import EncodingGuess, guess_encoding
from shared.toolbox import Toolbox

MOST_STUDENTS = 2_000
# How people write the languages that letters can be written in.
_WORDS_OF_LANGUAGES = {
    "en": "en eng english englisch anglais ingles अंग्रेजी इंग्रजी",
    "hi": "hi hin hindi हिंदी हिन्दी",
    "mr": "mr mar marathi मराठी",
}
_LANGUAGE_WORDS = {
    **{fold(name): code for code, name in LANGUAGES.items()},
    **{word: code for code in LANGUAGES for word in _WORDS_OF_LANGUAGES.get(code, code).split()},
}


@dataclass(frozen=True)
class ListPreview:
    """What a list comes to. While a question is open `sealed` is "" and nothing can be imported.

    `unlisted` counts active students of the class who are not in the list.
    """

    layout: Layout
    rows: tuple[RosterRow, ...] = ()
    skipped: tuple[Skipped, ...] = ()
    questions: tuple[Question, ...] = ()
    notices: tuple[Notice, ...] = ()
    encoding: EncodingGuess | None = None
    unlisted: int = 0
    sealed: str = ""

    @property
    def is_open(self) -> bool:
        return any(question.is_open for question in self.questions)

    @property
    def tally(self) -> Counter[RowAction]:
        return Counter(row.action for row in self.rows)


@dataclass(frozen=True)
class SentList:
    """A list as it came: a file's bytes, or what was pasted."""

    name: str
    content: bytes
    is_pasted: bool = False

    def read(self, encoding: str = "") -> TableFile:
        """Read it. Raise WorkbookRefused, and Overloaded where no turn comes."""
        if self.is_pasted:
            return read_pasted(self.content.decode("utf-8", errors="replace"))
        return open_table(self.content, encoding)


def preview_list(
    toolbox: Toolbox, actor: Actor, class_id: int, sent: SentList, answers: Answers
) -> ListPreview:
    """Say what a class list would do; nothing is changed.

    Raise NotFound, WorkbookRefused, and InvalidInput for a list that is too long.
    """
    file = sent.read(answers.get("encoding", ""))
    with toolbox.reading() as session:
        school_class = people.get_class(session, class_id)
        remembered = class_lists.list_remembered_columns(session)
        layout = find_layout(file, answers, remembered)
        found = read_class_list(
            layout, answers, class_code=school_class.class_code, languages=_LANGUAGE_WORDS
        )
        if len(found.students) > MOST_STUDENTS:
            raise InvalidInput(
                phrase(
                    "A class has at most %(most_students)s students; this list %(count)s.",
                    most_students=f"{MOST_STUDENTS:,}",
                    count=f"{len(found.students):,}",
                )
            )
        roster = people.list_roster(session, class_id)
        comparison = Comparison(
            session, school_class, roster, found, answers, country=toolbox.settings.phone_country
        )
        rows = [comparison.compare(student) for student in found.students]
    encoding = guess_encoding(file, sent.content, answers, remembered)
    questions = (
        *((encoding.question,) if encoding and encoding.question else ()),
        *found.questions,
        *comparison.asker.questions(),
        *comparison.questions,
    )
    preview = ListPreview(
        layout,
        tuple(row for row in rows if row is not None),
        _sorted([*found.skipped, *comparison.skipped]),
        questions,
        _in_order([*found.notices, *comparison.notices, *_of_list(found, encoding)]),
        encoding,
        _count_unlisted(roster, rows),
    )
    return preview if preview.is_open else _sealed(toolbox, actor, class_id, preview)


def _sealed(toolbox: Toolbox, actor: Actor, class_id: int, preview: ListPreview) -> ListPreview:
    changing = [asdict(row) for row in preview.rows if row.action is not RowAction.SAME]
    if not changing:
        return preview
    tied = {column.letter: column.field.value if column.field else "-" for column in preview.layout.columns}
    content = {
        "rows": changing,
        "headings": preview.layout.key if preview.layout.is_tied_by_hand else "",
        "columns": tied,
    }
    sealed = seal_form(toolbox.sealer, content, purpose=purposes.roster_review(actor.account_id, class_id))
    return ListPreview(**{**_fields(preview), "sealed": sealed})


def _fields(preview: ListPreview) -> dict[str, Any]:
    return {name: getattr(preview, name) for name in preview.__dataclass_fields__}


def _of_list(found: ClassList, encoding: EncodingGuess | None) -> list[Notice]:
    """Return what is to be known of the list as a whole."""
    notices = []
    if encoding is not None:
        names = ", ".join(encoding.chosen.names)
        sentence = phrase(
            "The file does not say in which encoding it was saved. It was read as %(encoding)s, with names "
            "such as %(names)s.",
            encoding=encoding.chosen.words,
            names=names or phrase("none"),
        )
        notices.append(Notice(sentence))
    if not found.students and not any(question.is_open for question in found.questions):
        notices.append(Notice(phrase("This list is empty.")))
    return notices


def _count_unlisted(roster: Mapping[str, Student], rows: Sequence[RosterRow | None]) -> int:
    listed = {row.roll_id for row in rows if row is not None}
    return sum(1 for roll_id, student in roster.items() if student.active and roll_id not in listed)


def _sorted(skipped: Sequence[Skipped]) -> tuple[Skipped, ...]:
    return tuple(sorted(skipped, key=lambda each: each.row))


def _in_order(notices: Sequence[Notice]) -> tuple[Notice, ...]:
    return tuple(sorted(notices, key=lambda notice: (notice.row is not None, notice.row or 0)))
