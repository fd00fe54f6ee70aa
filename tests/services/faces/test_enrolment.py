"""A student's face: a verdict for every photo, training by itself, no near_match saved unseen."""

from dataclasses import replace
from datetime import timedelta
from io import BytesIO

import pillow_heif
import pytest
from PIL import Image
from sqlalchemy import select

from shared.domain.face_model import MAX_PHOTOS
from shared.domain.photo_verdict import PhotoVerdict
from shared.errors import Conflict
from shared.jobs.worker import run_job
from shared.persistence import jobs
from shared.persistence.tables import EnrolmentPhoto, FaceModelRow
from shared.services.faces import class_photos, enrolment
from shared.services.people.registration import set_student_active
from shared.vision.photo_files import FILE
from tests.support.office import add_photo, agree, enrol_face, open_office, photo_of, zip_of
from tests.support.photographs import photograph
from tests.support.stand_ins import use_own


@pytest.fixture
def office(toolbox):
    office = open_office(toolbox)
    agree(toolbox, office, office.meera, office.ravi)
    return office


def rows(toolbox, table):
    with toolbox.reading() as session:
        return session.scalars(select(table).order_by(table.id)).all()


def stored_model(toolbox, student_id):
    with toolbox.reading() as session:
        return session.scalar(select(FaceModelRow.sealed_model).where(FaceModelRow.student_id == student_id))


def long_after(toolbox):
    """Return the toolbox when work that said nothing since counts as cut off."""
    later = toolbox.now() + jobs.SILENT_FOR + timedelta(seconds=1)
    return toolbox.with_(now=lambda: later)


def test_five_good_photos_become_a_sealed_model_and_are_gone(toolbox, office):
    job = enrol_face(toolbox, office, office.meera, "meera")
    assert (job.state, job.sentence) == ("done", "The face is enrolled from 5 photos.")
    (row,) = rows(toolbox, FaceModelRow)
    assert (row.photo_count, row.is_weak) == (5, False)
    sealed = stored_model(toolbox, office.meera)
    assert len(sealed) <= 8192
    assert len(enrolment.open_model(toolbox, office.meera, sealed).descriptors) == 5
    assert enrolment.open_model(toolbox, office.ravi, sealed) is None
    assert rows(toolbox, EnrolmentPhoto) == []


def test_photos_stay_where_the_school_keeps_them_and_wait_no_more(toolbox, office):
    settings = replace(toolbox.settings, keep_enrolment_photos=True)
    keeping = toolbox.with_(settings=settings)
    enrol_face(keeping, office, office.meera, "meera")
    assert len(rows(toolbox, EnrolmentPhoto)) == 5
    with pytest.raises(Conflict, match="no good photos"):
        enrolment.start_training(keeping, office.actor, office.meera)
    enrol_face(keeping, office, office.meera, "meera", photos=3)
    assert len(rows(toolbox, EnrolmentPhoto)) == 3


@pytest.mark.parametrize("verdict", [verdict for verdict in PhotoVerdict if verdict is not PhotoVerdict.GOOD])
def test_a_bad_photo_is_named_and_not_kept(toolbox, office, verdict):
    result = add_photo(toolbox, office, office.meera, photo_of("meera", verdict=verdict))
    assert (result.verdict, result.sentence, result.is_kept) == (verdict, verdict.sentence, False)
    assert rows(toolbox, EnrolmentPhoto) == []


def test_a_file_that_is_no_photo_fails_alone(toolbox, office):
    assert not add_photo(toolbox, office, office.meera, b"hello").is_kept
    assert add_photo(toolbox, office, office.meera, photo_of("meera")).is_kept


def test_a_photo_of_somebody_else_is_named_and_not_kept(toolbox, office):
    add_photo(toolbox, office, office.meera, photo_of("meera"))
    result = add_photo(toolbox, office, office.meera, photo_of("ravi"))
    assert result.verdict is PhotoVerdict.ANOTHER_PERSON
    assert len(rows(toolbox, EnrolmentPhoto)) == 1


def test_photos_are_sealed_where_they_wait(toolbox, office):
    content = photo_of("meera")
    add_photo(toolbox, office, office.meera, content)
    with toolbox.reading() as session:
        photo, descriptor = session.execute(
            select(EnrolmentPhoto.sealed_photo, EnrolmentPhoto.sealed_descriptor)
        ).one()
    assert b"PNG" not in photo
    assert toolbox.sealer.open(photo, purpose=f"enrolment-photo:{office.meera}") == content
    assert len(descriptor) > 512


