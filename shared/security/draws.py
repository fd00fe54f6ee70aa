"""Draws what nobody may foresee: whom to ask, and to which side to turn."""

import secrets

from shared.domain.head_turn import Side


class Draws:
    """Chance from the operating system. Replaced in tests, which must know what is drawn."""

    def one_in(self, count: int | None) -> bool:
        """Be true once in `count` times; never for None."""
        return count is not None and secrets.randbelow(count) == 0

    def side(self) -> Side:
        """Return either side, as often as the other."""
        return secrets.choice(tuple(Side))
