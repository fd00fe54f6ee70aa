"""The networks of skin keep the sizes that their teachers and the spoof check expect."""

import numpy as np

from modelling.skin_student import HIDDEN, MARGIN_LIMIT, PARTS, Student, ship


def test_each_part_gives_what_the_next_one_takes_and_the_shipped_network_both_views() -> None:
    students = [Student(seed=1), Student(seed=2)]
    for student in students:
        shapes = [part.output_shape[1:] for part in student.parts]
        assert shapes == [(side, side, channels) for side, channels in PARTS] + [(HIDDEN,)]
    crops = np.random.default_rng(3).integers(0, 256, (2, 80, 80, 3)).astype(np.float32)
    looked = np.asarray(ship(students)(crops))
    assert looked.shape == (2, HIDDEN + 1)
    assert np.abs(looked[:, HIDDEN]).max() <= MARGIN_LIMIT
    alone = np.asarray(students[1].look(crops[1:]))
    np.testing.assert_allclose(looked[1], alone[0], atol=1e-4)
