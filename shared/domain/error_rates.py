"""How sure a measured error rate is, and which threshold gives one."""

from collections.abc import Sequence
from math import sqrt


def wilson_bounds(count: int, of: int) -> tuple[float, float] | None:
    """Return Wilson's 95 % interval of a proportion; None of nothing.

    As if tries were independent: neighbours in one video are not, so the truth is wider. E. B. Wilson, 1927.
    """
    if of == 0:
        return None
    z = 1.96
    centre = (count + z * z / 2) / (of + z * z)
    reach = z * sqrt(count * (of - count) / of + z * z / 4) / (of + z * z)
    return round(max(0.0, centre - reach), 4), round(min(1.0, centre + reach), 4)


def threshold_at(fmr: float, impostor: Sequence[float]) -> float:
    """Return the lowest of `impostor` (ascending) that at most a share `fmr`, below 1, of them exceed."""
    return impostor[len(impostor) - 1 - int(fmr * len(impostor))]
