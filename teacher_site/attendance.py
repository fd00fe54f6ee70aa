"""Pages of one lecture's attendance: what waits, the register, marking by hand, the history, the report."""

from collections import Counter
from collections.abc import Sequence
from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_login import current_user
from werkzeug.wrappers import Response

from shared.domain.attendance import LectureState, MarkStatus
from shared.domain.face_model import MATCH_THRESHOLD
from shared.domain.languages import phrase
from shared.errors import Conflict, InvalidInput
from shared.persistence import attendance, covers, families, kiosk
from shared.persistence.tables import Lecture
from shared.services.attendance import flagged_faces, lateness, marks
from shared.services.attendance.lectures import close_lecture, reopen_lecture
from shared.services.attendance.marking_together import mark_rest, undo_together
from shared.services.kiosk import confirmations
from shared.services.kiosk.passes import end_pass
from shared.setting_values import LONGEST_UNTIL_LATE_MINUTES
from shared.web.forms import as_row_id, asked_day
from shared.web.languages import gettext, ngettext, say
from shared.web.sign_in import actor
from shared.web.site import reading, toolbox
from shared.web.status_words import school_statuses
from teacher_site.forms import asked_number
from teacher_site.lectures import school_today
from teacher_site.live import said_of, show_rows, word_of
from teacher_site.register_lines import asked_lines, asked_rest, made_together, marked_together

pages = Blueprint("attendance", __name__, template_folder="templates")


@pages.get("/lectures/<int:lecture_id>")
def show(lecture_id: int) -> str | Response:
    if covers.find_held_for(reading, current_user.id, lecture_id):
        return redirect(url_for("covers.read", covered_id=lecture_id))
    lecture = attendance.get_own_lecture(reading, current_user.id, lecture_id)
    history = attendance.history(reading, lecture_id)
    late = attendance.marks_with(reading, lecture_id, MarkStatus.LATE)
    latest = {change.student_id: change.id for change in reversed(history)}
    lines = attendance.register(reading, lecture_id)
    waiting = confirmations.list_waiting(reading, lecture_id)
    asked_ids = {entry.student_id for entry in waiting if entry.student_id}
    day = toolbox.settings.clock.day_of(lecture.starts_at)
    announced = families.announced_on(reading, [line.student.id for line in lines], day)
    return render_template(
        "teacher/lecture.html",
        lecture=lecture,
        count=attendance.count_here(reading, [lecture_id])[lecture_id],
        lines=asked_lines(lines, asked_ids),
        unmarked=sum(line.mark is None for line in lines),
        rest=asked_rest(lines, asked_ids),
        history=made_together(history),
        undoable=set(latest.values()),
        undo=marked_together(history, set(latest.values())),
        phones=kiosk.find_passes(reading, lecture_id),
        waiting=waiting,
        asked_ids=asked_ids,
        said_of=said_of,
        word_of=word_of,
        flagged=flagged_faces.list_faces(reading, lecture_id),
        match_threshold=MATCH_THRESHOLD,
        statuses=school_statuses().choices,
        late_by_the_clock=sum(mark.source in lateness.BY_THE_CLOCK for mark in late),
        longest_until_late=LONGEST_UNTIL_LATE_MINUTES,
        announced=announced,
        to_excuse=sum(line.mark is None and line.student.id in announced for line in lines),
        states=LectureState,
        asked=request.args,
    )


@pages.post("/lectures/<int:lecture_id>/marks/<int:student_id>")
def mark(lecture_id: int, student_id: int) -> Response | dict[str, Any]:
    """Mark one student; a script is answered with the register's lines, or with why nothing was changed."""
    wants_rows = request.accept_mimetypes.best == "application/json"
    note = request.form.get("note")
    if note == request.form.get("shown_note"):
        note = None  # nobody typed: a note that was written meanwhile, on another device, stays
    try:
        marks.set_mark(
            toolbox,
            actor(),
            lecture_id,
            student_id,
            _sent_status("status"),
            expected=_sent_status("expected"),
            note=note,
        )
    except (Conflict, InvalidInput) as refused:
        if wants_rows:
            raise
        flash(say(refused.sentence), "warning")
    return show_rows(lecture_id) if wants_rows else _back_to(lecture_id, f"student-{student_id}")


