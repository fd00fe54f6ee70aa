"""What a photo gives: its verdict, its face, its numbers, from any number of threads."""

import hashlib
import json
import shutil
import subprocess
import sys
import tempfile
from dataclasses import replace

import numpy as np
import pytest
from PIL import Image, ImageFilter

from benchmarks import four_threads
from shared.domain.face_model import Network
from shared.domain.photo_verdict import PhotoVerdict
from shared.errors import ModelUnavailable
from shared.vision.dlib_detector import DlibDetector
from shared.vision.dlib_encoder import DlibEncoder
from shared.vision.dlib_encoder import cut_chip as dlib_chip
from shared.vision.dlib_network import DlibNetwork
from shared.vision.face_finder import FaceFinder
from shared.vision.face_matcher import FaceMatcher
from shared.vision.images import open_photo
from shared.vision.model_files import MODELS_DIR
from tests.support.photographs import NAMES, photograph


@pytest.fixture(scope="module")
def matcher():
    matcher = FaceMatcher()
    matcher.warm_up()
    return matcher


def picture(name: str) -> Image.Image:
    return Image.fromarray(open_photo(photograph(name).read_bytes()))


def likeness(one: np.ndarray, other: np.ndarray) -> float:
    return float(one @ other / (np.linalg.norm(one) * np.linalg.norm(other)))


def portrait(name: str, face_height: int) -> Image.Image:
    """The head and a margin, so large that the face is `face_height` pixels high."""
    image = picture(name)
    face = FaceFinder().find_faces(np.asarray(image))[0]
    margin = face.height / 2
    box = (face.left - margin, face.top - margin, face.right + margin, face.bottom + margin)
    head = image.crop(tuple(map(round, box)))
    scale = face_height / face.height
    return head.resize((round(head.width * scale), round(head.height * scale)))


def room_with(*people: tuple[Image.Image, tuple[int, int]], size=(640, 480)) -> np.ndarray:
    room = Image.new("RGB", size, (150, 150, 145))
    for person, place in people:
        room.paste(person, place)
    return np.asarray(room)


@pytest.mark.parametrize("name", NAMES)
def test_real_portraits_are_good_photos(matcher, name):
    reading = matcher.read(np.asarray(picture(name)))
    assert reading.verdict is PhotoVerdict.GOOD
    assert reading.descriptor.shape == (128,)
    assert 0.3 < reading.quality <= 1
    assert reading.face.height >= 80


def test_the_same_person_is_nearer_than_another(matcher):
    of = {name: matcher.read(np.asarray(picture(name))).descriptor for name in NAMES}
    same = [likeness(of["obama.jpg"], of[other]) for other in ("obama2.jpg", "obama3.jpg")]
    different = [likeness(of["obama.jpg"], of[other]) for other in ("biden.jpg", "astronaut.png")]
    assert min(same) > 0.6
    assert max(different) < 0.3


def test_a_glance_is_nearly_what_a_careful_look_gives(matcher):
    rgb = np.asarray(picture("obama.jpg"))
    glance, careful = matcher.describe_fast(rgb), matcher.read(rgb)
    assert (glance.verdict, glance.face, glance.quality) == (careful.verdict, careful.face, careful.quality)
    assert 0.9 < likeness(glance.descriptor, careful.descriptor) < 0.9999
    assert np.array_equal(matcher.describe_accurate(rgb, glance.face), careful.descriptor)


@pytest.mark.parametrize("gray", [0, 128, 255])
def test_black_gray_and_white_hold_no_face(matcher, gray):
    assert matcher.read(np.full((480, 640, 3), gray, np.uint8)).verdict is PhotoVerdict.NO_FACE


def test_a_photo_without_a_person_holds_no_face(matcher):
    noise = np.random.default_rng(3).integers(0, 255, (480, 640, 3), dtype=np.uint8)
    assert matcher.read(noise).verdict is PhotoVerdict.NO_FACE


@pytest.mark.parametrize("heights", [(190, 190), (100, 100), (190, 150)])
def test_two_people_side_by_side_are_several_faces(matcher, heights):
    one, other = portrait("astronaut.png", heights[0]), portrait("obama.jpg", heights[1])
    rgb = room_with((one, (0, 20)), (other, (640 - other.width, 40)), size=(800, 480))
    assert matcher.read(rgb).verdict is PhotoVerdict.SEVERAL_FACES


def test_somebody_seen_far_behind_does_not_spoil_the_photo(matcher):
    near, far = portrait("obama.jpg", 600), portrait("astronaut.png", 330)
    rgb = room_with((near, (-160, -200)), (far, (800, 20)), size=(1280, 960))
    assert len(matcher.finder.find_faces(rgb)) == 2
    reading = matcher.read(rgb)
    assert reading.verdict is PhotoVerdict.GOOD
    alone = matcher.read(np.asarray(picture("obama.jpg")))
    assert likeness(reading.descriptor, alone.descriptor) > 0.9


