"""Trains `models/spoof/skin.tflite`: two small networks learn to see what recapturing does to skin.

    pip install onnx onnxruntime
    python -m modelling.skin_distillation TEACHER_DIR PICTURES_DIR… --frames FRAMES_DIR…

The teachers are two small public networks (Silent-Face-Anti-Spoofing, Apache-2.0) that were trained on far
more attacks than a school can collect; each looks at one of the close views. They label crops of any pictures
with a face, living or not: photos, our own recaptures of them, and mixtures. No label of ours is used, and
the teachers are not shipped.

A student starts at random and has the teacher's sizes at seven places, so that it is taught part by part:
first each part learns from the teacher's values before it what they are behind it (`forced`), which needs
some ten times fewer crops than to learn from answers alone; then the whole learns together, the answer
weighing most. What tells how good it is, is how its margins agree with the teacher's on sources it has not
seen: models/README.md."""

import argparse
from collections import deque
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from modelling.manifest import write_model_file
from modelling.skin_student import MARGIN_LIMIT, Student, ship
from modelling.skin_teachers import Lesson, Teacher
from modelling.spoof_conversion import to_litert
from modelling.spoof_crops import Crops, collect_frames, collect_pictures, draw, mix
from shared.vision.model_files import MODELS_DIR
from shared.vision.spoof_views import CLOSE_SIZE, CLOSE_VIEWS, cut_skin

BATCH, FRAMES_OF_BATCH = 32, 20
HIGHEST_RATE, RATE_LEFT, WARM_UP = 2e-3, 0.02, 60
FORCED_SHARE = 0.4  # of the steps
# What the parts and the answer weigh, while parts are taught alone and while all learn together.
PARTS_WEIGHT, ANSWER_WEIGHT = (1.0, 0.3), (1.0, 2.0)
MARGIN_WEIGHT = (0.1, 0.5)


@dataclass(frozen=True)
class Stock:
    """Crops to draw a batch from: of pictures, and of whole frames if there are any."""

    pictures: Crops
    frames: Crops | None = None

    def draw(self, view: int, count: int, rng: np.random.Generator) -> np.ndarray:
        """Draw (count, 80, 80, 3) uint8 crops of a view, mixed to new ones."""
        from_frames = FRAMES_OF_BATCH * count // BATCH if self.frames is not None else 0
        parts = [draw(self.pictures.of_view(view), count - from_frames, rng)[0]]
        if self.frames is not None:
            parts.append(draw(self.frames.of_view(view), from_frames, rng)[0])
        return mix(np.concatenate(parts), rng)


def teach(
    student: Student, teacher: Teacher, lessons: Iterator[Lesson], steps: int, *, told_every: int = 100
) -> None:
    """Train by Adam, warmed up, then falling; normalised squares of the parts' errors and a Huber loss of the
    margin."""
    import keras
    import tensorflow as tf

    rate = keras.optimizers.schedules.CosineDecay(
        0.0, steps, alpha=RATE_LEFT, warmup_target=HIGHEST_RATE, warmup_steps=WARM_UP
    )
    optimizer = keras.optimizers.AdamW(rate, weight_decay=1e-3, beta_2=0.99, global_clipnorm=5.0)
    weights = student.weights

    @tf.function  # type: ignore[untyped-decorator]
    def step(crops: Any, wanted: Any, margin: Any, together: Any) -> Any:
        part_weight, answer_weight, margin_weight = (
            tf.where(together, later, first) for first, later in (PARTS_WEIGHT, ANSWER_WEIGHT, MARGIN_WEIGHT)
        )
        with tf.GradientTape() as tape:
            value, loss = student.scale(crops), 0.0
            for number, (part, target) in enumerate(zip(student.parts, wanted, strict=True)):
                found = part(value, training=True)
                error = tf.reduce_mean(tf.square((found - target) / teacher.deviations[number]))
                loss += error * (answer_weight if part is student.parts[-1] else part_weight)
                value = tf.where(together, found, target)
            given = student.margin(student.answer(found, training=True))
            limited = tf.clip_by_value(given, -MARGIN_LIMIT - 2, MARGIN_LIMIT + 2)
            loss += margin_weight * tf.reduce_mean(keras.losses.huber(margin[:, None], limited[:, None]))
        gradients = tape.gradient(loss, weights)
        optimizer.apply_gradients(zip(gradients, weights, strict=True))
        return loss

    for number in range(1, steps + 1):
        lesson = next(lessons)
        together = tf.constant(number > FORCED_SHARE * steps)
        loss = step(tf.cast(lesson.crops, tf.float32), lesson.parts, lesson.margin, together)
        if number % told_every == 0:
            print(f"step {number} of {steps}: loss {float(loss):.3f}", flush=True)


def lessons(stock: Stock, view: int, teacher: Teacher, seed: int) -> Iterator[Lesson]:
    """Yield batches without end, made while the student learns from those before."""
    rng = np.random.default_rng(seed)

    def prepare() -> Lesson:
        return teacher.label(stock.draw(view, BATCH, rng))

    with ThreadPoolExecutor(max_workers=1) as aside:
        ahead = deque(aside.submit(prepare) for _ in range(2))
        while True:
            ahead.append(aside.submit(prepare))
            yield ahead.popleft().result()


def main() -> None:
    parser = argparse.ArgumentParser(description="Train the networks of skin of the spoof check.")
    parser.add_argument("teachers", type=Path, help="the folder of the two ONNX files")
    parser.add_argument("pictures", type=Path, nargs="+", help="folders of pictures with faces, of any kind")
    parser.add_argument(
        "--frames", type=Path, nargs="*", default=[], help="folders of whole frames, by source"
    )
    parser.add_argument("--steps", type=int, default=3000, help="of each of the two networks")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--models", type=Path, default=MODELS_DIR)
    arguments = parser.parse_args()

    rng = np.random.default_rng(arguments.seed)
    pictures = collect_pictures(arguments.pictures, rng, cut_skin)
    frames = collect_frames(arguments.frames, rng, cut_skin) if arguments.frames else None
    stock = Stock(pictures, frames)
    students = []
    for view, name in enumerate(CLOSE_VIEWS):
        teacher = Teacher(arguments.teachers, name)
        teacher.measure(stock.draw(view, 8 * BATCH, rng))
        student = Student(seed=arguments.seed + view)
        teach(student, teacher, lessons(stock, view, teacher, arguments.seed + view), arguments.steps)
        students.append(student)
    card = {
        "licence": "ours; the labels of its training came from networks under Apache-2.0",
        "origin": "trained by us; see README.md",
        "input": [CLOSE_SIZE, CLOSE_SIZE, 3],
        "output": ship(students).output_shape[1],
    }
    content = to_litert(ship(students))
    write_model_file("spoof/skin", "spoof/skin.tflite", content, card, arguments.models)
    print(f"spoof/skin.tflite: {len(content) / 1e6:.1f} MB")


if __name__ == "__main__":
    main()
