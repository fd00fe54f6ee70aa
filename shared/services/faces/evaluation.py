"""How the face matching does on folders of photos, one folder a person, through the product's own code.

FNMR: of the right students' tries, how many were refused. FMR: of the wrong ones', how many were taken. A
photo that the kiosk would not compare at all is a failure to acquire, counted apart from both.
"""

import random
from bisect import bisect_left, bisect_right
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from math import log10
from pathlib import Path
from typing import Any

import numpy as np

from shared.domain.check_in import CheckInOutcome, Evidence, decide
from shared.domain.error_rates import threshold_at, wilson_bounds
from shared.domain.face_model import MATCH_THRESHOLD, FaceModel, odd_ones_out
from shared.domain.photo_verdict import PhotoVerdict
from shared.domain.second_lock import Zone
from shared.errors import InvalidInput, PhotoRefused
from shared.security import purposes
from shared.toolbox import Toolbox
from shared.vision.images import PICTURES, open_photo

OPERATING_POINTS = ("0.01", "0.001", "0.0001")
# The FMR whose threshold one half of the people gives and the other is judged by.
CROSS_FITTED_FMR = 0.0001


@dataclass(frozen=True)
class ReadPhoto:
    """One photo as the kiosk reads it: the descriptors of a fast and of a careful look, None if the kiosk
    would not compare it."""

    person: str
    verdict: str
    fast: tuple[float, ...] | None = None
    careful: tuple[float, ...] = ()
    quality: float = 0.0

    def describe_accurate(self) -> tuple[float, ...]:
        """Describe a face as the kiosk does where the first look leaves doubt."""
        return self.careful


@dataclass(frozen=True)
class CrossFitted:
    """Tries of half of the people each, judged by the threshold that the other half's gave."""

    genuine: int = 0
    refused: int = 0
    impostor: int = 0
    taken: int = 0

    def __add__(self, other: "CrossFitted") -> "CrossFitted":
        return CrossFitted(
            self.genuine + other.genuine,
            self.refused + other.refused,
            self.impostor + other.impostor,
            self.taken + other.taken,
        )


@dataclass(frozen=True)
class Tries:
    """The scores of right and wrong students' tries, each ascending, and the largest model as stored."""

    people: int
    genuine: Sequence[float]
    impostor: Sequence[float]
    largest_model_bytes: int
    cross_fitted: CrossFitted = CrossFitted()


@dataclass(frozen=True)
class _Try:
    """One photo tried against one roll id."""

    tried: str
    enrolled: str
    score: float

    @property
    def is_right(self) -> bool:
        return self.tried == self.enrolled


def find_photos(folder: Path) -> list[tuple[str, Path]]:
    """Return every photo below `folder` as (person, path), the person being the folder it lies in.

    Raise InvalidInput if there are not at least two people.
    """
    found = [
        (person.name, path)
        for person in sorted(folder.iterdir() if folder.is_dir() else [])
        for path in sorted(person.glob("*"))
        if path.suffix.lower() in PICTURES
    ]
    if len({person for person, _ in found}) < 2:
        raise InvalidInput(f"{folder} needs a folder of photos for each of at least two people.")
    return found


def read_photos(toolbox: Toolbox, photos: Iterable[tuple[str, Path]]) -> Iterator[ReadPhoto]:
    """Read each photo as the kiosk would. Raise ModelUnavailable."""
    for person, path in photos:
        try:
            rgb = open_photo(path.read_bytes())
        except PhotoRefused:
            yield ReadPhoto(person, "unreadable")
            continue
        yield describe(toolbox, person, rgb, toolbox.face_matcher.describe_fast(rgb))


def describe(toolbox: Toolbox, person: str, rgb: np.ndarray, reading: Any) -> ReadPhoto:
    """Describe a photo with its first reading carefully too, if the kiosk compares it.

    Raise ModelUnavailable.
    """
    if reading.face is None or reading.descriptor is None or not _is_compared(reading.verdict):
        return ReadPhoto(person, reading.verdict)
    careful = toolbox.face_matcher.describe_accurate(reading.turn(rgb), reading.face)
    fast = tuple(reading.descriptor.tolist())
    return ReadPhoto(person, reading.verdict, fast, tuple(careful.tolist()), reading.quality)


def _is_compared(verdict: PhotoVerdict) -> bool:
    perfect = Evidence(verdict=verdict, zone=Zone.LIVING, score=1.0, threshold=1.0)
    return decide(perfect) is CheckInOutcome.PRESENT


