"""Own statuses: in marks, totals, sheets and letters; retired they stand in old marks only."""

from dataclasses import replace

import pytest

from shared.domain.attendance import MarkStatus
from shared.domain.statuses import Colour, CountsAs
from shared.errors import InvalidInput
from shared.persistence import attendance, statuses
from shared.persistence.database import migrate, revision_of
from shared.persistence.tables import AuditEntry, Mark
from shared.services.attendance.lectures import close_lecture
from shared.services.attendance.marks import set_mark
from shared.services.attendance.own_statuses import (
    StatusDetails,
    add_status,
    change_status,
    set_status_active,
)
from shared.services.attendance.totals import SeriesAsked, class_totals
from shared.services.audit import Actor
from shared.services.family_mail.plan import plan_mail, show_sample
from tests.support.families import give_addresses
from tests.support.school import found_school

OFFICE = Actor(site="office", email="office@school.example", account_id=1)
DUTY = StatusDetails("On duty", "OD", Colour.TEAL, CountsAs.PRESENT, False, {"hi": "कर्तव्य पर"})
MEDICAL = StatusDetails("Medical", "M", Colour.PURPLE, CountsAs.ABSENT, True)


@pytest.fixture
def school(toolbox):
    school = found_school(toolbox)
    school.duty = add_status(toolbox, OFFICE, DUTY)
    school.medical = add_status(toolbox, OFFICE, MEDICAL)
    return school


def mark(toolbox, school, who, status, expected=None):
    set_mark(toolbox, school.actor, school.ids["lecture"], school.ids[who], status, expected=expected)


def test_own_statuses_count_in_the_counter_and_the_totals_as_the_office_said(toolbox, school):
    mark(toolbox, school, "meera", "on-duty")
    mark(toolbox, school, "ravi", "medical")
    with toolbox.reading() as session:
        assert attendance.count_here(session, [school.ids["lecture"]])[school.ids["lecture"]].here == 1
    close_lecture(toolbox, school.actor, school.ids["lecture"])
    found = class_totals(toolbox, school.actor, SeriesAsked(school.ids["class"]))
    assert [(each.attended, each.held) for each in found.students] == [(1, 1), (0, 0)]
    assert [status.key for status in found.statuses] == [*MarkStatus, "on-duty", "medical"]
    assert found.lectures[0].here == 1


def test_who_is_left_out_is_not_here_whatever_the_status_counts_as(toolbox, school):
    trip = StatusDetails("Trip", "T", Colour.BLUE, CountsAs.PRESENT, True)
    add_status(toolbox, OFFICE, trip)
    mark(toolbox, school, "meera", "trip")
    lecture_id = school.ids["lecture"]
    with toolbox.reading() as session:
        assert attendance.count_here(session, [lecture_id])[lecture_id].here == 0
    close_lecture(toolbox, school.actor, lecture_id)
    found = class_totals(toolbox, school.actor, SeriesAsked(school.ids["class"]))
    assert (found.lectures[0].here, found.students[0].held) == (0, 0)


def test_what_a_status_counts_as_can_be_changed_afterwards(toolbox, school):
    mark(toolbox, school, "meera", "on-duty")
    close_lecture(toolbox, school.actor, school.ids["lecture"])
    change_status(toolbox, OFFICE, school.duty, replace(DUTY, counts_as=CountsAs.HALF))
    found = class_totals(toolbox, school.actor, SeriesAsked(school.ids["class"]))
    assert found.students[0].attended == 0.5
    with toolbox.reading() as session:
        trail = session.query(AuditEntry).filter_by(action="change status").one()
    assert (trail.before["counts_as"], trail.after["counts_as"]) == ("present", "half")


def test_a_retired_status_is_given_to_nobody_and_stays_where_it_stands(toolbox, school):
    mark(toolbox, school, "meera", "on-duty")
    set_status_active(toolbox, OFFICE, school.duty, active=False)
    with pytest.raises(InvalidInput, match="does not use “On duty” any more"):
        mark(toolbox, school, "ravi", "on-duty")
    set_mark(
        toolbox, school.actor, school.ids["lecture"], school.ids["meera"], "on-duty",
        expected="on-duty", note="gate",
    )  # fmt: skip
    with toolbox.reading() as session:
        assert session.query(Mark).one().note == "gate"
    set_status_active(toolbox, OFFICE, school.duty, active=True)
    mark(toolbox, school, "ravi", "on-duty")


@pytest.mark.parametrize("status", ["present ", "on duty", "PRESENT", "", "1"])
def test_only_a_status_of_the_school_marks(toolbox, school, status):
    with pytest.raises(InvalidInput):
        mark(toolbox, school, "meera", status)


def test_two_statuses_of_one_name_are_refused_and_keys_are_never_shared(toolbox, school):
    with pytest.raises(InvalidInput) as refused:
        add_status(toolbox, OFFICE, replace(DUTY, short="DT"))
    assert refused.value.field == "name"
    change_status(toolbox, OFFICE, school.duty, replace(DUTY, name="Prefect", short="PR"))
    add_status(toolbox, OFFICE, DUTY)
    with toolbox.reading() as session:
        assert [row.key for row in statuses.list_own(session)] == ["on-duty", "medical", "on-duty-2"]


@pytest.mark.parametrize(
    ("language", "subject", "sentence"),
    [("en", "Meera Iyer – On duty", "was marked “On duty”"), ("hi", "कर्तव्य पर", "“कर्तव्य पर” दर्ज किया गया")],
)
def test_a_letter_says_the_schools_own_words(toolbox, school, language, subject, sentence):
    give_addresses(toolbox, school.ids["meera"], "iyer@home.in", language=language)
    mark(toolbox, school, "meera", "on-duty")
    with toolbox.reading() as session:
        lecture = attendance.get_own_lecture(session, school.ids["teacher"], school.ids["lecture"])
        plan = plan_mail(session, lecture)
        (letter,) = plan.letters
        wording = show_sample(toolbox, lecture, letter)
    assert plan.counts == {"on-duty": 1}
    assert subject in wording.subject
    assert sentence in wording.sentence


def test_going_back_a_version_gives_marks_the_nearest_of_the_four(toolbox, school):
    mark(toolbox, school, "meera", "on-duty")
    mark(toolbox, school, "ravi", "medical")
    address = toolbox.settings.database_url
    toolbox.engine.dispose()
    while revision_of(toolbox.engine) != "0016":
        migrate(address, "-1")
    with toolbox.engine.connect() as connection:
        kept = connection.exec_driver_sql("select status from mark order by id").scalars().all()
        history = connection.exec_driver_sql("select becomes from mark_change order by id").scalars().all()
    toolbox.engine.dispose()
    migrate(address)
    assert (kept, history) == (["present", "excused"], ["present", "excused"])
