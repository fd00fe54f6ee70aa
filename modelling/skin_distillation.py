"""Trains `models/spoof/skin.tflite`: a small network learns to see what recapturing does to skin.

    pip install onnx onnxruntime
    python -m modelling.skin_distillation TEACHER_DIR --pictures DIR SHARE [--pictures DIR SHARE …] \\
        --without COLLECTION… --frames FRAMES_DIR --minutes 60

The teacher is a small public network (MiniFASNet V1SE of Silent-Face-Anti-Spoofing, Apache-2.0) that was
trained on far more attacks than a school can collect. It labels squares cut anywhere out of any pictures,
living or not: our own recaptures of them and mixtures as well. Of those that the student sees in a dim room
it labels what they are by day. No label of ours is used, and the teacher is not shipped.

The student starts at random and is a chain of as many parts as the teacher, so it is taught part by part:
first each learns from the teacher's values before it what they are behind it, on a few crops where a crop has
many places; then the whole learns together, what describes a crop and the answer weighing most. What is
shipped are the means of the weights on their last way. Both phases last as long as they are given, since what
another machine does in an hour is another number of steps.

What tells how good it is, is not the loss but how its margins agree with the teacher's on collections that it
has not seen: those named by `--without`, of the folder `--frames`, are told every few minutes."""

import argparse
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from modelling.manifest import write_model_file
from modelling.published_networks import with_exact_depthwise
from modelling.skin_student import MARGIN_LIMIT, Student, ship
from modelling.skin_teacher import Lesson, Teacher
from modelling.spoof_conversion import to_litert
from modelling.spoof_crops import Stock, collection_of, open_shelf
from shared.vision.face_finder import FaceFinder
from shared.vision.images import PICTURES, open_photo
from shared.vision.model_files import MODELS_DIR
from shared.vision.spoof_views import CLOSE_SIZE, CLOSE_VIEWS

# Lessons in memory: each is replaced by a new one after it was drawn two to three times.
KEPT, NEW, FIRST = 640, 14, 256
# Crops of a step: of each part by the rows it is given, while parts learn alone, and of all together.
CROPS_OF_PART = {80: 8, 20: 8, 10: 24, 5: 48}
TOGETHER = 32
ALONE_SHARE = 0.42  # of the time
RATE_ALONE, RATE_TOGETHER = 4e-3, 4e-4  # three times as fast, the latter unlearns what was learned alone
# What the answer weighs beside the parts; what parts, description and answer weigh together.
ANSWER_ALONE, PART_TOGETHER, DESCRIPTION_TOGETHER = 0.3, 0.6, 3.0
AVERAGED_EVERY, AVERAGED_SHARE = 5, 0.04
TOLD_EVERY_S = 420.0


class Lessons:
    """The teacher's last lessons, to be drawn from."""

    def __init__(self, stock: Stock, teacher: Teacher) -> None:
        self._stock, self._teacher = stock, teacher
        first = self._learn(FIRST)
        self.deviations = [
            np.maximum(part.std(axis=tuple(range(part.ndim - 1))), 0.01).astype(np.float32)
            for part in first.parts
        ]
        self._crops = np.zeros((KEPT, *first.crops.shape[1:]), np.uint8)
        self._parts = [np.zeros((KEPT, *part.shape[1:]), np.float16) for part in first.parts]
        self._margins = np.zeros(KEPT, np.float32)
        self._given = 0
        self._keep(first)

    def renew(self) -> None:
        """Put a few new lessons in the place of the oldest."""
        self._keep(self._learn(NEW))

    def draw(self, counts: Sequence[int]) -> Lesson:
        """Draw a lesson; of the crops as many as the first count says, of each part's values as many as its
        own and the next do, margins of the last."""
        drawn = self._stock.rng.choice(min(self._given, KEPT), max(counts), replace=False)
        needed = [max(pair) for pair in zip(counts, [*counts[1:], counts[-1]], strict=True)]
        parts = [
            part[drawn[:count]].astype(np.float32) for part, count in zip(self._parts, needed, strict=True)
        ]
        crops = self._crops[drawn[: counts[0]]]
        return Lesson(crops, parts, self._margins[drawn[: counts[-1]]])

    def _learn(self, count: int) -> Lesson:
        """Show crops of which the teacher sees what they are by day."""
        seen, by_day = self._stock.draw(count)
        return replace(self._teacher.label(by_day), crops=seen)

    def _keep(self, lesson: Lesson) -> None:
        places = np.arange(self._given, self._given + len(lesson.crops)) % KEPT
        self._given += len(lesson.crops)
        self._crops[places], self._margins[places] = lesson.crops, lesson.margin
        for kept, part in zip(self._parts, lesson.parts, strict=True):
            kept[places] = part


