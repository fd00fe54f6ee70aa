"""Every night what is old goes, once, whether or not a worker ran the night before."""

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import delete, func, select, update

from shared.domain.family_mail import MailState
from shared.errors import SettingsError
from shared.jobs.worker import start_lost_jobs
from shared.persistence import jobs
from shared.persistence.tables import (
    AnnouncedAbsence,
    AuditEntry,
    CheckIn,
    Consent,
    EnrolmentPhoto,
    FaceModelRow,
    FailedTry,
    FamilyLink,
    FamilyQuestion,
    Job,
    KioskPass,
    KioskTicket,
    KnownDevice,
    Lecture,
    Mark,
    ModelOffer,
    Night,
    OutgoingMail,
    PasswordLink,
    PlanDraft,
    PlannedLecture,
    SignIn,
    Student,
    ToConfirm,
)
from shared.services.accounts import sign_in
from shared.services.accounts.attempts import Budget, record_attempt
from shared.services.accounts.devices import remember_device
from shared.services.kiosk import passes
from shared.services.kiosk.passes import issue_ticket
from shared.services.upkeep import nightly
from shared.toolbox import Toolbox
from tests.support.families import Clock
from tests.support.office import open_office
from tests.support.whole_school import fill_school


@pytest.fixture
def clock():
    return Clock(datetime(2026, 11, 23, 4, 30, tzinfo=UTC))  # ten in the morning in Kolkata


@pytest.fixture
def toolbox(database_url, make_settings, clock):
    toolbox = Toolbox(make_settings(database_url), now=clock)
    yield toolbox
    toolbox.engine.dispose()


def count(toolbox, table):
    with toolbox.reading() as session:
        return session.scalar(select(func.count()).select_from(table))


def nights(toolbox):
    with toolbox.reading() as session:
        return session.scalars(
            select(AuditEntry.subject).where(AuditEntry.action == "delete the old").order_by(AuditEntry.id)
        ).all()


def test_a_night_is_worked_once_and_a_missed_one_made_up_for(toolbox, clock):
    nightly.work_if_due(toolbox)
    nightly.work_if_due(toolbox)
    assert nights(toolbox) == ["night of 2026-11-23"]
    clock.pass_by(hours=16)  # two in the morning
    nightly.work_if_due(toolbox)
    assert len(nights(toolbox)) == 1
    clock.pass_by(minutes=31)
    nightly.work_if_due(toolbox)
    assert nights(toolbox)[1:] == ["night of 2026-11-24"]
    clock.pass_by(days=3, hours=5)
    nightly.work_if_due(toolbox)
    assert nights(toolbox)[2:] == ["night of 2026-11-27"]


def test_a_night_that_was_cut_off_is_worked_again_by_one_worker(toolbox, clock):
    with toolbox.sessions.begin() as session:
        session.add(Night(night_of="2026-11-23", began_at=toolbox.now()))
    clock.pass_by(hours=1)
    nightly.work_if_due(toolbox)
    assert nights(toolbox) == []
    clock.pass_by(hours=1, minutes=1)
    nightly.work_if_due(toolbox)
    assert nights(toolbox) == ["night of 2026-11-23"]


def test_what_is_old_goes_at_its_own_time(toolbox, clock):
    fill_school(toolbox)
    sign_in.begin_sign_in(toolbox, site="office", account_id=1, device="a desk")
    with toolbox.reading() as session:
        issue_ticket(toolbox, session.query(KioskPass).first())
    record_attempt(toolbox, [Budget("somebody at the office")])
    with toolbox.sessions.begin() as session:
        session.execute(update(OutgoingMail).values(state=MailState.SENT, settled_at=toolbox.now()))
    kept = {table: count(toolbox, table) for table in (Student, Consent, FaceModelRow)}

    def night_after(**span):
        clock.pass_by(**span)
        nightly.work_if_due(toolbox)

    nightly.work_if_due(toolbox)
    assert count(toolbox, FailedTry) > 0
    assert count(toolbox, KioskTicket) > 0
    assert (count(toolbox, EnrolmentPhoto), count(toolbox, CheckIn)) == (2, 2)
    with toolbox.reading() as session:
        assert session.scalar(select(func.count(ToConfirm.sealed_picture))) == 2
    night_after(days=8)
    assert (count(toolbox, FailedTry), count(toolbox, EnrolmentPhoto), count(toolbox, CheckIn)) == (0, 0, 2)
    with toolbox.reading() as session:
        assert session.scalar(select(func.count(ToConfirm.sealed_picture))) == 0
    assert count(toolbox, KioskTicket) == 0
    night_after(days=23)
    assert [count(toolbox, table) for table in (CheckIn, KioskPass, SignIn, Job)] == [0, 0, 0, 0]
    assert count(toolbox, OutgoingMail) == 2
    night_after(days=150)
    assert (count(toolbox, OutgoingMail), count(toolbox, Mark)) == (0, 2)
    night_after(days=5 * 366)
    assert (count(toolbox, Lecture), count(toolbox, Mark)) == (0, 0)
    with toolbox.reading() as session:
        assert {entry.action for entry in session.scalars(select(AuditEntry))} == {"delete the old"}
    assert {table: count(toolbox, table) for table in kept} == kept


