"""A photo whose path leaves open whose it is: kept sealed, asked about, filed by the answer alone."""

import io
import json
from datetime import timedelta

import pytest
from PIL import Image
from sqlalchemy import select

from shared.errors import Conflict, InvalidInput, NotFound
from shared.jobs.worker import run_job
from shared.persistence import jobs, retention
from shared.persistence import photo_questions as rows
from shared.persistence.tables import EnrolmentPhoto, FaceModelRow, PhotoQuestion
from shared.services.faces import class_photos, photo_questions
from shared.services.faces.photo_plan import preview_photos
from shared.services.people import erasure
from tests.support.office import add_student, agree, open_office, photo_of, zip_of


@pytest.fixture
def office(toolbox):
    """A class with the roll ids 9, 10 and 12; the first two families agreed."""
    office = open_office(toolbox)
    office.asha = add_student(toolbox, office, "Asha Rao", "9")
    office.bela = add_student(toolbox, office, "Bela Roy", "10")
    office.noor = add_student(toolbox, office, "Noor Shah", "12")
    agree(toolbox, office, office.asha, office.bela)
    return office


def send(toolbox, office, files):
    job_id = class_photos.receive_class_photos(toolbox, office.actor, office.class_id, zip_of(files))
    return read(toolbox, job_id)


def read(toolbox, job_id):
    run_job(toolbox, job_id)
    with toolbox.reading() as session:
        job = jobs.find(session, job_id)
    return job, {each["file"]: (each["student"], each["used"], each["sentence"]) for each in job.results}


def open_questions(toolbox, office):
    with toolbox.reading() as session:
        return rows.list_questions(session, office.class_id, most=50)


def answer(toolbox, office, answers):
    job_id = photo_questions.answer_questions(toolbox, office.actor, office.class_id, answers)
    return read(toolbox, job_id)


def photos_of(toolbox, student_id):
    with toolbox.reading() as session:
        model = session.scalar(select(FaceModelRow).where(FaceModelRow.student_id == student_id))
    return model.photo_count if model else 0


def test_a_contradiction_files_nothing_until_it_is_answered(toolbox, office):
    job, results = send(toolbox, office, {"10/9.jpg": photo_of("meera"), "9_1.jpg": photo_of("meera", 1)})
    assert job.sentence == "1 student is enrolled. 1 photo waits for you to say whose."
    assert list(results) == ["9_1.jpg"]
    (question,) = open_questions(toolbox, office)
    assert question.likely == [office.asha, office.bela]
    with toolbox.reading() as session:
        assert session.scalars(select(EnrolmentPhoto.id)).all() == []
    _, results = answer(toolbox, office, {question.id: office.asha})
    assert results["10/9.jpg"][:2] == ("9 Asha Rao", True)
    assert open_questions(toolbox, office) == []
    # Learnt beside the photo that needed no answer, not instead of it.
    assert photos_of(toolbox, office.asha) == 2
    assert photos_of(toolbox, office.bela) == 0


def test_an_answered_photo_of_another_person_is_not_learnt(toolbox, office):
    send(
        toolbox,
        office,
        {"10/9.jpg": photo_of("ravi"), "9_1.jpg": photo_of("meera"), "9_2.jpg": photo_of("meera", 2)},
    )
    (question,) = open_questions(toolbox, office)
    job, results = answer(toolbox, office, {question.id: office.asha})
    assert job.sentence == "1 student is enrolled. 1 file was not used."  # as the zip's other photos left her
    assert results["10/9.jpg"][1] is False
    assert "same person" in results["10/9.jpg"][2]
    assert photos_of(toolbox, office.asha) == 2


def test_what_is_nobodys_or_of_no_consent_is_deleted_and_said(toolbox, office):
    send(toolbox, office, {"10/9.jpg": photo_of("ravi"), "10/9 (2).jpg": photo_of("ravi", 1)})
    first, second = open_questions(toolbox, office)
    _, results = answer(toolbox, office, {first.id: None, second.id: office.noor})
    assert "of nobody" in results["10/9.jpg"][2]
    assert "not agreed" in results["10/9 (2).jpg"][2]
    assert open_questions(toolbox, office) == []
    assert [photos_of(toolbox, each) for each in (office.asha, office.bela, office.noor)] == [0, 0, 0]


def test_where_no_likely_family_agreed_nothing_is_stored(toolbox, office):
    _, results = send(toolbox, office, {"IMG_12.jpg": photo_of("ravi"), "who.jpg": photo_of("ravi")})
    assert open_questions(toolbox, office) == []
    assert "No family" in results["IMG_12.jpg"][2]
    assert "Name the file by the roll id" in results["who.jpg"][2]


