"""What a list makes us ask, what it makes us say, and how answers are given.

Rows with the same trouble are one question: forty roll ids that became dates are answered in one place.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from shared.domain.languages import phrase

# Answers by the keys of questions: a choice for all rows by "key", a text or a choice for one by "key/row".
Answers = Mapping[str, str]

TAKE = "take"
AS_IT_IS = "as_it_is"
TYPE = "type"
LEAVE_OUT = "leave_out"


@dataclass(frozen=True)
class Choice:
    """One answer: what is sent, and the words for it."""

    answer: str
    words: str


@dataclass(frozen=True)
class Concern:
    """A row that a question is about: what it holds, and what TAKE would make of it.

    `typed` is the text that was typed for it; `is_open`: nothing that was answered settles it.
    """

    row: int
    words: str
    reading: str = ""
    typed: str = ""
    is_open: bool = True


@dataclass(frozen=True)
class Question:
    """Something only the office can know; nothing is saved while it is open.

    It is answered by a choice for all its rows and, where TYPE is among the choices, by a text for each.
    """

    key: str
    sentence: str
    choices: tuple[Choice, ...] = ()
    concerns: tuple[Concern, ...] = ()
    answer: str = ""

    @property
    def rows(self) -> tuple[int, ...]:
        return tuple(concern.row for concern in self.concerns)

    @property
    def may_type(self) -> bool:
        return any(choice.answer == TYPE for choice in self.choices)

    @property
    def is_open(self) -> bool:
        if self.may_type:
            return any(concern.is_open for concern in self.concerns)
        return self.answer not in [choice.answer for choice in self.choices]


@dataclass(frozen=True)
class Notice:
    """Something to know about a row or, without one, about the list; it holds nothing up."""

    sentence: str
    row: int | None = None


@dataclass(frozen=True)
class Trouble:
    """What can be wrong with a row, and how it is asked about; `take` are the words for our reading."""

    key: str
    sentence: str
    take: str = ""
    as_it_is: str = ""
    may_type: bool = True
    leave_out: str = phrase("Leave these rows out")


class Asker:
    """Gathers questions while rows are read, and settles those that are answered."""

    def __init__(self, answers: Answers) -> None:
        self._answers = answers
        self._asked: dict[Trouble, list[Concern]] = {}

    def settle(
        self,
        trouble: Trouble,
        row: int,
        words: str,
        *,
        reading: str = "",
        shown: str = "",
        accepts: Callable[[str], bool] = bool,
    ) -> str | None:
        """Ask about a row, and return what it becomes: a text, LEAVE_OUT, or None while the question is open.

        `reading` is what TAKE makes of it, `shown` what AS_IT_IS leaves; `accepts` tells whether a typed text
        can be taken.
        """
        typed = self._answers.get(f"{trouble.key}/{row}", "").strip() if trouble.may_type else ""
        answer = self._answers.get(trouble.key, "")
        settled = {
            TAKE: reading if trouble.take and reading else None,
            AS_IT_IS: shown if trouble.as_it_is else None,
            LEAVE_OUT: LEAVE_OUT if trouble.leave_out else None,
        }
        became = typed if typed and accepts(typed) else settled.get(answer) if not typed else None
        concern = Concern(row, words, reading, typed, is_open=became is None)
        self._asked.setdefault(trouble, []).append(concern)
        return became

    def has_asked(self, trouble: Trouble, row: int) -> bool:
        """Tell whether this was asked about a row already."""
        return any(concern.row == row for concern in self._asked.get(trouble, ()))

    def questions(self) -> tuple[Question, ...]:
        """Return every question, answered ones too, so that an answer can be changed."""
        return tuple(
            Question(
                trouble.key,
                trouble.sentence,
                tuple(self._choices(trouble, concerns)),
                tuple(concerns),
                self._answers.get(trouble.key, ""),
            )
            for trouble, concerns in self._asked.items()
        )

    @staticmethod
    def _choices(trouble: Trouble, concerns: list[Concern]) -> list[Choice]:
        choices = []
        if trouble.take and any(concern.reading for concern in concerns):
            choices.append(Choice(TAKE, trouble.take))
        if trouble.as_it_is:
            choices.append(Choice(AS_IT_IS, trouble.as_it_is))
        if trouble.may_type:
            choices.append(Choice(TYPE, phrase("Type it, row by row")))
        if trouble.leave_out:
            choices.append(Choice(LEAVE_OUT, trouble.leave_out))
        return choices