def test_the_trail_says_how_much_went(toolbox, clock):
    fill_school(toolbox)
    clock.pass_by(days=31)
    nightly.work_if_due(toolbox)
    with toolbox.reading() as session:
        entry = session.scalar(select(AuditEntry).where(AuditEntry.action == "delete the old"))
    assert entry.after["check-ins"] == 3
    assert entry.after["enrolment photos"] == 2
    assert entry.after["lectures"] == 0


def test_kept_photos_stay_where_the_school_chose_to_keep_them(database_url, make_settings, clock):
    toolbox = Toolbox(make_settings(database_url, KEEP_ENROLMENT_PHOTOS="1"), now=clock)
    fill_school(toolbox)
    before = count(toolbox, EnrolmentPhoto)
    clock.pass_by(days=30)
    nightly.work_if_due(toolbox)
    assert count(toolbox, EnrolmentPhoto) == before == 8
    toolbox.engine.dispose()


@pytest.mark.parametrize("value", ["0", "-1", "soon", "99999"])
def test_a_span_that_makes_no_sense_is_named(make_settings, value):
    with pytest.raises(SettingsError, match="KEEP_MARKS_YEARS"):
        make_settings("sqlite://", KEEP_MARKS_YEARS=value)


def test_a_training_whose_message_was_lost_is_started_again(toolbox, clock):
    office = open_office(toolbox)
    with toolbox.sessions.begin() as session:
        training = jobs.add(session, jobs.JobKind.TRAIN_FACE_MODEL, office.meera, total=1, now=toolbox.now())
        jobs.add(session, jobs.JobKind.DELIVER_MAIL, 1, total=0, now=toolbox.now())
    start_lost_jobs(toolbox)
    assert office.queue.started == []
    clock.pass_by(minutes=4)
    start_lost_jobs(toolbox)
    assert office.queue.started == [training.id]
    with toolbox.sessions.begin() as session:
        jobs.claim(session, training.id, now=toolbox.now())
    start_lost_jobs(toolbox)
    assert office.queue.started == [training.id]


def test_nothing_goes_before_its_time_and_all_that_is_due_the_night_after(database_url, make_settings, clock):
    toolbox = Toolbox(make_settings(database_url, KEEP_MARKS_YEARS="2", KEEP_AUDIT_YEARS="3"), now=clock)
    fill_school(toolbox)
    sign_in.begin_sign_in(toolbox, site="office", account_id=1, device="a desk")
    remember_device(toolbox, site="office", account_id=1, device="a desk")
    with toolbox.reading() as session:
        issue_ticket(toolbox, session.query(KioskPass).first())
    record_attempt(toolbox, [Budget("somebody at the office")])
    with toolbox.sessions.begin() as session:
        session.execute(update(OutgoingMail).values(state=MailState.SENT, settled_at=toolbox.now()))
    began, year = clock.moment, timedelta(days=365.25)
    spans = {
        timedelta(days=1): (KioskTicket, FailedTry),
        timedelta(days=7): (EnrolmentPhoto,),
        timedelta(days=30): (CheckIn, ModelOffer, SignIn, Job, KioskPass),
        timedelta(days=180): (OutgoingMail,),
        timedelta(days=365): (KnownDevice,),
        2 * year: (Lecture, Mark),
        3 * year: (AuditEntry,),
    }

    def left(table) -> int:
        with toolbox.reading() as session:
            query = select(func.count()).select_from(table)
            if table is AuditEntry:
                query = query.where(AuditEntry.at < began)
            return session.scalar(query)

    for span, tables in spans.items():
        for hours, is_left in ((-2, True), (2, False)):
            clock.moment = began + span + timedelta(hours=hours)
            with toolbox.sessions.begin() as session:
                session.execute(delete(Night))
            nightly.work_if_due(toolbox)
            for table in tables:
                assert bool(left(table)) is is_left, f"{table.__tablename__}, {hours} h from {span}"
    toolbox.engine.dispose()


