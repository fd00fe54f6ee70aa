"""Asks an admin whose a photo of a class's zip is where its path leaves it open; nothing is filed before."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from shared.domain.face_model import MAX_PHOTOS
from shared.domain.languages import phrase
from shared.errors import Conflict, InvalidInput, NotFound, PhotoRefused
from shared.persistence import faces, jobs, people, photo_questions
from shared.persistence.database import Session
from shared.persistence.jobs import JobKind
from shared.persistence.people import get_class
from shared.persistence.tables import EnrolmentPhoto, PhotoQuestion, Student
from shared.security import purposes
from shared.security.sealing import BrokenSeal
from shared.services import audit
from shared.services.audit import Actor
from shared.services.faces.photo_plan import PlannedPhoto
from shared.services.typed_input import LONGEST_NAME
from shared.toolbox import Toolbox
from shared.vision.images import shrink_photo
from shared.vision.photo_files import Openings

# Each question's choice of the whole class makes a page long; the next come when these are answered.
MOST_SHOWN = 50
# With nonce and tag it fits its column.
_THUMBNAIL_BYTES = 15_000

# What became of a file: its name, the student if one is meant, a sentence, whether it was used, and whether
# the admin has to decide about the student first.
FileResult = dict[str, Any]


@dataclass(frozen=True)
class FolderOfQuestions:
    """The questions of one folder; `common` are the students who are likely for every one of them."""

    name: str
    questions: Sequence[PhotoQuestion]
    common: Sequence[Student]

    @property
    def key(self) -> int:
        """The first question's id: once that is answered, an answer for the folder means nothing."""
        return self.questions[0].id


def keep_question(toolbox: Toolbox, class_id: int, photo: PlannedPhoto, content: bytes) -> None:
    """Keep a photo, sealed, with the question whose it is."""
    with toolbox.sessions.begin() as session:
        question = PhotoQuestion(
            class_id=class_id,
            file_name=photo.name[-LONGEST_NAME:],
            sentence=photo.question,
            likely=[each.id for each in photo.likely],
            sealed_photo=b"",
            added_at=toolbox.now(),
        )
        session.add(question)
        session.flush()  # the seal names the row
        question.sealed_photo = toolbox.sealer.seal(content, purpose=purposes.photo_question(question.id))


def make_thumbnail(
    toolbox: Toolbox, class_id: int, question_id: int, openings: Openings
) -> FileResult | None:
    """Open a question's photo and make the picture to ask with; None for one that was deleted meanwhile.

    A photo that does not open is no question any more: it is deleted, and what is wrong with it is returned.
    """
    with toolbox.reading() as session:
        question = photo_questions.find_question(session, class_id, question_id, with_photo=True)
    if question is None:
        return None
    try:
        content = toolbox.sealer.open(question.sealed_photo, purpose=purposes.photo_question(question_id))
        photo = openings.open(content)
    except PhotoRefused as refused:
        with toolbox.sessions.begin() as session:
            photo_questions.delete_question(session, question_id)
        return file_result(question.file_name, None, refused.sentence)
    thumbnail = shrink_photo(photo, max_bytes=_THUMBNAIL_BYTES)
    with toolbox.sessions.begin() as session:
        row = photo_questions.find_question(session, class_id, question_id, lock=True)
        if row is not None:
            row.sealed_thumbnail = toolbox.sealer.seal(
                thumbnail, purpose=purposes.photo_question_thumbnail(question_id)
            )
    return None


def get_thumbnail(toolbox: Toolbox, class_id: int, question_id: int) -> bytes:
    """Return the picture of a question as a JPEG. Raise NotFound."""
    with toolbox.reading() as session:
        question = photo_questions.find_question(session, class_id, question_id, with_thumbnail=True)
    if question is None or question.sealed_thumbnail is None:
        raise NotFound(phrase("There is no picture yet."))
    try:
        return toolbox.sealer.open(
            question.sealed_thumbnail, purpose=purposes.photo_question_thumbnail(question_id)
        )
    except BrokenSeal as cause:
        raise NotFound(phrase("The picture cannot be opened any more.")) from cause


def list_folders(session: Session, class_id: int) -> tuple[list[FolderOfQuestions], dict[int, Student]]:
    """Return the first MOST_SHOWN open questions of a class by folder, and its students by id."""
    students = {each.id: each for each in people.list_by_roll_id(session, class_id).values()}
    by_folder: dict[str, list[PhotoQuestion]] = {}
    for question in photo_questions.list_questions(session, class_id, most=MOST_SHOWN):
        by_folder.setdefault(_folder_of(question), []).append(question)
    folders = []
    for name, questions in by_folder.items():
        common = set(questions[0].likely).intersection(*(question.likely for question in questions))
        likely = [students[each] for each in questions[0].likely if each in common and each in students]
        folders.append(FolderOfQuestions(name, questions, likely if len(questions) > 1 else ()))
    return folders, students


