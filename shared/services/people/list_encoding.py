"""Shows in which encoding the names of a text file come out right, for the office to choose."""

from collections.abc import Mapping
from dataclasses import dataclass

from shared.domain.class_lists.headings import ListField
from shared.domain.class_lists.layout import find_layout
from shared.domain.class_lists.names import read_name
from shared.domain.class_lists.questions import Answers, Choice, Question
from shared.domain.encoding_guess import share_of_odd_words
from shared.domain.languages import phrase
from shared.domain.table_cells import TableFile
from shared.reports.table_files import read_beginning
from shared.reports.text_cells import ENCODINGS

_SHOWN_NAMES = 3
_SHOWN_ENCODINGS = 10
# Of lists in twelve encodings the right reading had no odd word, and the best wrong one half of them odd
# (tests/reports/test_table_files.py); one in five leaves room for names nobody here has thought of.
_MOST_ODD = 0.2


@dataclass(frozen=True)
class EncodingChoice:
    """An encoding, the words for it, and some names of the list as it shows them."""

    name: str
    words: str
    names: tuple[str, ...]


@dataclass(frozen=True)
class EncodingGuess:
    """How a text file was read although it does not say how; `question` where even that is doubtful."""

    chosen: EncodingChoice
    choices: tuple[EncodingChoice, ...]
    question: Question | None = None


def guess_encoding(
    file: TableFile, content: bytes, answers: Answers, remembered: Mapping[str, Mapping[str, str]]
) -> EncodingGuess | None:
    """Tell how a text file's bytes were read, with names; None where the file says it itself."""
    if not file.is_guess:
        return None
    choices: dict[str, EncodingChoice] = {}
    for name in dict.fromkeys([file.encoding, *file.encodings]):
        read = file if name == file.encoding else read_beginning(content, name)
        choice = EncodingChoice(name, ENCODINGS[name], _names(read, answers, remembered))
        # Several encodings differ in letters that this list does not hold.
        if not choice.names or choice.names not in [each.names for each in choices.values()]:
            choices[name] = choice
        if len(choices) == _SHOWN_ENCODINGS:
            break
    named = {name: choice for name, choice in choices.items() if choice.names}
    if file.encoding in named and len(named) > 1:  # without a name to look at nobody can choose
        choices = named
    listed = " ".join(_names(file, answers, remembered, most=200))
    question = Question(
        "encoding",
        phrase("The file does not say in which encoding it was saved. In which one are the names right?"),
        tuple(
            Choice(
                each.name, phrase("%(encoding)s: %(names)s", encoding=each.words, names=", ".join(each.names))
            )
            for each in choices.values()
        ),
        answer=answers.get("encoding", ""),
    )
    is_doubtful = share_of_odd_words(listed, file.encoding) > _MOST_ODD
    return EncodingGuess(choices[file.encoding], tuple(choices.values()), question if is_doubtful else None)


def _names(
    file: TableFile,
    answers: Answers,
    remembered: Mapping[str, Mapping[str, str]],
    *,
    most: int = _SHOWN_NAMES,
) -> tuple[str, ...]:
    """Return some names of the list, those with letters beyond ASCII first."""
    lines = find_layout(file, answers, remembered).lines
    names = [read_name(line, surname_first=False).value for line in lines]
    names = [name for name in names if name] or [line.text(ListField.ROLL_ID) for line in lines]
    return tuple(sorted(names, key=str.isascii)[:most])
