"""Tells a living person from a picture of one: two networks look at three views, served by LiteRT."""

import hashlib
import io
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image

from shared.domain.languages import phrase
from shared.domain.second_lock import Strictness, Zone, ZoneLimits
from shared.errors import ModelUnavailable
from shared.vision.face_finder import Box, DetectedFace
from shared.vision.model_files import MODELS_DIR, open_model_file
from shared.vision.served_network import ServedNetwork
from shared.vision.spoof_views import CLOSE_VIEWS, VIEWS, cut_scene, describe_regions

NETWORKS = ("skin", "scene")
# A last layer that another machine put into use judges here this many seconds later at most.
NOTICE_WITHIN_S = 3.0

_DAMAGED = phrase("The camera check is not available: its trained layer is damaged.")


# How far the limits of "clearly living" and of "clearly a picture" lie from a layer's threshold, as logits;
# those between are asked to turn the head. models/README.md has what each lets pass, leaving sources out.
LIVING_SHIFT = {Strictness.LIGHT: -0.5, Strictness.USUAL: -1.5, Strictness.STRICT: -2.5}
ATTACK_SHIFT = 2.5
# From this sum of the surroundings on, a device is seen so surely that nobody is clearly living; at 0 more
# speaks for one than against, but so it does beside 11 in 100 of the living. models/README.md has both.
SURE_OF_DEVICE = 1.0
# So much of a face's surroundings has to be in the photo. What is missing of it counts so many times as
# doubt, since what holds up a picture is then out of sight: 1.75 where the face fills the photo (0.1).
# models/README.md has what they let pass.
ENOUGH_ROOM, UNSEEN_DOUBT = 0.45, 5.0
# In a photo whose shorter side has fewer pixels nobody is clearly living: it was shrunk on its way, and what
# a screen or a print leaves in a picture went with it. The kiosk's page sends 360 at least of a camera with
# 640 pixels across or more.
LEAST_SIDE = 250
# By so much a logit that is put at a limit lies on its right side, or rounding would decide.
HAIR = 1e-3


@dataclass(frozen=True)
class SpoofVerdict:
    """`score` is 0…1, the higher the more like an attack; `seen_score` leaves out the doubt about what the
    photo does not show. `saw_device` tells that what is round the face looks like a device, a sheet or a hand
    that holds one."""

    zone: Zone
    score: float
    limits: ZoneLimits
    seen_score: float
    saw_device: bool = False

    @property
    def is_live(self) -> bool:
        """Only what is clearly living; a doubtful one must turn the head first."""
        return self.zone is Zone.LIVING