def test_an_answer_is_a_student_of_the_class_and_waits_for_the_reading(toolbox, office):
    class_photos.receive_class_photos(
        toolbox, office.actor, office.class_id, zip_of({"10/9.jpg": photo_of("ravi")})
    )
    (question,) = open_questions(toolbox, office)
    with pytest.raises(Conflict, match="still being read"):
        photo_questions.answer_questions(toolbox, office.actor, office.class_id, {question.id: office.asha})
    read(toolbox, office.queue.started[-1])
    with pytest.raises(InvalidInput):
        photo_questions.answer_questions(toolbox, office.actor, office.class_id, {question.id: 999_999})
    assert len(open_questions(toolbox, office)) == 1


def test_a_question_answered_twice_is_answered_once(toolbox, office):
    send(toolbox, office, {"10/9.jpg": photo_of("meera")})
    (question,) = open_questions(toolbox, office)
    answer(toolbox, office, {question.id: office.asha})
    _, results = answer(toolbox, office, {question.id: office.bela})
    assert photos_of(toolbox, office.bela) == 0
    assert "answered already" in results["A photo"][2]


def test_the_thumbnail_is_small_sealed_and_of_its_class_alone(toolbox, office):
    large = io.BytesIO()
    Image.effect_noise((1600, 1200), 80).convert("RGB").save(large, "JPEG")
    send(toolbox, office, {"10/9.jpg": large.getvalue()})
    (question,) = open_questions(toolbox, office)
    picture = photo_questions.get_thumbnail(toolbox, office.class_id, question.id)
    assert len(picture) <= 15_000
    assert Image.open(io.BytesIO(picture)).format == "JPEG"
    with toolbox.reading() as session:
        row = session.scalars(select(PhotoQuestion.sealed_thumbnail)).one()
    assert picture[:20] not in row
    with pytest.raises(NotFound):
        photo_questions.get_thumbnail(toolbox, office.class_id + 1, question.id)


def test_what_cannot_be_opened_is_no_question(toolbox, office):
    _, results = send(
        toolbox, office, {"10/9.jpg": b"\xff\xd8\xff half a photo", "10/9.zip": b"PK", "10/9.txt": b"x"}
    )
    assert open_questions(toolbox, office) == []
    assert "damaged" in results["10/9.jpg"][2] or "Only" in results["10/9.jpg"][2]
    assert "inside the zip" in results["10/9.zip"][2]
    assert "Only JPEG" in results["10/9.txt"][2]


def test_a_newer_zip_the_night_and_an_erasure_delete_what_waits(toolbox, office):
    for way in ("zip", "night", "erasure"):
        send(toolbox, office, {"10/9.jpg": photo_of("ravi")})
        assert len(open_questions(toolbox, office)) == 1
        if way == "zip":
            send(toolbox, office, {"9.jpg": photo_of("meera")})
        elif way == "night":
            which = retention.old_photos(toolbox.now() + timedelta(days=1), keep_seen=False)
            retention.delete_old(toolbox.sessions, which)
        else:
            erasure.erase_student(toolbox, office.actor, office.bela)
        assert open_questions(toolbox, office) == [], way


def test_the_questions_of_a_folder_have_its_student_in_common(toolbox, office):
    send(
        toolbox,
        office,
        {"9/10.jpg": photo_of("meera"), "9/12.jpg": photo_of("meera", 1), "10/9.jpg": photo_of("ravi")},
    )
    with toolbox.reading() as session:
        folders, _ = photo_questions.list_folders(session, office.class_id)
    assert [(each.name, [one.id for one in each.common]) for each in folders] == [
        ("9", [office.asha]),
        ("10", []),
    ]


def test_the_preview_says_the_same_and_stores_nothing(toolbox, office, tmp_path):
    files = {
        "10/9.jpg": photo_of("ravi"),
        "9-Asha Rao/1.jpg": photo_of("ravi"),
        "12.jpg": photo_of("ravi"),
        "who.jpg": photo_of("ravi"),
        "__MACOSX/9.jpg": b"x",
    }
    found = preview_photos(toolbox, "co6ga", zip_of(files))
    by_file = {each["file"]: each for each in found["entries"]}
    assert by_file["9-Asha Rao/1.jpg"] == {
        "file": "9-Asha Rao/1.jpg",
        "student": {"roll_id": "9", "name": "Asha Rao"},
        "question": None,
        "refused": None,
    }
    assert [each["roll_id"] for each in by_file["10/9.jpg"]["question"]["likely"]] == ["9", "10"]
    assert by_file["10/9.jpg"]["student"] is None
    assert "not agreed" in by_file["12.jpg"]["refused"]
    assert by_file["who.jpg"]["question"]["likely"] == []
    assert found["passed_over"] == ["__MACOSX/9.jpg"]
    assert json.dumps(found)
    assert open_questions(toolbox, office) == []
    with pytest.raises(NotFound):
        preview_photos(toolbox, "CO6GB", zip_of(files))
