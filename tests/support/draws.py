"""Chance that a test decides."""

from shared.domain.head_turn import Side
from shared.security.draws import Draws


class Drawn(Draws):
    """Asks nobody at random, or everybody who may be asked at all, and always to the same side."""

    def __init__(self, *, asks: bool = False, side: Side = Side.LEFT) -> None:
        self.asks, self.to = asks, side

    def one_in(self, count: int | None) -> bool:
        return self.asks and count is not None

    def side(self) -> Side:
        return self.to