@dataclass(frozen=True)
class Watched:
    """Crops of what the student must not see (n, 80, 80, 3) uint8, and the teacher's margins for them."""

    crops: np.ndarray
    margins: np.ndarray

    def agreement(self, student: Student) -> float:
        """Return the correlation of a student's margins with the teacher's."""
        batches = np.array_split(self.crops.astype(np.float32), max(1, len(self.crops) // 32))
        found = np.concatenate([np.asarray(student.look(batch))[:, -1] for batch in batches])
        return float(np.corrcoef(found, self.margins)[0, 1])


def watch(frames: Path, collections: Sequence[str], teacher: Teacher) -> Watched:
    """Cut the faces of some collections as the kiosk does."""
    finder, crops = FaceFinder(), []
    for path in sorted(path for path in frames.rglob("*") if path.suffix.lower() in PICTURES):
        if collection_of(path.parent.name) in collections:
            rgb = open_photo(path.read_bytes())
            for face in finder.find_faces(rgb)[:1]:
                crops += [cut(Image.fromarray(rgb), face.dlib_square) for cut in CLOSE_VIEWS.values()]
    kept = np.stack(crops).astype(np.uint8)
    return Watched(kept, teacher.label(kept).margin)


def teach(student: Student, lessons: Lessons, seconds: float, watched: Watched | None = None) -> None:
    """Teach the parts alone, then together; leave the averaged weights in the student."""
    import keras

    optimizer = keras.optimizers.Adam(RATE_ALONE, beta_2=0.995)
    alone, together = _steps(student, lessons, optimizer)
    counts = [CROPS_OF_PART[part.input_shape[1]] for part in student.parts]
    averages = [weight.numpy() for weight in student.weights]
    begun, told, number = time.monotonic(), 0.0, 0
    while (passed := time.monotonic() - begun) < seconds:
        share, number = passed / seconds, number + 1
        lessons.renew()
        if share < ALONE_SHARE:
            optimizer.learning_rate = RATE_ALONE * min(1.0, number / 50) * (1 - 0.9 * share / ALONE_SHARE)
            loss = alone(*_given(lessons.draw(counts)))
        else:
            late = (share - ALONE_SHARE) / (1 - ALONE_SHARE)
            falling = 0.01 + 0.99 * 0.5 * (1 + np.cos(np.pi * late))
            optimizer.learning_rate = RATE_TOGETHER * min(1.0, late / 0.03) * falling
            loss = together(*_given(lessons.draw([TOGETHER] * len(counts))))
        if number % AVERAGED_EVERY == 0:
            for average, weight in zip(averages, student.weights, strict=True):
                average += AVERAGED_SHARE * (weight.numpy() - average)
        if watched and passed - told > TOLD_EVERY_S:
            told = passed
            agreement = watched.agreement(student)
            print(f"step {number}, {share:.0%}: loss {float(loss):.3f}, r {agreement:.3f}", flush=True)
    for average, weight in zip(averages, student.weights, strict=True):
        weight.assign(average)
    if watched:
        print(f"after {number} steps: r {watched.agreement(student):.3f}", flush=True)


def _given(lesson: Lesson) -> tuple[Any, ...]:
    import tensorflow as tf

    crops = tf.constant(lesson.crops, tf.float32)
    return crops, tuple(tf.constant(part) for part in lesson.parts), tf.constant(lesson.margin)


def _steps(student: Student, lessons: Lessons, optimizer: Any) -> tuple[Any, Any]:
    """Return the step of parts that learn alone, and that of all together."""
    import keras
    import tensorflow as tf

    weights = student.weights

    def error(found: Any, wanted: Any, number: int) -> Any:
        return tf.reduce_mean(tf.square((found - wanted) / lessons.deviations[number]))

    def answer_error(described: Any, margins: Any) -> Any:
        found = student.margin(student.answer(described))
        limited = tf.clip_by_value(found, -MARGIN_LIMIT - 2, MARGIN_LIMIT + 2)
        return tf.reduce_mean(keras.losses.huber(margins[:, None], limited))

    @tf.function  # type: ignore[untyped-decorator]
    def alone(crops: Any, wanted: Any, margins: Any) -> Any:
        with tf.GradientTape() as tape:
            given, loss = student.scale(crops), 0.0
            for number, (part, target) in enumerate(zip(student.parts, wanted, strict=True)):
                count = CROPS_OF_PART[part.input_shape[1]]
                loss += error(part(given[:count], training=True), target[:count], number)
                given = target
            loss += ANSWER_ALONE * answer_error(given, margins)
        optimizer.apply_gradients(zip(tape.gradient(loss, weights), weights, strict=True))
        return loss

    @tf.function  # type: ignore[untyped-decorator]
    def together(crops: Any, wanted: Any, margins: Any) -> Any:
        with tf.GradientTape() as tape:
            value, loss = student.scale(crops), 0.0
            for number, (part, target) in enumerate(zip(student.parts, wanted, strict=True)):
                value = part(value, training=True)
                is_last = part is student.parts[-1]
                loss += error(value, target, number) * (DESCRIPTION_TOGETHER if is_last else PART_TOGETHER)
            loss += answer_error(value, margins)
        gradients, _ = tf.clip_by_global_norm(tape.gradient(loss, weights), 5.0)
        optimizer.apply_gradients(zip(gradients, weights, strict=True))
        return loss

    return alone, together


def main() -> None:
    parser = argparse.ArgumentParser(description="Train the spoof check's network of skin.")
    parser.add_argument("teacher", type=Path, help="the folder of the ONNX file")
    parser.add_argument(
        "--pictures", nargs=2, action="append", required=True, metavar=("DIR", "SHARE"), help="of any kind"
    )
    parser.add_argument("--frames", type=Path, help="folder of whole frames by source, to watch")
    parser.add_argument("--without", nargs="*", default=[], help="collections not to learn from, to watch")
    parser.add_argument("--minutes", type=float, default=60.0)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--models", type=Path, default=MODELS_DIR)
    arguments = parser.parse_args()

    shelves = [
        open_shelf(Path(folder), float(share), without=arguments.without)
        for folder, share in arguments.pictures
    ]
    teacher = Teacher(arguments.teacher)
    watched = watch(arguments.frames, arguments.without, teacher) if arguments.frames else None
    student = Student(seed=arguments.seed)
    stock = Stock(shelves, np.random.default_rng(arguments.seed))
    teach(student, Lessons(stock, teacher), 60 * arguments.minutes, watched)
    network = ship(student)
    card = {
        "licence": "ours; the labels of its training came from a network under Apache-2.0",
        "origin": "trained by us; see README.md",
        "input": [CLOSE_SIZE, CLOSE_SIZE, 3],
        "output": network.output_shape[1],
    }
    content = with_exact_depthwise(to_litert(network))
    write_model_file("spoof/skin", "spoof/skin.tflite", content, card, arguments.models)
    print(f"spoof/skin.tflite: {len(content) / 1e6:.1f} MB")


if __name__ == "__main__":
    main()
