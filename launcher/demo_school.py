"""Fills a demo school: classes, teachers, students and three weeks of lectures; no photo of anybody."""

import random
from datetime import time, timedelta

from shared.domain.attendance import MarkSource, MarkStatus
from shared.persistence.database import Session
from shared.persistence.tables import Lecture, Mark, SchoolClass, Student, Teacher
from shared.security.tokens import digest
from shared.services.accounts.lifecycle import create_teacher
from shared.services.audit import Actor
from shared.toolbox import Toolbox

_CLASSES = {"CO6GA": "Computer Engineering, 6th term, A", "CO6GB": "Computer Engineering, 6th term, B"}
_CLASS_SIZE = 24
_TEACHERS = {"asha.rao@demo.example": "Asha Rao", "vikram.joshi@demo.example": "Vikram Joshi"}
# Every working day: who teaches what to which class, and when.
_TIMETABLE = (
    ("asha.rao@demo.example", "Operating Systems", "CO6GA", time(9, 0)),
    ("asha.rao@demo.example", "Databases", "CO6GB", time(11, 15)),
    ("vikram.joshi@demo.example", "Mathematics III", "CO6GB", time(9, 0)),
    ("vikram.joshi@demo.example", "Signals", "CO6GA", time(11, 15)),
)
_FIRST_NAMES = (
    *("Aarav", "Aditi", "Ananya", "Arjun", "Bhavna", "Chetan", "Deepa", "Dev", "Esha", "Farhan", "Gauri"),
    *("Harsh", "Isha", "Jatin", "Kavya", "Kiran", "Lakshmi", "Manav", "Meera", "Mohammed", "Naina", "Nikhil"),
    *("Omkar", "Pooja", "Pranav", "Priya", "Rahul", "Riya", "Rohan", "Sana", "Sanjay", "Simran", "Sneha"),
    *("Tanvi", "Uday", "Varun", "Vidya", "Vivek", "Yash", "Zoya"),
)
_LAST_NAMES = (
    *(
        "Agarwal",
        "Bhat",
        "Chavan",
        "Desai",
        "Fernandes",
        "Gill",
        "Iyer",
        "Jadhav",
        "Khan",
        "Kulkarni",
        "Menon",
    ),
    *(
        "More",
        "Naik",
        "Nair",
        "Patel",
        "Patil",
        "Pawar",
        "Rao",
        "Reddy",
        "Sharma",
        "Shaikh",
        "Singh",
        "Verma",
    ),
)
_WEEKS = 3


def fill_demo_school(toolbox: Toolbox) -> dict[str, str]:
    """Fill an empty school; give the demo teachers' first-time passwords by e-mail, {} if it is not empty."""
    with toolbox.reading() as session:
        if session.query(SchoolClass).first() is not None:
            return {}
    chance = random.Random(2026)  # noqa: S311 the same school each time, nothing secret
    command = Actor(site="command", email="demo")
    passwords = {
        email: create_teacher(toolbox, command, email=email, name=name) for email, name in _TEACHERS.items()
    }
    with toolbox.sessions.begin() as session:
        classes = {
            code: SchoolClass(class_code=code, name=name, active=True) for code, name in _CLASSES.items()
        }
        students = {
            code: [_student(school_class, number, chance) for number in range(1, _CLASS_SIZE + 1)]
            for code, school_class in classes.items()
        }
        session.add_all(student for group in students.values() for student in group)
        teachers = {teacher.email: teacher for teacher in session.query(Teacher)}
        for email, subject, code, begins in _TIMETABLE:
            teachers[email].classes.append(classes[code])
            _hold_lectures(
                session, toolbox, teachers[email], classes[code], students[code], subject, begins, chance
            )
    return passwords


def _student(school_class: SchoolClass, number: int, chance: random.Random) -> Student:
    first, last = chance.choice(_FIRST_NAMES), chance.choice(_LAST_NAMES)
    family = f"{first}.{last}{number}".lower()
    return Student(
        school_class=school_class,
        roll_id=f"15203{school_class.class_code[-1]}{number:04d}",
        name=f"{first} {last}",
        email=f"{family}@students.demo.example",
        parent1_email=f"parent.{family}@demo.example" if number % 8 else None,
        parent2_email=f"second.{family}@demo.example" if number % 3 == 0 else None,
        language=chance.choice(("en", "en", "hi")),
        active=True,
    )


def _hold_lectures(
    session: Session,
    toolbox: Toolbox,
    teacher: Teacher,
    school_class: SchoolClass,
    students: list[Student],
    subject: str,
    begins: time,
    chance: random.Random,
) -> None:
    """Hold one lecture on every working day of the weeks before today."""
    clock = toolbox.settings.clock
    today = clock.day_of(toolbox.now())
    diligence = [chance.betavariate(9, 1.5) for _ in students]
    for days_ago in range(7 * _WEEKS, 0, -1):
        day = today - timedelta(days=days_ago)
        if day.weekday() > 4:
            continue
        starts_at = clock.moment(day, begins)
        ends_at = starts_at + timedelta(minutes=60)
        lecture = Lecture(
            subject=subject,
            teacher=teacher,
            classes=[school_class],
            starts_at=starts_at,
            ends_at=ends_at,
            closed_at=ends_at,
            opening_key=digest(f"demo {teacher.email} {subject} {day}"),
        )
        session.add(lecture)
        session.flush()
        session.add_all(
            _mark(lecture, student, comes=chance.random() < zeal, minute=chance.randrange(1, 12))
            for student, zeal in zip(students, diligence, strict=True)
        )


def _mark(lecture: Lecture, student: Student, *, comes: bool, minute: int) -> Mark:
    # Nobody here was seen by a camera, so nothing claims to be marked by face.
    return Mark(
        lecture_id=lecture.id,
        student_id=student.id,
        status=MarkStatus.PRESENT if comes else MarkStatus.ABSENT,
        source=MarkSource.BY_HAND if comes else MarkSource.CLOSING,
        marked_at=lecture.starts_at + timedelta(minutes=minute) if comes else lecture.ends_at,
        note="",
    )
