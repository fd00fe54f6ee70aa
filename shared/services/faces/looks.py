"""One face in one photo, described by the network of whatever it is compared with, by each once at most."""

from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np

from shared.domain.face_model import CURRENT, FaceModel, Network
from shared.persistence.database import Session
from shared.services.faces.sealed_faces import refresh_index
from shared.toolbox import Toolbox


class Look:
    """A face that was read; an earlier network is asked only where a model of it is to be compared."""

    def __init__(self, toolbox: Toolbox, rgb: np.ndarray, reading: Any) -> None:
        """Take `rgb`, the upright photo, and `reading`, what was read in it. Raise ValueError without a
        face."""
        if reading.face is None or reading.descriptor is None:
            raise ValueError("there is no face to look at")
        self._matcher, self._rgb, self._face = toolbox.face_matcher, rgb, reading.face
        self._descriptors: dict[Network, list[float]] = {CURRENT: reading.descriptor.tolist()}

    def by(self, network: Network) -> Sequence[float]:
        """Return the descriptor of this network. Raise ModelUnavailable."""
        if network not in self._descriptors:
            self._descriptors[network] = self._matcher.describe_by(network, self._rgb, self._face).tolist()
        return self._descriptors[network]

    def score(self, model: FaceModel) -> float:
        """Score the face against a model of any network; where that leaves doubt, after a second, accurate
        look, which stays. Raise ModelUnavailable."""
        if model.network is not CURRENT:
            return model.score(self.by(model.network))
        return model.score_carefully(self.by(CURRENT), self._look_again)

    def score_enrolled(
        self, toolbox: Toolbox, session: Session, student_ids: Iterable[int]
    ) -> dict[int, float]:
        """Return the scores for those of the students who are enrolled, by any network. Raise
        ModelUnavailable."""
        refresh_index(toolbox, session)
        expected = set(student_ids)
        scores: dict[int, float] = {}
        for network in Network:
            if enrolled := toolbox.face_index.enrolled_with(network, expected):
                scores |= toolbox.face_index.score(self.by(network), enrolled)
        return scores

    def _look_again(self) -> Sequence[float]:
        descriptor = self._matcher.describe_accurate(self._rgb, self._face)
        self._descriptors[CURRENT] = descriptor.tolist()
        return self._descriptors[CURRENT]
