"""Erasing a student leaves nothing of them in any table or file; a withdrawn consent, nothing of the face."""

import json
from pathlib import Path

import pytest
from sqlalchemy import delete, func, select

from shared.domain.attendance import MarkStatus
from shared.errors import InvalidInput, NotFound
from shared.persistence.people import get_student
from shared.persistence.sealed_rows import list_columns, next_rows
from shared.persistence.tables import (
    AuditEntry,
    Base,
    Erasure,
    FaceFlag,
    Job,
    Mark,
    NearMatchPair,
    Night,
    SchoolClass,
    Student,
    ToConfirm,
)
from shared.services.people import consent, erasure, registration
from shared.services.upkeep.key_rotation import purpose_of
from tests.support.office import agree, photo_of
from tests.support.whole_school import (
    DESCRIPTOR,
    MEERA,
    PICTURE,
    enrol,
    everything,
    fill_school,
    tables_of_students,
)

FACE = (PICTURE, DESCRIPTOR, *(photo_of("meera", number) for number in range(5)))


@pytest.fixture
def office(toolbox):
    return fill_school(toolbox)


def find_words(toolbox):
    """Every table and column where Meera is still named."""
    return {
        (table, column)
        for table, column, value in everything(toolbox)
        for words in MEERA
        if words.lower() in json.dumps(value, default=str, ensure_ascii=False).lower()
    }


def test_the_school_of_this_test_has_rows_of_meera_in_every_table_that_hangs_on_a_student(toolbox, office):
    with toolbox.reading() as session:
        for table, columns in tables_of_students():
            for column in columns:
                query = select(func.count()).select_from(table).where(column == office.meera)
                assert session.scalar(query), f"{table.name}.{column.name} is not tried by this test"
        for sealed in list_columns():
            table, column = sealed.table, sealed.table.c[sealed.column]
            if "student_id" in table.columns:
                query = select(func.count()).where(table.c.student_id == office.meera, column.is_not(None))
                assert session.scalar(query), f"{table.name}.{column.name} is not tried by this test"


def sealed_of(toolbox, student_id):
    """The sealed values of a student, each of which opens."""
    found = []
    with toolbox.reading() as session:
        for column in list_columns():
            for row in next_rows(session, column, after=0):
                if row["student_id"] == student_id:
                    toolbox.sealer.open(row["sealed"], purpose=purpose_of(column, row))
                    found.append(row["sealed"])
    return found


def files(toolbox):
    """Every file of the installation with what it holds, the database's own on SQLite."""
    folder = Path(toolbox.settings.instance_dir).parent
    return [(path.name, path.read_bytes()) for path in folder.rglob("*") if path.is_file()]


def test_an_erased_student_is_in_no_table_and_no_file(toolbox, office):
    sealed = sealed_of(toolbox, office.meera)
    assert len(sealed) >= 5
    named_in = {table for table, _ in find_words(toolbox)}
    assert named_in >= {"student", "audit_entry", "job", "lecture", "mark", "sheet_upload", "outgoing_mail"}
    if toolbox.engine.dialect.name == "sqlite":
        assert any(MEERA[0].encode() in content for _, content in files(toolbox))
        assert any(sealed[0] in content for _, content in files(toolbox))
    erasure.erase_student(toolbox, office.actor, office.meera)
    assert find_words(toolbox) == set()
    assert sealed_of(toolbox, office.meera) == []
    for name, content in files(toolbox):
        assert not [words for words in MEERA if words.lower().encode() in content.lower()], name
        assert not any(value in content or value[-32:] in content for value in sealed), name
        assert not any(face in content for face in FACE), name


def test_a_name_in_letters_that_json_escapes_is_erased_from_everybodys_work(toolbox, office):
    name = "मीरा अय्यर"
    details = registration.StudentDetails(name, MEERA[1], office.class_id)
    registration.change_student(toolbox, office.actor, office.meera, details)
    told = [{"student_id": office.ravi, "sentence": f"Looks like {name}."}]
    with toolbox.sessions.begin() as session:
        job = Job(kind="read_class_photos", subject_id=1, state="done", results=told)
        job.created_at = toolbox.now()
        session.add(job)
    erasure.erase_student(toolbox, office.actor, office.meera)
    for table, column, value in everything(toolbox):
        assert name not in json.dumps(value, default=str, ensure_ascii=False), f"{table}.{column}"


