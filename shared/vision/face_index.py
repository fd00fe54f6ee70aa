"""Every enrolled face's template in memory, to look a face up among all of them at once."""

import threading
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from itertools import islice

import numpy as np

from shared.domain.face_model import FACE_NUMBERS, PHOTO_LENGTHS, Network, network_of, score_dlib

# Templates copied into the matrix at a time.
_BATCH = 500
# Room made beyond what is needed, so that a school's growth does not copy everything for each student.
_GROWTH = 1.1


class FaceIndex:
    """Templates by student id, float32, for any number of threads. They are in memory only, never in a file.

    A score here is `FaceModel.score`'s to float32's six digits. A descriptor is compared with the templates
    of its own network.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._version = -1
        self._shelves = {network: _Shelf(network) for network in Network}

    def __len__(self) -> int:
        return sum(map(len, self._shelves.values()))

    def refresh(
        self,
        version: int,
        removed_at: int,
        *,
        changed_since: Callable[[int], Iterable[tuple[int, bytes]]],
        list_enrolled: Callable[[], Collection[int]],
    ) -> None:
        """Catch up with `version`: take the templates that changed, drop the students that are gone.

        `changed_since(version)` gives student ids and templates of little-endian float32, as many as the
        network has; `list_enrolled` is asked only if a model was deleted since. A refresh that breaks off is
        done again by the next one.
        """
        if version <= self._version:
            return
        with self._lock:
            if version <= self._version:
                return
            if len(self) and removed_at > self._version:
                enrolled = set(list_enrolled())
                for shelf in self._shelves.values():
                    shelf.drop(shelf.student_ids - enrolled)
            for batch in _batches(changed_since(self._version)):
                for shelf in self._shelves.values():
                    theirs = {each: template for each, template in batch if len(template) == shelf.row_bytes}
                    shelf.drop({each for each, _ in batch} - theirs.keys())
                    shelf.put(list(theirs), b"".join(theirs.values()))
            self._version = version

    def find_matches(self, descriptors: Sequence[Sequence[float]], threshold: float) -> dict[int, float]:
        """Return the students whom at least half of a person's descriptors match, with the median score.

        The descriptors are of one network; students who are enrolled with another are not asked about.
        """
        if not descriptors:
            return {}
        with self._lock:
            medians = self._shelves[network_of(descriptors[0])].find_matches(descriptors, threshold)
        return {student_id: score for student_id, score in medians.items() if score >= threshold}

    def score(self, descriptor: Sequence[float], student_ids: Iterable[int]) -> dict[int, float]:
        """Score one descriptor against those of the students who are enrolled with its network."""
        with self._lock:
            return self._shelves[network_of(descriptor)].score(descriptor, student_ids)

    def enrolled_with(self, network: Network, among: Iterable[int] | None = None) -> set[int]:
        """Return the ids of the students, of all or of some, whose face model is of this network."""
        with self._lock:
            shelf = self._shelves[network]
            return shelf.student_ids if among is None else {each for each in among if each in shelf}


class _Shelf:
    """The templates of one network. The index's lock is held by whoever calls."""

    def __init__(self, network: Network) -> None:
        self._network = network
        self.row_bytes = 4 * network.length
        self._rows: dict[int, int] = {}
        self._ids = np.empty(0, np.int64)
        self._templates = np.empty((0, network.length), np.float32)

    def __len__(self) -> int:
        return len(self._rows)

    def __contains__(self, student_id: int) -> bool:
        return student_id in self._rows

    @property
    def student_ids(self) -> set[int]:
        return set(self._rows)

    def find_matches(self, descriptors: Sequence[Sequence[float]], threshold: float) -> dict[int, float]:
        count = len(self._rows)
        scores = self._scores(self._templates[:count], np.asarray(descriptors, np.float32))
        places = np.flatnonzero((scores >= threshold).sum(axis=1) * 2 >= len(descriptors))
        return {int(self._ids[place]): float(np.median(scores[place])) for place in places}

    def score(self, descriptor: Sequence[float], student_ids: Iterable[int]) -> dict[int, float]:
        known = [student_id for student_id in student_ids if student_id in self._rows]
        places = [self._rows[student_id] for student_id in known]
        scores = self._scores(self._templates[places], np.asarray([descriptor], np.float32))
        return dict(zip(known, scores[:, 0].tolist(), strict=True))

    def put(self, student_ids: Sequence[int], templates: bytes) -> None:
        values = np.frombuffer(templates, "<f4").reshape(len(student_ids), self._network.length)
        sane = np.abs(np.linalg.norm(values[:, :FACE_NUMBERS], axis=1) - 1) < 0.01
        sane &= (np.abs(values[:, FACE_NUMBERS:]) <= 1).all(axis=1)
        self._make_room(len(self._rows) + len(student_ids))
        for student_id, value, is_sane in zip(student_ids, values, sane, strict=True):
            if is_sane:
                place = self._rows.setdefault(student_id, len(self._rows))
                self._ids[place], self._templates[place] = student_id, value
            else:
                self.drop({student_id})

    def drop(self, student_ids: set[int]) -> None:
        """Take students out; the last row moves into the gap, and nothing of the face stays behind."""
        for student_id in student_ids & self._rows.keys():
            place, last = self._rows.pop(student_id), len(self._rows)
            if place != last:
                self._ids[place], self._templates[place] = self._ids[last], self._templates[last]
                self._rows[int(self._ids[place])] = place
            self._templates[last] = 0

    def _make_room(self, needed: int) -> None:
        if needed > len(self._ids):
            more = int(needed * _GROWTH) + _BATCH - len(self._ids)
            self._ids = np.concatenate([self._ids, np.zeros(more, np.int64)])
            empty = np.zeros((more, self._network.length), np.float32)
            self._templates = np.concatenate([self._templates, empty])

    def _scores(self, templates: np.ndarray, descriptors: np.ndarray) -> np.ndarray:
        """Return the (m, n) scores of m templates and n descriptors, as `FaceModel.score` defines one."""
        faces, rest = descriptors[:, :FACE_NUMBERS], descriptors[:, FACE_NUMBERS:]
        lengths = np.linalg.norm(faces, axis=1)
        cosines: np.ndarray = templates[:, :FACE_NUMBERS] @ (faces / lengths[:, np.newaxis]).T
        if self._network is Network.SFACE:
            cosines *= np.clip(lengths, *PHOTO_LENGTHS)
            return cosines
        common = templates[:, FACE_NUMBERS:] + rest[:, 0]
        scores: np.ndarray = score_dlib(cosines, common)
        return scores


def _batches(pairs: Iterable[tuple[int, bytes]]) -> Iterator[list[tuple[int, bytes]]]:
    remaining = iter(pairs)
    while batch := list(islice(remaining, _BATCH)):
        yield batch