def test_a_browser_that_is_used_stays_signed_in_for_a_month_after_it_was_seen_last(toolbox, clock):
    token = sign_in.begin_sign_in(toolbox, site="office", account_id=1, device="a desk")
    for days in (20, 20, 20):
        clock.pass_by(days=days)
        nightly.work_if_due(toolbox)
        assert sign_in.find_sign_in(toolbox, site="office", token=token) is not None
    clock.pass_by(days=31)
    nightly.work_if_due(toolbox)
    assert sign_in.find_sign_in(toolbox, site="office", token=token) is None


def test_plans_phones_and_what_families_wrote_go_at_their_own_time(database_url, make_settings, clock):
    toolbox = Toolbox(make_settings(database_url, KEEP_MARKS_YEARS="2", KEEP_AUDIT_YEARS="3"), now=clock)
    office = fill_school(toolbox)
    began, year, away = clock.moment, timedelta(days=365.25), timedelta(days=10)
    teacher_id, hour = office.teacher.account_id, timedelta(hours=1)
    with toolbox.sessions.begin() as session:
        session.execute(delete(FamilyQuestion))
        session.execute(
            update(AnnouncedAbsence).values(first_day=began.date(), last_day=(began + away).date())
        )
        session.execute(update(KioskPass).values(last_seen_at=began + away))  # opened before, used since
        session.execute(update(FamilyLink).values(expires_at=began + 2 * away))
        late = began + away - timedelta(days=1)  # a link that is over is kept a day, like wrong passwords
        session.add_all(
            [
                PlanDraft(file_name="plan.ics", content=b"", made_by="an admin", made_at=began),
                PlannedLecture(
                    subject="Physics",
                    teacher_id=teacher_id,
                    room="",
                    starts_at=began - hour,
                    ends_at=began,
                    identity="1",
                ),
                FamilyQuestion(student_id=office.meera, words="She was there.", sent_at=began),
                PasswordLink(
                    site="office", email="a@b.example", is_first=True, asked_at=began, expires_at=late
                ),
            ]
        )
    due = {
        PasswordLink: away,
        FamilyLink: 2 * away,
        PlanDraft: timedelta(days=30),
        KioskPass: away + timedelta(days=30),
        FamilyQuestion: timedelta(days=180),
        AnnouncedAbsence: away + timedelta(days=180, hours=19, minutes=30),  # its last day is over then
        PlannedLecture: 2 * year,
    }
    for table, span in due.items():
        for hours, is_left in ((-2, True), (2, False)):
            clock.moment = began + span + timedelta(hours=hours)
            with toolbox.sessions.begin() as session:
                session.execute(delete(Night))
            nightly.work_if_due(toolbox)
            assert bool(count(toolbox, table)) is is_left, f"{table.__tablename__}, {hours} h from {span}"
    toolbox.engine.dispose()


def test_the_pin_of_a_lecture_is_forgotten_a_day_after_its_end(toolbox, clock):
    lecture_id = fill_school(toolbox).lecture
    with toolbox.sessions.begin() as session:
        lecture = session.get(Lecture, lecture_id)
        lecture.kiosk_pin, lecture.ends_at = "a hash", toolbox.now()
    for hours, is_left in ((23, True), (2, False)):
        clock.pass_by(hours=hours)
        passes.forget_pins(toolbox)
        with toolbox.reading() as session:
            assert (session.get(Lecture, lecture_id).kiosk_pin is not None) is is_left
