"""The second lock: who is asked to turn the head, and what a film of it leads to, on both databases.

Eyes of our own stand in for the networks, because only the story counts here.
"""

from dataclasses import astuple
from datetime import timedelta
from io import BytesIO
from types import SimpleNamespace

import pytest
from PIL import Image
from sqlalchemy import select

from shared.domain.check_in import CheckInOutcome
from shared.domain.face_model import PHOTO_LENGTHS
from shared.domain.head_turn import Side, TurnFrame, TurnVerdict
from shared.domain.photo_verdict import PhotoVerdict
from shared.domain.second_lock import Strictness, TurnCause, Zone, ZoneLimits
from shared.errors import ModelUnavailable, PhotoRefused
from shared.persistence.tables import CheckIn, HeadTurn, Mark, ToConfirm
from shared.services.attendance.lateness import set_late_after
from shared.services.kiosk.admission import FilmRequest
from shared.services.kiosk.calls import call_teacher
from shared.services.kiosk.check_in import turn_head
from shared.services.kiosk.confirmations import decide
from shared.services.spoof_check.strictness import choose_strictness, count_shares
from shared.vision.face_finder import DetectedFace
from shared.vision.head_turn import SeenFrame
from tests.support.draws import Drawn
from tests.support.eyes import MEERA_LOOKS, RAVI_LOOKS, Eyes, count, give_eyes, gray_photo, send
from tests.support.school import enrol, found_school, hand_round, sent
from tests.support.stand_ins import stand_in

FACE = DetectedFace(100, 100, 250, 300, ((140, 160), (210, 160), (175, 200), (150, 250), (200, 250)), 0.9)
TO_THE_LEFT = [0.0, 0.0, 0.05, 0.1, 0.2, 0.3, 0.3, 0.3]
STILL = [0.0] * 8
# Not like enough, at a cosine of 0.35, though so badly seen that the score is above 0.36.
HARDLY_MEERA = PHOTO_LENGTHS[1] * (0.35 * MEERA_LOOKS + (1 - 0.35**2) ** 0.5 * RAVI_LOOKS)


class Film(Eyes):
    """Sees a doubtful face, and in a film what it is told."""

    def __init__(
        self, *, zone=Zone.DOUBTFUL, device=False, moves=TO_THE_LEFT, turned=MEERA_LOOKS, doubts=0.3, **how
    ):
        super().__init__(**how)
        self.zone, self.device, self.moves, self.turned, self.doubts = zone, device, moves, turned, doubts

    limits = ZoneLimits(0.4, 0.6)

    def judge(self, _rgb, face):
        score = self.doubts if face is FACE else 0.5  # a film is judged by what is seen alone
        return SimpleNamespace(zone=self.zone, score=0.99, seen_score=score, saw_device=self.device)

    def look(self, _rgb):
        if self.failure:
            raise self.failure
        return SeenFrame(1, FACE, None)

    def compare(self, seen):
        return [TurnFrame(1, 2 * move, move) for move in self.moves[: len(seen)]]

    def describe_accurate(self, _rgb, _face):
        return self.turned


def give_film(toolbox, film):
    stand_in(toolbox, head_turn_reader=give_eyes(toolbox, film))
    return film


def frames(how_many=8, *, size=(320, 240)):
    made = []
    for shade in range(how_many):
        file = BytesIO()
        Image.new("RGB", size, (100 + shade,) * 3).save(file, "JPEG")
        made.append(file.getvalue())
    return tuple(made)


def send_film(
    toolbox,
    school,
    *,
    of="k1",
    key="film",
    film=None,
    photo=None,
    kiosk=None,
    roll_id="15203A0042",
    class_code="CO6GA",
):
    kiosk = kiosk or school.kiosk
    film = frames() if film is None else film
    photo = gray_photo() if photo is None else photo
    first = sent(toolbox, kiosk, roll_id, photo, key=key, class_code=class_code)
    request = FilmRequest(*astuple(first), of, film)
    return turn_head(toolbox, kiosk, request)


@pytest.fixture
def school(toolbox):
    school = found_school(toolbox)
    enrol(toolbox, school.ids["meera"], [MEERA_LOOKS.tolist()] * 5)
    school.kiosk = hand_round(toolbox, school)
    give_film(toolbox, Film())
    return school


