"""The networks of the spoof check's close views: plain convolutions in seven parts, one network for each
view."""

from collections.abc import Sequence
from typing import Any

from shared.vision.spoof_views import CLOSE_SIZE, CLOSE_VIEWS

# What lies between the parts, as the teachers have it: rows and columns, channels.
PARTS = ((20, 64), (20, 64), (10, 128), (10, 128), (5, 128), (5, 128))
HIDDEN = 128  # numbers that describe a crop
SPREAD = 512  # channels of the last part, each weighed by place
ANSWERS = 3  # index 1 is live
MARGIN_LIMIT = 7.0  # beyond it the teachers are certain, and how certain says nothing


class Student:
    """One view's network: `parts` one behind the other, then `answer`. Random until it is taught."""

    def __init__(self, *, seed: int) -> None:
        import keras

        keras.utils.set_random_seed(seed)
        crop = keras.Input((CLOSE_SIZE, CLOSE_SIZE, 3))
        first = _block(_convolve(crop, 32, kernel=5, stride=2, active=True), 64, stride=2)
        later = [keras.Input((side, side, channels)) for side, channels in PARTS]
        rest = [
            _gate(_block(later[0], 64)),
            _block(later[1], 128, stride=2),
            _gate(_block(_block(later[2], 128), 128, hidden=96)),
            _block(later[3], 128, stride=2),
            _gate(_block(later[4], 128)),
            _describe(later[5]),
        ]
        self.parts = [keras.Model(crop, first)]
        self.parts += [keras.Model(given, made) for given, made in zip(later, rest, strict=True)]
        described = keras.Input((HIDDEN,))
        self.answer = keras.Model(described, keras.layers.Dense(ANSWERS)(described))

    @property
    def weights(self) -> list[Any]:
        """All weights that learn."""
        return [weight for part in (*self.parts, self.answer) for weight in part.trainable_variables]

    def scale(self, crops: Any) -> Any:
        """Bring crops (n, 80, 80, 3) in 0…255 to what the first part takes."""
        return (crops - 128.0) / 64.0

    def margin(self, answers: Any) -> Any:
        """Return how much more like an attack than live answers (n, 3) are: (n, 1)."""
        import keras

        return keras.ops.logsumexp(answers[:, 0::2], axis=1, keepdims=True) - answers[:, 1:2]

    def look(self, crops: Any) -> Any:
        """Describe crops (n, 80, 80, 3) in 0…255: (n, 129), the margin last and limited."""
        import keras

        value = self.scale(crops)
        for part in self.parts:
            value = part(value)
        margin = keras.ops.clip(self.margin(self.answer(value)), -MARGIN_LIMIT, MARGIN_LIMIT)
        return keras.ops.concatenate([value, margin], axis=1)


def ship(students: Sequence[Student]) -> Any:
    """Put the networks of both views together: two crops, in the order of CLOSE_VIEWS, to (2, 129)."""
    import keras

    crops = keras.Input((CLOSE_SIZE, CLOSE_SIZE, 3), batch_size=len(CLOSE_VIEWS))
    looks = [
        student.look(one)
        for student, one in zip(students, keras.ops.split(crops, len(students)), strict=True)
    ]
    return keras.Model(crops, keras.ops.concatenate(looks, axis=0))


def _convolve(value: Any, channels: int, *, kernel: int = 3, stride: int = 1, active: bool = False) -> Any:
    import keras

    padded = keras.layers.ZeroPadding2D(kernel // 2)(value) if kernel > 1 else value
    made = keras.layers.Conv2D(channels, kernel, stride, use_bias=False)(padded)
    made = keras.layers.BatchNormalization(momentum=0.9, epsilon=1e-5)(made)
    return keras.layers.ReLU()(made) if active else made


def _block(value: Any, channels: int, *, stride: int = 1, hidden: int | None = None) -> Any:
    """Add two convolutions beside a shortcut; the sum may be negative, as that of the teachers' blocks."""
    import keras

    made = _convolve(_convolve(value, hidden or channels, stride=stride, active=True), channels)
    if stride > 1 or value.shape[-1] != channels:
        value = _convolve(value, channels, kernel=3 if stride > 1 else 1, stride=stride)
    return keras.layers.Add()([made, value])


def _gate(value: Any) -> Any:
    """Weigh each channel by what all of them are on average."""
    import keras

    channels = value.shape[-1]
    means = keras.layers.GlobalAveragePooling2D()(value)
    weights = keras.layers.Dense(channels)(keras.layers.Dense(channels // 4, activation="relu")(means))
    gates = keras.layers.Reshape((1, 1, channels))(2.0 * keras.ops.sigmoid(weights))
    return keras.layers.Multiply()([value, gates])


def _describe(value: Any) -> Any:
    """Weigh each place of many channels, and make HIDDEN numbers of their sums."""
    import keras

    spread = _convolve(value, SPREAD, kernel=1, active=True)
    summed = keras.layers.DepthwiseConv2D(value.shape[1], use_bias=False)(spread)
    flat = keras.layers.BatchNormalization(momentum=0.9, epsilon=1e-5)(keras.layers.Flatten()(summed))
    return keras.layers.Dense(HIDDEN)(flat)
