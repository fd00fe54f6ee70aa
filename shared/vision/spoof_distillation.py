"""Trains `models/spoof/texture.tflite`: Inception's lower half learns to see what recapturing does to skin.

    npm pack nsfwjs@4.4.0
    pip install onnxruntime
    python -m shared.vision.spoof_distillation nsfwjs-4.4.0.tgz TEACHER_DIR PICTURES_DIR…

The teachers are two small public networks (Silent-Face-Anti-Spoofing, Apache-2.0) that were trained on far
more attacks than a school can collect. They label crops of any pictures with a face, living or not: photos,
our own recaptures of them, and mixtures. No label of ours is used, and the teachers are not shipped. Batch
normalisation must learn along: with ImageNet's statistics kept, training hardly moved.
"""

import argparse
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image, ImageOps

from shared.vision.face_detector import FaceDetector
from shared.vision.faces import Face
from shared.vision.model_files import MODELS_DIR
from shared.vision.recapture import ATTACKS, photograph, recapture
from shared.vision.spoof_conversion import build_inception, read_weights, to_litert, write_model_file
from shared.vision.spoof_views import CLOSE_SIZE, CLOSE_VIEWS, cut_close

TEACHERS = {"near": "minifasnet_v2_2.7x_80x80.onnx", "wide": "minifasnet_v1se_4.0x_80x80.onnx"}
TEACHER_CLASSES = 3  # index 1 is live
INCEPTION_SIZE = 96  # pixels; the 80 of a crop, enlarged
BLOCKS = ("mixed2", "mixed4")
HIDDEN = 128
MARGIN_LIMIT = 6.0  # beyond it the teachers are certain, and how certain says nothing
SHIPPED_LIMIT = 7.0  # of the margins the trained network gives
PICTURE_TYPES = (".jpg", ".jpeg", ".png")
BATCH = 48


@dataclass(frozen=True)
class Crops:
    """`pixels` (n, 80, 80, 3) uint8, `views` (n,) the index into CLOSE_VIEWS of each."""

    pixels: np.ndarray
    views: np.ndarray


class Teachers:
    """The two public networks, each for its own view."""

    def __init__(self, folder: Path) -> None:
        import onnxruntime

        self._sessions = [onnxruntime.InferenceSession(str(folder / TEACHERS[view])) for view in CLOSE_VIEWS]

    def label(self, crops: Crops) -> np.ndarray:
        """Logits (n, 3), centred and limited, as the student shall give them."""
        logits = np.empty((len(crops.pixels), TEACHER_CLASSES), np.float32)
        for row, (pixels, view) in enumerate(zip(crops.pixels, crops.views, strict=True)):
            session = self._sessions[view]
            blue_first = pixels[:, :, ::-1].transpose(2, 0, 1)[np.newaxis].astype(np.float32)
            logits[row] = session.run(None, {session.get_inputs()[0].name: blue_first})[0][0]
        centred = logits - logits.mean(axis=1, keepdims=True)
        limited: np.ndarray = np.clip(centred, -MARGIN_LIMIT, MARGIN_LIMIT)
        return limited


def collect_crops(folders: list[Path], rng: np.random.Generator) -> Crops:
    """Both crops of every picture as it is, as a cheap camera takes it, and recaptured."""
    detector = FaceDetector()
    paths = sorted(
        path for folder in folders for path in folder.rglob("*") if path.suffix.lower() in PICTURE_TYPES
    )
    pixels: list[np.ndarray] = []
    views: list[int] = []
    for path in paths:
        scene = _open(paths[rng.integers(len(paths))])
        for photo, face in _variants(_open(path), detector, scene, rng):
            for view, enlarged in enumerate(CLOSE_VIEWS.values()):
                pixels.append(cut_close(photo, face, enlarged).astype(np.uint8))
                views.append(view)
    return Crops(np.stack(pixels), np.array(views))


def _open(path: Path) -> Image.Image:
    with Image.open(path) as picture:
        return ImageOps.exif_transpose(picture).convert("RGB")


def _variants(
    photo: Image.Image, detector: FaceDetector, scene: Image.Image, rng: np.random.Generator
) -> Iterator[tuple[Image.Image, Face]]:
    boxes = detector.find_boxes(np.asarray(photo))
    width, height = photo.size
    # Without a face found, the picture is one of the tight face crops that public collections hold.
    box = boxes[0] if boxes else (0.08 * width, 0.15 * height, 0.92 * width, 0.95 * height)
    yield photo, _face(box)
    scale = min(1.0, 800 / max(photo.size))
    photo = photo.resize((round(width * scale), round(height * scale)), Image.Resampling.BILINEAR)
    box = (box[0] * scale, box[1] * scale, box[2] * scale, box[3] * scale)
    for harsh in (0.2, 0.5):
        yield photograph(photo, rng, harsh=harsh), _face(_jitter(box, rng))
    for kind in rng.choice(len(ATTACKS), 3, replace=False) if boxes else ():
        attack, shown = recapture(photo, box, ATTACKS[kind], scene, rng)
        yield photograph(attack, rng, harsh=float(rng.choice([0.1, 0.3, 0.5]))), _face(_jitter(shown, rng))


def _jitter(box: tuple[float, ...], rng: np.random.Generator) -> tuple[float, ...]:
    width, height = box[2] - box[0], box[3] - box[1]
    x, y, growth = rng.normal(0.0, 0.04, 3)
    return (
        box[0] + (x - growth) * width,
        box[1] + (y - growth) * height,
        box[2] + (x + growth) * width,
        box[3] + (y + growth) * height,
    )