def test_more_photos_than_a_model_holds_are_not_taken(toolbox, office):
    for number in range(MAX_PHOTOS):
        assert add_photo(toolbox, office, office.meera, photo_of("meera", number)).is_kept
    assert not add_photo(toolbox, office, office.meera, photo_of("meera", MAX_PHOTOS)).is_kept


def test_a_face_of_another_roll_id_is_pointed_out_before_it_is_saved(toolbox, office):
    enrol_face(toolbox, office, office.meera, "meera")
    add_photo(toolbox, office, office.ravi, photo_of("twin of meera"))
    (near_match,) = enrolment.start_training(toolbox, office.actor, office.ravi)
    assert (near_match.student.name, near_match.student.school_class.class_code) == ("Meera Iyer", "CO6GA")
    assert stored_model(toolbox, office.ravi) is None
    accepted = enrolment.start_training(toolbox, office.actor, office.ravi, accepted=[office.meera])
    run_job(toolbox, accepted)
    assert stored_model(toolbox, office.ravi) is not None


def test_a_students_own_earlier_model_is_no_likeness(toolbox, office):
    enrol_face(toolbox, office, office.meera, "meera")
    assert enrol_face(toolbox, office, office.meera, "meera", photos=3).state == "done"
    assert rows(toolbox, FaceModelRow)[0].photo_count == 3


def test_photos_unlike_a_students_earlier_model_are_asked_about_before_they_replace_it(toolbox, office):
    enrol_face(toolbox, office, office.meera, "meera")
    before = stored_model(toolbox, office.meera)
    add_photo(toolbox, office, office.meera, photo_of("ravi"))
    (unlike,) = enrolment.start_training(toolbox, office.actor, office.meera)
    assert (unlike.student.id, unlike.is_unlike) == (office.meera, True)
    assert stored_model(toolbox, office.meera) == before
    run_job(toolbox, enrolment.start_training(toolbox, office.actor, office.meera, accepted=[office.meera]))
    assert stored_model(toolbox, office.meera) != before


def test_a_training_that_fails_leaves_the_earlier_model(toolbox, office):
    enrol_face(toolbox, office, office.meera, "meera")
    before = stored_model(toolbox, office.meera)
    add_photo(toolbox, office, office.meera, photo_of("meera", 9))
    job_id = enrolment.start_training(toolbox, office.actor, office.meera)
    enrolment.discard_photos(toolbox, office.actor, office.meera)
    run_job(toolbox, job_id)
    with toolbox.reading() as session:
        job = jobs.find(session, job_id)
    assert (job.state, job.sentence) == ("failed", "There are no good photos to train on.")
    assert stored_model(toolbox, office.meera) == before


def test_a_second_press_follows_the_training_that_runs(toolbox, office):
    add_photo(toolbox, office, office.meera, photo_of("meera"))
    first = enrolment.start_training(toolbox, office.actor, office.meera)
    assert enrolment.start_training(toolbox, office.actor, office.meera) == first
    assert office.queue.started == [first]


def test_a_training_cut_off_with_its_worker_can_be_begun_again(toolbox, office):
    add_photo(toolbox, office, office.meera, photo_of("meera"))
    first = enrolment.start_training(toolbox, office.actor, office.meera)
    with toolbox.sessions.begin() as session:
        jobs.claim(session, first, now=toolbox.now())
    assert enrolment.start_training(long_after(toolbox), office.actor, office.meera) != first


def test_a_training_that_waits_for_a_busy_worker_is_followed_and_runs_once(toolbox, office):
    add_photo(toolbox, office, office.meera, photo_of("meera"))
    first = enrolment.start_training(toolbox, office.actor, office.meera)
    later = long_after(toolbox)
    assert enrolment.start_training(later, office.actor, office.meera) == first
    with toolbox.sessions.begin() as session:  # the time in the queue is not held against it
        jobs.claim(session, first, now=later.now())
    assert enrolment.start_training(later, office.actor, office.meera) == first
    assert office.queue.started == [first]


def test_a_single_photo_makes_a_weak_model_and_says_so(toolbox, office):
    job = enrol_face(toolbox, office, office.meera, "meera", photos=1)
    assert "more reliable" in job.sentence
    assert rows(toolbox, FaceModelRow)[0].is_weak


