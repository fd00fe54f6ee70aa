"""How light the skin of a face is in a photo: to measure whether people are treated alike, nothing else.

The individual typology angle (Chardon and others, 1991): the light of a room moves it as well as the skin.
"""

from math import atan2, degrees

import numpy as np

# Where the cheeks lie in a chip: rows, then the columns of each.
CHEEK_ROWS, CHEEKS = slice(66, 86), (slice(26, 44), slice(68, 86))
# sRGB to CIE XYZ, its rows divided by the white of daylight (D65).
_TO_XYZ = np.array([[0.4124, 0.3576, 0.1805], [0.2126, 0.7152, 0.0722], [0.0193, 0.1192, 0.9505]])
_TO_XYZ /= np.array([[0.9505], [1.0], [1.089]])


def typology_angle(chip: np.ndarray) -> float:
    """Return the angle in degrees of the cheeks of a chip, (112, 112, 3) RGB uint8.

    Above 41 is light, below 10 dark.
    """
    cheeks = np.concatenate([chip[CHEEK_ROWS, columns].reshape(-1, 3) for columns in CHEEKS])
    colour = np.median(cheeks, axis=0) / 255
    linear = np.where(colour <= 0.04045, colour / 12.92, ((colour + 0.055) / 1.055) ** 2.4)
    xyz = _TO_XYZ @ linear
    _, green, blue = np.where(xyz > 216 / 24389, np.cbrt(xyz), (24389 / 27 * xyz + 16) / 116)
    lightness, yellowness = 116 * green - 16, 200 * (green - blue)
    return degrees(atan2(lightness - 50, max(yellowness, 1e-6)))