def asked(toolbox):
    with toolbox.reading() as session:
        return session.scalars(select(HeadTurn).order_by(HeadTurn.id)).all()


def test_a_doubtful_face_that_matches_is_asked_and_marked_after_its_turn(toolbox, school):
    answer = send(toolbox, school)
    assert (answer.outcome, answer.turn, answer.student_name) == (CheckInOutcome.TURN_HEAD, Side.LEFT, None)
    assert answer.may_call_teacher
    assert count(toolbox, Mark) == 0
    after = send_film(toolbox, school)
    assert (after.outcome, after.student_name, after.turn) == (CheckInOutcome.PRESENT, "Meera Iyer", None)
    assert count(toolbox, Mark) == 1
    (turn,) = asked(toolbox)
    assert (turn.cause, turn.verdict) == (TurnCause.DOUBTFUL, TurnVerdict.TURNED)
    with toolbox.reading() as session:
        assert [row.turned for row in session.scalars(select(CheckIn).order_by(CheckIn.id))] == [False, True]


def test_a_doubtful_face_that_does_not_match_is_not_asked(toolbox, school):
    give_film(toolbox, Film(descriptor=RAVI_LOOKS))
    assert send(toolbox, school).outcome is CheckInOutcome.NO_MATCH
    assert asked(toolbox) == []


def test_a_clear_attack_is_refused_without_a_question(toolbox, school):
    give_film(toolbox, Film(zone=Zone.ATTACK))
    assert send(toolbox, school).outcome is CheckInOutcome.PICTURE_SEEN
    assert asked(toolbox) == []


def test_the_clearly_living_are_asked_only_by_chance(toolbox, school):
    give_film(toolbox, Film(zone=Zone.LIVING))
    stand_in(toolbox, draws=Drawn(asks=True, side=Side.RIGHT))
    assert send(toolbox, school, key="light").outcome is CheckInOutcome.PRESENT
    with toolbox.sessions.begin() as session:
        session.query(Mark).delete()
    choose_strictness(toolbox, school.actor, Strictness.STRICT)
    answer = send(toolbox, school, key="strict")
    assert (answer.outcome, answer.turn) == (CheckInOutcome.TURN_HEAD, Side.RIGHT)
    assert asked(toolbox)[0].cause is TurnCause.AT_RANDOM


@pytest.mark.parametrize("before", [Film(zone=Zone.ATTACK), Film(descriptor=RAVI_LOOKS), Film()])
def test_after_a_doubt_the_next_try_is_asked_however_clear_it_is(toolbox, school, before):
    give_film(toolbox, before)
    send(toolbox, school)  # refused, or asked and left
    give_film(toolbox, Film(zone=Zone.LIVING))
    assert send(toolbox, school, key="k2").outcome is CheckInOutcome.TURN_HEAD
    assert asked(toolbox)[-1].cause is TurnCause.AFTER_REFUSAL


@pytest.mark.parametrize("is_refused", [False, True])
def test_a_call_takes_no_doubt_away_nor_does_a_teacher_who_refuses_it(toolbox, school, is_refused):
    send(toolbox, school)
    call = sent(toolbox, school.kiosk, "15203A0042", gray_photo(), key="call")
    assert call_teacher(toolbox, school.kiosk, call).outcome is CheckInOutcome.ASKED_TEACHER
    if is_refused:
        with toolbox.reading() as session:
            entry_id = session.scalars(select(ToConfirm)).one().id
        decide(toolbox, school.actor, school.ids["lecture"], entry_id, accepted=False)
    give_film(toolbox, Film(zone=Zone.LIVING))
    assert send(toolbox, school, key="k2").outcome is CheckInOutcome.TURN_HEAD
    assert count(toolbox, Mark) == 0


def test_who_begins_anew_is_asked_to_the_same_side(toolbox, school):
    sides = []
    for number, drawn in enumerate((Side.RIGHT, Side.LEFT, Side.LEFT)):
        stand_in(toolbox, draws=Drawn(side=drawn))
        sides.append(send(toolbox, school, key=f"k{number}").turn)
    assert sides == [Side.RIGHT] * 3