def try_everybody(
    toolbox: Toolbox, photos: Sequence[ReadPhoto], *, enrol: int = 5, draws: int = 1, seed: int = 0
) -> Tries:
    """Enrol `enrol` photos of each person, drawn by `seed`, and try every other photo against everybody;
    `draws` times, each with other photos enrolled.

    As at the office, enrolled photos that show somebody else are left out; unlike there, turned and
    blurred ones are enrolled too, so that enrolled and tried photos are of one kind. A person without
    more photos than are enrolled is only tried against the others.
    """
    chance = random.Random(seed)  # noqa: S311
    by_person: dict[str, list[ReadPhoto]] = {}
    for photo in photos:
        if photo.fast is not None:
            by_person.setdefault(photo.person, []).append(photo)
    tries: list[_Try] = []
    crossed, largest = CrossFitted(), 0
    for _ in range(draws):
        models, probes = _enrol(by_person, enrol, chance)
        drawn = [
            _Try(probe.person, person, model.score_carefully(probe.fast or (), probe.describe_accurate))
            for probe in probes
            for person, model in models.items()
        ]
        tries += drawn
        crossed += _cross_fit(drawn, sorted(by_person), chance)
        for model in models.values():
            stored = toolbox.sealer.seal(model.to_bytes(), purpose=purposes.face_model(0))
            largest = max(largest, len(stored))
    genuine, impostor = _scores(tries, right=True), _scores(tries, right=False)
    return Tries(len(by_person), genuine, impostor, largest, crossed)


def _enrol(
    by_person: Mapping[str, Sequence[ReadPhoto]], enrol: int, chance: random.Random
) -> tuple[dict[str, FaceModel], list[ReadPhoto]]:
    """Return a model of everybody with photos enough, and the photos that are left to be tried."""
    models: dict[str, FaceModel] = {}
    probes: list[ReadPhoto] = []
    for person, theirs in sorted(by_person.items()):
        drawn = chance.sample(theirs, len(theirs))
        if len(drawn) > enrol:
            models[person] = train(drawn[:enrol])
            drawn = drawn[enrol:]
        probes += drawn
    return models, probes


