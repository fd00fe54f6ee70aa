"""Faces are found as OpenCV finds them with the published network."""

from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

from shared.errors import ModelUnavailable
from shared.vision.face_finder import FaceFinder
from shared.vision.images import open_photo
from tests.support.photographs import photograph

FINDER = FaceFinder()

# Left, top, width, height, five points and the score: what OpenCV 5.0's FaceDetectorYN says of the wheel's
# YuNet file and the same square of 320 pixels, in pixels of the photo.
OPENCV = {
    "astronaut.png": "179.2 62.5 90 112.2 203.4 101.1 245.3 101.6 222.9 124.7 203.3 144.2 240 142.3 0.938",
    "biden.jpg": "246.0 102.6 175.2 225.6 307.0 187.7 385.8 190.7 348.5 236.1 305.8 267.4 371.7 271.5 0.912",
    "obama.jpg": "372.0 82.6 240.8 328.7 432.0 214.0 552.6 216.0 487.6 275.9 437.5 317.4 538.3 324.0 0.947",
    "obama2.jpg": "207.1 229.2 264.9 405.8 248.3 373.6 373.5 378.3 285.1 454.7 252.8 510.9 360.1 524.3 0.934",
    "obama3.jpg": "346.4 141.8 157.1 194.5 400.0 216.3 468.6 215.5 437.2 253.4 400.3 281.0 461.9 288.4 0.932",
}


def opened(name: str) -> np.ndarray:
    return open_photo(photograph(name).read_bytes())


@pytest.mark.parametrize("name", OPENCV)
def test_a_face_is_found_where_opencv_finds_it(name):
    (face,) = FINDER.find_faces(opened(name))
    *expected, score = map(float, OPENCV[name].split())
    found = [face.left, face.top, face.width, face.height, *np.ravel(face.landmarks)]
    # Pillow builds differ by a gray level in how they shrink.
    assert np.abs(np.array(found) - expected).max() < 0.02 * face.height
    assert face.score == pytest.approx(score, abs=0.02)


@pytest.mark.parametrize("name", ["obama_partial_face.jpg", "obama_partial_face2.jpg"])
def test_half_a_face_at_the_edge_is_found_too(name):
    assert len(FINDER.find_faces(opened(name))) == 1


def test_two_faces_come_the_taller_first():
    photo = opened("astronaut.png")
    pair = np.zeros((512, 1024, 3), np.uint8)
    pair[:, :512] = photo
    pair[128:384, 640:896] = photo[::2, ::2]
    large, small = FINDER.find_faces(pair)
    assert large.height == pytest.approx(2 * small.height, rel=0.1)
    assert large.left < 512 < small.left


def test_nothing_is_found_where_nobody_is():
    assert FINDER.find_faces(np.zeros((240, 320, 3), np.uint8)) == []
    assert FINDER.find_faces(np.full((80, 1280, 3), 200, np.uint8)) == []


def test_four_threads_find_what_one_finds():
    photos = [opened(name) for name in OPENCV] * 4
    alone = [FINDER.find_faces(photo) for photo in photos]
    with ThreadPoolExecutor(4) as threads:
        assert list(threads.map(FINDER.find_faces, photos)) == alone


def test_a_network_that_gives_no_numbers_is_no_answer(monkeypatch):
    monkeypatch.setattr(FINDER._network, "run", lambda squares: [np.full((2100, 16), np.nan, np.float32)])
    with pytest.raises(ModelUnavailable):
        FINDER.find_faces(np.zeros((240, 320, 3), np.uint8))
