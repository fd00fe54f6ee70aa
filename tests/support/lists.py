"""Reads class lists for tests as the product does, from rows of texts or from sheets."""

from collections.abc import Mapping, Sequence

from shared.domain.class_lists.layout import Layout, find_layout
from shared.domain.class_lists.reading import ClassList, read_class_list
from shared.domain.table_cells import ReadCell, ReadSheet, TableFile

LANGUAGES = {"english": "en", "en": "en", "hindi": "hi", "हिन्दी": "hi"}


def table(*rows: Sequence[str | ReadCell], title: str = "Sheet1", **about: object) -> ReadSheet:
    """A sheet of these rows."""
    cells = tuple(tuple(ReadCell(each) if isinstance(each, str) else each for each in row) for row in rows)
    return ReadSheet(title, cells, **about)  # type: ignore[arg-type]


def lay_out(
    *rows: Sequence[str | ReadCell],
    answers: Mapping[str, str] | None = None,
    remembered: Mapping[str, Mapping[str, str]] | None = None,
    **about: object,
) -> Layout:
    return find_layout(TableFile((table(*rows, **about),)), answers or {}, remembered or {})


def read(
    *rows: Sequence[str | ReadCell],
    answers: Mapping[str, str] | None = None,
    class_code: str = "7A",
    **about: object,
) -> ClassList:
    """What a list of these rows comes to."""
    layout = lay_out(*rows, answers=answers, **about)
    return read_class_list(layout, answers or {}, class_code=class_code, languages=LANGUAGES)


def who(found: ClassList) -> list[tuple[str, str]]:
    """The roll ids and names."""
    return [(student.roll_id, student.name) for student in found.students]


def asked(found: ClassList) -> dict[str, tuple[int, ...]]:
    """The open questions by their keys, with the rows they are about."""
    return {question.key: question.rows for question in found.questions if question.is_open}
