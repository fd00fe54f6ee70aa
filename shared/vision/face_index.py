"""Every enrolled face's template in memory, to look a face up among all of them at once."""

import threading
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from itertools import islice

import numpy as np

from shared.domain.face_model import COMMONNESS_WEIGHT, DESCRIPTOR_LENGTH, FACE_NUMBERS

# Templates copied into the matrix at a time.
_BATCH = 500
# Room made beyond what is needed, so that a school's growth does not copy everything for each student.
_GROWTH = 1.1


class FaceIndex:
    """Templates by student id, float32, for any number of threads. They are in memory only, never in a file.

    A score here is `FaceModel.score`'s to float32's six digits.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._version = -1
        self._rows: dict[int, int] = {}
        self._ids = np.empty(0, np.int64)
        self._templates = np.empty((0, DESCRIPTOR_LENGTH), np.float32)

    def __len__(self) -> int:
        return len(self._rows)

    def refresh(
        self,
        version: int,
        removed_at: int,
        *,
        changed_since: Callable[[int], Iterable[tuple[int, bytes]]],
        list_enrolled: Callable[[], Collection[int]],
    ) -> None:
        """Catch up with `version`: take the templates that changed, drop the students that are gone.

        `changed_since(version)` gives student ids and templates of 129 little-endian float32;
        `list_enrolled` is asked only if a model was deleted since. A refresh that breaks off is done again
        by the next one.
        """
        if version <= self._version:
            return
        with self._lock:
            if version <= self._version:
                return
            if self._rows and removed_at > self._version:
                for student_id in self._rows.keys() - set(list_enrolled()):
                    self._drop(student_id)
            for batch in _batches(changed_since(self._version)):
                self._put([student_id for student_id, _ in batch], b"".join(each for _, each in batch))
            self._version = version

    def find_matches(self, descriptors: Sequence[Sequence[float]], threshold: float) -> dict[int, float]:
        """The students whom at least half of a person's (n, 129) descriptors match, with the median score."""
        if not descriptors:
            return {}
        with self._lock:
            count = len(self._rows)
            scores = _scores(self._templates[:count], np.asarray(descriptors, np.float32))
            places = np.flatnonzero((scores >= threshold).sum(axis=1) * 2 >= len(descriptors))
            medians = {int(self._ids[place]): float(np.median(scores[place])) for place in places}
        return {student_id: score for student_id, score in medians.items() if score >= threshold}

    def score(self, descriptor: Sequence[float], student_ids: Iterable[int]) -> dict[int, float]:
        """Score one descriptor of 129 numbers against those of the students who are enrolled."""
        with self._lock:
            known = [student_id for student_id in student_ids if student_id in self._rows]
            places = [self._rows[student_id] for student_id in known]
            scores = _scores(self._templates[places], np.asarray([descriptor], np.float32))
        return dict(zip(known, scores[:, 0].tolist(), strict=True))

    def _put(self, student_ids: Sequence[int], templates: bytes) -> None:
        values = np.frombuffer(templates, "<f4").reshape(len(student_ids), DESCRIPTOR_LENGTH)
        sane = np.abs(np.linalg.norm(values[:, :FACE_NUMBERS], axis=1) - 1) < 0.01
        sane &= np.abs(values[:, FACE_NUMBERS]) <= 1
        self._make_room(len(self._rows) + len(student_ids))
        for student_id, value, is_sane in zip(student_ids, values, sane, strict=True):
            if is_sane:
                place = self._rows.setdefault(student_id, len(self._rows))
                self._ids[place], self._templates[place] = student_id, value
            elif student_id in self._rows:
                self._drop(student_id)

    def _make_room(self, needed: int) -> None:
        if needed > len(self._ids):
            more = int(needed * _GROWTH) + _BATCH - len(self._ids)
            self._ids = np.concatenate([self._ids, np.zeros(more, np.int64)])
            self._templates = np.concatenate(
                [self._templates, np.zeros((more, DESCRIPTOR_LENGTH), np.float32)]
            )

    def _drop(self, student_id: int) -> None:
        """Take a student out; the last row moves into the gap, and nothing of the face stays behind."""
        place, last = self._rows.pop(student_id), len(self._rows)
        if place != last:
            self._ids[place], self._templates[place] = self._ids[last], self._templates[last]
            self._rows[int(self._ids[place])] = place
        self._templates[last] = 0


def _batches(pairs: Iterable[tuple[int, bytes]]) -> Iterator[list[tuple[int, bytes]]]:
    remaining = iter(pairs)
    while batch := list(islice(remaining, _BATCH)):
        yield batch


def _scores(templates: np.ndarray, descriptors: np.ndarray) -> np.ndarray:
    """The (m, n) scores of m templates and n descriptors, as `FaceModel.score` defines one."""
    faces = descriptors[:, :FACE_NUMBERS] / np.linalg.norm(
        descriptors[:, :FACE_NUMBERS], axis=1, keepdims=True
    )
    cosines = templates[:, :FACE_NUMBERS] @ faces.T
    common = templates[:, FACE_NUMBERS:] + descriptors[:, FACE_NUMBERS]
    scores: np.ndarray = cosines - np.float32(COMMONNESS_WEIGHT / 2) * common
    return scores
