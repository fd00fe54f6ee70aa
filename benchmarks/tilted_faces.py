"""How a face is found and matched in a photo that is turned as a whole.

    python -m benchmarks.tilted_faces DIR…

One photo of each person is turned, and matched to the mean of five others of the same person and to everybody
else's. Printed for each angle: in how many photos a face was compared, how many were taken for the right
person, how many for a wrong one, by how much the face then leans in the photo, and the processor time of the
kiosk's reading.
"""

import argparse
import random
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median

import numpy as np
from PIL import Image

from shared.domain.face_model import MATCH_THRESHOLD, FaceModel
from shared.services.faces.evaluation import find_photos
from shared.vision.face_matcher import FaceMatcher
from shared.vision.images import open_photo

ENROLLED = 5
ANGLES = range(0, 181, 15)


@dataclass(frozen=True)
class Person:
    """Somebody's photo to turn, and the model of five others."""

    photo: Image.Image
    model: FaceModel


def draw_people(matcher: FaceMatcher, folder: Path, chance: random.Random) -> Iterable[Person]:
    """Give each person of a folder who has photos enough with one face in them."""
    by_person: dict[str, list[Path]] = {}
    for person, path in find_photos(folder):
        by_person.setdefault(person, []).append(path)
    for paths in by_person.values():
        readings = []
        for path in chance.sample(paths, len(paths)):
            rgb = open_photo(path.read_bytes())
            reading = matcher.read(rgb)
            if reading.descriptor is not None:
                readings.append((reading.turn(rgb), reading.descriptor.tolist(), reading.quality))
            if len(readings) > ENROLLED:
                break
        if len(readings) > ENROLLED:
            (upright, *_), *others = readings
            _, descriptors, qualities = zip(*others, strict=True)
            yield Person(Image.fromarray(upright), FaceModel.train(descriptors, qualities))


def measure(matcher: FaceMatcher, people: Sequence[Person], angle: int) -> str:
    """Turn everybody's photo by `angle` degrees, and say how it was read."""
    templates = np.array([person.model.template for person in people])
    found = right = wrong = 0
    leans, times = [], []
    for at, person in enumerate(people):
        rgb = np.asarray(person.photo.rotate(angle, Image.Resampling.BICUBIC, expand=True))
        begun = time.thread_time()
        reading = matcher.describe_fast(rgb)
        times.append(time.thread_time() - begun)
        if reading.face is None or reading.descriptor is None:
            continue
        found += 1
        matches = templates @ matcher.describe_accurate(reading.turn(rgb), reading.face) >= MATCH_THRESHOLD
        right += bool(matches[at])
        wrong += int(matches.sum()) > int(matches[at])
        leans.append(abs(reading.face.lean))
    return (
        f"{angle:4}°  compared {found}  right {right}  wrong {wrong}  leans {median(leans):.0f}° "
        f"(95 %: {np.percentile(leans, 95):.0f})  {1000 * median(times):.0f} ms"
    )


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folders", nargs="+", type=Path, help="a folder of photos for each person")
    parser.add_argument("--seed", type=int, default=0)
    given = parser.parse_args()
    matcher, chance = FaceMatcher(), random.Random(given.seed)  # noqa: S311
    people = [each for folder in given.folders for each in draw_people(matcher, folder, chance)]
    print(f"{len(people)} people, one photo each")
    for angle in ANGLES:
        print(measure(matcher, people, angle), flush=True)


if __name__ == "__main__":
    main()
