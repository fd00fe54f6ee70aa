"""A school whose every table holds something about Meera and about Ravi, most of it made by the services."""

from collections.abc import Iterator
from datetime import timedelta
from functools import cache
from types import SimpleNamespace
from typing import Any
from unittest.mock import patch

from sqlalchemy import select

from shared.domain.attendance import MarkStatus
from shared.domain.check_in import CheckInOutcome, ConfirmReason
from shared.jobs.worker import run_job
from shared.persistence.tables import (
    AnnouncedAbsence,
    Base,
    CheckIn,
    FaceFlag,
    FamilyLink,
    FamilyQuestion,
    Job,
    KioskPass,
    ModelOffer,
    NearMatchPair,
    OutgoingMail,
    SheetMarkChange,
    SheetUpload,
    Student,
    Teacher,
    ToConfirm,
)
from shared.security.passwords import hash_password
from shared.security.tokens import digest
from shared.services.accounts import lifecycle
from shared.services.attendance import lectures, marks
from shared.services.audit import Actor
from shared.services.faces import enrolment
from shared.services.people import registration
from shared.services.people.consent import record_consent
from shared.services.people.registration import StudentDetails
from shared.toolbox import Toolbox
from tests.support.office import agree, open_office, photo_of

TEACHER = "asha.rao@school.example"
# What Meera is recognised by, whatever table or file it stands in.
MEERA = (
    "Meera Iyer",
    "15203A0042",
    "meera@students.example",
    "latha.iyer@home.example",
    "Latha Iyer (mother)",
    "+919876543210",
)
PICTURE, DESCRIPTOR = b"the picture of Meera " * 100, b"the numbers of Meera " * 20


def fill_school(toolbox: Toolbox) -> SimpleNamespace:
    """Fill it; gives tests.support.office's office with the `teacher` as actor and the `lecture`'s id."""
    office = open_office(toolbox)
    admin = office.actor
    meera = StudentDetails(
        "Meera Iyer", MEERA[1], office.class_id, MEERA[2], MEERA[3], phones=MEERA[5], language="hi"
    )
    registration.change_student(toolbox, admin, office.meera, meera)
    agree(toolbox, office, office.meera)
    record_consent(toolbox, admin, office.ravi, given_by="Kamala Patil (mother)")
    for student_id, person in ((office.meera, "meera"), (office.ravi, "ravi")):
        enrol(toolbox, office, student_id, person)
    with patch.object(lifecycle, "hash_password", _hash_any):
        lifecycle.create_teacher(toolbox, admin, email=TEACHER, name="Asha Rao", class_ids=[office.class_id])
    with toolbox.reading() as session:
        teacher_id = session.scalar(select(Teacher.id))
    office.teacher = Actor(site="classroom", email=TEACHER, account_id=teacher_id)
    office.lecture = lectures.open_lecture(
        toolbox,
        office.teacher,
        subject="Databases, with Meera Iyer",
        class_ids=[office.class_id],
        minutes=60,
        opening_key="whole school",
    )
    for student_id in (office.meera, office.ravi):
        for was, status in ((None, MarkStatus.ABSENT), (MarkStatus.ABSENT, MarkStatus.LATE)):
            marks.set_mark(
                toolbox,
                office.teacher,
                office.lecture,
                student_id,
                status,
                expected=was,
                note="sat by Meera Iyer",
            )
    with toolbox.sessions.begin() as session:
        session.add_all(_rows_of_a_lecture(toolbox, office))
        session.add(_class_photos_job(toolbox, office))
    return office


def _hash_any(_password: str, *, salt: str) -> str:
    """Nobody signs in with the teacher's password; to hash another one each time takes long on purpose."""
    return _hashed(salt)


@cache
def _hashed(salt: str) -> str:
    return hash_password("any", salt=salt)


def enrol(toolbox: Toolbox, office: SimpleNamespace, student_id: int, person: str) -> None:
    """Train a face model, and leave one more photo waiting."""
    for number in range(3):
        enrolment.add_photo(
            toolbox, office.actor, student_id, file_name=f"{person}.png", content=photo_of(person, number)
        )
    run_job(toolbox, enrolment.start_training(toolbox, office.actor, student_id))
    enrolment.add_photo(
        toolbox, office.actor, student_id, file_name=f"{person}.png", content=photo_of(person, 4)
    )


