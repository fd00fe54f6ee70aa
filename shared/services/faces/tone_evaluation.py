"""Whether faces of some skin tone are turned away more often than chance explains, on folders of photos.

A person's tone is the median of their photos'. Whether a group stands out is asked of the people, not of the
photos, which are alike: their groups are shuffled many times, and the share of shuffles in which the group
fares as badly is the chance of it.
"""

import random
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median
from typing import Any

from shared.domain.error_rates import wilson_bounds
from shared.domain.face_model import MATCH_THRESHOLD
from shared.domain.second_lock import Zone
from shared.errors import InvalidInput, PhotoRefused
from shared.services.faces.evaluation import ReadPhoto, describe, train
from shared.toolbox import Toolbox
from shared.vision.images import open_photo

# Up to so many degrees of the typology angle; above the last is light.
TONES = {"dark": 10.0, "brown": 28.0, "intermediate": 41.0, "light": float("inf")}
# What may happen to somebody, in words for a table.
NOT_COMPARED, NOT_MATCHED, ASKED, REFUSED = (
    "not compared",
    "not matched",
    "asked to turn",
    "refused as a picture",
)
OUTCOMES = (NOT_COMPARED, NOT_MATCHED, ASKED, REFUSED)
SHUFFLES = 2000
# With so many groups and outcomes one of them is below 5 % by chance alone more often than not.
BEYOND_CHANCE = 0.05 / (len(TONES) * len(OUTCOMES))


@dataclass(frozen=True)
class TonedPhoto:
    """A photo as the kiosk reads it; tone and zone are there if it is compared."""

    read: ReadPhoto
    tone: float | None = None
    zone: Zone | None = None


@dataclass
class Person:
    """What happened to somebody's photos: of each outcome how many, of how many."""

    tone: str
    counts: dict[str, tuple[int, int]] = field(default_factory=dict)


def read_photos(toolbox: Toolbox, photos: Iterable[tuple[str, Path]]) -> Iterator[TonedPhoto]:
    """Read and judge each photo that can be opened as the kiosk would. Raise ModelUnavailable."""
    for person, path in photos:
        try:
            rgb = open_photo(path.read_bytes())
        except PhotoRefused:
            continue
        reading = toolbox.face_matcher.describe_fast(rgb)
        read = describe(toolbox, person, rgb, reading)
        if reading.face is None or read.fast is None:
            yield TonedPhoto(read)
        else:
            upright = reading.turn(rgb)
            tone = toolbox.face_matcher.skin_tone(upright, reading.face)
            yield TonedPhoto(read, tone, toolbox.spoof_detector.judge(upright, reading.face).zone)


def count_people(photos: Sequence[TonedPhoto], *, enrol: int = 5, draws: int = 6) -> list[Person]:
    """Count what happens to everybody with a face; who has photos enough is enrolled `draws` times anew."""
    chance = random.Random(0)  # noqa: S311 the same figures each time
    by_person: dict[str, list[TonedPhoto]] = {}
    for photo in photos:
        by_person.setdefault(photo.read.person, []).append(photo)
    return [_count(theirs, enrol, draws, chance) for theirs in by_person.values() if _tones(theirs)]


def _tones(photos: Sequence[TonedPhoto]) -> list[float]:
    return [photo.tone for photo in photos if photo.tone is not None]


def _count(photos: Sequence[TonedPhoto], enrol: int, draws: int, chance: random.Random) -> Person:
    angle = median(_tones(photos))
    person = Person(next(name for name, most in TONES.items() if angle <= most))
    zones = [photo.zone for photo in photos if photo.zone is not None]
    compared = [photo.read for photo in photos if photo.read.fast is not None]
    refused = tries = 0
    for _ in range(draws if len(compared) > enrol else 0):
        drawn = chance.sample(compared, len(compared))
        model = train(drawn[:enrol])
        scores = [model.score_carefully(each.fast or (), each.describe_accurate) for each in drawn[enrol:]]
        refused, tries = refused + sum(score < MATCH_THRESHOLD for score in scores), tries + len(scores)
    person.counts = {
        NOT_COMPARED: (len(photos) - len(compared), len(photos)),
        NOT_MATCHED: (refused, tries),
        ASKED: (zones.count(Zone.DOUBTFUL), len(zones)),
        REFUSED: (zones.count(Zone.ATTACK), len(zones)),
    }
    return person


def summarise(people: Sequence[Person], *, seed: int = 0) -> dict[str, Any]:
    """Return the figures by outcome and tone, ready for JSON. Raise InvalidInput without two tones."""
    tones = [person.tone for person in people]
    if len(set(tones)) < 2:
        raise InvalidInput("Faces of at least two skin tones are needed to compare them.")
    return {
        outcome: _compare([person.counts[outcome] for person in people], tones, random.Random(seed))  # noqa: S311
        for outcome in OUTCOMES
    }


def _compare(
    counts: Sequence[tuple[int, int]], tones: Sequence[str], chance: random.Random
) -> dict[str, dict[str, Any]]:
    found = _sums(counts, tones)
    as_bad = dict.fromkeys(found, 0)
    shuffled = list(tones)
    for _ in range(SHUFFLES):
        chance.shuffle(shuffled)
        sums = _sums(counts, shuffled)
        for tone in found:
            as_bad[tone] += _rate(sums[tone]) >= _rate(found[tone])
    return {
        tone: {
            "people": list(tones).count(tone),
            "count": count,
            "of": of,
            "bounds": wilson_bounds(count, of),
            "chance": as_bad[tone] / SHUFFLES,
            "beyond_chance": count > 0 and as_bad[tone] / SHUFFLES < BEYOND_CHANCE,
        }
        for tone, (count, of) in found.items()
    }


def _sums(counts: Sequence[tuple[int, int]], tones: Sequence[str]) -> dict[str, tuple[int, int]]:
    sums = dict.fromkeys((name for name in TONES if name in tones), (0, 0))
    for (count, of), tone in zip(counts, tones, strict=True):
        sums[tone] = (sums[tone][0] + count, sums[tone][1] + of)
    return sums


def _rate(sums: tuple[int, int]) -> float:
    return sums[0] / sums[1] if sums[1] else 0.0


def as_table(figures: Mapping[str, Mapping[str, Mapping[str, Any]]]) -> str:
    """Return the figures for a person."""
    lines = []
    for outcome, tones in figures.items():
        lines.append(f"{outcome}:")
        for tone, found in tones.items():
            told = f"  {tone:13}{found['people']:4} people {found['count']:6} of {found['of']:6}"
            lines.append(f"{told}   chance {found['chance']:.3f}{'  BEYOND CHANCE' * found['beyond_chance']}")
    lines.append("chance: how often people dealt into such groups at random fare as badly")
    return "\n".join(lines)