@pages.post("/lectures/<int:lecture_id>/marks/rest")
def mark_the_rest(lecture_id: int) -> Response:
    """Mark everybody present, or those the page showed, who has no mark and does not wait."""
    shown = request.form.get("only")
    only = None if shown is None else [each for each in map(as_row_id, shown.split()) if each is not None]
    try:
        marked = mark_rest(toolbox, actor(), lecture_id, MarkStatus.PRESENT, only=only)
    except InvalidInput as refused:
        flash(say(refused.sentence), "warning")
        return _back_to(lecture_id, "register")
    if not marked.count:
        flash(gettext("Nobody is left to be marked."), "info")
    if marked.left_waiting:
        waiting = ngettext(
            "Not marked: %(num)d student who waits for you to confirm.",
            "Not marked: %(num)d who wait for you to confirm.",
            marked.left_waiting,
        )
        flash(waiting, "info")
    return _back_to(lecture_id, "register", together=marked.change_id)


@pages.post("/lectures/<int:lecture_id>/changes/<int:change_id>/undo-together")
def undo_press(lecture_id: int, change_id: int) -> Response:
    """Undo everything that one press marked."""
    try:
        undone, kept = undo_together(toolbox, actor(), lecture_id, change_id)
    except (Conflict, InvalidInput) as refused:
        flash(say(refused.sentence), "warning")
    else:
        flash(gettext("Undone: %(number)d without a mark again.", number=undone), "success")
        if kept:
            flash(gettext("%(number)d changed again since: left as it is.", number=kept), "info")
    return _back_to(lecture_id, "register")


def _sent_status(name: str) -> str | None:
    return request.form.get(name) or None


@pages.get("/lectures/<int:lecture_id>/to-confirm/<int:entry_id>/picture")
def picture(lecture_id: int, entry_id: int) -> Response:
    jpeg = confirmations.get_picture(toolbox, actor(), lecture_id, entry_id)
    return Response(jpeg, mimetype="image/jpeg")


@pages.post("/lectures/<int:lecture_id>/to-confirm/<int:entry_id>")
def decide(lecture_id: int, entry_id: int) -> Response:
    accepted = request.form.get("decision")
    if accepted not in ("accept", "refuse"):
        raise InvalidInput(phrase("Accept or refuse the check-in."))
    try:
        told = confirmations.decide(toolbox, actor(), lecture_id, entry_id, accepted=accepted == "accept")
        flash(say(told), "success")
    except Conflict as refused:
        flash(say(refused.sentence), "warning")
    return _back_to(lecture_id, "to-confirm")


@pages.post("/lectures/<int:lecture_id>/changes/<int:change_id>/undo")
def undo(lecture_id: int, change_id: int) -> Response:
    try:
        marks.undo_change(toolbox, actor(), lecture_id, change_id)
    except (Conflict, InvalidInput) as refused:
        flash(say(refused.sentence), "warning")
    else:
        flash(gettext("The change was undone."), "success")
    return _back_to(lecture_id, "history")


@pages.post("/lectures/<int:lecture_id>/close")
def close(lecture_id: int) -> Response:
    although_some_wait = "although_some_wait" in request.form
    try:
        absent = close_lecture(
            toolbox,
            actor(),
            lecture_id,
            although_some_wait=although_some_wait,
            excuse_announced="excuse_announced" in request.form,
        )
    except Conflict as refused:
        flash(say(refused.sentence), "warning")
        return _back_to(lecture_id, "to-confirm")
    if not absent:
        told = gettext("The lecture is closed. Everybody had a mark.")
    elif "excuse_announced" in request.form:
        told = gettext(
            "The lecture is closed. %(number)d without a mark became absent"
            " or, announced by the family, excused.",
            number=absent,
        )
    else:
        told = gettext("The lecture is closed. %(number)d without a mark became absent.", number=absent)
    flash(told, "success")
    return _back_to(lecture_id)


