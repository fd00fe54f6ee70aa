"""A network is served to many threads only if its file is the one that was checked; else nobody passes."""

import hashlib
import json
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest

from shared.domain.languages import Sentence
from shared.errors import ModelUnavailable
from shared.vision.dlib_encoder import DlibEncoder
from shared.vision.face_encoder import FaceEncoder
from shared.vision.face_finder import FaceFinder
from shared.vision.face_mesh import FaceMesh
from shared.vision.head_turn import HeadTurnReader
from shared.vision.model_files import MODELS_DIR
from shared.vision.served_network import ServedNetwork

USERS = {
    "faces/detector": (FaceFinder, HeadTurnReader),
    "faces/recogniser": (FaceEncoder,),
    "faces/dlib": (DlibEncoder,),
    "faces/mesh": (FaceMesh, HeadTurnReader),
}


def models_with(folder: Path, name: str, content: bytes | None, *, is_listed: bool) -> Path:
    """A folder of models whose file `name` has this content, or is missing; listed: with its true hash."""
    manifest = json.loads((MODELS_DIR / "manifest.json").read_text(encoding="utf-8"))
    for key in USERS:
        path = folder / manifest[key]["file"]
        path.parent.mkdir(exist_ok=True)
        if key != name:
            path.symlink_to(MODELS_DIR / manifest[key]["file"])
        elif content is not None:
            path.write_bytes(content)
            if is_listed:
                manifest[key]["sha256"] = hashlib.sha256(content).hexdigest()
    (folder / "manifest.json").write_text(json.dumps(manifest), encoding="utf-8")
    return folder


def with_one_bit_changed(content: bytes) -> bytes:
    changed = bytearray(content)
    changed[len(changed) // 2] ^= 1
    return bytes(changed)


each_user = pytest.mark.parametrize(
    ("name", "make"), [(name, make) for name, users in USERS.items() for make in users]
)


@each_user
def test_a_missing_file_is_told_at_once(tmp_path, name, make: Callable):
    with pytest.raises(ModelUnavailable, match="missing"):
        make(models_dir=models_with(tmp_path, name, None, is_listed=False))


@each_user
def test_one_changed_bit_is_told_at_once(tmp_path, name, make: Callable):
    manifest = json.loads((MODELS_DIR / "manifest.json").read_text(encoding="utf-8"))
    altered = with_one_bit_changed((MODELS_DIR / manifest[name]["file"]).read_bytes())
    with pytest.raises(ModelUnavailable, match="altered"):
        make(models_dir=models_with(tmp_path, name, altered, is_listed=False))


@each_user
@pytest.mark.parametrize("content", [b"", b"no network", bytes(10_000)], ids=["empty", "text", "zeros"])
def test_a_file_that_is_no_network_is_told_at_once_even_with_the_right_hash(
    tmp_path, name, make: Callable, content
):
    with pytest.raises(ModelUnavailable, match="damaged") as refused:
        make(models_dir=models_with(tmp_path, name, content, is_listed=True))
    assert isinstance(refused.value.sentence.values["called"], Sentence)  # said in the reader's language


def test_an_input_that_does_not_fit_is_a_failure_and_the_next_one_is_answered():
    network = ServedNetwork("faces/detector", called="face detector")
    with pytest.raises(ModelUnavailable, match="the face detector failed"):
        network.run(np.zeros((1, 8, 8, 3), np.float32))
    (table,) = network.run(np.zeros((1, 320, 320, 3), np.float32))
    assert table.shape[-1] == 16


def test_what_is_not_prepared_is_told_by_the_first_use(tmp_path):
    models_dir = models_with(tmp_path, "faces/mesh", b"no network", is_listed=True)
    network = ServedNetwork("faces/mesh", called="face mesh", models_dir=models_dir, prepared_for=0)
    with pytest.raises(ModelUnavailable, match="the face mesh is damaged"):
        network.run(np.zeros((1, 192, 192, 3), np.float32))


def test_four_threads_get_what_one_gets():
    network = ServedNetwork("faces/recogniser", called="face network")
    chips = np.random.default_rng(7).uniform(0, 255, (8, 1, 112, 112, 3)).astype(np.float32)
    alone = [network.run(chip)[0] for chip in chips]
    with ThreadPoolExecutor(4) as threads:
        together = [found for (found,) in threads.map(network.run, chips)]
    assert all(np.array_equal(one, other) for one, other in zip(alone, together, strict=True))
