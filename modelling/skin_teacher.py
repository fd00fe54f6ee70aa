"""The public network that the spoof check's network of skin learns from."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from modelling.skin_student import MARGIN_LIMIT

FILE = "minifasnet_v1se_4.0x_80x80.onnx"
# The places in its graph that the student's parts end at; the last is their description of a crop.
PLACES = (
    "/conv_23/project/conv/Conv_output_0",
    *(f"/conv_3/model/model.{block}/Add_output_0" for block in range(4)),
    "/conv_34/project/conv/Conv_output_0",
    *(f"/conv_4/model/model.{block}/Add_output_0" for block in range(6)),
    "/conv_45/project/conv/Conv_output_0",
    *(f"/conv_5/model/model.{block}/Add_output_0" for block in range(2)),
    "/bn/BatchNormalization_output_0",
)


@dataclass(frozen=True)
class Lesson:
    """Crops (n, 80, 80, 3) uint8, the teacher's values for them at all PLACES, channels last, and its margins
    for an attack (n,), limited."""

    crops: np.ndarray
    parts: list[np.ndarray]
    margin: np.ndarray


class Teacher:
    """The network, in a folder."""

    def __init__(self, folder: Path) -> None:
        import onnx
        import onnxruntime

        network = onnx.load(str(folder / FILE))
        for place in PLACES:
            network.graph.output.append(
                onnx.helper.make_tensor_value_info(place, onnx.TensorProto.FLOAT, None)
            )
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = 1  # it works beside the student
        self._session = onnxruntime.InferenceSession(network.SerializeToString(), options)
        self._answer = network.graph.output[0].name

    def label(self, crops: np.ndarray) -> Lesson:
        """Return the lesson of crops (n, 80, 80, 3) uint8 RGB."""
        rows = [self._run(crop) for crop in crops]
        found = [np.concatenate([row[place] for row in rows]) for place in range(1 + len(PLACES))]
        answers = found[0]
        margin = np.logaddexp(answers[:, 0], answers[:, 2]) - answers[:, 1]
        parts = [np.moveaxis(part, 1, -1) if part.ndim == 4 else part for part in found[1:]]
        return Lesson(crops, parts, np.clip(margin, -MARGIN_LIMIT, MARGIN_LIMIT).astype(np.float32))

    def _run(self, crop: np.ndarray) -> list[np.ndarray]:
        blue_first = crop[:, :, ::-1].transpose(2, 0, 1)[np.newaxis].astype(np.float32)
        given = {self._session.get_inputs()[0].name: blue_first}
        found: list[np.ndarray] = self._session.run([self._answer, *PLACES], given)
        return found