@pages.post("/lectures/<int:lecture_id>/reopen")
def reopen(lecture_id: int) -> Response:
    lecture = reopen_lecture(toolbox, actor(), lecture_id)
    if lecture.faces_until > toolbox.now():
        until = toolbox.settings.clock.show_time(lecture.faces_until)
        flash(gettext("The lecture takes marks again, by face until %(time)s.", time=until), "success")
    else:
        by_hand = gettext("The lecture is open for corrections by hand; its day is over for the kiosk.")
        flash(by_hand, "success")
    return _back_to(lecture_id)


@pages.post("/lectures/<int:lecture_id>/late-after")
def set_clock(lecture_id: int) -> Response:
    typed = request.form.get("late_after_minutes", "").strip()
    try:
        if typed and not (typed.isascii() and typed.isdecimal()):
            raise InvalidInput(
                phrase("Type a whole number of minutes, or leave it empty: then nobody is late.")
            )
        minutes = int(typed[:6]) if typed else None
        lateness.set_late_after(toolbox, actor(), lecture_id, minutes)
    except InvalidInput as refused:
        flash(say(refused.sentence), "warning")
    else:
        if minutes is None:
            told = gettext("Nobody is late by the clock. Marks that were made stay as they are.")
        else:
            told = gettext(
                "Late from minute %(number)d on. Marks that were made stay as they are.", number=minutes
            )
        flash(told, "success")
    return _back_to(lecture_id)


@pages.post("/lectures/<int:lecture_id>/all-on-time")
def count_all_on_time(lecture_id: int) -> Response:
    count = lateness.count_everybody_on_time(toolbox, actor(), lecture_id)
    told = gettext("%(number)d became present, and the clock makes nobody late any more.", number=count)
    flash(told, "success")
    return _back_to(lecture_id)


@pages.post("/lectures/<int:lecture_id>/phones/<int:pass_id>/end")
def end_phone(lecture_id: int, pass_id: int) -> Response:
    end_pass(toolbox, actor(), pass_id)
    flash(gettext("This phone takes no more check-ins."), "success")
    return _back_to(lecture_id)


def _back_to(lecture_id: int, anchor: str | None = None, *, together: int | None = None) -> Response:
    kept: dict[str, Any] = {
        name: request.args[name] for name in ("q", "sort", "show") if name in request.args
    }
    address = url_for("attendance.show", lecture_id=lecture_id, _anchor=anchor, **kept, together=together)
    return redirect(address)


@pages.get("/report")
def report() -> str:
    """Return attendance by class, date and time; the time is asked for where the day has several lectures.

    A lecture alone is enough too: it has its date, and its first class is shown.
    """
    lecture_id, class_id = asked_number("lecture_id"), asked_number("class_id")
    on = asked_day(request.args, "on", school_today())
    if lecture_id and not class_id:
        asked = attendance.get_own_lecture(reading, current_user.id, lecture_id)
        class_id = asked.classes[0].id
        on = asked_day({}, "on", toolbox.settings.clock.day_of(asked.starts_at))
    found: Sequence[Lecture] = []
    if on.day:
        found = attendance.lectures_between(
            reading, current_user.id, *toolbox.settings.clock.day(on.day), class_id=class_id
        )
    lecture = next((each for each in found if each.id == lecture_id), None)
    if lecture is None and class_id and len(found) == 1:
        lecture = found[0]
    lines = attendance.register(reading, lecture.id, class_id=class_id) if lecture else []
    marked = Counter(line.mark.status for line in lines if line.mark)
    return render_template(
        "teacher/report.html",
        classes=[school_class for school_class, _ in attendance.classes_of(reading, current_user.id)],
        class_id=class_id,
        on=on,
        found=found,
        lecture=lecture,
        lines=lines,
        tally={
            status.key: marked[status.key]
            for status in school_statuses()
            if marked[status.key] or not status.is_own
        },
    )
