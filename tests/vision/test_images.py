"""The photo gate: every bad upload gets a sentence, every honest photo opens upright."""

import time
import zlib

import numpy as np
import pytest
from PIL import Image, ImageFile

from shared.errors import PhotoRefused
from shared.vision.images import CAMERA, WORKING_SIDE, open_photo
from tests.support.bad_photos import GRADIENT, SMALL_FILES_THAT_ARE_NO_PHOTO, bomb, encoded, jpeg
from tests.support.photographs import photograph


@pytest.mark.parametrize("name", SMALL_FILES_THAT_ARE_NO_PHOTO)
def test_a_file_that_is_no_photo_is_refused_in_a_sentence(name):
    with pytest.raises(PhotoRefused) as refusal:
        open_photo(SMALL_FILES_THAT_ARE_NO_PHOTO[name])
    assert str(refusal.value).endswith(".")
    assert "Error" not in str(refusal.value)


@pytest.mark.filterwarnings("ignore::PIL.Image.DecompressionBombWarning")
@pytest.mark.parametrize("side", [3600, 9000, 13000])
def test_a_png_bomb_is_refused_by_its_header_alone(side):
    content = bomb(side)
    started = time.monotonic()
    with pytest.raises(PhotoRefused, match="12 megapixels"):
        open_photo(content)
    assert time.monotonic() - started < 0.2


def test_the_largest_png_bomb_is_refused_although_pillow_refuses_it_first():
    header = bomb(3600)
    size, larger = (3600).to_bytes(4, "big") * 2, (20000).to_bytes(4, "big") * 2
    # The checksum of the size is wrong now, so it is computed anew.
    chunk = header[12:29].replace(size, larger)
    content = header[:12] + chunk + zlib.crc32(chunk).to_bytes(4, "big") + header[33:]
    with pytest.raises(PhotoRefused, match="12 megapixels"):
        open_photo(content)


def test_more_than_five_megabytes_are_refused_unread():
    with pytest.raises(PhotoRefused, match="5 MB"):
        open_photo(jpeg() + bytes(CAMERA.max_bytes))


def test_a_photo_cut_short_is_refused_even_where_another_library_allows_it(monkeypatch):
    monkeypatch.setattr(ImageFile, "LOAD_TRUNCATED_IMAGES", True)
    with pytest.raises(PhotoRefused):
        open_photo(SMALL_FILES_THAT_ARE_NO_PHOTO["JPEG cut in the middle"])


def test_a_script_after_the_picture_changes_nothing():
    plain = open_photo(jpeg())
    assert np.array_equal(open_photo(jpeg() + b"<script>alert(1)</script>"), plain)


SIXTEEN_BIT = Image.fromarray(np.asarray(GRADIENT.convert("L")).astype(np.uint16) * 257)
COLOUR_KINDS = {
    "gray JPEG": (encoded(GRADIENT.convert("L"), "JPEG", quality=95), GRADIENT.convert("L")),
    "CMYK JPEG": (encoded(GRADIENT.convert("CMYK"), "JPEG", quality=95), GRADIENT),
    "one-bit PNG": (encoded(GRADIENT.convert("1")), GRADIENT.convert("1")),
    "16-bit PNG": (encoded(SIXTEEN_BIT), GRADIENT.convert("L")),
    "palette PNG": (encoded(GRADIENT.quantize(256)), GRADIENT),
    "gray PNG with alpha": (encoded(GRADIENT.convert("LA")), GRADIENT.convert("L")),
    "PNG with alpha": (encoded(GRADIENT.convert("RGBA")), GRADIENT),
}


@pytest.mark.parametrize("kind", COLOUR_KINDS)
def test_every_colour_kind_becomes_plain_rgb(kind):
    content, meant = COLOUR_KINDS[kind]
    rgb = open_photo(content)
    assert rgb.shape == (240, 320, 3)
    assert rgb.dtype == np.uint8
    difference = np.abs(rgb.astype(int) - np.asarray(meant.convert("RGB")).astype(int))
    assert difference.mean() < 6


def test_what_is_transparent_is_seen_as_white():
    clear = Image.new("RGBA", (100, 100), (255, 0, 0, 0))
    assert (open_photo(encoded(clear)) == 255).all()


@pytest.mark.parametrize(
    ("form", "mode"),
    [("JPEG", "RGB"), ("JPEG", "L"), ("PNG", "RGB"), ("PNG", "L"), ("PNG", "RGBA"), ("PNG", "I;16")],
)
@pytest.mark.parametrize("orientation", range(1, 9))
def test_a_photo_turned_by_exif_comes_out_upright(form, mode, orientation):
    upright = Image.new("L", (200, 100), 0)
    upright.paste(255, (0, 0, 50, 25))
    stored = {
        1: None,
        2: Image.Transpose.FLIP_LEFT_RIGHT,
        3: Image.Transpose.ROTATE_180,
        4: Image.Transpose.FLIP_TOP_BOTTOM,
        5: Image.Transpose.TRANSPOSE,
        6: Image.Transpose.ROTATE_90,
        7: Image.Transpose.TRANSVERSE,
        8: Image.Transpose.ROTATE_270,
    }[orientation]
    turned = upright if stored is None else upright.transpose(stored)
    pixels = (
        Image.fromarray(np.asarray(turned).astype(np.uint16) * 257)
        if mode == "I;16"
        else turned.convert(mode)
    )
    exif = Image.Exif()
    exif[0x0112] = orientation
    rgb = open_photo(encoded(pixels, form, exif=exif))
    assert rgb.shape == (100, 200, 3)
    corners = rgb[[5, 5, -5, -5], [5, -5, 5, -5]].mean(axis=1)
    assert corners[0] > 240
    assert corners[1:].max() < 15


def test_a_large_photo_comes_back_small_and_soon():
    noise = np.random.default_rng(1).integers(0, 255, (300, 400, 3), dtype=np.uint8)
    content = encoded(Image.fromarray(noise).resize((4000, 3000)), "JPEG", quality=70)
    started = time.monotonic()
    rgb = open_photo(content)
    assert rgb.shape == (WORKING_SIDE * 3 // 4, WORKING_SIDE, 3)
    assert time.monotonic() - started < 1


def test_a_phone_photo_of_twelve_megapixels_is_taken():
    content = encoded(Image.new("L", (3024, 4032), 128), "JPEG")
    assert open_photo(content).shape == (1280, 960, 3)


def test_a_real_photo_keeps_its_size_and_pixels():
    rgb = open_photo(photograph("astronaut.png").read_bytes())
    assert np.array_equal(rgb, np.asarray(Image.open(photograph("astronaut.png")).convert("RGB")))


@pytest.mark.parametrize("size", [(4080, 3072), (3072, 4080), (4096, 3072)])
def test_what_phones_call_twelve_megapixels_is_taken_and_shrunk(size):
    opened = open_photo(encoded(Image.new("RGB", size, "gray"), "JPEG"))
    assert max(opened.shape) == WORKING_SIDE
    assert (opened.shape[1] > opened.shape[0]) == (size[0] > size[1])