def answer_questions(
    toolbox: Toolbox, actor: Actor, class_id: int, answers: Mapping[int, int | None]
) -> int | None:
    """File photos with the students an admin names, delete those of nobody (None), and have them read.

    Returns the job's id; None without an answer. A photo of a student without consent is deleted, and the job
    says so. Raise NotFound, InvalidInput for who is not a student of the class, and Conflict while a zip of
    the class is read.
    """
    if not answers:
        return None
    with toolbox.sessions.begin() as session:
        school_class = get_class(session, class_id)
        last = jobs.find_latest(session, JobKind.READ_CLASS_PHOTOS, class_id)
        if last is not None and last.finished_at is None:
            raise Conflict(phrase("The photos are still being read. Please answer when that is done."))
        students = {each.id: each for each in people.list_by_roll_id(session, class_id).values()}
        if not {each for each in answers.values() if each is not None} <= students.keys():
            raise InvalidInput(phrase("Please choose students of this class."))
        earlier = list(last.results or []) if last else []
        job = jobs.add(
            session, JobKind.READ_CLASS_PHOTOS, class_id, total=len(earlier) + len(answers), now=toolbox.now()
        )
        jobs.add_file_results(session, job.id, earlier)
        nobodys = sum(each is None for each in answers.values())
        after = {"photos": len(answers), "nobody's": nobodys}
        audit.record(session, toolbox, actor, "say whose photos", school_class.class_code, after=after)
    counts: dict[int, int] = {}
    results: list[FileResult] = []
    for question_id, student_id in answers.items():
        student = None if student_id is None else students[student_id]
        refused = _file(toolbox, actor, class_id, question_id, student, counts)
        results += [refused] if refused else []
    with toolbox.sessions.begin() as session:
        jobs.add_file_results(session, job.id, results)
        jobs.advance(session, job.id, done=len(earlier) + len(results), now=toolbox.now())
    toolbox.queue.start(job.id)
    return job.id


def _file(
    toolbox: Toolbox,
    actor: Actor,
    class_id: int,
    question_id: int,
    student: Student | None,
    counts: dict[int, int],
) -> FileResult | None:
    """Give a question's photo to a student; or delete it, and return why."""
    with toolbox.sessions.begin() as session:
        question = photo_questions.find_question(session, class_id, question_id, with_photo=True, lock=True)
        if question is None:
            return file_result("A photo", student, phrase("This question was answered already."))
        refusal = _refusal(session, student, counts)
        if student is not None and not refusal:
            content = toolbox.sealer.open(question.sealed_photo, purpose=purposes.photo_question(question_id))
            session.add(
                EnrolmentPhoto(
                    student_id=student.id,
                    file_name=question.file_name,
                    sealed_photo=toolbox.sealer.seal(content, purpose=purposes.enrolment_photo(student.id)),
                    verdict=None,
                    quality=0.0,
                    added_at=toolbox.now(),
                )
            )
            after = {"file": question.file_name, "asked": question.sentence}
            audit.record(
                session, toolbox, actor, "file photo", student.roll_id, student_id=student.id, after=after
            )
        session.delete(question)
        return file_result(question.file_name, student, refusal) if refusal else None


def _refusal(session: Session, student: Student | None, counts: dict[int, int]) -> str:
    if student is None:
        return phrase("You said that it is of nobody in this class; it was deleted.")
    if people.get_student(session, student.id, lock=True).consent is None:
        return phrase("The family has not agreed to a face model; the photo was deleted.")
    counts[student.id] = counts.get(student.id, 0) + 1
    return (
        phrase("%(max_photos)s photos of a student are enough.", max_photos=MAX_PHOTOS)
        if counts[student.id] > MAX_PHOTOS
        else ""
    )


def forget_questions(session: Session, class_id: int) -> None:
    """Delete a class's open questions and unread photos, for a newer zip."""
    photo_questions.delete_questions(session, class_id)
    faces.delete_unseen(session, class_id)


def file_result(
    file_name: str, student: Student | None, sentence: str, *, used: bool = False, undecided: bool = False
) -> FileResult:
    """Say what became of a file."""
    return {
        "file": file_name[-LONGEST_NAME:],
        "student_id": student.id if student else None,
        "student": f"{student.roll_id} {student.name}" if student else "",
        "sentence": sentence,
        "used": used,
        "undecided": undecided,
    }


def _folder_of(question: PhotoQuestion) -> str:
    return question.file_name.replace("\\", "/").rpartition("/")[0]
