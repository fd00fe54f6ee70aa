"""Whose face it is among the students of one lecture, where no roll id was typed.

Measured on 167 people of LFW and Caltech in made-up lectures (`flask --app admin_site faces evaluate-lookup`;
models/README.md has the table): of people who are not in a lecture of 60 with five photos enrolled, 0.8 in
10,000 are named as somebody, in one of 150 with three photos 2.0. November 2026.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from math import inf, isfinite
from statistics import fmean

from shared.domain.face_model import MATCH_THRESHOLD

# Who is named scores at least so much more than the others of the lecture do on average: some faces are a
# little like everybody. The average of few, or of an earlier network's scores, may be low by chance.
IDENTIFICATION_LEAD = 0.42
LEAST_AVERAGE = 0.08
# And so much more than the next one.
IDENTIFICATION_MARGIN = 0.10


@dataclass(frozen=True)
class Identification:
    """Who of a lecture fits a face best, with what score, and how the others do on average.

    Of nobody's face `student_id` is None. `stands_out` is false where another student is too near.
    """

    student_id: int | None
    score: float = -inf
    average: float = 0.0
    stands_out: bool = False

    @property
    def lead(self) -> float:
        """Return by how much the score is above the others' average; -inf of who does not stand out."""
        return self.score - self.average if self.stands_out else -inf

    @property
    def needed(self) -> float:
        """Return the score it takes to be told the name."""
        return max(MATCH_THRESHOLD, self.average + IDENTIFICATION_LEAD) if self.stands_out else inf


def identify(scores: Mapping[int, float]) -> Identification:
    """Find whose face scored so among a lecture's enrolled students, by id.

    Who fits as well as a match has to be is returned though the name may not be told.
    """
    ranked = sorted((score, each) for each, score in scores.items() if isfinite(score))
    if not ranked or ranked[-1][0] < MATCH_THRESHOLD:
        return Identification(None)
    others = [score for score, _ in ranked[:-1]]
    score, best = ranked[-1]
    next_one = others[-1] if others else -inf
    stands_out = next_one < MATCH_THRESHOLD and score - next_one >= IDENTIFICATION_MARGIN
    average = max(LEAST_AVERAGE, fmean(others)) if others else LEAST_AVERAGE
    return Identification(best, score, average, stands_out)


def without_near_matches(found: Identification, near_matches: Collection[int]) -> Identification:
    """Let nobody be named whom a look-alike of the same lecture could be taken for."""
    return replace(found, stands_out=False) if near_matches else found
