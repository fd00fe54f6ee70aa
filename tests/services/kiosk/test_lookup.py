"""Roll id by face: who is found is asked for a Yes, and nothing else marks.

Eyes of our own stand in for the networks, because only the story counts here.
"""

from datetime import timedelta
from uuid import uuid4

import numpy as np
import pytest
from sqlalchemy import select

from shared import metrics
from shared.domain.check_in import CheckInOutcome
from shared.domain.head_turn import Side
from shared.domain.photo_verdict import PhotoVerdict
from shared.domain.second_lock import Zone
from shared.errors import Conflict, ModelUnavailable
from shared.persistence import erasure, faces
from shared.persistence.tables import CheckIn, FaceFlag, Lecture, Mark, SchoolClass, Student
from shared.security import throttling
from shared.services.attendance.lateness import set_late_after
from shared.services.attendance.lectures import close_lecture
from shared.services.kiosk.admission import LOOKED_UP_IN_VAIN
from shared.services.kiosk.check_in import check_in
from shared.services.kiosk.lookup import YesRequest, say_yes
from shared.services.kiosk.passes import issue_ticket
from tests.services.kiosk.test_turns import STILL, Film, give_film, send_film
from tests.support.eyes import MEERA_LOOKS, NEW_LOOKS, RAVI_LOOKS, Eyes, count, give_eyes, gray_photo, send
from tests.support.school import enrol, found_school, hand_round, sent

IS_IT_YOU, NOT_IDENTIFIED = CheckInOutcome.IS_IT_YOU, CheckInOutcome.NOT_IDENTIFIED
PRESENT, TOO_LATE = CheckInOutcome.PRESENT, CheckInOutcome.TOO_LATE


@pytest.fixture
def database_url(request):
    """SQLite, but where a test says that the two differ."""
    return request.getfixturevalue(f"{getattr(request, 'param', 'sqlite')}_url")


@pytest.fixture
def school(toolbox):
    school = found_school(toolbox)
    enrol(toolbox, school.ids["meera"], [MEERA_LOOKS.tolist()] * 5)
    enrol(toolbox, school.ids["ravi"], [RAVI_LOOKS.tolist()] * 5)
    with toolbox.sessions.begin() as session:
        session.get_one(Lecture, school.ids["lecture"]).roll_id_by_face = True
    school.kiosk = hand_round(toolbox, school)
    give_eyes(toolbox, Eyes())
    return school


def look_up(toolbox, school, *, key="look", photo=None, kiosk=None):
    return send(toolbox, school, "", key=key, class_code="", photo=photo, kiosk=kiosk)


def yes(toolbox, school, *, to="look", key="yes", photo=None, kiosk=None, ticket=None):
    kiosk = kiosk or school.kiosk
    photo = sent(toolbox, kiosk, "", photo or gray_photo(), key=key)
    request = YesRequest(photo.photo_digest, to, key, ticket or photo.ticket)
    return say_yes(toolbox, kiosk, request)


def later(toolbox, **passed):
    moment = toolbox.now() + timedelta(**passed)
    return toolbox.with_(now=lambda: moment)


def test_who_says_yes_to_the_name_is_marked_and_nobody_before(toolbox, school):
    asked = look_up(toolbox, school)
    assert (asked.outcome, asked.student_name, asked.roll_id) == (IS_IT_YOU, "Meera Iyer", "15203A0042")
    assert (asked.class_code, asked.may_call_teacher) == ("CO6GA", False)
    assert count(toolbox, Mark) == 0
    answer = yes(toolbox, school)
    assert (answer.outcome, answer.student_name) == (PRESENT, "Meera Iyer")
    with toolbox.reading() as session:
        assert session.scalars(select(Mark.student_id)).all() == [school.ids["meera"]]


def test_without_the_lectures_choice_nobody_is_looked_up(toolbox, school):
    with toolbox.sessions.begin() as session:
        session.get_one(Lecture, school.ids["lecture"]).roll_id_by_face = False
    kiosk = hand_round(toolbox, school)
    answer = look_up(toolbox, school, kiosk=kiosk)
    assert (answer.outcome, answer.student_name) == (CheckInOutcome.NOT_IN_CLASS, None)
    assert yes(toolbox, school, kiosk=kiosk).outcome is TOO_LATE


