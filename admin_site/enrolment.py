"""Pages of a student's enrolment: photos one by one, training with its progress, the self-test."""

from typing import Any

from flask import Blueprint, flash, jsonify, redirect, render_template, request, url_for
from werkzeug.datastructures import FileStorage
from werkzeug.wrappers import Response

from shared.domain.face_model import MAX_PHOTOS
from shared.domain.head_turn import Side
from shared.domain.languages import phrase
from shared.errors import InvalidInput, NotFound
from shared.persistence import faces, jobs, people
from shared.services.faces import enrolment
from shared.services.faces.enrolment import GUIDED_PHOTOS, PHOTO_RULE, NearMatch, PhotoResult
from shared.web.languages import gettext, say
from shared.web.password_again import asks_password_in_a_queue
from shared.web.sign_in import actor
from shared.web.site import reading, toolbox

pages = Blueprint("enrolment", __name__)


@pages.get("/students/<int:student_id>/enrolment")
@asks_password_in_a_queue
def show(student_id: int) -> str:
    return _page(student_id)


@pages.post("/students/<int:student_id>/enrolment/photos")
@asks_password_in_a_queue
def add_photos(student_id: int) -> str | Response:
    pose = request.form.get("pose", type=Side)
    results = [
        enrolment.add_photo(
            toolbox,
            actor(),
            student_id,
            file_name=file.filename or "",
            content=file.stream.read(),
            pose=pose,
        )
        for file in _sent_photos()
    ]
    if _wants_json():
        return jsonify(photos=[_spoken(result) for result in results], waiting=_count_waiting(student_id))
    return _page(student_id, results=results)


@pages.post("/students/<int:student_id>/enrolment/photos/discard")
@asks_password_in_a_queue
def discard_photos(student_id: int) -> Response:
    enrolment.discard_photos(toolbox, actor(), student_id)
    flash(gettext("The photos were deleted."), "success")
    return redirect(url_for("enrolment.show", student_id=student_id))


@pages.post("/students/<int:student_id>/enrolment/training")
@asks_password_in_a_queue
def train(student_id: int) -> str | Response:
    accepted = request.form.getlist("accepted", type=int)
    answer = enrolment.start_training(toolbox, actor(), student_id, accepted=accepted)
    if isinstance(answer, int):
        if _wants_json():
            return jsonify(job=url_for("enrolment.show_job", job_id=answer))
        return redirect(url_for("enrolment.show", student_id=student_id))
    if _wants_json():
        return jsonify(near_matches=[_named(near_match) for near_match in answer])
    return _page(student_id, near_matches=[_named(near_match) for near_match in answer])


@pages.post("/students/<int:student_id>/enrolment/self-test")
@asks_password_in_a_queue
def self_test(student_id: int) -> str | Response:
    result = enrolment.try_face(toolbox, student_id, _sent_photos()[0].stream.read())
    if _wants_json():
        return jsonify(passed=result.passed, sentence=say(result.sentence), margin=result.margin)
    return _page(student_id, result=result)


@pages.get("/jobs/<int:job_id>")
def show_job(job_id: int) -> Response:
    job = jobs.find(reading, job_id)
    if job is None:
        raise NotFound(phrase("There is no such job."))
    return jsonify(state=job.state, done=job.done, total=job.total, sentence=say(job.sentence))


def _page(student_id: int, **outcome: Any) -> str:
    student = people.get_student(reading, student_id)
    enrolment.require_consent(student)
    return render_template(
        "admin/enrolment.html",
        student=student,
        waiting=_count_waiting(student_id),
        job=enrolment.find_training(toolbox, reading, student_id),
        guided=GUIDED_PHOTOS,
        rule=PHOTO_RULE,
        **outcome,
    )


def _count_waiting(student_id: int) -> int:
    return len(faces.list_waiting(reading, people.get_student(reading, student_id)))


def _sent_photos() -> list[FileStorage]:
    files = [file for file in request.files.getlist("photo") if file.filename]
    if not files:
        raise InvalidInput(phrase("Please choose a photo first."))
    if len(files) > MAX_PHOTOS:
        raise InvalidInput(phrase("Please send at most %(number)d photos at once.", number=MAX_PHOTOS))
    return files


def _wants_json() -> bool:
    return request.accept_mimetypes.best == "application/json"


def _spoken(result: PhotoResult) -> dict[str, Any]:
    return {
        "file_name": result.file_name,
        "verdict": result.verdict,
        "sentence": say(result.sentence),
        "kept": result.is_kept,
    }


def _named(near_match: NearMatch) -> dict[str, Any]:
    student = near_match.student
    words = gettext(
        "%(name)s, %(roll_id)s in %(code)s",
        name=student.name,
        roll_id=student.roll_id,
        code=student.school_class.class_code,
    )
    return {"id": student.id, "words": words, "unlike": near_match.is_unlike}