def test_a_face_below_sixty_pixels_is_asked_to_come_closer(matcher):
    rgb = room_with((portrait("astronaut.png", 50), (200, 100)))
    reading = matcher.read(rgb)
    assert reading.verdict is PhotoVerdict.TOO_SMALL
    assert reading.descriptor is None


@pytest.mark.parametrize(("height", "is_small"), [(59.5, True), (60.5, False)])
def test_a_face_needs_sixty_pixels(matcher, monkeypatch, height, is_small):
    rgb = np.asarray(picture("astronaut.png"))
    (face,) = matcher.finder.find_faces(rgb)
    monkeypatch.setattr(matcher.finder, "find_faces", lambda rgb: [replace(face, top=face.bottom - height)])
    assert (matcher.read(rgb).verdict is PhotoVerdict.TOO_SMALL) == is_small


@pytest.mark.parametrize(
    ("height", "score", "is_second"), [(0.72, 0.81, True), (0.68, 0.81, False), (0.72, 0.79, False)]
)
def test_a_second_face_counts_from_seven_tenths_of_the_first(matcher, monkeypatch, height, score, is_second):
    rgb = np.asarray(picture("astronaut.png"))
    (face,) = matcher.finder.find_faces(rgb)
    other = replace(face, top=face.bottom - height * face.height, score=score)
    monkeypatch.setattr(matcher.finder, "find_faces", lambda rgb: [face, other])
    assert (matcher.read(rgb).verdict is PhotoVerdict.SEVERAL_FACES) == is_second


def test_a_dark_photo_is_named_dark(matcher):
    dim = (np.asarray(picture("astronaut.png")) * 0.1).astype(np.uint8)
    reading = matcher.read(dim)
    assert reading.verdict is PhotoVerdict.TOO_DARK
    assert reading.descriptor is not None


def test_a_blurred_photo_is_named_blurred(matcher):
    blurred = picture("obama.jpg").filter(ImageFilter.GaussianBlur(9))
    assert matcher.read(np.asarray(blurred)).verdict is PhotoVerdict.BLURRED


def test_a_face_squeezed_to_one_side_is_named_turned_away(matcher, monkeypatch):
    rgb = np.asarray(picture("astronaut.png"))
    (face,) = matcher.finder.find_faces(rgb)
    left, right, nose, *mouth = face.landmarks
    squeezed = replace(face, landmarks=(left, right, (left[0] - 2, nose[1]), *mouth))
    monkeypatch.setattr(matcher.finder, "find_faces", lambda rgb: [squeezed])
    assert matcher.read(rgb).verdict is PhotoVerdict.TURNED_AWAY


@pytest.mark.parametrize("side", [240, 640, 960, 1280])
def test_a_face_is_found_at_every_photo_size(matcher, side):
    reading = matcher.read(np.asarray(picture("astronaut.png").resize((side, side))))
    if side == 240:
        assert reading.verdict is PhotoVerdict.TOO_SMALL
    else:
        assert reading.verdict is PhotoVerdict.GOOD


@pytest.fixture
def own_models(tmp_path):
    shutil.copytree(MODELS_DIR / "faces", tmp_path / "faces")
    shutil.copy(MODELS_DIR / "manifest.json", tmp_path)
    return tmp_path


def test_four_threads_with_mixed_sizes_give_the_answers_of_one(matcher):
    done, wrong = four_threads.run(matcher, four_threads.mixed_photos())
    assert done == four_threads.THREADS * four_threads.AT_LEAST
    assert wrong == 0


@pytest.mark.parametrize("quarter_turns", [1, 2, 3])
def test_a_photo_that_lies_on_its_side_is_turned_and_read(matcher, quarter_turns):
    upright = np.asarray(picture("astronaut.png"))
    lying = np.ascontiguousarray(np.rot90(upright, -quarter_turns))
    reading = matcher.read(lying)
    assert reading.verdict is PhotoVerdict.GOOD
    assert reading.quarter_turns == quarter_turns
    assert np.array_equal(reading.turn(lying), upright)
    assert likeness(reading.descriptor, matcher.read(upright).descriptor) > 0.999


@pytest.mark.parametrize("degrees", [-20, -10, 10, 20])
def test_a_tilted_head_is_read_as_it_is(matcher, degrees):
    upright = picture("astronaut.png")
    reading = matcher.read(np.asarray(upright.rotate(degrees, Image.Resampling.BICUBIC)))
    assert reading.quarter_turns == 0
    assert likeness(reading.descriptor, matcher.read(np.asarray(upright)).descriptor) > 0.6