def test_a_typed_roll_id_goes_its_usual_way(toolbox, school):
    answer = send(toolbox, school)
    assert (answer.outcome, answer.roll_id) == (PRESENT, None)
    assert send(toolbox, school, "", key="k2").outcome is CheckInOutcome.NOT_IN_CLASS  # a class, no roll id


@pytest.mark.parametrize(
    ("eyes", "outcome"),
    [
        (Eyes(NEW_LOOKS), NOT_IDENTIFIED),
        (Eyes(MEERA_LOOKS + 0.999 * RAVI_LOOKS), NOT_IDENTIFIED),
        (Eyes(np.full(128, np.nan, np.float32)), NOT_IDENTIFIED),
        (Eyes(is_live=False), CheckInOutcome.PICTURE_SEEN),
        (Eyes(verdict=PhotoVerdict.NO_FACE), CheckInOutcome.NO_FACE),
        (Eyes(verdict=PhotoVerdict.SEVERAL_FACES), CheckInOutcome.SEVERAL_FACES),
        (Eyes(verdict=PhotoVerdict.TOO_DARK), CheckInOutcome.TOO_DARK),
        (Eyes(failure=ModelUnavailable("gone")), CheckInOutcome.UNAVAILABLE),
    ],
)
def test_what_is_not_certain_tells_no_name(toolbox, school, eyes, outcome):
    give_eyes(toolbox, eyes)
    answer = look_up(toolbox, school)
    assert (answer.outcome, answer.student_name, answer.roll_id) == (outcome, None, None)
    assert yes(toolbox, school).outcome is TOO_LATE
    assert (count(toolbox, Mark), count(toolbox, FaceFlag)) == (0, 0)


def test_a_look_alike_types_the_roll_id(toolbox, school):
    with toolbox.sessions.begin() as session:
        faces.save_near_matches(session, school.ids["meera"], {school.ids["ravi"]: 0.5})
    assert look_up(toolbox, school).outcome is NOT_IDENTIFIED
    assert send(toolbox, school, key="typed").outcome is PRESENT


def test_nobody_of_another_class_is_found(toolbox, school):
    with toolbox.sessions.begin() as session:
        other = SchoolClass(class_code="CO6GB", name="", active=True)
        stranger = Student(school_class=other, roll_id="1", name="Isha Das", language="en", active=True)
        session.add_all((other, stranger))
    enrol(toolbox, stranger.id, [NEW_LOOKS.tolist()] * 5)
    give_eyes(toolbox, Eyes(NEW_LOOKS))
    assert look_up(toolbox, school).outcome is NOT_IDENTIFIED


def test_a_closed_lecture_looks_nobody_up_and_takes_no_yes(toolbox, school):
    look_up(toolbox, school)
    close_lecture(toolbox, school.actor, school.ids["lecture"])
    assert yes(toolbox, school).outcome is CheckInOutcome.LECTURE_CLOSED
    assert look_up(toolbox, school, key="k2").outcome is CheckInOutcome.LECTURE_CLOSED
    with toolbox.reading() as session:
        assert {mark.source for mark in session.scalars(select(Mark))} == {"closing"}


@pytest.mark.parametrize("database_url", ["sqlite", "mariadb"], indirect=True)
def test_a_yes_sent_again_gets_its_answer_again_and_marks_once(toolbox, school):
    look_up(toolbox, school)
    assert yes(toolbox, school) == yes(toolbox, school)
    assert count(toolbox, Mark) == 1


def test_a_second_yes_to_one_name_is_none(toolbox, school):
    look_up(toolbox, school)
    yes(toolbox, school)
    with toolbox.sessions.begin() as session:
        session.query(Mark).delete()
    assert yes(toolbox, school, key="another").outcome is TOO_LATE
    assert count(toolbox, Mark) == 0