def test_the_self_test_tells_the_right_face_from_a_wrong_one_by_its_margin(toolbox, office):
    enrol_face(toolbox, office, office.meera, "meera")
    right = enrolment.try_face(toolbox, office.meera, photo_of("meera", 30))
    wrong = enrolment.try_face(toolbox, office.meera, photo_of("ravi"))
    assert right.passed
    assert right.margin > 0
    assert not wrong.passed
    assert wrong.margin < 0
    unseen = enrolment.try_face(toolbox, office.meera, photo_of("meera", verdict=PhotoVerdict.NO_FACE))
    assert (unseen.passed, unseen.margin) == (False, None)


def test_the_self_test_tells_that_the_kiosk_would_see_a_picture(toolbox, office):
    enrol_face(toolbox, office, office.meera, "meera")
    toolbox.spoof_detector.is_live = False
    result = enrolment.try_face(toolbox, office.meera, photo_of("meera", 30))
    assert (result.passed, result.margin) == (False, None)
    assert "picture" in result.sentence


def test_there_is_no_self_test_without_a_model(toolbox, office):
    with pytest.raises(Conflict):
        enrolment.try_face(toolbox, office.meera, photo_of("meera"))


def test_a_deactivated_student_is_not_enrolled(toolbox, office):
    set_student_active(toolbox, office.actor, office.meera, active=False)
    with pytest.raises(Conflict, match="deactivated"):
        add_photo(toolbox, office, office.meera, photo_of("meera"))


def test_real_photographs_of_one_person_enrol_and_another_person_is_told_apart(toolbox, office):
    use_own(toolbox, "face_matcher")
    first, second, stranger = (
        photograph(name).read_bytes() for name in ("obama.jpg", "obama2.jpg", "biden.jpg")
    )
    assert add_photo(toolbox, office, office.meera, first).is_kept
    assert add_photo(toolbox, office, office.meera, stranger).verdict is PhotoVerdict.ANOTHER_PERSON
    run_job(toolbox, enrolment.start_training(toolbox, office.actor, office.meera))
    assert enrolment.try_face(toolbox, office.meera, second).passed
    assert not enrolment.try_face(toolbox, office.meera, stranger).passed


@pytest.mark.parametrize("turns", [1, 2, 3])
def test_a_portrait_on_its_side_is_turned_and_read(toolbox, office, turns):
    use_own(toolbox, "face_matcher")
    with Image.open(photograph("obama.jpg")) as portrait:
        file = BytesIO()
        portrait.convert("RGB").rotate(90 * turns, expand=True).save(file, "JPEG", quality=92)
    result = add_photo(toolbox, office, office.meera, file.getvalue())
    assert (result.is_kept, result.sentence) == (True, "Good photo.")
    run_job(toolbox, enrolment.start_training(toolbox, office.actor, office.meera))
    assert enrolment.try_face(toolbox, office.meera, file.getvalue()).passed


@pytest.mark.parametrize(
    ("kind", "size", "sentence"),
    [
        ("JPEG", (3072, 4080), "Good photo."),
        ("JPEG", (6144, 8160), "Good photo."),
        ("WEBP", (1536, 2040), "Good photo."),
        ("HEIF", (480, 640), "Good photo."),
        ("GIF", (768, 1020), FILE.other_kind),
        ("JPEG", (6145, 8192), FILE.too_many_pixels),
        ("PNG", (60, 79), "The photo is too small: each side needs at least 80 pixels."),
    ],
)
def test_a_photo_is_answered_alike_from_a_file_and_from_a_zip(toolbox, office, kind, size, sentence):
    use_own(toolbox, "face_matcher")
    file = BytesIO()
    with Image.open(photograph("obama.jpg")) as portrait:
        large = portrait.convert("RGB").resize(size)
    if kind == "HEIF":
        pillow_heif.from_pillow(large).save(file)
    else:
        large.save(file, kind)
    assert add_photo(toolbox, office, office.meera, file.getvalue()).sentence == sentence
    sent = zip_of({"15203A0042.jpg": file.getvalue()})
    job_id = class_photos.receive_class_photos(toolbox, office.actor, office.class_id, sent)
    run_job(toolbox, job_id)
    with toolbox.reading() as session:
        (result,) = jobs.find(session, job_id).results
    assert result["sentence"] == sentence
