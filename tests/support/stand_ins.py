"""Stand-ins for a toolbox's parts, where a site or a fixture holds the toolbox already."""

from typing import Unpack

from shared.toolbox import Parts, Toolbox


def stand_in(toolbox: Toolbox, **parts: Unpack[Parts]) -> None:
    """Let these parts take the place of a toolbox's own from now on, for everybody who holds it.

    Where nobody holds it yet, `toolbox.with_(…)` gives a copy instead.
    """
    vars(toolbox).update(vars(toolbox.with_(**parts)))


def use_own(toolbox: Toolbox, *names: str) -> None:
    """Let a toolbox make these parts itself again, as at a school."""
    for name in names:
        del vars(toolbox)[name]
