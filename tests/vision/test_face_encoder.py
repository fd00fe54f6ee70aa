"""SFace as it is served gives the published network's numbers."""

import numpy as np
import pytest
from PIL import Image, ImageFilter

from shared.domain.face_model import PHOTO_LENGTHS
from shared.errors import ModelUnavailable
from shared.vision.face_encoder import CHIP_POINTS, FaceEncoder, cut_chip
from shared.vision.face_finder import FaceFinder
from shared.vision.images import open_photo
from tests.support.photographs import photograph

ENCODER, FINDER = FaceEncoder(), FaceFinder()


def chip_of(name: str) -> np.ndarray:
    rgb = open_photo(photograph(name).read_bytes())
    return cut_chip(rgb, FINDER.find_faces(rgb)[0])


@pytest.mark.parametrize("name", ["obama.jpg", "biden.jpg", "astronaut.png"])
def test_a_chip_has_the_face_where_the_network_was_trained_to_see_it(name):
    """A face found in the chip again lies near the places."""
    chip = chip_of(name)
    room = np.zeros((224, 224, 3), np.uint8)
    room[56:168, 56:168] = chip
    (face,) = FINDER.find_faces(room, min_score=0.5)
    assert np.abs(np.array(face.landmarks) - 56 - CHIP_POINTS).max() < 10


def test_a_descriptor_with_its_mirror_image_does_not_care_for_the_side():
    chip = chip_of("obama.jpg")
    descriptor = ENCODER.describe(chip, with_mirror=True)
    assert (descriptor.shape, descriptor.dtype) == ((128,), np.float32)
    assert np.abs(ENCODER.describe(chip[:, ::-1], with_mirror=True) - descriptor).max() < 1e-5
    assert ENCODER.describe(chip) @ descriptor > 0.9


@pytest.mark.parametrize("with_mirror", [False, True])
def test_the_worse_a_face_is_seen_the_longer_its_descriptor(with_mirror):
    """Within limits, and without turning anywhere else by it."""
    chip = chip_of("obama.jpg")
    photo = Image.fromarray(chip)
    seen = [photo, *(photo.filter(ImageFilter.GaussianBlur(radius)) for radius in (2, 3, 5))]
    lengths = [np.linalg.norm(ENCODER.describe(np.asarray(each), with_mirror=with_mirror)) for each in seen]
    assert np.diff(lengths).min() > -1e-6  # two at the limit may differ by rounding
    assert PHOTO_LENGTHS[0] <= lengths[0] < lengths[-1] == pytest.approx(PHOTO_LENGTHS[1])


def test_a_network_that_gives_no_numbers_is_no_answer(monkeypatch):
    monkeypatch.setattr(ENCODER._network, "run", lambda chips: [np.full((1, 128), np.nan, np.float32)])
    with pytest.raises(ModelUnavailable):
        ENCODER.describe(np.zeros((112, 112, 3), np.uint8))