def test_a_yes_that_broke_off_is_taken_again(toolbox, school, monkeypatch):
    look_up(toolbox, school)
    monkeypatch.setattr("shared.services.kiosk.lookup.record", lambda *_args, **_how: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        yes(toolbox, school)
    monkeypatch.undo()
    assert yes(toolbox, school).outcome is PRESENT


def test_a_yes_is_bound_to_its_photo_its_question_its_phone_and_its_ticket(toolbox, school):
    look_up(toolbox, school)
    other = hand_round(toolbox, school)
    ticket = issue_ticket(toolbox, school.kiosk)
    send(toolbox, school, "15203A9999", key="typed")
    attempts = (
        {"photo": b"another photo"},
        {"to": "typed"},
        {"to": "nothing"},
        {"kiosk": other},
        {"ticket": "no ticket"},
        {"kiosk": other, "ticket": ticket},
    )
    for attempt in attempts:
        assert yes(toolbox, school, key=str(uuid4()), **attempt).outcome is TOO_LATE, attempt
    assert count(toolbox, Mark) == 0
    assert yes(toolbox, school, ticket=ticket).outcome is PRESENT
    with pytest.raises(Conflict):
        yes(toolbox, school, photo=b"another photo")


def test_a_yes_that_comes_late_marks_nobody(toolbox, school):
    look_up(toolbox, school)
    assert yes(later(toolbox, seconds=21), school).outcome is TOO_LATE
    assert count(toolbox, Mark) == 0


def test_whose_consent_ended_meanwhile_is_not_marked(toolbox, school):
    look_up(toolbox, school)
    with toolbox.sessions.begin() as session:
        erasure.forget_face(session, school.ids["meera"])
    assert yes(toolbox, school).outcome is TOO_LATE
    assert count(toolbox, Mark) == 0
    assert look_up(toolbox, school, key="k2").outcome is NOT_IDENTIFIED


def test_who_is_marked_already_is_told_so_after_the_yes(toolbox, school):
    send(toolbox, school)
    assert look_up(toolbox, school).outcome is IS_IT_YOU
    answer = yes(toolbox, school)
    assert (answer.outcome, answer.marked_at is not None) == (CheckInOutcome.ALREADY_MARKED, True)
    assert count(toolbox, Mark) == 1


# --- the second lock ---


def test_a_doubtful_face_turns_the_head_before_its_name_is_told(toolbox, school):
    give_film(toolbox, Film())
    asked = look_up(toolbox, school)
    assert (asked.outcome, asked.turn, asked.student_name) == (CheckInOutcome.TURN_HEAD, Side.LEFT, None)
    assert not asked.may_call_teacher
    assert yes(toolbox, school, key="too early").outcome is TOO_LATE
    named = send_film(toolbox, school, of="look", roll_id="", class_code="")
    assert (named.outcome, named.student_name) == (IS_IT_YOU, "Meera Iyer")
    assert count(toolbox, Mark) == 0
    assert yes(toolbox, school, to="film").outcome is PRESENT
    with toolbox.reading() as session:
        assert [row.turned for row in session.scalars(select(CheckIn).order_by(CheckIn.id))] == [
            False,
            True,
            True,
        ]


def test_a_film_without_a_turn_tells_no_name(toolbox, school):
    give_film(toolbox, Film(moves=STILL))
    look_up(toolbox, school)
    again = send_film(toolbox, school, of="look", key="f1", roll_id="", class_code="")
    failed = send_film(toolbox, school, of="f1", key="f2", roll_id="", class_code="")
    assert [again.outcome, failed.outcome] == [CheckInOutcome.TURN_AGAIN, CheckInOutcome.TURN_FAILED]
    assert {again.student_name, failed.student_name} == {None}
    assert {again.may_call_teacher, failed.may_call_teacher} == {False}


def test_a_film_answers_only_what_its_photo_was_asked(toolbox, school):
    give_film(toolbox, Film())
    look_up(toolbox, school)
    send(toolbox, school, key="typed")
    for of in ("typed", "nothing", ""):
        film = send_film(toolbox, school, of=of, key=str(uuid4()), roll_id="", class_code="")
        assert film.outcome is TOO_LATE, of
    assert count(toolbox, Mark) == 0


def test_a_picture_leaves_its_doubt_on_whom_it_shows(toolbox, school):
    give_film(toolbox, Film(zone=Zone.ATTACK))
    seen = look_up(toolbox, school)
    assert (seen.outcome, seen.student_name) == (CheckInOutcome.PICTURE_SEEN, None)
    give_film(toolbox, Film(zone=Zone.LIVING))
    assert look_up(toolbox, school, key="k2").outcome is CheckInOutcome.TURN_HEAD
    assert send(toolbox, school, key="typed").outcome is CheckInOutcome.TURN_HEAD


def test_a_picture_tried_too_often_is_told_nothing_more(toolbox, school):
    give_eyes(toolbox, Eyes(is_live=False))
    outcomes = [
        look_up(toolbox, school, key=f"k{number}").outcome for number in range(throttling.FREE_TRIES + 3)
    ]
    tried = throttling.FREE_TRIES + 1
    assert outcomes == [CheckInOutcome.PICTURE_SEEN] * tried + [NOT_IDENTIFIED] * 2


# --- the rate ---


def test_a_phone_that_names_people_in_vain_asks_for_roll_ids_for_a_while(toolbox, school):
    for number in range(LOOKED_UP_IN_VAIN):
        assert look_up(toolbox, school, key=f"k{number}").outcome is IS_IT_YOU
    eyes = give_eyes(toolbox, Eyes())
    answer = look_up(toolbox, school, key="one more")
    assert (answer.outcome, answer.student_name, eyes.asked) == (NOT_IDENTIFIED, None, 0)
    assert look_up(toolbox, school, key="elsewhere", kiosk=hand_round(toolbox, school)).outcome is IS_IT_YOU
    assert send(toolbox, school, key="typed").outcome is PRESENT
    while_later = later(toolbox, seconds=throttling.WINDOW.total_seconds() + 1)
    assert look_up(while_later, school, key="later").outcome is IS_IT_YOU


def test_pictures_are_looked_up_in_vain_too(toolbox, school):
    eyes = give_eyes(toolbox, Eyes(is_live=False))
    assert look_up(toolbox, school, key="first").outcome is CheckInOutcome.PICTURE_SEEN
    for number in range(LOOKED_UP_IN_VAIN + 5):
        look_up(toolbox, school, key=f"k{number}")
    assert eyes.asked == LOOKED_UP_IN_VAIN


def test_a_class_that_says_yes_is_not_slowed(toolbox, school):
    for number in range(LOOKED_UP_IN_VAIN + 5):
        assert look_up(toolbox, school, key=f"k{number}").outcome is IS_IT_YOU
        yes(toolbox, school, to=f"k{number}", key=f"y{number}")
        with toolbox.sessions.begin() as session:
            session.query(Mark).delete()


def test_a_look_up_sent_again_is_answered_again_without_a_look(toolbox, school):
    first = look_up(toolbox, school)
    eyes = give_eyes(toolbox, Eyes(RAVI_LOOKS))
    assert look_up(toolbox, school) == first
    assert eyes.asked == 0
    with pytest.raises(Conflict):
        check_in(toolbox, school.kiosk, sent(toolbox, school.kiosk, "15203A0043", gray_photo(), key="look"))


@pytest.mark.parametrize("zone", Zone)
def test_what_the_first_look_sees_is_counted_here_too(toolbox, school, monkeypatch, zone):
    counted = []
    monkeypatch.setattr(metrics, "count_zone", counted.append)
    give_film(toolbox, Film(zone=zone))
    look_up(toolbox, school)
    assert counted == [zone]


def test_who_turned_before_the_name_was_told_is_late_by_the_first_photo(toolbox, school):
    """The lecture began five minutes ago, and is late from its sixth on."""
    set_late_after(toolbox, school.actor, school.ids["lecture"], 6)
    give_film(toolbox, Film())
    look_up(later(toolbox, seconds=50), school)
    turned = later(toolbox, seconds=62)
    assert send_film(turned, school, of="look", roll_id="", class_code="").outcome is IS_IT_YOU
    answer = yes(later(toolbox, seconds=66), school, to="film")
    assert (answer.outcome, answer.is_late) == (PRESENT, False)
