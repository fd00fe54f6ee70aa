"""Photos from files: every kind and size that people have, opened where it cannot cost this process much."""

import resource
import time
from dataclasses import replace
from io import BytesIO

import numpy as np
import pillow_heif
import pytest
from PIL import Image

from shared.errors import PhotoRefused
from shared.vision import photo_files
from shared.vision.images import CAMERA, WORKING_SIDE, open_photo
from shared.vision.photo_files import FILE, Openings, open_file
from tests.support.bad_photos import GRADIENT, SMALL_FILES_THAT_ARE_NO_PHOTO, encoded
from tests.support.heavy_files import heic_of_tiles, with_scans


@pytest.fixture(autouse=True)
def machine(tmp_path, monkeypatch):
    """A machine of the test's own, as far as turns go."""
    monkeypatch.setenv("INSTANCE_DIR", str(tmp_path))


def heic(picture, **how):
    file = BytesIO()
    pillow_heif.from_pillow(picture).save(file, quality=90, **how)
    return file.getvalue()


def with_orientation(orientation):
    exif = Image.Exif()
    exif[0x0112] = orientation
    return exif.tobytes()


@pytest.mark.parametrize("name", SMALL_FILES_THAT_ARE_NO_PHOTO)
def test_a_file_that_is_no_photo_is_refused_in_a_sentence(name):
    with pytest.raises(PhotoRefused, match=r"\.$"):
        open_file(SMALL_FILES_THAT_ARE_NO_PHOTO[name])


@pytest.mark.parametrize(
    ("kind", "size"),
    [("JPEG", (8160, 6144)), ("JPEG", (6144, 8160)), ("PNG", (4624, 3468)), ("WEBP", (4080, 3072))],
)
def test_a_large_photo_of_a_phone_comes_back_as_a_small_one_does(kind, size):
    gradient = GRADIENT.convert("RGB").resize(size)
    opened = open_file(encoded(gradient, kind))
    small = open_file(encoded(gradient.resize((opened.shape[1], opened.shape[0])), kind))
    assert max(opened.shape) == WORKING_SIDE
    assert np.abs(opened.astype(np.int16) - small).mean() < 2


def test_a_heic_of_48_megapixels_in_tiles_is_taken():
    tile = heic(GRADIENT.convert("RGB").resize((512, 512)))
    opened = open_file(heic_of_tiles(tile, across=16, down=12, size=(8064, 6048)))
    assert opened.shape == (960, 1280, 3)


def test_more_than_a_file_may_have_is_refused_by_its_header():
    with pytest.raises(PhotoRefused, match="50 megapixels"):
        open_file(encoded(Image.new("L", (8192, 6145)), "JPEG"))
    with pytest.raises(PhotoRefused, match="20 MB"):
        open_file(b"\xff\xd8" + bytes(FILE.max_bytes))


def test_what_is_kept_of_a_file_is_never_more_than_a_camera_sends():
    noise = Image.effect_noise((2400, 1800), 90)
    large, small = encoded(noise, "JPEG", quality=98), encoded(noise, "JPEG", quality=50)
    assert len(large) > CAMERA.max_bytes > len(small)
    openings = Openings(open_file, most_s=60)
    assert openings.fit(small) == small
    assert open_photo(openings.fit(large)).shape == open_file(large).shape == (960, 1280, 3)


def test_when_the_time_of_an_upload_is_over_no_more_is_opened():
    openings = Openings(lambda _data: time.sleep(0.2), most_s=0.3)
    openings.open(b"one")
    openings.open(b"two")
    with pytest.raises(PhotoRefused, match="takes too long"):
        openings.open(b"three")


