"""The crops that the spoof check looks at: how wide they are, and what stands in for missing room."""

import numpy as np
import pytest
from PIL import Image

from shared.vision.face_finder import Box
from shared.vision.spoof_views import cut_near, cut_wide


def slope(width: int, height: int) -> Image.Image:
    """A bright picture in which every pixel's red says its column and its green its row."""
    rows, columns = np.indices((height, width))
    return Image.fromarray(np.stack([columns, rows, 0 * rows + 255], axis=2).astype(np.uint8))


def spans(view: np.ndarray) -> tuple[float, float]:
    """How many columns and rows of the picture lie between the middles of the first and the last pixel."""
    return float(view[40, -1, 0] - view[40, 0, 0]), float(view[-1, 40, 1] - view[0, 40, 1])


def test_a_close_crop_is_as_narrow_as_a_face() -> None:
    across, down = spans(cut_near(slope(250, 250), Box(85, 85, 165, 165)))
    assert down == pytest.approx(80 * 2.7 * 79 / 80, abs=2)
    assert across == pytest.approx(0.82 * 80 * 2.7 * 79 / 80, abs=2)


@pytest.mark.parametrize(("room", "is_continued"), [(1.5, True), (1.7, False)])
def test_where_there_is_little_room_its_mirror_image_continues_it(room: float, is_continued: bool) -> None:
    side = round(100 * room)
    left = (side - 100) // 2
    view = cut_near(slope(250, side), Box(75, left, 175, left + 100))
    missing = (2.0 - room) / 2 * 100
    assert view[0, 40, 1] == pytest.approx(missing if is_continued else 0, abs=3)


@pytest.mark.parametrize(("room", "is_continued"), [(1.5, True), (1.7, False)])
def test_so_it_is_round_the_whole_head(room: float, is_continued: bool) -> None:
    side = round(100 * 1.23 * room)
    top = round((side - 100) / 2 + 8)
    left = (side - 100) // 2
    view = cut_wide(slope(side, side), Box(left, top, left + 100, top + 100))
    missing = (2.0 - room) / 2 * 123
    assert view[40, 0, 0] == pytest.approx(missing if is_continued else 0, abs=3)
