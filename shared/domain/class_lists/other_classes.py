"""Asks about rows of a list that name another class than the one it is for."""

import re

from shared.domain.class_lists import names
from shared.domain.class_lists.addresses import is_empty_mark
from shared.domain.class_lists.headings import ListField
from shared.domain.class_lists.layout import Layout, Line, Skipped
from shared.domain.class_lists.questions import AS_IT_IS, LEAVE_OUT, Answers, Choice, Concern, Question
from shared.domain.languages import phrase
from shared.domain.typed_text import fold, loose_code

_CLASS_WORDS = frozenset(("CLASS", "STD", "STANDARD", "GRADE", "SEC", "SECTION", "DIV", "DIVISION"))
_NUMERALS = ("I", "II", "III", "IV", "V", "VI", "VII", "VIII", "IX", "X", "XI", "XII")
_ROMAN = {numeral: str(number) for number, numeral in enumerate(_NUMERALS, start=1)}
_ORDINAL = re.compile(r"(\d)(?:st|nd|rd|th)\b")


def lines_of_class(
    layout: Layout, answers: Answers, class_code: str
) -> tuple[list[Line], list[Question], list[Skipped]]:
    """Return the lines whose class is ours; other classes' are asked about, once for each."""
    others: dict[str, list[Line]] = {}
    spellings: dict[str, str] = {}  # by the plain class, how it was written first
    for line in layout.lines:
        said = _class_of(line)
        if said and not _is_same_class(line, class_code):
            said = spellings.setdefault(_plain_class(said) or said, said)
            others.setdefault(said, []).append(line)
    questions: list[Question] = []
    skipped: list[Skipped] = []
    left: set[int] = set()
    for said, lines in others.items():
        key = f"class/{said}"
        answer = answers.get(key, "")
        count = phrase("%(count)s rows say", count=len(lines)) if len(lines) > 1 else phrase("One row says")
        sentence = phrase(
            "%(count)s class %(said)s, but this is %(class_code)s. What about them?",
            count=count,
            said=said,
            class_code=class_code,
        )
        choices = (
            Choice(LEAVE_OUT, phrase("They belong to another class: leave them out")),
            Choice(AS_IT_IS, phrase("They belong to %(class_code)s", class_code=class_code)),
        )
        concerns = tuple(
            Concern(
                line.number,
                f"{line.text(ListField.ROLL_ID)} {names.read_name(line, surname_first=True).value}",
            )
            for line in lines
        )
        questions.append(Question(key, sentence, choices, concerns, answer))
        if answer == LEAVE_OUT:
            left.update(line.number for line in lines)
            skipped += [
                Skipped(each.row, each.words, phrase("of class %(said)s", said=said)) for each in concerns
            ]
    return [line for line in layout.lines if line.number not in left], questions, skipped


def _class_of(line: Line) -> str:
    text = " ".join(filter(None, (line.text(ListField.CLASS), line.text(ListField.SECTION))))
    return "" if is_empty_mark(text) and text.upper() not in _ROMAN else text[:40]


def _is_same_class(line: Line, class_code: str) -> bool:
    """Tell whether it is: class 7 with section A is 7A, and so is VII A or 7th Std. A; a class without its
    section may be any section's, and a section alone is that of a class that ends with it.
    """
    ours = loose_code(class_code)
    section = line.text(ListField.SECTION)
    if not line.text(ListField.CLASS):
        has_section = bool(re.search(r"\d[^\W\d_]+$", ours))
        return not has_section or ours.endswith(loose_code(section))
    alone, whole = _plain_class(line.text(ListField.CLASS)), _plain_class(_class_of(line))
    if {ours, _plain_class(class_code)} & {alone, whole}:
        return True
    return not section and alone.isdecimal() and ours.removeprefix(alone).isalpha()


def _plain_class(text: str) -> str:
    """Return a class without the words around its number: 7A for VII-A, Std. 7 A and 7th A."""
    parts = re.findall(r"\d+|[^\W\d_]+", _ORDINAL.sub(r"\1", fold(text)).upper())
    return loose_code("".join(_ROMAN.get(part, part) for part in parts if part not in _CLASS_WORDS))