@dataclass(frozen=True)
class SpoofHeads:
    """What was trained last: a weight per feature of each view, two biases, the threshold of the score.

    `networks` names the networks whose features the weights are for: `SpoofFeatures.networks`. The shipped
    layer leaves it empty, since the manifest ties it to its networks.
    """

    weights: dict[str, np.ndarray]
    close_bias: float
    frame_bias: float
    threshold: float
    networks: str = ""

    def close_logit(self, features: dict[str, np.ndarray]) -> float:
        """Return how much skin and surroundings look recaptured: 0 is undecided."""
        return self.close_bias + sum(float(self.weights[view] @ features[view]) for view in CLOSE_VIEWS)

    def frame_logit(self, features: dict[str, np.ndarray]) -> float:
        """Return how much the surroundings look like a device, sheet or card that shows the face: 0 is
        undecided."""
        return self.frame_bias + float(self.weights["frame"] @ features["frame"])

    def score(self, features: dict[str, np.ndarray]) -> float:
        """Return all together, 0…1, the higher the more like an attack; NaN if a feature is.

        Surroundings that the photo does not show add to the doubt, but never up to the threshold: nobody is
        taken for a picture for standing near.
        """
        logit = self._seen_logit(features)
        unseen = UNSEEN_DOUBT * np.maximum(ENOUGH_ROOM - float(features["room"]), 0.0)
        return _share(float(np.maximum(logit, np.minimum(logit + unseen, self._threshold_logit - HAIR))))

    def seen_score(self, features: dict[str, np.ndarray]) -> float:
        """Return the score of what the photo shows alone."""
        return _share(self._seen_logit(features))

    def _seen_logit(self, features: dict[str, np.ndarray]) -> float:
        """Return skin and surroundings together.

        Surroundings in which no device is seen prove nothing, so they only add to the doubt; where one is
        surely seen, nobody is clearly living, however good the skin looks.
        """
        device = self.frame_logit(features)
        logit = self.close_logit(features) + np.maximum(device, 0.0)
        if not device <= SURE_OF_DEVICE:
            logit = np.maximum(logit, self._threshold_logit + max(LIVING_SHIFT.values()) + HAIR)
        return float(logit)

    def limits(self, strictness: Strictness) -> ZoneLimits:
        """Return where the three zones of the score meet; the threshold lies between."""
        living = self._threshold_logit + LIVING_SHIFT[strictness]
        attack = self._threshold_logit + ATTACK_SHIFT
        return ZoneLimits(_share(living), _share(attack))

    @property
    def _threshold_logit(self) -> float:
        return float(np.log(self.threshold / (1.0 - self.threshold)))

    def to_bytes(self) -> bytes:
        """Return an .npz without pickled objects."""
        file = io.BytesIO()
        numbers = np.array([self.close_bias, self.frame_bias, self.threshold])
        np.savez(file, allow_pickle=False, **self.weights, numbers=numbers, networks=np.array(self.networks))
        return file.getvalue()

    @classmethod
    def from_bytes(cls, content: bytes) -> "SpoofHeads":
        """Raise ModelUnavailable if the bytes are not heads for all the views, finite and in range."""
        try:
            with np.load(io.BytesIO(content), allow_pickle=False) as file:
                weights = {view: np.asarray(file[view], np.float32) for view in VIEWS}
                numbers = [float(number) for number in file["numbers"]]
                networks = str(file["networks"]) if "networks" in file else ""
            close_bias, frame_bias, threshold = numbers
            heads = cls(weights, close_bias, frame_bias, threshold, networks)
        except Exception as cause:  # numpy raises several kinds for a damaged file
            raise ModelUnavailable(_DAMAGED) from cause
        finite = all(vector.ndim == 1 and np.isfinite(vector).all() for vector in weights.values())
        if not (finite and np.isfinite(numbers).all() and 0.0 < heads.threshold < 1.0):
            raise ModelUnavailable(_DAMAGED)
        return heads


def _share(logit: float) -> float:
    return float(1.0 / (1.0 + np.exp(-np.clip(logit, -50.0, 50.0))))


class SpoofFeatures:
    """Runs the networks, for any number of threads."""

    def __init__(self, models_dir: Path = MODELS_DIR) -> None:
        """Raise ModelUnavailable if a network is missing or altered."""
        # Made on the first photo: a page that only asks for the limits needs no interpreter.
        self._served = {
            name: ServedNetwork(
                f"spoof/{name}", called=phrase("spoof check"), models_dir=models_dir, prepared_for=0
            )
            for name in NETWORKS
        }
        digests = "".join(network.sha256 for network in self._served.values())
        self.networks = hashlib.sha256(digests.encode()).hexdigest()

    def prepare(self, at_once: int) -> None:
        """Make interpreters for so many threads. Raise ModelUnavailable if a file is no network."""
        for network in self._served.values():
            network.prepare(at_once)

    def of_photo(self, rgb: np.ndarray, face: Box) -> dict[str, np.ndarray]:
        """Return features by view of the face in this square of an upright (rows, columns, 3) uint8 RGB
        photo, and as "room" how much of the surroundings is in it: minus infinity if the photo is too small
        to show what tells pictures from people.

        Raise ModelUnavailable if a network does not run.
        """
        photo = Image.fromarray(rgb)
        crops = np.stack([cut(photo, face) for cut in CLOSE_VIEWS.values()])
        close = dict(zip(CLOSE_VIEWS, self._run("skin", crops), strict=True))
        frame, room = self._of_scene(photo, face)
        shown = room if min(photo.size) >= LEAST_SIDE else -np.inf
        return close | {"frame": frame, "room": np.array(shown, np.float32)}

    def of_frame(self, rgb: np.ndarray, face: Box | None = None) -> np.ndarray:
        """Return features of a face's surroundings alone, or of a whole photo that needs no face."""
        return self._of_scene(Image.fromarray(rgb), face)[0]

    def _of_scene(self, photo: Image.Image, face: Box | None) -> tuple[np.ndarray, float]:
        view, place = cut_scene(photo, face)
        return describe_regions(self._run("scene", view[np.newaxis])[0], place), place.room

    def _run(self, name: str, views: np.ndarray) -> np.ndarray:
        (features,) = self._served[name].run(views)
        return features