def test_a_small_heic_of_a_thousand_tiles_is_stopped_and_costs_this_process_nothing(monkeypatch):
    monkeypatch.setattr(photo_files, "PHOTO", replace(photo_files.PHOTO, processor_s=1))
    tile = heic(Image.effect_noise((512, 512), 90).convert("RGB"))
    heavy = heic_of_tiles(tile, across=31, down=31, size=(1000, 1000))
    assert len(heavy) < 1_000_000
    began, ours = time.monotonic(), time.process_time()
    with pytest.raises(PhotoRefused, match="too much of this machine"):
        open_file(heavy)
    assert time.monotonic() - began < 10
    assert time.process_time() - ours < 0.2


@pytest.mark.parametrize("kind", ["HEIC", "a large JPEG"])
def test_what_no_camera_of_a_page_sends_is_opened_in_another_process(kind):
    content = heic(GRADIENT.convert("RGB")) if kind == "HEIC" else with_scans((5000, 4000), 0)
    open_file(content)  # whoever is first starts the server
    before = resource.getrusage(resource.RUSAGE_SELF).ru_utime
    for _ in range(5):
        open_file(content)
    assert resource.getrusage(resource.RUSAGE_SELF).ru_utime - before < 0.2


@pytest.mark.parametrize(
    "content",
    [heic(GRADIENT.convert("RGB")), encoded(GRADIENT.convert("RGB"), "WEBP", quality=95)],
    ids=["HEIC", "WebP"],
)
def test_webp_and_heic_are_taken_as_files_and_not_at_the_kiosk(content):
    opened = open_file(content)
    original = np.asarray(GRADIENT.convert("RGB"), np.int16)
    assert opened.shape == original.shape
    assert np.abs(opened.astype(np.int16) - original).mean() < 4
    with pytest.raises(PhotoRefused, match="Only JPEG and PNG photos"):
        open_photo(content)


@pytest.mark.parametrize("kind", ["JPEG", "WEBP", "HEIC"])
def test_every_kind_is_turned_upright_once(kind):
    sideways, exif = Image.new("RGB", (400, 300), "red"), with_orientation(6)
    sideways.paste("blue", (0, 0, 400, 100))  # the top of the file is the right of the upright photo
    content = heic(sideways, exif=exif) if kind == "HEIC" else encoded(sideways, kind, exif=exif)
    opened = open_file(content)
    assert opened.shape == (400, 300, 3)
    assert opened[200, 290, 2] > 200 > opened[200, 10, 2]


def test_a_webp_and_a_heic_that_claim_to_be_large_are_refused_in_no_time():
    started = time.process_time()
    small = bytearray(encoded(GRADIENT.convert("RGBA"), "WEBP", lossless=True, exif=with_orientation(1)))
    assert small[12:16] == b"VP8X"
    for side in (7200, 16_383):
        small[24:30] = (side - 1).to_bytes(3, "little") * 2
        with pytest.raises(PhotoRefused):
            open_file(bytes(small))
    picture = heic(Image.new("RGB", (400, 400), "gray"))
    at = picture.index(b"ispe") + 8
    large = picture[:at] + (9000).to_bytes(4, "big") * 2 + picture[at + 8 :]
    with pytest.raises(PhotoRefused, match="50 megapixels"):
        open_file(large)
    assert time.process_time() - started < 1


@pytest.mark.parametrize("kept", [0.02, 0.3, 0.6, 0.99])
@pytest.mark.parametrize("kind", ["WEBP", "HEIC"])
def test_half_a_webp_or_heic_is_refused(kind, kept):
    picture = GRADIENT.convert("RGB")
    content = heic(picture) if kind == "HEIC" else encoded(picture, "WEBP", quality=95)
    with pytest.raises(PhotoRefused):
        open_file(content[: int(len(content) * kept)])


def test_a_moving_webp_is_no_photo():
    frames = [Image.new("RGB", (200, 200), colour) for colour in ("red", "blue")]
    moving = encoded(frames[0], "WEBP", save_all=True, append_images=frames[1:])
    with pytest.raises(PhotoRefused, match="animated"):
        open_file(moving)
