"""Typical faces tell a common face from a rare one, and a file that is none is refused."""

import hashlib
import io
import json
from pathlib import Path

import numpy as np
import pytest

from modelling.dlib_cohort import make_cohort
from shared.errors import ModelUnavailable
from shared.vision.dlib_cohort import DlibCohort


def cohort_from(tmp_path: Path, content: bytes) -> DlibCohort:
    (tmp_path / "cohort.npz").write_bytes(content)
    card = {"file": "cohort.npz", "sha256": hashlib.sha256(content).hexdigest()}
    (tmp_path / "manifest.json").write_text(json.dumps({"faces/dlib_cohort": card}))
    return DlibCohort(models_dir=tmp_path)


def npz(**arrays) -> bytes:
    file = io.BytesIO()
    np.savez(file, **arrays)
    return file.getvalue()


def unit(vectors: np.ndarray) -> np.ndarray:
    return (vectors / np.linalg.norm(vectors, axis=-1, keepdims=True)).astype(np.float32)


def test_a_face_near_the_typical_ones_is_common_and_a_far_one_rare(tmp_path):
    chance = np.random.default_rng(5)
    people = np.repeat(np.arange(40), 3)
    centre = chance.normal(size=128)
    descriptors = unit(
        centre + 0.5 * chance.normal(size=(40, 128))[people] + 0.1 * chance.normal(size=(120, 128))
    )
    cohort = cohort_from(tmp_path, make_cohort(descriptors, people))
    usual = [cohort.commonness(descriptor) for descriptor in descriptors]
    assert np.mean(usual) == pytest.approx(0, abs=1e-4)
    assert cohort.commonness(unit(centre)) > np.median(usual) + 0.03
    assert cohort.commonness(unit(chance.normal(size=128))) < np.min(usual)


def test_a_typical_face_is_the_mean_of_several_people(tmp_path):
    chance = np.random.default_rng(6)
    descriptors = unit(chance.normal(size=(40, 128)))
    with np.load(io.BytesIO(make_cohort(descriptors, np.arange(40)))) as file:
        assert file["faces"].shape == (10, 128)


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"no cohort",
        npz(faces=np.ones((3, 128))),
        npz(faces=np.ones((3, 127)), usual=0.9),
        npz(faces=np.ones(128), usual=0.9),
        npz(faces=np.full((3, 128), np.nan), usual=0.9),
        npz(faces=np.ones((3, 128)), usual=np.nan),
        npz(faces=np.array([{"an": "object"}], dtype=object), usual=0.9),
    ],
    ids=["empty", "text", "no usual", "127 numbers", "one row", "NaN", "usual NaN", "pickled object"],
)
def test_a_file_that_is_no_cohort_is_unavailable(tmp_path, content):
    with pytest.raises(ModelUnavailable):
        cohort_from(tmp_path, content)