def test_films_that_fail_slow_the_roll_id_as_wrong_faces_do(toolbox, school):
    give_film(toolbox, Film(moves=STILL))
    answers = []
    for number in range(7):
        send(toolbox, school, key=f"k{number}")
        answers.append(send_film(toolbox, school, of=f"k{number}", key=f"f{number}"))
    assert [answer.outcome for answer in answers] == 6 * [CheckInOutcome.TURN_AGAIN] + [CheckInOutcome.SLOWED]
    assert answers[-1].wait_s
    assert answers[-1].turn is None
    # Who turns the head meanwhile is marked all the same.
    give_film(toolbox, Film())
    send(toolbox, school, key="she herself")
    assert send_film(toolbox, school, of="she herself", key="hers").outcome is CheckInOutcome.PRESENT


@pytest.mark.parametrize("films", [1, 2])
def test_nobody_is_late_for_being_asked_to_turn(toolbox, school, films):
    """The lecture began five minutes ago, and is late from its sixth on."""
    set_late_after(toolbox, school.actor, school.ids["lecture"], 6)

    def at(seconds):
        return toolbox.with_(now=lambda: toolbox.now() + timedelta(seconds=seconds))

    send(at(50), school, key="f0")
    for number in range(1, films):
        give_film(toolbox, Film(moves=STILL))
        send_film(at(55), school, of=f"f{number - 1}", key=f"f{number}")
    give_film(toolbox, Film())
    answer = send_film(at(65), school, of=f"f{films - 1}", key="last")
    assert (answer.outcome, answer.is_late) == (CheckInOutcome.PRESENT, False)


def test_after_a_photo_without_a_face_nobody_is_asked(toolbox, school):
    give_film(toolbox, Film(verdict=PhotoVerdict.NO_FACE))
    send(toolbox, school)
    give_film(toolbox, Film(zone=Zone.LIVING))
    assert send(toolbox, school, key="k2").outcome is CheckInOutcome.PRESENT


def test_where_a_screen_was_seen_the_other_side_is_asked_too(toolbox, school):
    give_film(toolbox, Film(device=True))
    assert send(toolbox, school).turn is Side.LEFT
    second = send_film(toolbox, school, key="f1")
    assert (second.outcome, second.turn) == (CheckInOutcome.TURN_HEAD, Side.RIGHT)
    assert count(toolbox, Mark) == 0
    give_film(toolbox, Film(device=True, moves=[-move for move in TO_THE_LEFT]))
    assert send_film(toolbox, school, of="f1", key="f2").outcome is CheckInOutcome.PRESENT


@pytest.mark.parametrize(
    ("film", "verdict"),
    [
        (Film(moves=STILL), TurnVerdict.NOT_TURNED),
        (Film(moves=[-move for move in TO_THE_LEFT]), TurnVerdict.WRONG_WAY),
        (Film(turned=RAVI_LOOKS), TurnVerdict.ANOTHER_FACE),
        (Film(turned=HARDLY_MEERA), TurnVerdict.ANOTHER_FACE),
        (Film(doubts=0.9), TurnVerdict.PICTURE_SEEN),
        (Film(doubts=float("nan")), TurnVerdict.PICTURE_SEEN),
    ],
)
def test_one_film_may_fail_and_then_the_teacher_is_called(toolbox, school, film, verdict):
    send(toolbox, school)
    give_film(toolbox, film)
    again = send_film(toolbox, school, key="f1")
    assert (again.outcome, again.turn) == (CheckInOutcome.TURN_AGAIN, Side.LEFT)
    assert again.sentence == verdict.sentence
    failed = send_film(toolbox, school, of="f1", key="f2")
    assert (failed.outcome, failed.turn) == (CheckInOutcome.TURN_FAILED, None)
    assert failed.may_call_teacher
    assert count(toolbox, Mark) == 0
    assert [turn.verdict for turn in asked(toolbox)] == [verdict, verdict]


def test_who_cannot_turn_the_head_calls_the_teacher_at_once(toolbox, school):
    send(toolbox, school)
    answer = call_teacher(
        toolbox, school.kiosk, sent(toolbox, school.kiosk, "15203A0042", gray_photo(), key="c")
    )
    assert answer.outcome is CheckInOutcome.ASKED_TEACHER
    with toolbox.reading() as session:
        assert session.scalars(select(ToConfirm)).one().last_outcome is CheckInOutcome.TURN_HEAD


