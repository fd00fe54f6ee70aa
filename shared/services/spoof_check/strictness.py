"""How strict the school wants the camera check: its choice, and what has become of it lately."""

from dataclasses import dataclass
from datetime import timedelta

from shared.domain.check_in import CheckInOutcome
from shared.domain.languages import phrase
from shared.domain.second_lock import Strictness
from shared.errors import Conflict
from shared.persistence import kiosk, spoof
from shared.persistence.tables import StrictnessChoice
from shared.services import audit
from shared.services.audit import Actor
from shared.toolbox import Toolbox

LATELY = timedelta(days=30)


@dataclass(frozen=True)
class Shares:
    """What became of the faces that matched or were refused as a picture in the last 30 days.

    `at_once` were marked without a question, `asked` were asked to turn the head, `passed` of them were
    marked, `refused` were seen as a picture, and of `called` the teacher was called.
    """

    at_once: int
    asked: int
    passed: int
    refused: int
    called: int

    @property
    def all(self) -> int:
        """How many check-ins these are shares of; that a second turn was asked for counts for none."""
        return self.at_once + self.asked + self.refused


def choose_strictness(toolbox: Toolbox, actor: Actor, strictness: Strictness) -> None:
    """Choose a step for every phone, within seconds. Raise Conflict if it is in use already."""
    with toolbox.sessions.begin() as session:
        before = spoof.get_strictness(session)
        if before is strictness:
            raise Conflict(phrase("This step is in use already."))
        session.add(StrictnessChoice(strictness=strictness, chosen_at=toolbox.now()))
        audit.record(
            session,
            toolbox,
            actor,
            "choose strictness",
            "camera check",
            before={"strictness": before},
            after={"strictness": strictness},
        )


def count_shares(toolbox: Toolbox) -> Shares:
    """Count the check-ins of the last 30 days, as far as they are kept."""
    with toolbox.reading() as session:
        counts = kiosk.count_outcomes(session, since=toolbox.now() - LATELY)

    def count(*outcomes: CheckInOutcome, turned: bool = False) -> int:
        return sum(counts.get((outcome, turned), 0) for outcome in outcomes)

    return Shares(
        at_once=count(CheckInOutcome.PRESENT),
        asked=count(CheckInOutcome.TURN_HEAD),
        passed=count(CheckInOutcome.PRESENT, turned=True),
        refused=count(CheckInOutcome.PICTURE_SEEN),
        called=count(CheckInOutcome.ASKED_TEACHER),
    )