def _cross_fit(tries: Sequence[_Try], people: Sequence[str], chance: random.Random) -> CrossFitted:
    """Deal the people into halves and judge the tries within each by the other's threshold."""
    half = set(chance.sample(people, len(people) // 2))
    within: tuple[list[_Try], list[_Try]] = ([], [])
    for each in tries:
        if (each.tried in half) == (each.enrolled in half):
            within[each.tried in half].append(each)
    found = CrossFitted()
    for judged, others in (within, within[::-1]):
        wrong_of_others = _scores(others, right=False)
        if not wrong_of_others:
            continue
        threshold = threshold_at(CROSS_FITTED_FMR, wrong_of_others)
        genuine, impostor = _scores(judged, right=True), _scores(judged, right=False)
        refused, passed = bisect_right(genuine, threshold), bisect_right(impostor, threshold)
        found += CrossFitted(len(genuine), refused, len(impostor), len(impostor) - passed)
    return found


def _scores(tries: Iterable[_Try], *, right: bool) -> list[float]:
    return sorted(each.score for each in tries if each.is_right is right)


def train(photos: Sequence[ReadPhoto]) -> FaceModel:
    """Enrol photos as the office would: one that shows somebody else than the others is left out."""
    descriptors = [photo.careful for photo in photos]
    odd = odd_ones_out(descriptors)
    kept = [at for at in range(len(photos)) if at not in odd]
    return FaceModel.train([descriptors[at] for at in kept], [photos[at].quality for at in kept])


def summarise(photos: Sequence[ReadPhoto], tries: Tries) -> dict[str, Any]:
    """Return the figures, ready for JSON. With fewer impostor tries than an FMR needs, its FNMR is the one
    above every impostor's score. Raise InvalidInput if there was nothing to try."""
    if not tries.genuine or not tries.impostor:
        raise InvalidInput("At least two people need more photos with a face than are enrolled.")
    not_acquired = Counter(photo.verdict for photo in photos if photo.fast is None)
    refused = bisect_left(tries.genuine, MATCH_THRESHOLD)
    taken = len(tries.impostor) - bisect_left(tries.impostor, MATCH_THRESHOLD)
    return {
        "people": tries.people,
        "photos": len(photos),
        "photos_without_face": sum(not_acquired.values()),
        "failures_to_acquire": dict(not_acquired),
        "genuine_tries": len(tries.genuine),
        "impostor_tries": len(tries.impostor),
        "threshold": MATCH_THRESHOLD,
        "fmr": taken / len(tries.impostor),
        "fmr_bounds": wilson_bounds(taken, len(tries.impostor)),
        "fnmr": refused / len(tries.genuine),
        "fnmr_bounds": wilson_bounds(refused, len(tries.genuine)),
        "fnmr_at_fmr": {point: _fnmr_at(float(point), tries) for point in OPERATING_POINTS},
        "cross_fitted": _cross_fitted(tries.cross_fitted),
        "largest_model_bytes": tries.largest_model_bytes,
    }


def _fnmr_at(fmr: float, tries: Tries) -> dict[str, Any]:
    threshold = threshold_at(fmr, tries.impostor)
    refused = bisect_right(tries.genuine, threshold)
    low, high = wilson_bounds(refused, len(tries.genuine)) or (0.0, 1.0)
    return {"fnmr": refused / len(tries.genuine), "low": low, "high": high, "threshold": threshold}


def _cross_fitted(crossed: CrossFitted) -> dict[str, Any] | None:
    if not crossed.genuine or not crossed.impostor:
        return None
    return {
        "fnmr": crossed.refused / crossed.genuine,
        "fnmr_bounds": wilson_bounds(crossed.refused, crossed.genuine),
        "fmr": crossed.taken / crossed.impostor,
        "fmr_bounds": wilson_bounds(crossed.taken, crossed.impostor),
    }


def as_table(figures: dict[str, Any]) -> str:
    """Return the figures for a person."""
    lost = ", ".join(f"{count} {verdict}" for verdict, count in figures["failures_to_acquire"].items())
    lines = [
        f"{figures['people']} people, {figures['photos']} photos; failures to acquire: {lost or 'none'}",
        f"{figures['genuine_tries']} genuine tries, {figures['impostor_tries']} impostor tries",
        f"at the product's threshold of {figures['threshold']}:",
    ]
    for rate, words in (("fnmr", "right students refused (FNMR)"), ("fmr", "wrong ones taken (FMR)")):
        low, high = figures[f"{rate}_bounds"]
        lines.append(f"  {words}: {figures[rate]:.4%} (95 %: {low:.2%} to {high:.2%})")
    for point, at in figures["fnmr_at_fmr"].items():
        lines.append(f"FNMR at FMR {point}: {at['fnmr']:.2%} (95 %: {at['low']:.2%} to {at['high']:.2%})")
    if figures["cross_fitted"]:
        crossed = figures["cross_fitted"]
        lines.append(
            f"half of the people judged by the other half's threshold of FMR {CROSS_FITTED_FMR:.4f}: "
            f"FNMR {crossed['fnmr']:.2%}, FMR {crossed['fmr']:.4%}"
        )
    lines.append(f"largest model as stored: {figures['largest_model_bytes']} bytes")
    return "\n".join(lines)


def draw_trade_off(tries: Tries) -> str:
    """Return the DET curve as SVG: FNMR over FMR, both axes logarithmic, the product's threshold as a dot."""
    steps = [10 ** (-step / 20) for step in range(1, 101)]
    curve = [(fmr, _fnmr_at(fmr, tries)["fnmr"]) for fmr in steps if fmr * len(tries.impostor) >= 1]
    taken = len(tries.impostor) - bisect_left(tries.impostor, MATCH_THRESHOLD)
    refused = bisect_left(tries.genuine, MATCH_THRESHOLD)
    here = _place(taken / len(tries.impostor), refused / len(tries.genuine))
    path = " ".join("{:.1f},{:.1f}".format(*_place(*point)) for point in curve)
    marks = [10.0**-power for power in range(6)]
    grid = [
        f'<path d="M{_place(mark, 1)[0]:.0f} 20V270M60 {_place(1, mark)[1]:.0f}H460" stroke="#ddd"/>'
        f'<text x="{_place(mark, 1)[0] - 12:.0f}" y="286">{mark:g}</text>'
        f'<text x="14" y="{_place(1, mark)[1] + 4:.0f}">{mark:g}</text>'
        for mark in marks
    ]
    return "\n".join(
        [
            '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 480 310"'
            ' font-family="sans-serif" font-size="11" fill="#444">',
            '<rect width="480" height="310" fill="white"/>',
            *grid,
            f'<polyline points="{path}" fill="none" stroke="#0a58ca" stroke-width="2"/>',
            f'<circle cx="{here[0]:.1f}" cy="{here[1]:.1f}" r="5" fill="#b02a37"/>',
            '<text x="190" y="304">wrong students taken (FMR)</text>',
            '<text x="64" y="14">right students refused (FNMR); the dot is the threshold in use</text>',
            "</svg>\n",
        ]
    )


def _place(fmr: float, fnmr: float) -> tuple[float, float]:
    """Return the point of the drawing for two rates; rates below 1e-5 lie on the edge."""
    return 60 + 80 * (5 + log10(max(fmr, 1e-5))), 270 + 50 * (-5 - log10(max(fnmr, 1e-5)))
