"""Serves a network of `models/` with LiteRT to any number of threads."""

from pathlib import Path

import numpy as np
from ai_edge_litert.interpreter import Interpreter

from shared.domain.languages import phrase
from shared.errors import ModelUnavailable
from shared.vision.model_files import MODELS_DIR, open_model_file
from shared.vision.pool import Pool


class ServedNetwork:
    """One network, checked against the manifest; no two threads use one of its interpreters at once."""

    def __init__(
        self,
        name: str,
        *,
        called: str,
        models_dir: Path = MODELS_DIR,
        prepared_for: int = 1,
        any_size: bool = False,
    ) -> None:
        """Open the file that the manifest lists as `name`, and make interpreters for so many threads.

        `called` is what sentences call it, such as "face detector"; `any_size` says that the network takes
        pictures of any size. Raise ModelUnavailable if the file is missing or altered, or if it is no network
        and `prepared_for` is not 0: a damaged file is told now, not to the first person it concerns.
        """
        file = open_model_file(name, models_dir=models_dir)
        self.sha256 = file.sha256
        self._content, self._called, self._any_size = file.content, called, any_size
        self._interpreters = Pool(self._make_interpreter)
        self.prepare(prepared_for)

    def prepare(self, at_once: int) -> None:
        """Make interpreters for so many threads. Raise ModelUnavailable for a file that is no network."""
        self._interpreters.fill(at_once)

    def run(self, values: np.ndarray) -> list[np.ndarray]:
        """Return the network's outputs for one input, in its order. Raise ModelUnavailable if it fails."""
        try:
            with self._interpreters.acquire() as interpreter:
                (given,) = interpreter.get_input_details()
                # Another size costs a millisecond, once: most photos of a phone are of one size.
                if self._any_size and tuple(given["shape"]) != values.shape:
                    interpreter.resize_tensor_input(given["index"], values.shape)
                    interpreter.allocate_tensors()
                interpreter.set_tensor(given["index"], values)
                interpreter.invoke()
                return [interpreter.get_tensor(each["index"]) for each in interpreter.get_output_details()]
        except (RuntimeError, ValueError) as cause:
            raise self.failure() from cause

    def failure(self) -> ModelUnavailable:
        """Return the failure to raise where what the network gave is no answer."""
        return ModelUnavailable(
            phrase("The camera check is not available: the %(called)s failed.", called=self._called)
        )

    def _make_interpreter(self) -> Interpreter:
        try:
            interpreter = Interpreter(model_content=self._content, num_threads=1)
            interpreter.allocate_tensors()
        except (RuntimeError, ValueError) as cause:
            raise ModelUnavailable(
                phrase("The camera check is not available: the %(called)s is damaged.", called=self._called)
            ) from cause
        return interpreter