def test_an_earlier_name_that_only_a_change_tells_of_is_erased_too(toolbox, office):
    details = registration.StudentDetails("Meera Apte", MEERA[1], office.class_id)
    registration.change_student(toolbox, office.actor, office.meera, details)
    with toolbox.sessions.begin() as session:
        latest = session.scalar(select(func.max(AuditEntry.id)).where(AuditEntry.student_id == office.meera))
        earlier = (AuditEntry.student_id == office.meera, AuditEntry.id != latest)
        session.execute(delete(AuditEntry).where(*earlier))  # as its time was over
        session.execute(delete(Job))
    assert ("lecture", "subject") in find_words(toolbox)
    erasure.erase_student(toolbox, office.actor, office.meera)
    assert not {found for found in find_words(toolbox) if found[0] in ("lecture", "mark", "audit_entry")}


def test_everybody_else_stays_as_they_were(toolbox, office):
    def of_ravi():
        with toolbox.reading() as session:
            return {
                table.name: session.scalar(
                    select(func.count()).select_from(table).where(table.c.student_id == office.ravi)
                )
                for table, _columns in tables_of_students()
                if table.name not in ("face_flag", "look_alikes")  # these are about Meera and Ravi
            }

    before, sealed = of_ravi(), len(sealed_of(toolbox, office.ravi))
    erasure.erase_student(toolbox, office.actor, office.meera)
    assert of_ravi() == before
    assert len(sealed_of(toolbox, office.ravi)) == sealed
    with toolbox.reading() as session:
        mark = session.scalar(select(Mark))
        assert mark.student_id == office.ravi
        assert mark.note.startswith("sat by erased-")


def test_the_audit_trail_still_says_what_was_done_under_one_pseudonym(toolbox, office):
    with toolbox.reading() as session:
        actions = session.execute(
            select(AuditEntry.id, AuditEntry.action, AuditEntry.actor, AuditEntry.at)
        ).all()
    erasure.erase_student(toolbox, office.actor, office.meera)
    with toolbox.reading() as session:
        after = session.execute(
            select(AuditEntry.id, AuditEntry.action, AuditEntry.actor, AuditEntry.at)
        ).all()
        last = session.scalars(select(AuditEntry).order_by(AuditEntry.id.desc())).first()
        aliased = session.scalars(
            select(AuditEntry.subject).where(AuditEntry.subject.contains("erased-"))
        ).all()
    assert after[:-1] == actions
    assert last.action == "erase student"
    assert len({subject.split()[-1] for subject in aliased if "Databases" not in subject}) == 1
    assert f"lecture {office.lecture}: {last.subject}" in aliased


def test_what_somebody_else_goes_by_too_stays_theirs(toolbox, office):
    brother = registration.StudentDetails(
        "Meera Iyer", "77", office.class_id, parent1_email=MEERA[3], phones=f"+919876543211, {MEERA[5]}"
    )
    brother_id = registration.add_student(toolbox, office.actor, brother)
    erasure.erase_student(toolbox, office.actor, office.meera)
    with toolbox.reading() as session:
        assert get_student(session, brother_id).parent1_email == MEERA[3]
        entry = session.scalar(select(AuditEntry).where(AuditEntry.student_id == brother_id))
        assert entry.after["name"] == "Meera Iyer"
        assert entry.after["phones"] == f"+919876543211 {MEERA[5]}"
        assert session.scalar(select(Mark)).note == "sat by Meera Iyer"


def test_a_class_that_is_called_like_a_student_keeps_its_name(toolbox, office):
    class_id = registration.add_class(toolbox, office.actor, class_code=MEERA[1], name=MEERA[0])
    erasure.erase_student(toolbox, office.actor, office.meera)
    with toolbox.reading() as session:
        kept = session.get(SchoolClass, class_id)
        assert (kept.class_code, kept.name) == (MEERA[1], MEERA[0])


def test_a_roll_id_that_looks_like_a_year_changes_no_date(toolbox, office):
    named = registration.StudentDetails("Year Like", "2026", office.class_id)
    student_id = registration.add_student(toolbox, office.actor, named)
    days = ["2026-03-05", "2026-03-06"]
    with toolbox.sessions.begin() as session:
        session.add_all(Night(night_of=day, began_at=toolbox.now()) for day in days)
        told = {"starts_at": "2026-11-27T20:49:00+00:00", "said": "2026 was late"}
        who = {"actor": "x", "site": "office", "address": ""}
        about = {"action": "open lecture", "subject": "lecture 1"}
        session.add(AuditEntry(at=toolbox.now(), after=told, **who, **about))
    erasure.erase_student(toolbox, office.actor, student_id)
    with toolbox.reading() as session:
        assert set(days) <= set(session.scalars(select(Night.night_of)))
        entry = session.scalars(select(AuditEntry).where(AuditEntry.action == "open lecture")).all()[-1]
        assert entry.after["starts_at"] == told["starts_at"]
        assert entry.after["said"].startswith("erased-")


