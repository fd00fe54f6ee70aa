"""Asks about rows of a list that name another class than the one it is for."""

from shared.domain.class_lists import names
from shared.domain.class_lists.addresses import is_empty_mark
from shared.domain.class_lists.headings import ListField
from shared.domain.class_lists.layout import Layout, Line, Skipped
from shared.domain.class_lists.questions import AS_IT_IS, LEAVE_OUT, Answers, Choice, Concern, Question
from shared.domain.languages import phrase
from shared.domain.typed_text import loose_code


def lines_of_class(
    layout: Layout, answers: Answers, class_code: str
) -> tuple[list[Line], list[Question], list[Skipped]]:
    """Return the lines whose class is ours; other classes' are asked about, once for each."""
    if not layout.has(ListField.CLASS):
        return list(layout.lines), [], []
    others: dict[str, list[Line]] = {}
    for line in layout.lines:
        said = _class_of(line)
        if said and not _is_same_class(line, class_code):
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
    return "" if is_empty_mark(text) else text[:40]


def _is_same_class(line: Line, class_code: str) -> bool:
    """Tell whether it is: class 7 with section A is 7A; a class without its section may be any section's."""
    ours = loose_code(class_code)
    alone, whole = loose_code(line.text(ListField.CLASS)), loose_code(_class_of(line))
    if ours in (alone, whole):
        return True
    return not line.text(ListField.SECTION) and alone.isdecimal() and ours.removeprefix(alone).isalpha()