def _rows_of_a_lecture(toolbox: Toolbox, office: SimpleNamespace) -> Iterator[Any]:
    now = toolbox.now()
    phone = KioskPass(lecture_id=office.lecture, teacher_id=office.teacher.account_id, device="a phone")
    phone.token_digest, phone.opened_at, phone.last_seen_at = "pass", now, now
    upload = SheetUpload(lecture_id=office.lecture, teacher_id=office.teacher.account_id)
    upload.file_name, upload.review_key, upload.applied_at = "of 15203A0042.xlsx", "key", now
    with toolbox.sessions.begin() as session:
        session.add_all((phone, upload))
    for student_id, other in ((office.meera, office.ravi), (office.ravi, office.meera)):
        whose = f"{student_id}"
        yield CheckIn(
            kiosk_pass_id=phone.id,
            idempotency_key=whose,
            lecture_id=office.lecture,
            student_id=student_id,
            outcome=CheckInOutcome.NO_MATCH,
            answered_at=now,
        )
        waiting = ToConfirm(
            id=student_id,
            lecture_id=office.lecture,
            student_id=student_id,
            kiosk_pass_id=phone.id,
            reason=ConfirmReason.LOOKS_LIKE_A_CLASSMATE,
            near_match_id=other,
            score=0.97,
            asked_at=now,
        )
        waiting.sealed_picture = toolbox.sealer.seal(PICTURE, purpose=f"to-confirm-picture:{student_id}")
        purpose = f"to-confirm-descriptor:{student_id}"
        waiting.sealed_descriptor = toolbox.sealer.seal(DESCRIPTOR, purpose=purpose)
        yield waiting
        for flag_id, near_match in ((student_id, None), (student_id + 100, other)):
            flag = FaceFlag(id=flag_id, lecture_id=office.lecture, student_id=student_id)
            flag.kiosk_pass_id, flag.outcome, flag.noted_at = phone.id, CheckInOutcome.NO_MATCH, now
            flag.near_match_id = near_match
            if near_match is None:
                flag.sealed_descriptor = toolbox.sealer.seal(DESCRIPTOR, purpose=f"face-flag:{flag_id}")
            yield flag
        offered = ModelOffer(id=student_id, lecture_id=office.lecture, student_id=student_id, quality=0.5)
        offered.teacher_id, offered.offered_at = office.teacher.account_id, now
        purpose = f"model-offer:{student_id}"
        offered.sealed_descriptor = toolbox.sealer.seal(DESCRIPTOR, purpose=purpose)
        yield offered
        yield NearMatchPair(student_id=student_id, other_id=other, score=0.97)
        yield OutgoingMail(
            lecture_id=office.lecture,
            student_id=student_id,
            address=MEERA[3] if student_id == office.meera else "patil@home.example",
            status=MarkStatus.LATE,
            queued_at=now,
            try_at=now + timedelta(days=1),
        )
        today = toolbox.settings.clock.day_of(now)
        yield FamilyLink(
            student_id=student_id, token_digest=digest(f"{student_id}"), made_at=now, expires_at=now
        )
        yield AnnouncedAbsence(
            student_id=student_id, first_day=today, last_day=today, reason="A wedding", sent_at=now
        )
        yield FamilyQuestion(
            student_id=student_id, lecture_id=office.lecture, words="Was there.", sent_at=now
        )
        yield SheetMarkChange(
            upload_id=upload.id, student_id=student_id, was_note="", becomes=MarkStatus.LATE, becomes_note=""
        )


def _class_photos_job(toolbox: Toolbox, office: SimpleNamespace) -> Job:
    """A class's zip as the worker leaves it: one file of Meera's, and one of Ravi's that looks like hers."""
    results = [
        {"file": "15203A0042_1.jpg", "student_id": office.meera, "student": "15203A0042 Meera Iyer"},
        {"file": "15203A0043_1.jpg", "student_id": office.ravi, "student": "15203A0043 Ravi Patil"},
    ]
    sentences = ("Good.", "Not enrolled yet: looks like Meera Iyer, 15203A0042 in CO6GA.")
    told = [
        {**result, "sentence": said, "used": True} for result, said in zip(results, sentences, strict=True)
    ]
    job = Job(kind="read_class_photos", subject_id=office.class_id, state="done", results=told)
    job.created_at = toolbox.now()
    return job


def tables_of_students() -> list[Any]:
    """Every table that hangs on a student, with the columns that say whose a row is."""
    student = Student.__table__
    return [
        (table, [key.parent for key in table.foreign_keys if key.column.table is student])
        for table in Base.metadata.sorted_tables
        if any(key.column.table is student for key in table.foreign_keys)
    ]


def everything(toolbox: Toolbox) -> Iterator[tuple[str, str, Any]]:
    """Every value of every row: table, column, value; sealed ones as they are."""
    with toolbox.reading() as session:
        for table in Base.metadata.sorted_tables:
            for row in session.execute(select(table)):
                for column, value in row._mapping.items():
                    yield table.name, str(column), value
