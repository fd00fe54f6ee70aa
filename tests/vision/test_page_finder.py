"""The face finder that runs in the pages sees what the server's sees, and hints by the server's limits."""

from base64 import b64encode

import numpy as np
import pytest
from PIL import Image

from modelling.page_detector import pack
from shared.services.faces.poses import LEAST_POSE
from shared.vision.face_finder import SECOND_FACE_HEIGHT, SECOND_FACE_SCORE, DetectedFace, FaceFinder
from shared.vision.face_matcher import MAX_SIDEWAYS, MIN_BRIGHTNESS, MIN_FACE_HEIGHT, NOSE_DROP
from shared.vision.images import open_photo
from tests.modelling.test_published_networks import small_network
from tests.support.photographs import photograph
from tests.support.pictures import before_a_wall, person
from tests.support.scripts import run_script

SIDE, TILT = 192, 20
FAR = 0.5  # a face of 32 pixels in the small picture
FINDER = FaceFinder()
PHOTOS = ("astronaut.png", "biden.jpg", "obama.jpg", "obama2.jpg", "obama3.jpg")


def opened(name: str) -> Image.Image:
    return shrunk(Image.fromarray(open_photo(photograph(name).read_bytes())))


def tilted(name: str, degrees: int, scale: float = 1.0) -> Image.Image:
    """Somebody before a camera, so much smaller, with the head tilted with the clock."""
    photo = before_a_wall(name, scale=scale, at=(0.5, 0.46)) if scale < 1 else person(name)
    return shrunk(photo.rotate(-degrees, Image.Resampling.BICUBIC))


def shrunk(photo: Image.Image) -> Image.Image:
    scale = SIDE / max(photo.size)
    size = (round(photo.width * scale), round(photo.height * scale))
    return photo.resize(size, Image.Resampling.BILINEAR, reducing_gap=1.0)


def as_image_data(picture: Image.Image) -> dict:
    data = b64encode(picture.convert("RGBA").tobytes()).decode()
    return {"width": picture.width, "height": picture.height, "data": data}


@pytest.fixture(scope="module")
def seen() -> list[dict]:
    """What the pages' finder sees in each of PHOTOS, and of their people tilted one way and the other, near
    and far."""
    return run_script(
        """given.map((photo) => {
            const finder = globalThis.finder ??= new modules.FaceFinder(file());
            const picture = { ...photo, data: bytes(photo.data) };
            const faces = finder.find(picture);
            return { faces, tilt: finder.tilt(picture, faces[0]) };
        })""",
        [as_image_data(opened(name)) for name in PHOTOS]
        + [
            as_image_data(tilted(name, degrees, scale))
            for scale in (1.0, FAR)
            for degrees in (-TILT, TILT)
            for name in PHOTOS
        ],
    )


def numbers_of(face: DetectedFace) -> np.ndarray:
    return np.array([face.left, face.top, face.right, face.bottom, *np.ravel(face.landmarks)])


@pytest.mark.parametrize("number", range(len(PHOTOS)), ids=PHOTOS)
def test_a_face_is_found_where_the_server_finds_it(seen, number):
    (face,) = seen[number]["faces"]
    found = np.array([face["left"], face["top"], face["right"], face["bottom"], *np.ravel(face["points"])])
    picture = np.asarray(opened(PHOTOS[number]))
    (same,) = FINDER.find_faces(picture, side=SIDE)
    assert np.abs(found - numbers_of(same)).max() < 1e-4 * same.height
    assert face["score"] == pytest.approx(same.score, abs=1e-4)
    # What the server itself looks at is larger.
    photo = open_photo(photograph(PHOTOS[number]).read_bytes())
    (fine,) = FINDER.find_faces(photo)
    scale = SIDE / max(photo.shape)
    assert np.abs(found - scale * numbers_of(fine)).max() < 0.1 * scale * fine.height


def test_a_tilted_head_is_told_from_an_upright_one(seen):
    upright, *near_and_far = np.reshape([look["tilt"] for look in seen], (5, len(PHOTOS)))
    assert np.abs(upright).max() < 12  # the hint begins at 18
    for against, with_the_clock in (near_and_far[:2], near_and_far[2:]):
        # No head in a photo is quite upright by itself, so half the way from one side to the other is judged.
        assert np.median((with_the_clock - against) / 2) == pytest.approx(TILT, abs=5)


@pytest.mark.parametrize(("tick_ms", "is_asked"), [(1, True), (100, False)])
def test_a_slow_phone_is_not_asked_how_a_head_is_tilted(tick_ms, is_asked):
    look = run_script(
        """(() => {
            let time = 0;
            globalThis.performance = { now: () => (time += given.tick) };
            return new modules.FaceFinder(file()).look({ ...given.photo, data: bytes(given.photo.data) });
        })()""",
        {"photo": as_image_data(tilted(PHOTOS[0], TILT)), "tick": tick_ms},
    )
    assert len(look["faces"]) == 1
    assert (look["tilt"] > TILT / 2) == is_asked


def test_the_limits_are_the_servers():
    limits = run_script(
        """[modules.LEAST_FACE_HEIGHT, modules.SECOND_FACE_HEIGHT, modules.SECOND_FACE_SCORE,
            modules.MIN_BRIGHTNESS, modules.MAX_SIDEWAYS, modules.NOSE_DROP, modules.LEAST_POSE]"""
    )
    own = [MIN_FACE_HEIGHT, SECOND_FACE_HEIGHT, SECOND_FACE_SCORE]
    assert limits == [*own, MIN_BRIGHTNESS, MAX_SIDEWAYS, list(NOSE_DROP), LEAST_POSE]


def test_another_network_is_not_packed():
    with pytest.raises(ValueError, match="not YuNet"):
        pack(small_network())
