"""Trains `models/spoof/texture.tflite`: Inception's lower half learns to see what recapturing does to skin.

    npm pack nsfwjs@4.4.0
    pip install onnxruntime
    python -m modelling.spoof_distillation nsfwjs-4.4.0.tgz TEACHER_DIR PICTURES_DIR… --frames FRAMES_DIR…

The teachers are two small public networks (Silent-Face-Anti-Spoofing, Apache-2.0) that were trained on far
more attacks than a school can collect. They label crops of any pictures with a face, living or not: photos,
our own recaptures of them, and mixtures. No label of ours is used, and the teachers are not shipped. Batch
normalisation must learn along: with ImageNet's statistics kept, training hardly moved.

Pictures teach first; then whole frames of real cameras, real recaptures among them, teach with them. What
these add is the most: see models/README.md.
"""

import argparse
from collections import deque
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from modelling.manifest import write_model_file
from modelling.spoof_conversion import build_inception, read_weights, to_litert
from modelling.spoof_crops import Crops, collect_frames, collect_pictures, draw, mix
from shared.vision.model_files import MODELS_DIR
from shared.vision.spoof_views import CLOSE_SIZE, CLOSE_VIEWS

TEACHERS = {"near": "minifasnet_v2_2.7x_80x80.onnx", "wide": "minifasnet_v1se_4.0x_80x80.onnx"}
TEACHER_CLASSES = 3  # index 1 is live
INCEPTION_SIZE = 96  # pixels; the 80 of a crop, enlarged
BLOCKS = ("mixed2", "mixed4")  # besides the two layers before the poolings, where fine texture is lost
HIDDEN = 128
MARGIN_LIMIT = 6.0  # beyond it the teachers are certain, and how certain says nothing
SHIPPED_LIMIT = 7.0  # of the margins the trained network gives
BATCH, FRAMES_OF_BATCH = 64, 29
MOMENTUM = 0.98  # of batch normalisation: some hundred batches must be enough to learn the statistics


@dataclass(frozen=True)
class Schedule:
    """How many steps to take, after how many the rate is highest, and what share of it is left at the end."""

    steps: int
    warm_up: int
    highest_rate: float
    left: float


class Teachers:
    """The two public networks, each for its own view."""

    def __init__(self, folder: Path) -> None:
        import onnxruntime

        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = 1  # they work beside the student
        self._sessions = [
            onnxruntime.InferenceSession(str(folder / TEACHERS[view]), options) for view in CLOSE_VIEWS
        ]

    def label(self, pixels: np.ndarray, views: np.ndarray) -> np.ndarray:
        """Return logits (n, 3) of crops (n, 80, 80, 3), centred and limited, as the student is to give
        them."""
        logits = np.empty((len(pixels), TEACHER_CLASSES), np.float32)
        for row, (crop, view) in enumerate(zip(pixels, views, strict=True)):
            session = self._sessions[view]
            blue_first = crop[:, :, ::-1].transpose(2, 0, 1)[np.newaxis].astype(np.float32)
            logits[row] = session.run(None, {session.get_inputs()[0].name: blue_first})[0][0]
        centred = logits - logits.mean(axis=1, keepdims=True)
        limited: np.ndarray = np.clip(centred, -MARGIN_LIMIT, MARGIN_LIMIT)
        return limited


def build_student(weights: dict[str, np.ndarray]) -> Any:
    """Return the network to train: (n, 80, 80, 3) to the logits of both teachers (n, 6).

    It is made in Keras's present precision; half the bits (mixed_bfloat16) train twice as fast.
    """
    import keras

    inception = build_inception(weights)
    poolings = [layer for layer in inception.layers if isinstance(layer, keras.layers.MaxPooling2D)][:2]
    outputs = [pooling.input for pooling in poolings] + [inception.get_layer(name).output for name in BLOCKS]
    lower = keras.Model(inception.input, outputs)
    side = (INCEPTION_SIZE, INCEPTION_SIZE, 3)
    resized = keras.models.clone_model(lower, input_tensors=keras.Input(side))
    resized.set_weights(lower.get_weights())
    for layer in resized.layers:
        if isinstance(layer, keras.layers.BatchNormalization):
            layer.momentum = MOMENTUM

    exact = {"dtype": "float32"}
    crop = keras.Input((CLOSE_SIZE, CLOSE_SIZE, 3), **exact)
    scaled = keras.layers.Rescaling(1 / 255.0, **exact)(crop)
    enlarged = keras.layers.Resizing(*side[:2], interpolation="bilinear", **exact)(scaled)
    features = []
    for block in resized(enlarged):
        values = keras.ops.cast(block, "float32")
        mean = keras.ops.mean(values, axis=(1, 2))
        spread = keras.ops.mean(keras.ops.square(values), axis=(1, 2)) - keras.ops.square(mean)
        features += [mean, keras.ops.sqrt(keras.ops.maximum(spread, 0.0) + 1e-4)]
    texture = keras.layers.BatchNormalization(name="norm", momentum=MOMENTUM, **exact)(
        keras.ops.concatenate(features, 1)
    )
    hidden = keras.layers.Dense(HIDDEN, activation="relu", name="hid", **exact)(texture)
    logits = keras.layers.Dense(TEACHER_CLASSES * len(CLOSE_VIEWS), name="out", **exact)(hidden)
    return keras.Model(crop, logits)