@pytest.mark.parametrize("name", ["obama2.jpg", "biden.jpg", "astronaut.png"])
@pytest.mark.parametrize("degrees", [-150, -60, -45, 30, 60, 105, 120, 135])
def test_a_face_is_upright_whatever_the_photo_s_turn(matcher, name, degrees):
    upright = picture(name)
    turned = np.asarray(upright.rotate(degrees, Image.Resampling.BICUBIC, expand=True))
    reading = matcher.read(turned)
    assert likeness(reading.descriptor, matcher.read(np.asarray(upright)).descriptor) > 0.8
    # As it lies in the photo that was turned back by quarters, its points lean by what is left.
    left = (degrees + 90 * reading.quarter_turns + reading.face.lean + 180) % 360 - 180
    assert abs(left) < 15


def test_a_taller_face_hardly_seen_beside_a_sure_one_turns_no_photo(matcher, monkeypatch):
    """Of somebody at the edge: turned, the photo of two would pass for one of nobody."""
    rgb = np.asarray(picture("astronaut.png"))
    (face,) = matcher.finder.find_faces(rgb)
    hardly = replace(face, top=face.top - 0.2 * face.height, score=0.86)

    def find_faces(seen, **how):
        if how:
            return []
        return [hardly, face] if np.array_equal(seen, rgb) else [replace(face, score=0.9)]

    monkeypatch.setattr(matcher.finder, "find_faces", find_faces)
    reading = matcher.read(rgb)
    assert (reading.verdict, reading.quarter_turns) == (PhotoVerdict.SEVERAL_FACES, 0)


def test_an_upright_face_is_looked_at_once(matcher, monkeypatch):
    looks = []
    find = matcher.finder.find_faces
    monkeypatch.setattr(
        matcher.finder, "find_faces", lambda rgb, **how: looks.append(rgb) or find(rgb, **how)
    )
    matcher.read(np.asarray(picture("obama2.jpg")))
    assert len(looks) == 1


DLIB_FILES = ["faces/dlib.tflite", "faces/dlib_landmarks.dat", "faces/dlib_cohort.npz"]


@pytest.mark.parametrize("file", DLIB_FILES)
def test_without_dlibs_files_photos_are_read_and_only_earlier_models_are_not_compared(own_models, file):
    (own_models / file).unlink()
    matcher = FaceMatcher(models_dir=own_models)
    rgb = np.asarray(picture("astronaut.png"))
    reading = matcher.read(rgb)
    assert reading.verdict is PhotoVerdict.GOOD
    with pytest.raises(ModelUnavailable):
        matcher.describe_by(Network.DLIB, rgb, reading.face)


@pytest.mark.parametrize("key", ["faces/dlib", "faces/dlib_landmarks", "faces/dlib_cohort"])
@pytest.mark.parametrize("content", [b"", b"no network", bytes(10_000)])
def test_a_file_that_is_no_model_of_dlibs_is_unavailable_even_with_the_right_hash(own_models, key, content):
    manifest = json.loads((own_models / "manifest.json").read_text())
    (own_models / manifest[key]["file"]).write_bytes(content)
    manifest[key]["sha256"] = hashlib.sha256(content).hexdigest()
    (own_models / "manifest.json").write_text(json.dumps(manifest))
    with pytest.raises(ModelUnavailable):
        DlibNetwork(models_dir=own_models)


def test_dlibs_network_is_loaded_by_the_first_model_that_needs_it():
    program = (
        "import sys, numpy as np\n"
        "from shared.domain.face_model import Network\n"
        "from shared.vision.face_matcher import FaceMatcher\n"
        "matcher = FaceMatcher()\n"
        "matcher.warm_up()\n"
        "assert 'dlib' not in sys.modules\n"
        "(face,) = matcher.finder.find_faces(rgb := np.load(sys.argv[1]))\n"
        "assert matcher.describe_by(Network.DLIB, rgb, face).shape == (129,)\n"
        "assert 'dlib' in sys.modules\n"
    )
    with tempfile.NamedTemporaryFile(suffix=".npy") as file:
        np.save(file.name, np.asarray(picture("astronaut.png")))
        subprocess.run([sys.executable, "-c", program, file.name], check=True, cwd=MODELS_DIR.parent)


@pytest.mark.parametrize("name", NAMES)
def test_a_face_enrolled_with_dlibs_network_is_described_as_it_was(matcher, name):
    """Where dlib's detector finds the face, nothing is different from before."""
    rgb = np.asarray(picture(name))
    detector = DlibDetector()
    expected = DlibEncoder().describe(dlib_chip(rgb, detector.find_faces(rgb)[0]))
    descriptor = matcher.describe_by(Network.DLIB, rgb, matcher.read(rgb).face)
    assert descriptor[:128] @ expected > 0.99


def test_a_face_that_dlib_does_not_find_is_described_where_it_would_be(matcher, monkeypatch):
    rgb = np.asarray(picture("obama.jpg"))
    face = matcher.read(rgb).face
    found = matcher.describe_by(Network.DLIB, rgb, face)
    monkeypatch.setattr(DlibDetector, "find_boxes", lambda self, rgb: [])
    assert found[:128] @ matcher.describe_by(Network.DLIB, rgb, face)[:128] > 0.97
