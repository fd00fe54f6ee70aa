"""Four threads read photos of mixed sizes: `make trial-threads` for a minute, the suite 40 photos in each.

Threads that share a detector get wrong boxes, and with photos of different sizes end the process; photos of
one size hide it.
"""

import random
import sys
import threading
import time
from collections.abc import Sequence

import numpy as np
from PIL import Image

from shared.vision.face_matcher import FaceMatcher
from shared.vision.faces import FaceReading
from shared.vision.images import open_photo
from tests.support.photographs import photograph

THREADS = 4
AT_LEAST, TRIAL_S = 40, 60
SIZES = ((512, 512), (640, 480), (480, 640), (800, 600), (1000, 1250), (250, 250))


def mixed_photos() -> list[np.ndarray]:
    """Return three people's portraits in six sizes."""
    return [
        np.asarray(Image.fromarray(open_photo(photograph(name).read_bytes())).resize(size))
        for name in ("astronaut.png", "obama.jpg", "biden.jpg")
        for size in SIZES
    ]


def run(matcher: FaceMatcher, photos: Sequence[np.ndarray], *, seconds: float = 0) -> tuple[int, int]:
    """Read photos at random in all threads; return how many were read, and how many otherwise than alone.

    Each thread reads for `seconds`, and at least AT_LEAST photos. Every box,
    landmark and verdict must be the same, every descriptor within 1e-6.
    """
    expected = [matcher.describe_fast(photo) for photo in photos]
    done, wrong, until = [0] * THREADS, [0] * THREADS, time.monotonic() + seconds

    def work(number: int) -> None:
        chance = random.Random(number)  # noqa: S311
        while done[number] < AT_LEAST or time.monotonic() < until:
            at = chance.randrange(len(photos))
            wrong[number] += not _is_same(matcher.describe_fast(photos[at]), expected[at])
            done[number] += 1

    threads = [threading.Thread(target=work, args=(number,)) for number in range(THREADS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return sum(done), sum(wrong)


def _is_same(one: FaceReading, other: FaceReading) -> bool:
    if one.verdict is not other.verdict or one.face != other.face:
        return False
    if one.descriptor is None or other.descriptor is None:
        return one.descriptor is other.descriptor
    return bool(np.abs(one.descriptor - other.descriptor).max() < 1e-6)


def main() -> int:
    """Run the trial for a minute; 1 if an answer was wrong."""
    done, wrong = run(FaceMatcher(), mixed_photos(), seconds=TRIAL_S)
    print(f"{done} photos of {len(SIZES)} sizes in {THREADS} threads: {wrong} answers other than alone")
    return int(wrong > 0 or done < THREADS * AT_LEAST)


if __name__ == "__main__":
    sys.exit(main())
