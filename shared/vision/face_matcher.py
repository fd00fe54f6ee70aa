"""Reads a photo: is there one usable face, and what are its numbers."""

import threading
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from PIL import Image

from shared.domain.face_model import Network
from shared.domain.photo_verdict import PhotoVerdict
from shared.vision.face_encoder import CHIP_SIZE, FaceEncoder, cut_chip
from shared.vision.face_finder import DetectedFace, FaceFinder
from shared.vision.faces import FaceReading
from shared.vision.model_files import MODELS_DIR
from shared.vision.skin_tone import typology_angle
from shared.vision.straight_face import straighten

if TYPE_CHECKING:
    from shared.vision.dlib_network import DlibNetwork

# What a photo has to be like: models/README.md has what each limit refuses of ordinary photos, and here is
# what was recognised of 160 photos made worse (November 2026).

# Pixels of the photo. Made smaller, faces of 45 pixels are all recognised, of 35 pixels 96 %; but the spoof
# check needs some.
MIN_FACE_HEIGHT = 60
# Mean gray of 0…255 over the face. Made darker, 94 % are recognised at a mean of 36, two thirds at 26.
MIN_BRIGHTNESS = 20.0
# Variance of the Laplacian over the face's chip, divided by the variance of its grays so dim light is not
# taken for blur. A Gaussian blur of 1 chip pixel leaves a median of 0.019 and all are recognised, of 2 pixels
# 0.007 and 84 %, of 3 pixels hardly any.
MIN_SHARPNESS = 0.008
# The tip of the nose, in eye distances from the point between the eyes: sideways and down the face. Up to a
# half sideways no more are refused than straight ones; beyond are profiles.
MAX_SIDEWAYS = 0.5
NOSE_DROP = (0.35, 1.1)
# The detector is as sure of 99 in 100 upright faces; one that leans by more may lean further than it says.
# Any other photo is looked at in all four quarter turns, and the surest is taken; for each degree that a face
# leans there it counts as so much less sure: of two turns between which it lies, the nearer one.
SURE_SCORE, SURE_WITHIN = 0.91, 36.0
LEANING_COSTS = 0.0005
# From here on a sharper photo is not a better one: the median of LFW.
FULL_SHARPNESS = 0.09


