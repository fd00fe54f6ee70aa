"""The network of skin keeps the sizes that its teacher and the spoof check expect."""

import numpy as np

from modelling.skin_student import HIDDEN, MARGIN_LIMIT, PARTS, Student, ship


def test_each_part_gives_what_the_next_one_takes_and_the_shipped_network_looks_at_both_views() -> None:
    student = Student(seed=1)
    channels = [part.output_shape[-1] for part in student.parts]
    assert channels == [*(part.channels for part in PARTS), HIDDEN]
    assert [part.input_shape for part in student.parts[1:]] == [
        part.output_shape for part in student.parts[:-1]
    ]
    crops = np.random.default_rng(3).integers(0, 256, (2, 80, 80, 3)).astype(np.float32)
    looked = np.asarray(ship(student)(crops))
    assert looked.shape == (2, HIDDEN + 1)
    assert np.abs(looked[:, HIDDEN]).max() <= MARGIN_LIMIT
    np.testing.assert_allclose(looked[1], np.asarray(student.look(crops[1:]))[0], atol=1e-4)


def test_it_is_small() -> None:
    assert sum(weight.numpy().size for weight in Student(seed=1).weights) < 500_000