def shipped_part(student: Any) -> Any:
    """Return what is shipped: (n, 80, 80, 3) to the hidden layer and both teachers' margins for attacks (n,
    130)."""
    import keras

    hidden, logits = student.get_layer("hid").output, student.output
    margins = [
        keras.ops.clip(
            keras.ops.logsumexp(logits[:, first : first + 3 : 2], axis=1, keepdims=True)
            - logits[:, first + 1 : first + 2],
            -SHIPPED_LIMIT,
            SHIPPED_LIMIT,
        )
        for first in range(0, TEACHER_CLASSES * len(CLOSE_VIEWS), TEACHER_CLASSES)
    ]
    return keras.Model(student.input, keras.ops.concatenate([hidden, *margins], axis=1))


# What a batch is drawn from, and how many of it.
Stock = list[tuple[Crops, int]]


def teach(
    student: Any, stock: Stock, teachers: Teachers, schedule: Schedule, rng: np.random.Generator
) -> None:
    """Train by Adam, warmed up, then falling; the loss is the classes' divergence and a Huber loss of the
    logits."""
    import keras
    import tensorflow as tf

    rate = keras.optimizers.schedules.CosineDecay(
        0.0,
        schedule.steps,
        alpha=schedule.left,
        warmup_target=schedule.highest_rate,
        warmup_steps=schedule.warm_up,
    )
    optimizer = keras.optimizers.Adam(rate, global_clipnorm=5.0)

    @tf.function  # type: ignore[untyped-decorator]
    def step(pixels: Any, views: Any, wanted: Any) -> Any:
        with tf.GradientTape() as tape:
            both = student(tf.cast(pixels, tf.float32), training=True)
            given = tf.where(views[:, None] == 0, both[:, :TEACHER_CLASSES], both[:, TEACHER_CLASSES:])
            given -= tf.reduce_mean(given, axis=1, keepdims=True)
            certainty = tf.nn.log_softmax(wanted) - tf.nn.log_softmax(given)
            divergence = tf.reduce_sum(tf.nn.softmax(wanted) * certainty, axis=1)
            distance = tf.reduce_sum(keras.losses.huber(wanted[..., None], given[..., None]), axis=1)
            loss = tf.reduce_mean(divergence + 0.3 * distance)
        gradients = tape.gradient(loss, student.trainable_variables)
        optimizer.apply_gradients(zip(gradients, student.trainable_variables, strict=True))
        return loss

    for number, (pixels, views, wanted) in enumerate(_lessons(stock, teachers, schedule.steps, rng), start=1):
        loss = step(pixels, views, wanted)
        if number % 100 == 0:
            print(f"step {number} of {schedule.steps}: loss {float(loss):.3f}", flush=True)


Lesson = tuple[np.ndarray, np.ndarray, np.ndarray]  # crops, their views, the teachers' logits


def _lessons(stock: Stock, teachers: Teachers, steps: int, rng: np.random.Generator) -> Iterator[Lesson]:
    """Yield batches, made while the student learns from those before."""

    def prepare() -> Lesson:
        drawn = [draw(crops, count, rng) for crops, count in stock]
        pixels, views = (np.concatenate(parts) for parts in zip(*drawn, strict=True))
        pixels = mix(pixels, rng)
        return pixels, views, teachers.label(pixels, views)

    with ThreadPoolExecutor(max_workers=1) as aside:
        ahead = deque(aside.submit(prepare) for _ in range(2))
        for _ in range(steps):
            ahead.append(aside.submit(prepare))
            yield ahead.popleft().result()


def main() -> None:
    parser = argparse.ArgumentParser(description="Train the texture network of the spoof check.")
    parser.add_argument("package", type=Path, help="nsfwjs-4.4.0.tgz")
    parser.add_argument("teachers", type=Path, help="the folder of the two ONNX files")
    parser.add_argument("pictures", type=Path, nargs="+", help="folders of pictures with faces, of any kind")
    parser.add_argument(
        "--frames", type=Path, nargs="*", default=[], help="folders of whole frames, by source"
    )
    parser.add_argument("--steps", type=int, nargs=2, default=(3500, 700), help="with pictures, with frames")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--models", type=Path, default=MODELS_DIR)
    arguments = parser.parse_args()
    import keras

    rng = np.random.default_rng(arguments.seed)
    weights = read_weights(arguments.package)
    keras.config.set_dtype_policy("mixed_bfloat16")
    student = build_student(weights)
    teachers, (alone, together) = Teachers(arguments.teachers), arguments.steps
    pictures = collect_pictures(arguments.pictures, rng)
    print(f"{len(pictures.pixels)} crops of pictures", flush=True)
    schedule = Schedule(alone, warm_up=200, highest_rate=1e-3, left=0.14)
    teach(student, [(pictures, BATCH)], teachers, schedule, rng)
    if arguments.frames:
        frames = collect_frames(arguments.frames, rng)
        print(f"{len(frames.pixels)} crops of frames", flush=True)
        both = [(pictures, BATCH - FRAMES_OF_BATCH), (frames, FRAMES_OF_BATCH)]
        schedule = Schedule(together, warm_up=25, highest_rate=4e-4, left=0.01)
        teach(student, both, teachers, schedule, rng)
    keras.config.set_dtype_policy("float32")
    exact = build_student(weights)
    exact.set_weights(student.get_weights())
    ship(shipped_part(exact), arguments.models)


def ship(shipped: Any, models_dir: Path) -> None:
    """Convert the trained network into `models_dir`, with its entry in the manifest."""
    card = {
        "licence": "MIT; the labels of its training came from networks under Apache-2.0",
        "origin": "npm nsfwjs 4.4.0, Inception v3 up to mixed4, trained by us",
        "input": [CLOSE_SIZE, CLOSE_SIZE, 3],
        "output": shipped.output_shape[1],
    }
    content = to_litert(shipped)
    write_model_file("spoof/texture", "spoof/texture.tflite", content, card, models_dir)
    print(f"spoof/texture.tflite: {len(content) / 1e6:.1f} MB")


if __name__ == "__main__":
    main()