def _face(box: tuple[float, ...]) -> Face:
    left, top, right, bottom = (round(edge) for edge in box)
    return Face(left, top, right, bottom, landmarks=())


def mix(crops: Crops, count: int, rng: np.random.Generator) -> Crops:
    """`count` crops drawn at random, flipped, retoned, noisy, or blended with another: the teachers answer
    for any picture, so these are as good as new ones."""
    chosen = rng.integers(len(crops.pixels), size=count)
    pixels = crops.pixels[chosen].astype(np.float32)
    flipped = rng.random(count) < 0.5
    pixels[flipped] = pixels[flipped, :, ::-1]
    for row in np.flatnonzero(rng.random(count) < 0.4):
        pixels[row] = 255.0 * (pixels[row] / 255.0) ** np.float32(np.exp(rng.normal(0.0, 0.25)))
    tinted = rng.random(count) < 0.3
    pixels[tinted] *= rng.uniform(0.75, 1.2, (int(tinted.sum()), 1, 1, 3)).astype(np.float32)
    for row in np.flatnonzero(rng.random(count) < 0.15):
        noise = rng.standard_normal(pixels[row].shape, np.float32)
        pixels[row] += noise * np.float32(rng.uniform(0.0, 8.0))
    others = pixels[rng.permutation(count)]
    share = np.where(rng.random(count) < 0.2, rng.uniform(0.0, 0.5, count), 0.0).astype(np.float32)
    pixels += (others - pixels) * share[:, np.newaxis, np.newaxis, np.newaxis]
    return Crops(np.clip(np.rint(pixels), 0, 255).astype(np.uint8), crops.views[chosen])


def build_student(package: Path) -> tuple[Any, Any]:
    """The network to train, (n, 80, 80, 3) to the logits of both teachers (n, 6), and the one to ship, to
    the hidden layer and each teacher's margin for an attack (n, 130); they share their weights."""
    import keras

    inception = build_inception(read_weights(package))
    lower = keras.Model(inception.input, [inception.get_layer(name).output for name in BLOCKS])
    side = (INCEPTION_SIZE, INCEPTION_SIZE, 3)
    resized = keras.models.clone_model(lower, input_tensors=keras.Input(side))
    resized.set_weights(lower.get_weights())
    for layer in resized.layers:
        if isinstance(layer, keras.layers.BatchNormalization):
            layer.momentum = 0.97  # some hundred batches must be enough to learn the statistics

    crop = keras.Input((CLOSE_SIZE, CLOSE_SIZE, 3))
    scaled = keras.layers.Rescaling(1 / 255.0)(crop)
    blocks = resized(keras.layers.Resizing(*side[:2], interpolation="bilinear")(scaled))
    features = []
    for block in blocks:
        mean = keras.ops.mean(block, axis=(1, 2))
        spread = keras.ops.mean(keras.ops.square(block), axis=(1, 2)) - keras.ops.square(mean)
        features += [mean, keras.ops.sqrt(keras.ops.maximum(spread, 0.0) + 1e-4)]
    texture = keras.layers.BatchNormalization(name="norm", momentum=0.97)(keras.ops.concatenate(features, 1))
    hidden = keras.layers.Dense(HIDDEN, activation="relu", name="hid")(texture)
    logits = keras.layers.Dense(TEACHER_CLASSES * len(CLOSE_VIEWS), name="out")(hidden)
    margins = [
        keras.ops.clip(
            keras.ops.logsumexp(logits[:, first : first + 3 : 2], axis=1, keepdims=True)
            - logits[:, first + 1 : first + 2],
            -SHIPPED_LIMIT,
            SHIPPED_LIMIT,
        )
        for first in range(0, TEACHER_CLASSES * len(CLOSE_VIEWS), TEACHER_CLASSES)
    ]
    shipped = keras.Model(crop, keras.ops.concatenate([hidden, *margins], axis=1))
    return keras.Model(crop, logits), shipped


def teach(student: Any, crops: Crops, teachers: Teachers, *, steps: int, rng: np.random.Generator) -> None:
    """Adam at 6e-4 falling to nothing; the loss is the classes' divergence and a Huber loss of the logits."""
    import keras
    import tensorflow as tf

    optimizer = keras.optimizers.Adam(
        keras.optimizers.schedules.CosineDecay(6e-4, steps), global_clipnorm=5.0
    )

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

    for number in range(1, steps + 1):
        batch = mix(crops, BATCH, rng)
        loss = step(batch.pixels, batch.views, teachers.label(batch))
        if number % 100 == 0:
            print(f"step {number} of {steps}: loss {float(loss):.3f}", flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description="Train the texture network of the spoof check.")
    parser.add_argument("package", type=Path, help="nsfwjs-4.4.0.tgz")
    parser.add_argument("teachers", type=Path, help="the folder of the two ONNX files")
    parser.add_argument("pictures", type=Path, nargs="+", help="folders of pictures with faces, of any kind")
    parser.add_argument("--steps", type=int, default=740)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--models", type=Path, default=MODELS_DIR)
    arguments = parser.parse_args()
    rng = np.random.default_rng(arguments.seed)
    student, shipped = build_student(arguments.package)
    crops = collect_crops(arguments.pictures, rng)
    print(f"{len(crops.pixels)} crops")
    teach(student, crops, Teachers(arguments.teachers), steps=arguments.steps, rng=rng)
    ship(shipped, arguments.models)


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
