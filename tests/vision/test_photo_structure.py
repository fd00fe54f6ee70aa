"""Photos whose files have more parts than a camera writes are refused before a decoder sees them."""

import time

import pytest
from PIL import Image

from shared.errors import PhotoRefused
from shared.vision.images import CAMERA, open_photo
from shared.vision.photo_structure import MOST_SCANS, require_plain_structure
from tests.support.heavy_files import chunk, heavy_photos, with_scans
from tests.support.pictures import jpeg, person
from tests.vision.test_images import encoded

HEAVY = heavy_photos()


@pytest.mark.parametrize("kind", HEAVY)
def test_a_heavy_photo_is_refused_before_it_is_opened(kind, monkeypatch):
    monkeypatch.setattr(Image, "open", lambda *_args, **_how: pytest.fail("it was opened"))
    assert len(HEAVY[kind]) < 5_000_000
    began = time.thread_time()
    with pytest.raises(PhotoRefused, match="unusual way"):
        open_photo(HEAVY[kind])
    assert time.thread_time() - began < 0.2


@pytest.mark.parametrize("how", [{}, {"progressive": True}, {"restart_marker_blocks": 1}])
def test_what_cameras_write_is_opened(how):
    portrait = person("obama.jpg").resize((4000, 3000))
    assert open_photo(encoded(portrait, "JPEG", **how)).shape == (960, 1280, 3)
    assert open_photo(encoded(portrait.resize((640, 480)), "PNG")).shape == (480, 640, 3)


def test_a_hundred_scans_of_a_small_picture_are_not_too_many():
    scans = 10  # of the picture itself
    assert open_photo(with_scans((640, 480), MOST_SCANS - scans)).shape == (480, 640, 3)
    with pytest.raises(PhotoRefused):
        open_photo(with_scans((640, 480), MOST_SCANS - scans + 1))


@pytest.mark.parametrize("cut", range(0, 700, 37))
def test_a_cut_off_file_is_left_to_the_decoder(cut):
    require_plain_structure(jpeg(person("obama.jpg"))[:cut], largest_pixels=CAMERA.max_pixels)
    require_plain_structure(
        b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", b"x" * 13)[:cut], largest_pixels=CAMERA.max_pixels
    )
    require_plain_structure(b"RIFF\xff\xff\xff\xffWEBPVP8 "[:cut], largest_pixels=CAMERA.max_pixels)
