"""The network of the spoof check's close views: bottlenecks of depthwise convolutions, in 16 parts."""

from dataclasses import dataclass
from typing import Any

from shared.vision.spoof_views import CLOSE_SIZE, CLOSE_VIEWS


@dataclass(frozen=True)
class Part:
    """A bottleneck: it spreads a picture over `hidden` channels, filters each for itself and gathers them in
    `channels`. One that keeps the picture's size adds this to what it was given, `gated` or not; the others
    halve rows and columns."""

    hidden: int
    channels: int
    halves: bool = False
    gated: bool = False


# What lies between them, in rows, columns and channels, and where the gates are, is the teacher's.
PARTS = (
    Part(104, 64, halves=True),
    *(Part(32, 64), Part(32, 64), Part(32, 64), Part(64, 64, gated=True)),
    Part(240, 128, halves=True),
    *(Part(240, 128), Part(64, 128), Part(32, 128), Part(80, 128), Part(32, 128), Part(32, 128, gated=True)),
    Part(320, 128, halves=True),
    *(Part(32, 128), Part(32, 128, gated=True)),
)
STEM = 32  # channels of the two convolutions before the first part
SPREAD = 512  # channels of the last part, each weighed by place
HIDDEN = 128  # numbers that describe a crop
ANSWERS = 3  # index 1 is live
MARGIN_LIMIT = 7.0  # beyond it the teacher is certain, and how certain says nothing


class Student:
    """The network: `parts` one behind the other, then `answer`. Random until it is taught."""

    def __init__(self, *, seed: int) -> None:
        import keras

        keras.utils.set_random_seed(seed)
        given = keras.Input((CLOSE_SIZE, CLOSE_SIZE, 3))
        made = _bottleneck(_filter(_convolve(given, STEM, kernel=3, stride=2)), PARTS[0])
        self.parts = [keras.Model(given, made)]
        for part in PARTS[1:]:
            given = keras.Input(self.parts[-1].output_shape[1:])
            made = _bottleneck(given, part)
            self.parts.append(keras.Model(given, made if part.halves else keras.layers.Add()([given, made])))
        given = keras.Input(self.parts[-1].output_shape[1:])
        self.parts.append(keras.Model(given, _describe(given)))
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


def ship(student: Student) -> Any:
    """Return the network of a photo: its crops, in the order of CLOSE_VIEWS, to (2, 129)."""
    import keras

    crops = keras.Input((CLOSE_SIZE, CLOSE_SIZE, 3), batch_size=len(CLOSE_VIEWS))
    return keras.Model(crops, student.look(crops))


def _bottleneck(value: Any, part: Part) -> Any:
    import keras

    made = _filter(_convolve(value, part.hidden), stride=2 if part.halves else 1)
    made = keras.layers.Conv2D(part.channels, 1, kernel_initializer="he_normal")(made)
    return _gate(made) if part.gated else made


def _convolve(value: Any, channels: int, *, kernel: int = 1, stride: int = 1) -> Any:
    import keras

    padded = keras.layers.ZeroPadding2D(kernel // 2)(value) if kernel > 1 else value
    made = keras.layers.Conv2D(channels, kernel, stride, kernel_initializer="he_normal")(padded)
    return _bend(made)


def _filter(value: Any, *, stride: int = 1) -> Any:
    """Filter each channel for itself, by 3x3 places."""
    import keras

    padded = keras.layers.ZeroPadding2D(1)(value)
    start = keras.initializers.RandomNormal(stddev=1 / 3)
    return _bend(keras.layers.DepthwiseConv2D(3, stride, depthwise_initializer=start)(padded))


def _bend(value: Any) -> Any:
    """Take less of what is negative, for each channel as much less as it learns."""
    import keras

    return keras.layers.PReLU(keras.initializers.Constant(0.25), shared_axes=[1, 2])(value)


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

    spread = _convolve(value, SPREAD)
    summed = keras.layers.DepthwiseConv2D(value.shape[1])(spread)
    return keras.layers.Dense(HIDDEN)(keras.layers.Flatten()(summed))
