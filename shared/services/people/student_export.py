"""Gathers all that is held on one student into a zip a family can read: a workbook, pictures, the numbers."""

import csv
import io
import json
import zipfile
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from typing import Any

from shared.domain.face_model import FaceModel
from shared.domain.languages import LANGUAGES
from shared.domain.statuses import Statuses
from shared.persistence import statuses
from shared.persistence.people import get_student
from shared.persistence.student_record import StudentRecord, read_record
from shared.reports.plain_workbook import Rows, write_plain_workbook
from shared.security import purposes
from shared.security.sealing import BrokenSeal
from shared.services import audit
from shared.services.audit import Actor
from shared.services.faces.sealed_faces import open_model
from shared.toolbox import Toolbox

_Row = tuple[Any, ...]

_READ_ME = """\
All that {school} holds on {name}, {roll_id}, as of {now}.

everything.xlsx   a sheet each for the student and family, consents with their texts, marks, their history,
                  changes by sheets, check-ins at the kiosk, what waited for a teacher, flagged faces,
                  faces offered for the model, letters, links in them, what the family wrote, photos,
                  files of a class's zip, and what the audit trail says
face-model.csv    the numbers the face model consists of, a line for each photo it was made from
photos/           the enrolment photos that are kept now
to-confirm/       the pictures that wait for a teacher's decision

What is not there is not held. How alike the system found a face is left out: it would help to deceive
the kiosk. Questions: {contact}.
"""


def export_student(toolbox: Toolbox, actor: Actor, student_id: int) -> bytes:
    """Return the zip. Raise NotFound."""
    with toolbox.sessions.begin() as session:
        record = read_record(session, get_student(session, student_id))
        known = statuses.load(session, toolbox.settings.late_counts_as)
        audit.record(session, toolbox, actor, "export student", record.student.roll_id, student_id=student_id)
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("read-me.txt", _read_me(toolbox, record))
        title = f"All that is held on {record.student.name}"
        archive.writestr(
            "everything.xlsx", write_plain_workbook(_Sheets(toolbox, record, known).all(), title=title)
        )
        for name, content in _files(toolbox, record):
            archive.writestr(name, content)
    return buffer.getvalue()


def _read_me(toolbox: Toolbox, record: StudentRecord) -> str:
    return _READ_ME.format(
        school=toolbox.settings.school_name,
        name=record.student.name,
        roll_id=record.student.roll_id,
        now=_local(toolbox, toolbox.now()),
        contact=toolbox.settings.school_contact or "the school's office",
    )


def _files(toolbox: Toolbox, record: StudentRecord) -> Iterator[tuple[str, bytes | str]]:
    """Yield the pictures and the model's numbers, opened; what does not open is not readable for anybody."""
    whose = record.student.id
    for photo in record.photos:
        content = _opened(toolbox, photo.sealed_photo, purposes.enrolment_photo(whose))
        if content is not None:
            yield f"photos/{photo.id}.{_ending(content)}", content
    for entry in record.to_confirm:
        content = _opened(toolbox, entry.sealed_picture, purposes.waiting_picture(entry.id))
        if content is not None and entry.student_id == whose:
            yield f"to-confirm/{entry.id}.{_ending(content)}", content
    row = record.face_model
    model = open_model(toolbox, whose, row.sealed_model) if row else None
    if model is not None:
        yield "face-model.csv", _numbers(model)


def _opened(toolbox: Toolbox, sealed: bytes | None, purpose: str) -> bytes | None:
    try:
        return toolbox.sealer.open(sealed, purpose=purpose) if sealed else None
    except BrokenSeal:
        return None


def _ending(content: bytes) -> str:
    if content[4:8] == b"ftyp":
        return "heic"
    return {b"\x89PNG": "png", b"RIFF": "webp"}.get(content[:4], "jpg")


def _numbers(model: FaceModel) -> str:
    file = io.StringIO()
    writer = csv.writer(file)
    writer.writerow(["of", "quality", *range(1, len(model.template) + 1)])
    for number, (quality, descriptor) in enumerate(
        zip(model.qualities, model.descriptors, strict=True), start=1
    ):
        writer.writerow([f"photo {number}", quality, *descriptor])
    writer.writerow(["all together", "", *model.template])
    return file.getvalue()


