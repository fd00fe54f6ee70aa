"""The photo gate: every bad upload gets a sentence, every honest photo opens upright."""

import time
import zlib
from io import BytesIO

import numpy as np
import pillow_heif
import pytest
from PIL import Image, ImageFile

from shared.errors import PhotoRefused
from shared.vision.images import FILE_FORMATS, MAX_BYTES, WORKING_SIDE, open_photo
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
        open_photo(jpeg() + bytes(MAX_BYTES))


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


def heic(picture, **how):
    file = BytesIO()
    pillow_heif.from_pillow(picture).save(file, quality=90, **how)
    return file.getvalue()


def with_orientation(orientation):
    exif = Image.Exif()
    exif[0x0112] = orientation
    return exif.tobytes()


@pytest.mark.parametrize("size", [(4080, 3072), (3072, 4080), (4096, 3072)])
def test_what_phones_call_twelve_megapixels_is_taken_and_shrunk(size):
    opened = open_photo(encoded(Image.new("RGB", size, "gray"), "JPEG"))
    assert max(opened.shape) == WORKING_SIDE
    assert (opened.shape[1] > opened.shape[0]) == (size[0] > size[1])


@pytest.mark.parametrize(
    "content",
    [heic(GRADIENT.convert("RGB")), encoded(GRADIENT.convert("RGB"), "WEBP", quality=95)],
    ids=["HEIC", "WebP"],
)
def test_webp_and_heic_are_taken_as_files_and_not_at_the_kiosk(content):
    opened = open_photo(content, formats=FILE_FORMATS)
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
    opened = open_photo(content, formats=FILE_FORMATS)
    assert opened.shape == (400, 300, 3)
    assert opened[200, 290, 2] > 200 > opened[200, 10, 2]


def test_a_webp_and_a_heic_that_claim_to_be_large_are_refused_in_no_time():
    started = time.process_time()
    small = bytearray(encoded(GRADIENT.convert("RGBA"), "WEBP", lossless=True, exif=with_orientation(1)))
    assert small[12:16] == b"VP8X"
    for side in (3600, 16_383):
        small[24:30] = (side - 1).to_bytes(3, "little") * 2
        with pytest.raises(PhotoRefused):
            open_photo(bytes(small), formats=FILE_FORMATS)
    picture = heic(Image.new("RGB", (400, 400), "gray"))
    at = picture.index(b"ispe") + 8
    large = picture[:at] + (9000).to_bytes(4, "big") * 2 + picture[at + 8 :]
    with pytest.raises(PhotoRefused, match="12 megapixels"):
        open_photo(large, formats=FILE_FORMATS)
    assert time.process_time() - started < 1


@pytest.mark.parametrize("kept", [0.02, 0.3, 0.6, 0.99])
@pytest.mark.parametrize("kind", ["WEBP", "HEIC"])
def test_half_a_webp_or_heic_is_refused(kind, kept):
    picture = GRADIENT.convert("RGB")
    content = heic(picture) if kind == "HEIC" else encoded(picture, "WEBP", quality=95)
    with pytest.raises(PhotoRefused):
        open_photo(content[: int(len(content) * kept)], formats=FILE_FORMATS)


def test_a_moving_webp_is_no_photo():
    frames = [Image.new("RGB", (200, 200), colour) for colour in ("red", "blue")]
    moving = encoded(frames[0], "WEBP", save_all=True, append_images=frames[1:])
    with pytest.raises(PhotoRefused, match="animated"):
        open_photo(moving, formats=FILE_FORMATS)
