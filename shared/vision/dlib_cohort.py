"""Typical faces, against which dlib's network sees a face to be common or rare; SFace gains nothing by them.

    python -m shared.vision.dlib_cohort DIR [MODELS_DIR]

A common face is near many strangers', so it has to be nearer to its own template than a rare one to prove
as much (score normalisation by a cohort, as speaker verification does it). The command makes the cohort from
DIR, a folder of photos for each person; those people must not serve to measure the matching afterwards.
"""

import hashlib
import io
import json
import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from shared.errors import ModelUnavailable
from shared.vision.dlib_detector import DlibDetector
from shared.vision.dlib_encoder import DESCRIPTOR_LENGTH, DlibEncoder, cut_chip
from shared.vision.images import open_photo
from shared.vision.model_files import MODELS_DIR, open_model_file

# A quarter of the people, so that each typical face is the mean of some four and shows none of them. With
# the people split in halves, 15, 25 or 40 from the 78 of a half did equally well, 8 did worse.
PEOPLE_PER_FACE = 4


class DlibCohort:
    """The typical faces of `models/faces/dlib_cohort.npz`."""

    def __init__(self, *, models_dir: Path = MODELS_DIR) -> None:
        """Raises ModelUnavailable if the file is missing, altered or not a cohort."""
        content = open_model_file("faces/dlib_cohort", models_dir=models_dir).content
        try:
            with np.load(io.BytesIO(content), allow_pickle=False) as file:
                self._faces = np.asarray(file["faces"], np.float32)
                self._usual = float(file["usual"])
        except Exception as cause:  # numpy raises several kinds for a damaged file
            raise ModelUnavailable("The camera check is not available: a model file is damaged.") from cause
        shape_is_right = self._faces.ndim == 2 and self._faces.shape[1] == DESCRIPTOR_LENGTH
        if not (shape_is_right and np.isfinite(self._faces).all() and np.isfinite(self._usual)):
            raise ModelUnavailable("The camera check is not available: a model file is damaged.")

    def commonness(self, descriptor: np.ndarray) -> float:
        """How common a (128,) face of length 1 is: its cosine to the nearest typical face, less the usual."""
        return float((self._faces @ descriptor).max()) - self._usual


def make_cohort(descriptors: np.ndarray, people: np.ndarray) -> bytes:
    """Make the file from (photos, 128) descriptors of length 1 and the (photos,) names of their people."""
    from sklearn.cluster import KMeans

    means = np.array([_unit(descriptors[people == person].mean(axis=0)) for person in np.unique(people)])
    clusters = KMeans(max(1, len(means) // PEOPLE_PER_FACE), n_init=10, random_state=0).fit(means)
    faces = _unit(clusters.cluster_centers_).astype(np.float16)
    usual = (descriptors @ faces.astype(np.float32).T).max(axis=1).mean()
    file = io.BytesIO()
    np.savez(file, faces=faces, usual=np.float32(usual))
    return file.getvalue()


def _unit(vectors: np.ndarray) -> np.ndarray:
    unit: np.ndarray = vectors / np.linalg.norm(vectors, axis=-1, keepdims=True)
    return unit


def _describe_people(folder: Path) -> Iterator[tuple[str, np.ndarray]]:
    detector, encoder = DlibDetector(), DlibEncoder()
    for path in sorted(folder.glob("*/*")):
        rgb = open_photo(path.read_bytes())
        faces = detector.find_faces(rgb)
        if len(faces) == 1:
            yield path.parent.name, encoder.describe(cut_chip(rgb, faces[0]))


def rebuild(folder: Path, models_dir: Path = MODELS_DIR) -> None:
    """Write `faces/dlib_cohort.npz` and its manifest entry from the people in `folder`."""
    people, descriptors = zip(*_describe_people(folder), strict=True)
    content = make_cohort(np.array(descriptors), np.array(people))
    (models_dir / "faces" / "dlib_cohort.npz").write_bytes(content)
    manifest_path = models_dir / "manifest.json"
    manifest = json.loads(manifest_path.read_text(encoding="utf-8"))
    manifest["faces/dlib_cohort"] = {
        "file": "faces/dlib_cohort.npz",
        "sha256": hashlib.sha256(content).hexdigest(),
        "licence": "own",
        "origin": f"means of faces of {len(set(people))} people; see README.md",
    }
    manifest_path.write_text(json.dumps(manifest, indent=2, sort_keys=True) + "\n", encoding="utf-8")


if __name__ == "__main__":
    rebuild(*map(Path, sys.argv[1:]))