class _Sheets:
    """The workbook's sheets, each a head and its rows."""

    def __init__(self, toolbox: Toolbox, record: StudentRecord, known: Statuses) -> None:
        self._toolbox, self._record, self._known = toolbox, record, known

    def all(self) -> dict[str, tuple[Sequence[str], Rows]]:
        """Return every sheet by its name."""
        return {
            "Student": _table("What · Held", self._student()),
            "Consents": _table("Agreed by · On · Withdrawn on · Text", self._consents()),
            "Marks": _table("Lecture · Subject · Class then · Mark · How · Marked · Note", self._marks()),
            "History": _table(
                "Lecture · Subject · Changed · By · How · Was · Becomes · Note", self._history()
            ),
            "Sheets": _table(
                "Lecture · Subject · Applied · Was · Note then · Becomes · Note", self._by_sheets()
            ),
            "Check-ins": _table("Lecture · Subject · Answered · Answer", self._check_ins()),
            "To confirm": _table(
                "Lecture · Subject · Asked · Why · Whose · Accepted · Decided", self._waited()
            ),
            "Flags": _table("Lecture · Subject · Noted · Answer · Who", self._flags()),
            "Offers": _table("Lecture · Subject · Offered · Quality", self._offers()),
            "Letters": _table(
                "Lecture · Subject · To · Said · State · Queued · Settled · Answer", self._letters()
            ),
            "Announced absences": _table("First day · Last day · Reason · Sent", self._absences()),
            "Questions": _table("Lecture · Subject · Words · Sent · Settled", self._questions()),
            "Links": _table("Made · Good until", self._links()),
            "Photos": _table("File · Added · Verdict · Quality · Here as", self._photos()),
            "Class photos": _table("File · What became of it", self._class_photos()),
            "Audit trail": _table("When · Site · By · From · What · Before · After", self._trail()),
        }

    def _at(self, moment: datetime | None) -> str:
        return "" if moment is None else _local(self._toolbox, moment)

    def _status(self, key: str | None) -> str:
        return "" if key is None else self._known.name_of(key)

    def _lecture(self, lecture_id: int) -> tuple[str, str]:
        lecture = self._record.lectures[lecture_id]
        return self._at(lecture.starts_at), f"{lecture.subject}, {lecture.teacher.name}"

    def _student(self) -> Iterator[_Row]:
        student, model = self._record.student, self._record.face_model
        yield "Name", student.name
        yield "Roll id", student.roll_id
        yield "Class", student.school_class.class_code
        yield "Student's e-mail", student.email
        yield "First parent's e-mail", student.parent1_email
        yield "Second parent's e-mail", student.parent2_email
        yield "Phone numbers", ", ".join(student.phone_numbers)
        yield "Language of the letters", LANGUAGES[student.language]
        yield "Active", "yes" if student.active else "no"
        yield "Face model trained", self._at(model.trained_at) if model else "there is none"
        yield "Face model's photos", model.photo_count if model else ""
        yield "Classmates who look alike", self._record.near_matches

    def _consents(self) -> Iterator[_Row]:
        for each in self._record.consents:
            yield each.given_by, self._at(each.given_at), self._at(each.withdrawn_at), each.text

    def _marks(self) -> Iterator[_Row]:
        for each in self._record.marks:
            how = (
                each.school_class.class_code,
                self._known.name_of(each.status),
                each.source,
                self._at(each.marked_at),
                each.note,
            )
            yield *self._lecture(each.lecture_id), *how

    def _history(self) -> Iterator[_Row]:
        for each in self._record.changes:
            by = each.teacher.name if each.teacher else "the kiosk"
            how = (
                self._at(each.changed_at),
                by,
                each.source,
                self._status(each.was),
                self._status(each.becomes),
                each.note,
            )
            yield *self._lecture(each.lecture_id), *how

    def _by_sheets(self) -> Iterator[_Row]:
        for each, upload in self._record.sheet_changes:
            was, becomes = self._status(each.was), self._status(each.becomes)
            how = (self._at(upload.applied_at), was, each.was_note, becomes, each.becomes_note)
            yield *self._lecture(upload.lecture_id), *how

    def _check_ins(self) -> Iterator[_Row]:
        for each in self._record.check_ins:
            yield *self._lecture(each.lecture_id), self._at(each.answered_at), each.outcome

    def _waited(self) -> Iterator[_Row]:
        for each in self._record.to_confirm:
            is_own = each.student_id == self._record.student.id
            whose = "their own" if is_own else "another student's, who looked like them"
            accepted = {True: "yes", False: "no", None: ""}[each.accepted]
            how = (self._at(each.asked_at), each.reason, whose, accepted, self._at(each.decided_at))
            yield *self._lecture(each.lecture_id), *how

    def _flags(self) -> Iterator[_Row]:
        for each in self._record.flags:
            is_own = each.student_id == self._record.student.id
            who = "their roll id, another face" if is_own else "another roll id, a face like theirs"
            yield *self._lecture(each.lecture_id), self._at(each.noted_at), each.outcome, who

    def _offers(self) -> Iterator[_Row]:
        for each in self._record.offers:
            yield *self._lecture(each.lecture_id), self._at(each.offered_at), each.quality

    def _letters(self) -> Iterator[_Row]:
        for each in self._record.letters:
            said = (each.address, self._known.name_of(each.status), each.state)
            when = (self._at(each.queued_at), self._at(each.settled_at), each.reason)
            yield *self._lecture(each.lecture_id), *said, *when

    def _absences(self) -> Iterator[_Row]:
        for each in self._record.absences:
            yield each.first_day.isoformat(), each.last_day.isoformat(), each.reason, self._at(each.sent_at)

    def _questions(self) -> Iterator[_Row]:
        for each in self._record.family_questions:
            lecture = ("", "in general") if each.lecture_id is None else self._lecture(each.lecture_id)
            yield *lecture, each.words, self._at(each.sent_at), self._at(each.settled_at)

    def _links(self) -> Iterator[_Row]:
        for each in self._record.family_links:
            yield self._at(each.made_at), self._at(each.expires_at)

    def _photos(self) -> Iterator[_Row]:
        for each in self._record.photos:
            yield each.file_name, self._at(each.added_at), each.verdict, each.quality, f"photos/{each.id}"

    def _class_photos(self) -> Iterator[_Row]:
        for result in self._record.results:
            yield result["file"], result["sentence"]
        for question in self._record.photo_questions:
            yield question.file_name, "It may be theirs: it waits for the office to say whose it is."

    def _trail(self) -> Iterator[_Row]:
        for each in self._record.audit_entries:
            who = (self._at(each.at), each.site, each.actor, each.address)
            yield *who, each.action, each.before, each.after


def _table(head: str, rows: Iterable[_Row]) -> tuple[Sequence[str], Rows]:
    return head.split(" · "), [[_text(value) for value in row] for row in rows]


def _text(value: Any) -> str:
    if isinstance(value, dict):
        return json.dumps(value, ensure_ascii=False)
    return "" if value is None else str(value)


def _local(toolbox: Toolbox, moment: datetime) -> str:
    return toolbox.settings.clock.show_exact(moment)
