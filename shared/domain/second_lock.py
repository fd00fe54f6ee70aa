"""When somebody is asked to turn the head, to which side, and what follows from each film of it."""

from dataclasses import dataclass, replace
from enum import StrEnum

from shared.domain.head_turn import DoubtLimits, Side, TurnVerdict
from shared.domain.languages import phrase


class Zone(StrEnum):
    """Where the spoof check's first look puts a photo. What is no zone is never living."""

    LIVING = "living"
    DOUBTFUL = "doubtful"
    ATTACK = "attack"


@dataclass(frozen=True)
class ZoneLimits:
    """Scores: below `living_below` a photo is clearly of a living person, from `attack_from` on clearly of a
    picture; between them it is doubtful."""

    living_below: float
    attack_from: float

    @property
    def of_film(self) -> DoubtLimits:
        """What the frames of a film must stay below: all together where the odds lie a quarter of the way
        from one limit to the other, each where they lie three quarters.

        Below the first limit somebody doubtful would never pass. Of 6 directions of videos replayed on phones
        1 passes and of 21 of living people all; with each below halfway and nothing together the same one and
        20, with each below the second limit 2 and 21 (25 clips, November 2026; without who it is).
        """
        return DoubtLimits(each=self._between(0.75), together=self._between(0.25))

    def _between(self, share: float) -> float:
        living, attack = (limit / (1 - limit) for limit in (self.living_below, self.attack_from))
        odds: float = living ** (1 - share) * attack**share
        return odds / (1 + odds)

    def zone_of(self, score: float) -> Zone:
        """Return the zone of a spoof score, 0…1; one that is not a number is an attack's."""
        if score < self.living_below:
            return Zone.LIVING
        return Zone.DOUBTFUL if score < self.attack_from else Zone.ATTACK


class Strictness(StrEnum):
    """How much the school wants to be asked of its students, in steps that an office can choose from."""

    LIGHT = "light"
    USUAL = "usual"
    STRICT = "strict"

    @property
    def one_in(self) -> int | None:
        """Of so many clearly living one is asked all the same; None: nobody."""
        return _ONE_IN[self]

    @property
    def sentence(self) -> str:
        """What the office reads about it."""
        return _STRICTNESS[self]


_STRICTNESS = {
    Strictness.LIGHT: phrase(
        "Only doubtful faces are asked. Few students wait, and more pictures pass unasked."
    ),
    Strictness.USUAL: phrase("Doubtful faces are asked, and one in twenty of all others by chance."),
    Strictness.STRICT: phrase(
        "More faces count as doubtful, and one in five of all others is asked by chance."
    ),
}
_ONE_IN = {Strictness.LIGHT: None, Strictness.USUAL: 20, Strictness.STRICT: 5}


class TurnCause(StrEnum):
    """Why somebody is asked."""

    SCREEN_SEEN = "screen_seen"
    DOUBTFUL = "doubtful"
    AFTER_REFUSAL = "after_refusal"
    AT_RANDOM = "at_random"


def cause_of_turn(
    zone: Zone, *, screen_seen: bool, after_refusal: bool, drawn_at_random: bool
) -> TurnCause | None:
    """Return the reason to ask about a face that would be marked; None: mark it.

    `after_refusal` says that the last try of this roll id at the lecture left a doubt.
    """
    if zone is not Zone.LIVING:
        return TurnCause.SCREEN_SEEN if screen_seen else TurnCause.DOUBTFUL
    if after_refusal:
        return TurnCause.AFTER_REFUSAL
    return TurnCause.AT_RANDOM if drawn_at_random else None


@dataclass(frozen=True)
class AskedTurn:
    """A turn that was asked for; after it come `steps_left` more, and `tries_left` films may fail."""

    side: Side
    cause: TurnCause
    steps_left: int = 0
    tries_left: int = 1

    @classmethod
    def first(cls, cause: TurnCause, side: Side) -> "AskedTurn":
        """Return the first turn; where a screen was seen a second one follows, to the other side.

        A recording that happens to turn to one side, as every second one does, fails at the other.
        """
        return cls(side, cause, steps_left=1 if cause is TurnCause.SCREEN_SEEN else 0)

    def after(self, verdict: TurnVerdict) -> "AskedTurn | None":
        """Return what is asked next, if anything is; `has_passed` tells what None means.

        A second try is to the same side: drawn again, three of four recordings would pass at one of two.
        """
        if verdict is TurnVerdict.TURNED:
            if self.steps_left == 0:
                return None
            return replace(self, side=self.side.other, steps_left=self.steps_left - 1)
        return replace(self, tries_left=self.tries_left - 1) if self.tries_left > 0 else None

    def has_passed(self, verdict: TurnVerdict) -> bool:
        """Tell whether nothing more is asked of somebody who did this."""
        return verdict is TurnVerdict.TURNED and self.steps_left == 0
