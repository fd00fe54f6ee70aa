"""Both sites over one school in which there is a row of everything that an address can name."""

import json
import re
from dataclasses import replace
from datetime import datetime, timedelta
from types import SimpleNamespace

from flask import Flask

from admin_site import create_app as create_office
from shared.domain.attendance import MarkSource, MarkStatus
from shared.domain.check_in import ConfirmReason
from shared.domain.languages import phrase
from shared.domain.timetable.grid import GridRow
from shared.persistence.tables import (
    Cover,
    DayOff,
    EnrolmentPhoto,
    FamilyQuestion,
    Integration,
    Job,
    KioskPass,
    Lecture,
    MarkChange,
    OutgoingMail,
    OwnStatus,
    PhotoQuestion,
    PlanDraft,
    PlannedLecture,
    SchoolClass,
    SheetUpload,
    SpoofMistake,
    SpoofVersion,
    Teacher,
    ToConfirm,
    WeeklyGrid,
)
from shared.security import purposes
from shared.security.tokens import digest
from shared.services.accounts.lifecycle import create_admin, create_teacher
from shared.services.integrations.choices import set_on
from shared.toolbox import Toolbox
from teacher_site import create_app as create_classroom
from tests.support.office import open_office, photo_of
from tests.support.school import TEACHER_EMAIL
from tests.support.stand_ins import use_own

OTHER_EMAIL = "ravi.kumar@school.example"

WORDS = {"filename": "site.css", "certificate": "", "name": "oneroster"}
# A student is erased last, or the rest would find none.
LAST = ("privacy.erase",)


def open_town(toolbox: Toolbox) -> SimpleNamespace:
    """An admin, two teachers with a lecture each, and something of everything; `ids` are the first's."""
    # A gateway that nobody is; without one messages to phones cannot be turned on.
    settings = replace(toolbox.settings, messages_url="https://localhost:9/", messages_secret=bytes(32))
    toolbox = toolbox.with_(settings=settings)
    office = open_office(toolbox)
    use_own(toolbox, "spoof_detector")  # its page asks the real one for its figures
    create_admin(toolbox, office.actor, email="colleague@school.example", name="A colleague")
    passwords = {
        email: create_teacher(toolbox, office.actor, email=email, name=email)
        for email in (TEACHER_EMAIL, OTHER_EMAIL)
    }
    apps = {"office": create_office(toolbox=toolbox), "classroom": create_classroom(toolbox=toolbox)}
    for system in Integration:
        set_on(toolbox, office.actor, system, on=True)
    ids = _fill(toolbox, office)
    return SimpleNamespace(toolbox=toolbox, office=office, passwords=passwords, apps=apps, ids=ids)


def routes(app: Flask) -> list[tuple[str, str, str]]:
    """(endpoint, method, address with its gaps) of every route; pages first, for forms change things."""
    found = [
        (rule.endpoint, method, rule.rule)
        for rule in app.url_map.iter_rules()
        for method in sorted(rule.methods & {"GET", "POST"})
    ]
    return sorted(found, key=lambda each: (each[0] in LAST, each[1], each[0]))


def address(rule: str, ids: dict[str, int]) -> str:
    return re.sub(r"<(?:\w+:)?(\w+)>", lambda gap: str(ids.get(gap[1], WORDS.get(gap[1], 1))), rule)


