"""Pictures for tests of the spoof check's training: their colour says whether they look recaptured."""

import zipfile
from io import BytesIO

import numpy as np
from PIL import Image

from shared.toolbox import Toolbox
from shared.vision.spoof_detector import SpoofDetector
from shared.vision.spoof_training import SpoofTrainer

SIZES = {"near": 130, "wide": 130, "frame": 3584}


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
        return features if face else {"frame": features["frame"]}


def use_real_check(toolbox: Toolbox) -> None:
    """Judge with the real last layers, and train on colours."""
    toolbox.__dict__["spoof_detector"] = SpoofDetector(
        toolbox.settings.models_dir, toolbox._find_trained_spoof_heads
    )
    toolbox.__dict__["spoof_trainer"] = ColourTrainer(toolbox.settings.models_dir)
