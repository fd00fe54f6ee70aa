"""A class is enrolled from one zip, and every file's result is told."""

import time
import zipfile
from collections import Counter
from io import BytesIO

import pytest
from PIL import Image
from sqlalchemy import select

from shared.domain.face_model import CURRENT, MAX_PHOTOS
from shared.domain.photo_verdict import PhotoVerdict
from shared.errors import InvalidInput, NotFound
from shared.jobs.worker import run_job
from shared.persistence import jobs
from shared.persistence.tables import EnrolmentPhoto, FaceModelRow
from shared.services.faces import class_photos, enrolment
from shared.services.faces.sealed_faces import describe_photo
from shared.services.people import consent, erasure
from tests.support.heavy_files import with_scans
from tests.support.office import add_student, agree, looks_of, open_office, photo_of, zip_of
from tests.support.stand_ins import stand_in


@pytest.fixture
def office(toolbox):
    office = open_office(toolbox)
    agree(toolbox, office, office.meera, office.ravi)
    return office


def send(toolbox, office, files, **how):
    return class_photos.receive_class_photos(toolbox, office.actor, office.class_id, zip_of(files, **how))


def read(toolbox, job_id):
    """Run the job; gives its row and its results as {file: (used, sentence)}."""
    run_job(toolbox, job_id)
    with toolbox.reading() as session:
        job = jobs.find(session, job_id)
    return job, {result["file"]: (result["used"], result["sentence"]) for result in job.results}


def enrolled(toolbox):
    with toolbox.reading() as session:
        return set(session.scalars(select(FaceModelRow.student_id)))


def waiting_photos(toolbox):
    with toolbox.reading() as session:
        return session.scalars(select(EnrolmentPhoto.file_name)).all()


def test_a_class_is_enrolled_and_every_file_has_a_fate(toolbox, office):
    add_student(toolbox, office, "Asha Rao", "15203A0044")
    job_id = send(
        toolbox,
        office,
        {
            "15203A0042_1.jpg": photo_of("meera"),
            "15203A0042/second.jpg": photo_of("meera", 1),
            "15203A0042_dark.jpg": photo_of("meera", verdict=PhotoVerdict.TOO_DARK),
            "15203A0042_friend.jpg": photo_of("ravi"),
            "15203A0043.jpg": photo_of("ravi"),
            "15203A0043.txt": b"notes",
            "15203A0044.jpg": photo_of("meera", 5),
            "nobody.jpg": photo_of("ravi"),
        },
    )
    assert len(waiting_photos(toolbox)) == 5
    job, results = read(toolbox, job_id)
    assert (job.state, job.done, job.total) == ("done", 8, 8)
    assert job.sentence == "2 students are enrolled. 5 files were not used."
    assert enrolled(toolbox) == {office.meera, office.ravi}
    assert waiting_photos(toolbox) == []
    used = {name for name, (is_used, _) in results.items() if is_used}
    assert used == {"15203A0042_1.jpg", "15203A0042/second.jpg", "15203A0043.jpg"}
    assert "too dark" in results["15203A0042_dark.jpg"][1]
    assert "same person" in results["15203A0042_friend.jpg"][1]
    assert "Only JPEG, PNG, WebP and HEIC" in results["15203A0043.txt"][1]
    assert "not agreed" in results["15203A0044.jpg"][1]
    assert "No student" in results["nobody.jpg"][1]


def test_a_face_of_another_roll_id_waits_for_the_admins_decision(toolbox, office):
    files = {"15203A0042.jpg": photo_of("meera"), "15203A0043.jpg": photo_of("twin of meera")}
    job, results = read(toolbox, send(toolbox, office, files))
    assert enrolled(toolbox) == {office.meera}
    assert "take this face for Meera Iyer, 15203A0042 in CO6GA" in results["15203A0043.jpg"][1]
    # In another language too, where the class may stand before the name.
    (named,) = results["15203A0043.jpg"][1].values["named"].values.values()
    assert named.one == "%(name)s, %(roll_id)s in %(code)s"
    assert "1 looks like somebody else and needs your decision" in job.sentence
    run_job(toolbox, enrolment.start_training(toolbox, office.actor, office.ravi, accepted=[office.meera]))
    assert enrolled(toolbox) == {office.meera, office.ravi}


def test_a_consent_withdrawn_before_the_worker_came_leaves_nothing(toolbox, office):
    job_id = send(toolbox, office, {"15203A0042.jpg": photo_of("meera"), "15203A0043.jpg": photo_of("ravi")})
    consent.withdraw_consent(toolbox, office.actor, office.meera)
    read(toolbox, job_id)
    assert enrolled(toolbox) == {office.ravi}
    assert waiting_photos(toolbox) == []


def test_a_newer_zip_takes_the_place_of_one_that_was_never_read(toolbox, office):
    send(toolbox, office, {"15203A0042.jpg": photo_of("meera")})
    job_id = send(toolbox, office, {"15203A0043.jpg": photo_of("ravi")})
    assert waiting_photos(toolbox) == ["15203A0043.jpg"]
    read(toolbox, job_id)
    assert enrolled(toolbox) == {office.ravi}