def _fill(toolbox: Toolbox, office: SimpleNamespace) -> dict[str, int]:
    """One row of everything an address can name; gives the ids by the names that addresses have for them."""
    now = toolbox.now()
    with toolbox.sessions.begin() as session:
        school_class = session.get(SchoolClass, office.class_id)
        lectures = []
        for number, teacher in enumerate(session.query(Teacher).order_by(Teacher.id)):
            teacher.must_change_password = False
            teacher.classes.append(school_class)
            lecture = Lecture(
                subject=f"Subject {number}",
                teacher=teacher,
                classes=[school_class],
                starts_at=now - timedelta(minutes=5),
                ends_at=now + timedelta(minutes=55),
                opening_key=digest(f"lecture {number}"),
            )
            session.add(lecture)
            lectures.append(lecture)
        session.flush()
        own = lectures[0]
        passes = [_pass_of(own, number, now) for number in range(2)]
        session.add_all(passes)
        session.flush()
        about = {"lecture_id": own.id, "student_id": office.meera}
        marked = {"source": MarkSource.BY_HAND, "was": None, "becomes": MarkStatus.PRESENT}
        entry = ToConfirm(
            **about,
            kiosk_pass_id=passes[0].id,
            reason=ConfirmReason.CALLED_THE_TEACHER,
            asked_at=now,
            waiting=True,
        )
        question = PhotoQuestion(
            class_id=office.class_id,
            file_name="10/9.jpg",
            sentence=phrase("The path names nobody for certain."),
            likely=[office.meera],
            sealed_photo=b"",
            added_at=now,
        )
        rows = {
            "change_id": MarkChange(**about, **marked, teacher_id=own.teacher_id, changed_at=now),
            "upload_id": SheetUpload(
                lecture_id=own.id,
                teacher_id=own.teacher_id,
                file_name="a.xlsx",
                review_key=digest("review"),
                applied_at=now,
            ),
            "term_upload_id": SheetUpload(
                lecture_id=own.id,
                teacher_id=own.teacher_id,
                file_name="term.xlsx",
                review_key=digest("part of a term"),
                term_key=digest("term"),
                applied_at=now,
            ),
            "mail_id": OutgoingMail(
                **about,
                address="iyer@home.example",
                status=MarkStatus.PRESENT,
                state="refused",
                queued_at=now,
                try_at=now,
            ),
            "entry_id": entry,
            "cover_id": Cover(
                teacher_id=own.teacher_id,
                colleague_id=lectures[1].teacher_id,
                starts_at=now + timedelta(days=40),
                ends_at=now + timedelta(days=41),
                granted_by="an admin",
                granted_at=now,
            ),
            "covered_id": Lecture(
                subject="Held by another",
                teacher=lectures[1].teacher,
                for_teacher=own.teacher,
                classes=[school_class],
                starts_at=now - timedelta(days=3),
                ends_at=now - timedelta(days=2),
                opening_key=digest("held by another"),
            ),
            "day_id": DayOff(day=now.date() + timedelta(days=30), name="A holiday"),
            "draft_id": PlanDraft(file_name="plan.ics", content=b"", made_by="an admin", made_at=now),
            "grid_id": WeeklyGrid(
                first=now.date(),
                last=now.date() + timedelta(days=100),
                only_add=False,
                used=2,
                content=json.dumps([GridRow(1, "Monday", "10:00", "10:50", "CO6GA", "Physics"), GridRow(2)]),
                changed_by="an admin",
                changed_at=now,
            ),
            "planned_id": PlannedLecture(
                subject="Physics",
                teacher_id=own.teacher_id,
                room="3",
                starts_at=now + timedelta(minutes=5),
                ends_at=now + timedelta(minutes=50),
                identity=digest("planned"),
                classes=[school_class],
            ),
            "status_id": OwnStatus(
                key="on-duty",
                name="On duty",
                short="OD",
                colour="teal",
                counts_as="present",
                is_left_out=False,
                active=True,
                letter_names={},
            ),
            "question_id": question,
            "photo_id": EnrolmentPhoto(
                student_id=office.meera,
                file_name="camera.jpg",
                sealed_photo=toolbox.sealer.seal(
                    photo_of("meera"), purpose=purposes.enrolment_photo(office.meera)
                ),
                added_at=now,
            ),
            "asked_id": FamilyQuestion(
                student_id=office.meera, lecture_id=own.id, words="She was there.", sent_at=now
            ),
            "version_id": SpoofVersion(digest=digest("heads"), sealed_heads=b"", card={}, trained_at=now),
            "job_id": Job(kind="train_face_model", subject_id=office.meera, created_at=now),
        }
        session.add_all(rows.values())
        session.flush()  # the seals name the rows
        question.sealed_thumbnail = toolbox.sealer.seal(
            photo_of("meera"), purpose=purposes.photo_question_thumbnail(question.id)
        )
        entry.sealed_picture = toolbox.sealer.seal(b"a picture", purpose=f"to-confirm-picture:{entry.id}")
        mistake = SpoofMistake(
            version_id=rows["version_id"].id,
            label="live",
            source="Meera",
            score=0.9,
            sealed_picture=toolbox.sealer.seal(
                b"a picture", purpose=f"spoof-mistake:{rows['version_id'].id}"
            ),
            added_at=now,
        )
        session.add(mistake)
        session.flush()
        ids = {name: row.id for name, row in rows.items()} | {"mistake_id": mistake.id}
    return ids | {
        "lecture_id": own.id,
        "other_lecture_id": lectures[1].id,
        "pass_id": passes[1].id,
        "student_id": office.meera,
        "class_id": office.class_id,
        "teacher_id": own.teacher_id,
        "admin_id": 2,
    }


def _pass_of(lecture: Lecture, number: int, now: datetime) -> KioskPass:
    return KioskPass(
        token_digest=digest(f"pass {number}"),
        lecture_id=lecture.id,
        teacher_id=lecture.teacher_id,
        device="a phone",
        opened_at=now,
        last_seen_at=now,
    )
