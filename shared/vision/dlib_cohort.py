"""Typical faces, against which dlib's network sees a face to be common or rare; SFace gains nothing by them.

A common face is near many strangers', so it has to be nearer to its own template than a rare one to prove
as much (score normalisation by a cohort, as speaker verification does it).
`modelling/dlib_cohort.py` makes the file.
"""

import io
from pathlib import Path

import numpy as np

from shared.domain.languages import phrase
from shared.errors import ModelUnavailable
from shared.vision.dlib_encoder import DESCRIPTOR_LENGTH
from shared.vision.model_files import MODELS_DIR, open_model_file


class DlibCohort:
    """The typical faces of `models/faces/dlib_cohort.npz`."""

    def __init__(self, *, models_dir: Path = MODELS_DIR) -> None:
        """Raise ModelUnavailable if the file is missing, altered or not a cohort."""
        content = open_model_file("faces/dlib_cohort", models_dir=models_dir).content
        try:
            with np.load(io.BytesIO(content), allow_pickle=False) as file:
                self._faces = np.asarray(file["faces"], np.float32)
                self._usual = float(file["usual"])
        except Exception as cause:  # numpy raises several kinds for a damaged file
            raise ModelUnavailable(
                phrase("The camera check is not available: a model file is damaged.")
            ) from cause
        shape_is_right = self._faces.ndim == 2 and self._faces.shape[1] == DESCRIPTOR_LENGTH
        if not (shape_is_right and np.isfinite(self._faces).all() and np.isfinite(self._usual)):
            raise ModelUnavailable(phrase("The camera check is not available: a model file is damaged."))

    def commonness(self, descriptor: np.ndarray) -> float:
        """Return how common a (128,) face of length 1 is: its cosine to the nearest typical face, less the
        usual."""
        return float((self._faces @ descriptor).max()) - self._usual
