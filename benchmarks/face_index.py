"""Measures how a face is looked up among 100,000 enrolled ones: `make bench-faces`.

Fills a private MariaDB and an SQLite file with that many sealed face models of five made-up faces each, then
asks through the product's own code. Prints for the cold build (every model opened) the seconds by the clock,
this process's own work, and the memory it took; for a warm check (version row included) median and 95th
percentile; and for one new face the time until it is found. Fails where a warm check passes its limit.
"""

import os
import sys
import tempfile
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from statistics import median, quantiles
from typing import Any

import numpy as np

from shared.domain.face_model import MATCH_THRESHOLD, FaceModel
from shared.persistence import faces
from shared.persistence.database import migrate
from shared.persistence.tables import FaceModelRow, SchoolClass, Student
from shared.services.faces.sealed_faces import refresh_index, seal_model
from shared.toolbox import Toolbox
from tests.conftest import settings_for
from tests.support.servers import MariaDB

STUDENTS, AT_A_TIME = 100_000, 2_000
PHOTOS = 5
WARM_S = 0.050
TRIES = 100


def main() -> int:
    """Fill, measure, print; 1 where the limit is passed."""
    worst = 0.0
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        worst = max(worst, _measure("SQLite", folder, f"sqlite:///{folder / 'school.sqlite3'}"))
        server = MariaDB(folder / "mariadb")
        server.start()
        try:
            worst = max(worst, _measure("MariaDB", folder, server.create("school")))
        finally:
            server.stop()
    return int(worst > WARM_S)


def _measure(name: str, folder: Path, database_url: str) -> float:
    migrate(database_url)
    toolbox = Toolbox(settings_for(folder, database_url))
    size = _fill(toolbox)
    print(f"{name}: {STUDENTS:,} models of {size} bytes", flush=True)
    memory, work, clock = _memory_mb(), time.process_time(), time.perf_counter()
    _refresh(toolbox)
    print(
        f"  cold build {time.perf_counter() - clock:.1f} s (own work {time.process_time() - work:.1f} s), "
        f"{_memory_mb() - memory:.0f} MB more"
    )
    worst = 0.0
    for photos in (1, PHOTOS):
        probes = _made_up_faces(np.random.default_rng(7), photos).tolist()
        check = partial(_check, toolbox, probes)
        times = [_timed(check) for _ in range(TRIES)]
        slow = quantiles(times, n=20)[-1]
        print(
            f"  warm check of {photos} photos {median(times) * 1e3:.1f} ms, 95 % within {slow * 1e3:.1f} ms"
        )
        worst = max(worst, median(times))
    newcomer = _made_up_faces(np.random.default_rng(8), PHOTOS).tolist()
    times = [_timed(lambda: _enrol_and_check(toolbox, newcomer)) for _ in range(TRIES // 5)]
    print(f"  one face enrolled and then found {median(times) * 1e3:.1f} ms")
    toolbox.engine.dispose()
    return worst


def _fill(toolbox: Toolbox) -> int:
    """Enrol everybody; return the bytes of a sealed model."""
    chance = np.random.default_rng(1)
    with toolbox.sessions.begin() as session:
        school_class = SchoolClass(class_code="ALL", name="", active=True)
        session.add(school_class)
        session.flush()
        for first in range(1, STUDENTS + 1, AT_A_TIME):
            ids = range(first, first + AT_A_TIME)
            session.bulk_insert_mappings(
                Student,
                [_student(n, school_class.id) for n in ids],
            )
            session.bulk_insert_mappings(FaceModelRow, [_row(toolbox, chance, n) for n in ids])
    return len(_row(toolbox, chance, 1)["sealed_model"])


def _student(student_id: int, class_id: int) -> dict[str, object]:
    return {"id": student_id, "class_id": class_id, "roll_id": f"R{student_id}", "name": "", "active": True}


def _row(toolbox: Toolbox, chance: np.random.Generator, student_id: int) -> dict[str, Any]:
    model = FaceModel.train(_made_up_faces(chance, PHOTOS).tolist(), [1.0] * PHOTOS)
    sealed = seal_model(toolbox, student_id, model)
    return {
        "student_id": student_id,
        "sealed_model": sealed,
        "photo_count": PHOTOS,
        "is_weak": False,
        "network": model.network,
        "trained_at": toolbox.now(),
    }


def _made_up_faces(chance: np.random.Generator, photos: int) -> np.ndarray:
    """Return photos of one person, as near to each other and to other people's as real ones are: (photos,
    128)."""
    person = np.r_[4.0, np.zeros(127)] + chance.normal(size=128)
    looks = person + 0.7 * chance.normal(size=(photos, 128))
    faces: np.ndarray = looks / np.linalg.norm(looks, axis=1, keepdims=True)
    return faces


def _refresh(toolbox: Toolbox) -> None:
    with toolbox.reading() as session:
        refresh_index(toolbox, session)


def _check(toolbox: Toolbox, probes: list[list[float]]) -> None:
    _refresh(toolbox)
    toolbox.face_index.find_matches(probes, MATCH_THRESHOLD)


def _enrol_and_check(toolbox: Toolbox, descriptors: list[list[float]]) -> None:
    with toolbox.sessions.begin() as session:
        model = FaceModel.train(descriptors, [1.0] * PHOTOS)
        faces.save_model(
            session,
            session.get_one(Student, 1),
            sealed_model=seal_model(toolbox, 1, model),
            photo_count=PHOTOS,
            is_weak=False,
            network=model.network,
            trained_at=toolbox.now(),
        )
    _check(toolbox, descriptors)


def _timed(action: Callable[[], None]) -> float:
    began = time.perf_counter()
    action()
    return time.perf_counter() - began


def _memory_mb() -> float:
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 1e6


if __name__ == "__main__":
    sys.exit(main())