def test_nobody_is_erased_twice(toolbox, office):
    erasure.erase_student(toolbox, office.actor, office.meera)
    with pytest.raises(NotFound):
        erasure.erase_student(toolbox, office.actor, office.meera)


def test_a_withdrawn_consent_takes_the_face_out_of_every_table_and_keeps_the_marks(toolbox, office):
    sealed = sealed_of(toolbox, office.meera)
    consent.withdraw_consent(toolbox, office.actor, office.meera)
    assert sealed_of(toolbox, office.meera) == []
    for name, content in files(toolbox):
        assert not any(value in content or value[-32:] in content for value in sealed), name
    with toolbox.reading() as session:
        assert (
            session.scalars(select(Job).where(Job.kind == "train_face_model")).one().subject_id == office.ravi
        )
        mark = session.scalars(select(Mark).where(Mark.student_id == office.meera)).one()
        assert session.scalars(select(NearMatchPair)).all() == []
        assert {flag.near_match_id for flag in session.scalars(select(FaceFlag))} <= {office.ravi, None}
        assert {each.near_match_id for each in session.scalars(select(ToConfirm))} == {office.ravi, None}
    assert mark.status == MarkStatus.LATE


def test_a_ledger_erases_again_whoever_an_older_database_still_holds(toolbox, office):
    lines = erasure.list_ledger(toolbox)
    with toolbox.reading() as session:
        meera, ravi = get_student(session, office.meera), get_student(session, office.ravi)
        gone = erasure.LedgerLine(toolbox.now(), "student", erasure._student_digest(meera))
        faceless = erasure.LedgerLine(toolbox.now(), "face", erasure._consent_digest(ravi, ravi.consent))
    assert erasure.replay_ledger(toolbox, lines | {gone, faceless}) == 2
    assert find_words(toolbox) == set()
    assert sealed_of(toolbox, office.ravi) == []
    with toolbox.reading() as session:
        assert session.scalars(select(Student.id)).all() == [office.ravi]
        assert get_student(session, office.ravi).consent is None
    assert erasure.list_ledger(toolbox) == {gone, faceless}
    assert erasure.replay_ledger(toolbox, {gone, faceless}) == 0


def test_an_earlier_withdrawal_does_not_erase_a_face_enrolled_after_a_new_consent(toolbox, office):
    consent.withdraw_consent(toolbox, office.actor, office.meera)
    agree(toolbox, office, office.meera)
    enrol(toolbox, office, office.meera, "meera")
    assert erasure.replay_ledger(toolbox, erasure.list_ledger(toolbox)) == 0
    assert sealed_of(toolbox, office.meera)


def test_the_ledger_stands_in_a_file_too_and_names_nobody(toolbox, office):
    erasure.erase_student(toolbox, office.actor, office.meera)
    path = toolbox.settings.instance_dir / erasure.LEDGER_NAME
    assert erasure.read_ledger(path) == erasure.list_ledger(toolbox)
    assert len(erasure.list_ledger(toolbox)) == 1
    assert path.stat().st_mode & 0o777 == 0o600
    with toolbox.reading() as session:
        (row,) = session.scalars(select(Erasure)).all()
        assert row.digest in path.read_text(encoding="utf-8")


def test_a_damaged_ledger_is_refused_not_skipped(tmp_path):
    (tmp_path / "erasures.txt").write_text("2026-11-23T04:30:00+00:00 student\n", encoding="utf-8")
    with pytest.raises(InvalidInput, match="damaged"):
        erasure.read_ledger(tmp_path / "erasures.txt")


def test_whatever_hangs_on_a_student_goes_or_lets_go_with_the_row():
    for table, columns in tables_of_students():
        for column in columns:
            (key,) = column.foreign_keys
            assert key.ondelete in ("CASCADE", "SET NULL"), f"{table.name}.{column.name}"
    assert len(Base.metadata.tables) > 20