class SpoofDetector:
    """Judges one photo; safe to share between threads."""

    def __init__(
        self,
        models_dir: Path = MODELS_DIR,
        find_trained: Callable[[], bytes | None] = lambda: None,
        find_strictness: Callable[[], Strictness] = lambda: Strictness.USUAL,
    ) -> None:
        """Take `find_trained`, which gives the last layer in use as `SpoofHeads.to_bytes` wrote it, or
        None for the shipped one; `find_strictness` the school's choice. Both are asked again every few
        seconds, so that no process needs a restart.

        Raise ModelUnavailable if a file of `models/spoof/` is missing, altered or damaged.
        """
        self._features = SpoofFeatures(models_dir)
        self._shipped = SpoofHeads.from_bytes(open_model_file("spoof/heads", models_dir=models_dir).content)
        self._find_trained, self._find_strictness = find_trained, find_strictness
        self._asked: tuple[float, SpoofHeads, Strictness] | None = None

    @property
    def heads(self) -> SpoofHeads:
        """The last layer in use.

        Raise ModelUnavailable if it cannot be read or belongs to other networks; the shipped one never steps
        in for it, as it may be the easier one to pass.
        """
        return self._ask()[0]

    def _ask(self) -> tuple[SpoofHeads, Strictness]:
        now = time.monotonic()
        if self._asked is None or now - self._asked[0] >= NOTICE_WITHIN_S:
            content = self._find_trained()
            heads = self._shipped if content is None else self.open_trained(content)
            self._asked = (now, heads, self._find_strictness())
        return self._asked[1:]

    def open_trained(self, content: bytes) -> SpoofHeads:
        """Open a last layer that was trained for these networks. Raise ModelUnavailable for any other."""
        heads = SpoofHeads.from_bytes(content)
        if heads.networks != self._features.networks:
            raise ModelUnavailable(
                phrase("The camera check is not available: its last layer was trained for other networks.")
            )
        return heads

    @property
    def limits(self) -> ZoneLimits:
        """Where the zones of the score meet now. Raise ModelUnavailable."""
        heads, strictness = self._ask()
        return heads.limits(strictness)

    def warm_up(self, at_once: int = 1) -> None:
        """Make interpreters for so many threads now, before somebody waits. Raise ModelUnavailable."""
        self._features.prepare(at_once)
        self._features.of_photo(np.zeros((240, 320, 3), np.uint8), Box(120, 80, 200, 160))

    def judge(self, rgb: np.ndarray, face: DetectedFace) -> SpoofVerdict:
        """Judge the face in an upright (rows, columns, 3) uint8 RGB photo.

        Raise ModelUnavailable if a network fails or its score is not a number; nobody passes then.
        """
        heads, strictness = self._ask()
        features = self._features.of_photo(rgb, face.dlib_square)
        try:
            score, seen_score = heads.score(features), heads.seen_score(features)
            saw_device = heads.frame_logit(features) > 0.0
        except ValueError as cause:  # trained for networks with another number of features
            raise ModelUnavailable(
                phrase("The camera check is not available: its parts do not fit.")
            ) from cause
        if not np.isfinite(score):
            raise ModelUnavailable(phrase("The camera check is not available: it gave no score."))
        limits = heads.limits(strictness)
        return SpoofVerdict(limits.zone_of(score), score, limits, seen_score, saw_device)
