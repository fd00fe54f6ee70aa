"""The network of skin learns from a teacher's parts, and agrees with it afterwards."""

from pathlib import Path
from typing import cast

import numpy as np
import pytest

from modelling import skin_distillation, skin_student
from modelling.skin_distillation import Lessons, Watched, teach
from modelling.skin_student import PARTS, Student
from modelling.skin_teacher import Lesson, Teacher
from modelling.spoof_crops import Stock, open_shelf
from tests.support.pictures import person


class Elder:
    """A teacher that is another student."""

    def __init__(self) -> None:
        self.student = Student(seed=7)

    def label(self, crops: np.ndarray) -> Lesson:
        value, parts = self.student.scale(crops.astype(np.float32)), []
        for part in self.student.parts:
            value = part(value)
            parts.append(np.asarray(value))
        margins = np.asarray(self.student.margin(self.student.answer(value)))[:, 0]
        return Lesson(crops, parts, margins)


@pytest.fixture
def lessons(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Lessons:
    """Few, of networks with a part of each kind."""
    monkeypatch.setattr(skin_student, "PARTS", [PARTS[number] for number in (0, 4, 5, 12)])
    for name, count in {"KEPT": 16, "FIRST": 8, "NEW": 2, "TOGETHER": 4}.items():
        monkeypatch.setattr(skin_distillation, name, count)
    monkeypatch.setattr(skin_distillation, "CROPS_OF_PART", {80: 2, 20: 2, 10: 3, 5: 4})
    person("obama.jpg").save(tmp_path / "obama.jpg")
    stock = Stock([open_shelf(tmp_path, 1.0)], np.random.default_rng(1))
    return Lessons(stock, cast(Teacher, Elder()))


def test_a_lesson_has_of_each_part_what_it_and_the_next_need(lessons: Lessons) -> None:
    lesson = lessons.draw([2, 2, 2, 3, 4])
    assert len(lesson.crops) == 2
    assert [len(part) for part in lesson.parts] == [2, 2, 3, 4, 4]
    assert len(lesson.margin) == 4


def test_old_lessons_make_room_for_new_ones(lessons: Lessons) -> None:
    for _ in range(9):
        lessons.renew()
    assert lessons.draw([16] * 5).crops.any(axis=(1, 2, 3)).all()


def test_the_teacher_sees_by_day_what_the_student_sees_dim(lessons: Lessons, monkeypatch) -> None:
    dim, by_day = np.zeros((4, 80, 80, 3), np.uint8), np.full((4, 80, 80, 3), 200, np.uint8)
    monkeypatch.setattr(lessons._stock, "draw", lambda count: (dim[:count], by_day[:count]))
    lesson = lessons._learn(4)
    assert (lesson.crops == dim).all()
    assert lesson.margin == pytest.approx(Elder().label(by_day).margin)


def test_it_learns_in_both_phases_and_keeps_the_mean_of_its_weights(
    lessons: Lessons, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = iter(np.arange(0.0, 100.0, 1.0))
    monkeypatch.setattr(skin_distillation.time, "monotonic", lambda: next(now))
    student = Student(seed=8)
    before = [weight.numpy() for weight in student.weights]
    teach(student, lessons, seconds=11.0)
    after = [weight.numpy() for weight in student.weights]
    assert all((one != two).any() for one, two in zip(before, after, strict=True))
    assert all(np.isfinite(weight).all() for weight in after)


class Brightness:
    """A student whose margin is how bright a crop is."""

    def look(self, crops: np.ndarray) -> np.ndarray:
        return crops.mean(axis=(1, 2))


def test_agreement_is_how_margins_go_together() -> None:
    crops = np.random.default_rng(2).integers(0, 256, (70, 80, 80, 3), np.uint8)
    margins = crops.mean(axis=(1, 2))[:, -1]
    student = cast(Student, Brightness())
    assert Watched(crops, margins).agreement(student) == pytest.approx(1.0, abs=1e-3)
    assert Watched(crops, -margins).agreement(student) == pytest.approx(-1.0, abs=1e-3)
