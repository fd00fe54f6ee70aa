"""How a downloaded workbook says headings and statuses: as its reader speaks, as long as it reads back."""

from collections.abc import Callable
from dataclasses import dataclass
from operator import attrgetter

from shared.domain.statuses import Status, Statuses


@dataclass(frozen=True)
class SheetWords:
    """The words of one reader. `say` looks a sentence up, `name` is what this reader calls a status."""

    say: Callable[[str], str] = str
    name: Callable[[Status], str] = attrgetter("name")

    def status(self, status: Status, statuses: Statuses) -> str:
        """Return a status as a cell holds it; the reader's name only where it reads as this status again.

        A school may have called two of its own the same in one of the languages.
        """
        word = self.name(status)
        return word if statuses.read(word) == status.key else status.name


ENGLISH = SheetWords()