def test_what_is_no_zip_or_for_no_class_begins_nothing(toolbox, office):
    with pytest.raises(InvalidInput):
        class_photos.receive_class_photos(toolbox, office.actor, office.class_id, BytesIO(b"hello"))
    office.class_id = 999_999
    with pytest.raises(NotFound):
        send(toolbox, office, {"15203A0042.jpg": photo_of("meera")})
    assert office.queue.started == []


def test_a_small_zip_of_photos_that_take_long_keeps_neither_the_page_nor_the_worker(toolbox, office):
    heavy = with_scans((640, 480), 1_000)
    files = {f"15203A004{2 + number % 2}/{number}.jpg": heavy for number in range(200)}
    began = time.process_time()
    job_id = send(toolbox, office, files, compression=zipfile.ZIP_DEFLATED)
    _, results = read(toolbox, job_id)
    assert time.process_time() - began < 10
    sentences = Counter(sentence for _, sentence in results.values())
    assert sentences["24 photos of a student are enough."] == 200 - 2 * MAX_PHOTOS
    assert sentences["The photo's file is built in an unusual way. Please take it again."] == 2 * MAX_PHOTOS


def test_photos_that_take_too_long_in_all_are_refused_from_there_on(toolbox, office, monkeypatch):
    monkeypatch.setattr(class_photos, "MOST_OPENING_S", 0.0)
    _, results = read(toolbox, send(toolbox, office, {"15203A0042.jpg": photo_of("meera")}))
    assert "takes too long" in results["15203A0042.jpg"][1]


def test_a_photo_of_another_kind_is_enrolled_and_described_as_a_jpeg_is(toolbox, office):
    files = {}
    for number in range(5):
        webp = BytesIO()
        Image.open(BytesIO(photo_of("meera", number))).save(webp, "WEBP", lossless=True)
        files[f"15203A0042_{number}.webp"] = webp.getvalue()
    job_id = send(toolbox, office, files)
    with toolbox.reading() as session:
        (first, *_) = session.scalars(select(EnrolmentPhoto)).all()
        assert describe_photo(toolbox, first, CURRENT) == tuple(looks_of("meera").tolist())
    read(toolbox, job_id)
    assert enrolled(toolbox) == {office.meera}


class Interrupted:
    """Reads photos as another reader does; at the photo of this number something happens first."""

    def __init__(self, reader, number, happen):
        self._reader, self._number, self._happen = reader, number, happen

    def read(self, rgb):
        if self._reader.asked == self._number:
            self._happen()
        return self._reader.read(rgb)


@pytest.mark.parametrize("number", [1, 3], ids=["while read", "after"])
def test_a_student_erased_while_a_zip_is_read_is_gone_and_the_others_are_enrolled(toolbox, office, number):
    def happen():
        erasure.erase_student(toolbox, office.actor, office.meera)

    stand_in(toolbox, face_matcher=Interrupted(toolbox.face_matcher, number, happen))
    files = {f"15203A0042_{number}.jpg": photo_of("meera", number) for number in range(3)}
    job, results = read(toolbox, send(toolbox, office, files | {"15203A0043.jpg": photo_of("ravi")}))
    assert (job.state, job.sentence) == ("done", "1 student is enrolled.")
    assert enrolled(toolbox) == {office.ravi}
    assert waiting_photos(toolbox) == []
    assert results["15203A0043.jpg"][0]
    assert "15203A0042" not in str(job.results)
    assert "Meera" not in str(job.results)


def test_a_consent_withdrawn_while_a_student_is_compared_keeps_nobody_else_from_being_enrolled(
    toolbox, office, monkeypatch
):
    find_near_matches = class_photos.find_near_matches

    def withdraw_then_find(toolbox, student_id):
        if student_id == office.meera:
            consent.withdraw_consent(toolbox, office.actor, office.meera)
        return find_near_matches(toolbox, student_id)

    monkeypatch.setattr(class_photos, "find_near_matches", withdraw_then_find)
    files = {"15203A0042.jpg": photo_of("meera"), "15203A0043.jpg": photo_of("ravi")}
    job, results = read(toolbox, send(toolbox, office, files))
    assert (job.state, job.sentence) == ("done", "1 student is enrolled. 1 file was not used.")
    assert "not agreed" in results["15203A0042.jpg"][1]
    assert enrolled(toolbox) == {office.ravi}


def test_photos_unlike_the_face_so_far_wait_for_the_admins_decision(toolbox, office):
    read(toolbox, send(toolbox, office, {"15203A0042.jpg": photo_of("meera")}))
    job, results = read(toolbox, send(toolbox, office, {"15203A0042.jpg": photo_of("ravi")}))
    assert "do not look like the face enrolled so far" in results["15203A0042.jpg"][1]
    assert "1 looks like somebody else and needs your decision" in job.sentence
    assert waiting_photos(toolbox) == ["15203A0042.jpg"]
