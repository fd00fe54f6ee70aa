"""Makes `models/faces/dlib_cohort.npz` from DIR, a folder of photos for each person.

    python -m modelling.dlib_cohort DIR [MODELS_DIR]

Those people must not serve to measure the matching afterwards.
"""

import io
import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from modelling.manifest import write_model_file
from shared.vision.dlib_detector import DlibDetector
from shared.vision.dlib_encoder import DlibEncoder, cut_chip
from shared.vision.images import open_photo
from shared.vision.model_files import MODELS_DIR

# A quarter of the people, so that each typical face is the mean of some four and shows none of them. With
# the people split in halves, 15, 25 or 40 from the 78 of a half did equally well, 8 did worse.
PEOPLE_PER_FACE = 4


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
    card = {"licence": "own", "origin": f"means of faces of {len(set(people))} people; see README.md"}
    write_model_file("faces/dlib_cohort", "faces/dlib_cohort.npz", content, card, models_dir)


if __name__ == "__main__":
    rebuild(*map(Path, sys.argv[1:]))
