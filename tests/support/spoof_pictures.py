"""Pictures for tests of the spoof check's training: their colour says whether they look recaptured."""

import zipfile
from functools import cache
from io import BytesIO
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from shared.toolbox import Toolbox
from shared.vision import spoof_training
from shared.vision.spoof_detector import SpoofDetector
from shared.vision.spoof_training import Sample, SpoofTrainer
from tests.support.stand_ins import stand_in

SIZES = {"near": 129, "wide": 129, "frame": 3072}


def picture(*, recaptured: bool, number: int, face: bool = True) -> bytes:
    """A PNG that `ColourTrainer` takes for a living person or an attack; `number` tells pictures apart."""
    file = BytesIO()
    Image.new("RGB", (100, 100), (255 * recaptured, number % 256, 255 * face)).save(file, "PNG")
    return file.getvalue()


def archive(files: dict[str, bytes]) -> BytesIO:
    """A zip of files by their names."""
    file = BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return file


def school_pictures(people: int = 6) -> dict[str, bytes]:
    """A live picture and two attacks of each person, in the folders of a zip."""
    found = {}
    for person in range(people):
        found[f"live/person {person}/1.png"] = picture(recaptured=False, number=person)
        for kind in range(2):
            content = picture(recaptured=True, number=10 + 2 * person + kind)
            found[f"attack_{('phone', 'print')[kind]}/person {person}/1.png"] = content
    return found


class ColourTrainer(SpoofTrainer):
    """Reads `picture`'s colours instead of asking the networks."""

    def _find_features(self, rgb: np.ndarray) -> dict[str, np.ndarray]:
        recaptured, number, face = (int(value) for value in rgb[0, 0])
        rng = np.random.default_rng(number)
        features = {
            view: rng.normal(3.0 if recaptured else 0.0, 1.0, size).astype(np.float32)
            for view, size in SIZES.items()
        }
        return features | {"room": np.array(1.0)} if face else {"frame": features["frame"]}


def use_real_check(toolbox: Toolbox) -> None:
    """Judge with the real last layers, and train on colours."""
    models_dir = toolbox.settings.models_dir
    detector = SpoofDetector(models_dir, toolbox._find_trained_spoof_heads)
    stand_in(toolbox, spoof_detector=detector, spoof_trainer=_trainer(models_dir))


@cache
def _trainer(models_dir: Path) -> ColourTrainer:
    """It keeps nothing of what it trains on, and to read the networks in takes long."""
    return ColourTrainer(models_dir)


_fit_layer = spoof_training.fit_layer
_fitted: dict[tuple[object, ...], tuple[np.ndarray, float]] = {}


def fit_each_layer_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Give the layer found before for the same samples: there is nothing random in it, and it takes long."""

    def fit_layer(
        features: np.ndarray, samples: list[Sample], weights: np.ndarray, bias: float, *, pull: float
    ) -> tuple[np.ndarray, float]:
        told = tuple((sample.is_attack, sample.source) for sample in samples)
        asked = (features.tobytes(), told, weights.tobytes(), bias, pull)
        if asked not in _fitted:
            _fitted[asked] = _fit_layer(features, samples, weights, bias, pull=pull)
        return _fitted[asked]

    monkeypatch.setattr(spoof_training, "fit_layer", fit_layer)