class FaceMatcher:
    """Finds, judges and describes the face in a photo, from any number of threads at once."""

    def __init__(self, *, models_dir: Path = MODELS_DIR) -> None:
        """Raise ModelUnavailable if a file that every photo needs is missing, altered or damaged."""
        self.finder = FaceFinder(models_dir=models_dir)
        self.encoder = FaceEncoder(models_dir=models_dir)
        self._models_dir = models_dir
        self._loading = threading.Lock()
        self._dlib: DlibNetwork | None = None

    def warm_up(self, at_once: int = 1) -> None:
        """Make networks for so many threads now, before somebody waits. Raise ModelUnavailable."""
        self.finder.prepare(at_once)
        self.finder.find_faces(np.zeros((240, 320, 3), np.uint8))
        self.encoder.prepare(at_once)
        self.encoder.describe(np.zeros((CHIP_SIZE, CHIP_SIZE, 3), np.uint8))

    def read(self, rgb: np.ndarray) -> FaceReading:
        """Read an RGB uint8 photo of shape (height, width, 3), carefully. Raise ModelUnavailable."""
        return self._read(rgb, with_mirror=True)

    def describe_fast(self, rgb: np.ndarray) -> FaceReading:
        """Read an RGB uint8 photo of shape (height, width, 3) in half the time, for the kiosk's queue.

        A doubtful match deserves `describe_accurate`. Raise ModelUnavailable.
        """
        return self._read(rgb, with_mirror=False)

    def describe_accurate(self, rgb: np.ndarray, face: DetectedFace) -> np.ndarray:
        """Return the (128,) descriptor that `read` has of a face `describe_fast` found in this photo."""
        return self.encoder.describe(cut_chip(rgb, face), with_mirror=True)

    def skin_tone(self, rgb: np.ndarray, face: DetectedFace) -> float:
        """Return how light the skin of a face in this photo is, in degrees: see `typology_angle`."""
        return typology_angle(cut_chip(rgb, face))

    def describe_by(self, network: Network, rgb: np.ndarray, face: DetectedFace) -> np.ndarray:
        """Describe a face found in this photo by the network of the face model it is compared with.

        Raise ModelUnavailable.
        """
        if network is Network.SFACE:
            return self.describe_accurate(rgb, face)
        return self._dlib_network().describe(rgb, face)

    def _dlib_network(self) -> "DlibNetwork":
        # Imported here, so that a school without models of dlib's carries none of it.
        from shared.vision.dlib_network import DlibNetwork

        with self._loading:
            if self._dlib is None:
                self._dlib = DlibNetwork(models_dir=self._models_dir)
            return self._dlib

    def _read(self, rgb: np.ndarray, *, with_mirror: bool) -> FaceReading:
        faces, quarter_turns = self._find_upright(rgb)
        if not faces:
            return FaceReading(PhotoVerdict.NO_FACE)
        face = faces[0]
        if any(other.is_second_to(face) for other in faces[1:]):
            return FaceReading(PhotoVerdict.SEVERAL_FACES)
        if face.height < MIN_FACE_HEIGHT:
            return FaceReading(PhotoVerdict.TOO_SMALL)
        chip = cut_chip(np.rot90(rgb, quarter_turns), face)
        look = _look(face, chip)
        descriptor = self.encoder.describe(chip, with_mirror=with_mirror)
        return FaceReading(look.verdict, face, descriptor, look.quality, quarter_turns)

    def _find_upright(self, rgb: np.ndarray) -> tuple[list[DetectedFace], int]:
        """Find the faces, the tallest straightened, and how often the photo has to be turned by 90° for that
        one to be upright.

        A photo that lies on its side without saying so is turned; an upright one costs one look. The detector
        takes faces on their side for upright ones and places their points wrongly, but is less sure of them.
        """
        unturned = self._find_straight(rgb)
        if _is_surely_upright(unturned):
            return unturned, 0
        turned = ((np.ascontiguousarray(np.rot90(rgb, turns)), turns) for turns in (1, 3, 2))
        looks = [(unturned, 0), *((self._find_straight(photo), turns) for photo, turns in turned)]
        return max(looks, key=lambda look: _uprightness(look[0]))

    def _find_straight(self, rgb: np.ndarray) -> list[DetectedFace]:
        faces = self.finder.find_faces(rgb)
        return [straighten(self.finder, rgb, face) for face in faces[:1]] + faces[1:]


def _is_surely_upright(faces: list[DetectedFace]) -> bool:
    """Whether any face is: the tallest may be of somebody at the photo's edge, half seen."""
    return any(face.score >= SURE_SCORE and abs(face.lean) <= SURE_WITHIN for face in faces)


def _uprightness(faces: list[DetectedFace]) -> float:
    return max((face.score - LEANING_COSTS * abs(face.lean) for face in faces), default=-1.0)


@dataclass(frozen=True)
class _Look:
    """How a face looks; the units are those of the constants above."""

    brightness: float
    sharpness: float
    sideways: float
    nose_drop: float

    @property
    def verdict(self) -> PhotoVerdict:
        if self.brightness < MIN_BRIGHTNESS:
            return PhotoVerdict.TOO_DARK
        if self.sharpness < MIN_SHARPNESS:
            return PhotoVerdict.BLURRED
        if self.sideways > MAX_SIDEWAYS or not NOSE_DROP[0] <= self.nose_drop <= NOSE_DROP[1]:
            return PhotoVerdict.TURNED_AWAY
        return PhotoVerdict.GOOD

    @property
    def quality(self) -> float:
        frontal = max(0.0, 1 - self.sideways / (2 * MAX_SIDEWAYS))
        return frontal * min(1.0, self.sharpness / FULL_SHARPNESS)


def _look(face: DetectedFace, chip: np.ndarray) -> _Look:
    gray = np.asarray(Image.fromarray(chip).convert("L"), np.float32)[24:104, 20:92]
    laplacian = gray[:-2, 1:-1] + gray[2:, 1:-1] + gray[1:-1, :-2] + gray[1:-1, 2:] - 4 * gray[1:-1, 1:-1]
    left, right, nose = (np.array(point) for point in face.landmarks[:3])
    across = right - left
    down = np.array([-across[1], across[0]])
    offset = (nose - (left + right) / 2) / max(float(across @ across), 1.0)
    return _Look(
        brightness=float(gray.mean()),
        sharpness=float(laplacian.var() / max(float(gray.var()), 1.0)),
        sideways=abs(float(offset @ across)),
        nose_drop=float(offset @ down),
    )
