"""The lecture's clock at the kiosk: late from its minute on, by the time the photo arrived."""

from datetime import timedelta
from types import SimpleNamespace

import pytest

from shared.domain.attendance import MarkSource, MarkStatus
from shared.domain.check_in import CheckInOutcome
from shared.errors import InvalidInput
from shared.persistence.tables import AuditEntry, Lecture, Mark, MarkChange
from shared.services.attendance.lateness import count_everybody_on_time, set_late_after
from shared.services.attendance.marks import set_mark
from shared.services.kiosk.calls import call_teacher
from shared.services.kiosk.check_in import check_in
from shared.services.kiosk.confirmations import decide
from shared.toolbox import Toolbox
from tests.support.eyes import MEERA_LOOKS, RAVI_LOOKS, Eyes, give_eyes, gray_photo
from tests.support.school import enrol, found_school, hand_round, sent

MEERA = "15203A0042"


@pytest.fixture
def toolbox(sqlite_url, make_settings):
    """A school whose clock stands until a test moves it."""
    hands = SimpleNamespace(now=Toolbox(make_settings(sqlite_url)).now())
    toolbox = Toolbox(make_settings(sqlite_url), now=lambda: hands.now)
    toolbox.__dict__["hands"] = hands
    yield toolbox
    toolbox.engine.dispose()


@pytest.fixture
def school(toolbox):
    """The lecture began five minutes ago."""
    school = found_school(toolbox)
    for name, looks in (("meera", MEERA_LOOKS), ("ravi", RAVI_LOOKS)):
        enrol(toolbox, school.ids[name], [looks.tolist()] * 5)
    school.kiosk = hand_round(toolbox, school)
    give_eyes(toolbox, Eyes())
    return school


def move(toolbox, **by):
    toolbox.__dict__["hands"].now += timedelta(**by)


def send(toolbox, school, *, action=check_in, key="key 1"):
    return action(toolbox, school.kiosk, sent(toolbox, school.kiosk, MEERA, gray_photo(), key=key))


def only_mark(toolbox):
    with toolbox.reading() as session:
        return session.query(Mark).one()


@pytest.mark.parametrize(
    ("late_after", "later_s", "status"),
    [(None, 0, "present"), (6, 59, "present"), (6, 60, "late"), (5, 0, "late"), (0, 0, "late")],
)
def test_a_check_in_is_late_from_the_lectures_minute_on(toolbox, school, late_after, later_s, status):
    set_late_after(toolbox, school.actor, school.ids["lecture"], late_after)
    move(toolbox, seconds=later_s)
    answer = send(toolbox, school)
    assert (answer.outcome, answer.is_late) == (CheckInOutcome.PRESENT, status == "late")
    assert ("late" in answer.sentence) is (status == "late")
    assert only_mark(toolbox).status == status


def test_nobody_is_late_by_our_own_work(toolbox, school):
    set_late_after(toolbox, school.actor, school.ids["lecture"], 6)
    photographed = toolbox.now()
    eyes = toolbox.face_matcher
    look = eyes.describe_fast

    def look_for_long(rgb):
        move(toolbox, minutes=2)
        return look(rgb)

    eyes.describe_fast = look_for_long
    assert not send(toolbox, school).is_late
    assert only_mark(toolbox).marked_at == photographed


def test_the_same_check_in_sent_again_is_told_the_same(toolbox, school):
    set_late_after(toolbox, school.actor, school.ids["lecture"], 5)
    first = send(toolbox, school)
    move(toolbox, minutes=1)
    assert send(toolbox, school) == first
    assert first.is_late


def test_who_called_the_teacher_in_time_is_not_late_when_the_teacher_looks_later(toolbox, school):
    set_late_after(toolbox, school.actor, school.ids["lecture"], 6)
    give_eyes(toolbox, Eyes(RAVI_LOOKS))
    for number in range(3):
        send(toolbox, school, key=f"try {number}")
    send(toolbox, school, action=call_teacher, key="call")
    move(toolbox, minutes=5)
    assert decide(toolbox, school.actor, school.ids["lecture"], 1, accepted=True) == "Meera Iyer is present."


def test_the_bus_was_late_and_nobody_else(toolbox, school):
    lecture_id = school.ids["lecture"]
    set_late_after(toolbox, school.actor, lecture_id, 5)
    send(toolbox, school)
    by_face = only_mark(toolbox).marked_at
    set_mark(toolbox, school.actor, lecture_id, school.ids["ravi"], MarkStatus.LATE, expected=None)
    move(toolbox, minutes=3)
    assert count_everybody_on_time(toolbox, school.actor, lecture_id) == 1
    with toolbox.reading() as session:
        marks = {mark.student_id: mark for mark in session.query(Mark)}
        meera, ravi = (marks[school.ids[name]] for name in ("meera", "ravi"))
        assert (meera.status, meera.source, meera.marked_at) == ("present", MarkSource.FACE, by_face)
        assert ravi.status == "late"
        latest = session.query(MarkChange).order_by(MarkChange.id.desc()).first()
        assert (latest.was, latest.becomes, latest.teacher_id) == ("late", "present", school.ids["teacher"])
        assert session.get(Lecture, lecture_id).late_after_minutes is None
        assert session.query(AuditEntry).filter_by(action="count all on time").one().after == {
            "became present": 1
        }
    assert count_everybody_on_time(toolbox, school.actor, lecture_id) == 0


@pytest.mark.parametrize("minutes", [-1, 721])
def test_what_is_no_minute_of_a_lecture_is_refused(toolbox, school, minutes):
    with pytest.raises(InvalidInput):
        set_late_after(toolbox, school.actor, school.ids["lecture"], minutes)
