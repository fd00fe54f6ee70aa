"""Pages that follow a lecture's round while the phones go from hand to hand."""

from datetime import datetime
from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, session, url_for
from flask_login import current_user
from werkzeug.wrappers import Response

from shared.persistence import attendance, kiosk, to_confirm
from shared.persistence.tables import Mark
from shared.security.throttling import FREE_TRIES, FREE_TRIES_OF_A_PHONE
from shared.services.accounts.devices import find_second_screen, name_second_screen, unname_second_screen
from shared.web.device import device_token, require_device_token
from shared.web.languages import gettext, ngettext
from shared.web.password_again import asks_password_again
from shared.web.sign_in import actor
from shared.web.site import reading, toolbox
from shared.web.status_words import school_statuses, status_name

pages = Blueprint("live", __name__, template_folder="templates")

NEWEST_SHOWN = 8


@pages.get("/lectures/<int:lecture_id>/live")
def follow(lecture_id: int) -> dict[str, Any]:
    """Return how the round stands, in words; with `rows` in the address also every line of the register."""
    attendance.get_own_lecture(reading, current_user.id, lecture_id)
    return _round(lecture_id) | (show_rows(lecture_id) if "rows" in request.args else {})


def show_rows(lecture_id: int) -> dict[str, Any]:
    """Return what the register's lines show of each student's mark, by student id, and who waits for the
    teacher.

    As many queries for two students as for two hundred, like `_round`. In a session of its own: what this
    request has just written is in it.
    """
    with toolbox.reading() as session:
        count = attendance.count_here(session, [lecture_id])[lecture_id]
        lines = attendance.register(session, lecture_id)
        waiting = to_confirm.list_waiting(session, lecture_id)
    rows = {
        line.student.id: {
            "status": line.mark.status if line.mark else "",
            **word_of(line.mark),
            "said": said_of(line.mark),
            "note": line.mark.note if line.mark else "",
        }
        for line in lines
    }
    return {
        "here": count.here,
        "expected": count.expected,
        "waiting": len(waiting),
        "rows": rows,
        "asked": [entry.student_id for entry in waiting if entry.student_id],
    }


def said_of(mark: Mark | None) -> str:
    """Return when and how a mark was made; empty for no mark."""
    if mark is None:
        return ""
    time = toolbox.settings.clock.show_time(mark.marked_at)
    return gettext("%(time)s, %(how)s", time=time, how=mark.source.label)


def word_of(mark: Mark | None) -> dict[str, str]:
    """Return a mark's status in a word; with the tint of one of the school's own, which no pressed button
    tells."""
    status = school_statuses().get(mark.status) if mark else None
    tint = status.colour if status and status.is_own else ""
    return {"word": status_name(mark.status if mark else None), "tint": tint}


def _round(lecture_id: int) -> dict[str, Any]:
    count = attendance.count_here(reading, [lecture_id])[lecture_id]
    newest = attendance.newest_here(reading, lecture_id, limit=NEWEST_SHOWN)
    students = kiosk.repeated_failures(reading, lecture_id, more_than=FREE_TRIES)
    devices = kiosk.failing_phones(reading, lecture_id, more_than=FREE_TRIES_OF_A_PHONE)
    return {
        "here": count.here,
        "expected": count.expected,
        "waiting": to_confirm.count_waiting(reading, lecture_id),
        "newest": [f"{_clock(mark.marked_at)} {mark.student.name}" for mark in newest],
        "phones": [
            gettext("%(device)s, last seen %(time)s", device=phone.device, time=_clock(phone.last_seen_at))
            for phone in kiosk.find_passes(reading, lecture_id)
        ],
        "failures": [
            ngettext(
                "%(roll_id)s: %(tries)d refused tries on %(num)d phone",
                "%(roll_id)s: %(tries)d refused tries on %(num)d phones",
                phones,
                roll_id=student.roll_id,
                tries=tries,
            )
            for student, tries, phones in students
        ]
        + [
            gettext(
                "%(device)s, handed round at %(time)s: %(tries)d refused tries",
                device=phone.device,
                time=_clock(phone.opened_at),
                tries=tries,
            )
            for phone, tries in devices
        ],
    }


def _clock(moment: datetime) -> str:
    return f"{toolbox.settings.clock.local(moment):%H:%M:%S}"


@pages.get("/lectures/<int:lecture_id>/screen")
def screen(lecture_id: int) -> str:
    """Return the round for a second screen; what it shows comes from `follow`."""
    lecture = attendance.get_own_lecture(reading, current_user.id, lecture_id)
    stays = find_second_screen(reading, current_user.id, device_token() or "")
    return render_template("teacher/screen.html", lecture=lecture, stays=stays)


@pages.post("/lectures/<int:lecture_id>/screen")
@asks_password_again
def name(lecture_id: int) -> Response:
    """Let this device stay signed in while phones go round."""
    attendance.get_own_lecture(reading, current_user.id, lecture_id)
    name_second_screen(toolbox, actor(), device=require_device_token(), sign_in=session["sign_in"])
    flash(gettext("This device stays signed in while your phones go round."), "success")
    return redirect(url_for("live.screen", lecture_id=lecture_id))


@pages.post("/lectures/<int:lecture_id>/second-screens/<int:known_id>/end")
def unname(lecture_id: int, known_id: int) -> Response:
    """Let a device be signed out with the others, when a phone is handed round."""
    attendance.get_own_lecture(reading, current_user.id, lecture_id)
    unname_second_screen(toolbox, actor(), known_id)
    flash(gettext("That device is signed out too, when you hand a phone round."), "success")
    return redirect(url_for("kiosk.hand_over", lecture_id=lecture_id))
