"""The rebuilding command reads dlib's file and nothing else."""

from pathlib import Path

import face_recognition_models
import numpy as np
import pytest

from modelling.dlib_conversion import read_resnet


def test_dlibs_file_holds_29_convolutions_and_the_matrix_of_the_descriptor():
    path = Path(face_recognition_models.face_recognition_model_location())
    resnet = read_resnet(path.read_bytes())
    assert len(resnet.convolutions) == 29
    assert resnet.convolutions[0].kernel.shape == (7, 7, 3, 32)
    assert resnet.convolutions[-1].kernel.shape == (3, 3, 256, 256)
    assert resnet.dense.shape == (256, 128)
    assert all(np.isfinite(layer.kernel).all() for layer in resnet.convolutions)


@pytest.mark.parametrize("content", [b"", b"\x01\x01", bytes(1000), b"\x01\x01\x01\x0dloss_metric_2\x01\x01"])
def test_any_other_file_is_refused(content):
    with pytest.raises(ValueError, match="network"):
        read_resnet(content)