def test_a_turn_sent_again_gets_its_answer_again_and_marks_once(toolbox, school):
    send(toolbox, school)
    assert send_film(toolbox, school) == send_film(toolbox, school)
    assert count(toolbox, Mark) == 1


def test_the_question_is_told_again_to_the_same_request(toolbox, school):
    assert send(toolbox, school) == send(toolbox, school)
    assert len(asked(toolbox)) == 1


def test_a_film_answers_one_question_once(toolbox, school):
    give_film(toolbox, Film(moves=STILL))
    send(toolbox, school)
    send_film(toolbox, school, key="f1")
    give_film(toolbox, Film())
    assert send_film(toolbox, school, key="f2").outcome is CheckInOutcome.TOO_LATE
    assert count(toolbox, Mark) == 0


@pytest.mark.parametrize("what", ["another photo", "another student", "another phone", "no question", "late"])
def test_a_film_of_something_else_marks_nobody(toolbox, school, what):
    enrol(toolbox, school.ids["ravi"], [MEERA_LOOKS.tolist()] * 5)
    send(toolbox, school)
    how, clock = {}, toolbox
    if what == "another photo":
        file = BytesIO()
        Image.new("RGB", (640, 480), "black").save(file, "JPEG")
        how["photo"] = file.getvalue()
    elif what == "another student":
        how["roll_id"] = "15203A0043"
    elif what == "another phone":
        how["kiosk"] = hand_round(toolbox, school)
    elif what == "no question":
        how["of"] = "k0"
    else:
        clock = toolbox.with_(now=lambda: toolbox.now() + timedelta(seconds=31))
    assert send_film(clock, school, **how).outcome is CheckInOutcome.TOO_LATE
    assert count(toolbox, Mark) == 0
    # And it takes nobody's question away. Ravi has the same face, so the teacher decides.
    assert send_film(toolbox, school, key="the right one").outcome is CheckInOutcome.ASKED_TEACHER


def test_one_frame_twelve_times_is_one_frame(toolbox, school):
    send(toolbox, school)
    answer = send_film(toolbox, school, film=frames(1) * 12)
    assert answer.outcome is CheckInOutcome.TURN_AGAIN
    assert asked(toolbox)[0].verdict is TurnVerdict.TOO_FEW_FRAMES


@pytest.mark.parametrize(
    "film",
    [
        frames(13),
        (*frames(7), b"\xff" * 300_000),
        (*frames(7), b"GIF89a" + bytes(100)),
        (*frames(7), b""),
        (*frames(7), frames(1, size=(1100, 200))[0]),
    ],
    ids=["thirteen", "too large", "a GIF", "empty", "too many pixels"],
)
def test_a_film_that_cannot_be_opened_is_refused_with_a_sentence(toolbox, school, film):
    send(toolbox, school)
    with pytest.raises(PhotoRefused):
        send_film(toolbox, school, film=film)
    assert count(toolbox, Mark) == 0


def test_a_network_that_fails_on_the_film_marks_nobody(toolbox, school):
    send(toolbox, school)
    give_film(toolbox, Film(failure=ModelUnavailable("gone")))
    assert send_film(toolbox, school).outcome is CheckInOutcome.UNAVAILABLE
    assert count(toolbox, Mark) == 0


def test_the_office_reads_what_became_of_the_last_thirty_days(toolbox, school):
    send(toolbox, school)
    send_film(toolbox, school)
    shares = count_shares(toolbox)
    assert (shares.at_once, shares.asked, shares.passed, shares.refused, shares.called) == (0, 1, 1, 0, 0)


def test_who_turns_to_both_sides_is_one_of_those_who_were_asked(toolbox, school):
    give_film(toolbox, Film(device=True))
    send(toolbox, school)
    send_film(toolbox, school, key="f1")
    give_film(toolbox, Film(device=True, moves=[-move for move in TO_THE_LEFT]))
    assert send_film(toolbox, school, of="f1", key="f2").outcome is CheckInOutcome.PRESENT
    shares = count_shares(toolbox)
    assert (shares.asked, shares.passed, shares.all) == (1, 1, 1)
