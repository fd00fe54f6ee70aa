"""The office looks at the audit trail, filters it and takes it away as a workbook."""

from datetime import UTC, datetime, timedelta
from io import BytesIO

import openpyxl
import pytest

from shared.persistence.tables import AuditEntry, Lecture, Student
from shared.services import audit
from tests.admin_site.conftest import SITE
from tests.support.office import ADMIN_EMAIL, ADMIN_PASSWORD

NOON = datetime(2026, 1, 10, 6, 30, tzinfo=UTC)  # noon in India


@pytest.fixture
def trail(desk, office):
    """120 entries, a minute apart; every third is about Meera."""
    with office.toolbox.sessions.begin() as session:
        session.query(AuditEntry).delete()
        session.add_all(
            AuditEntry(
                at=NOON + timedelta(minutes=number),
                site="office",
                actor="asha@school.example" if number % 2 else ADMIN_EMAIL,
                address="192.0.2.7",
                action="change student" if number % 3 == 0 else "add teacher",
                subject="15203A0042" if number % 3 == 0 else f"teacher {number}",
                before={"name": "Mira", "email": None, "classes": ["A", "B"]},
                after={"name": "Meera", "email": "m@home.in", "classes": ["A"]},
            )
            for number in range(120)
        )
    return desk


def subjects(desk) -> list[str]:
    return [each.get_text(strip=True) for each in desk.page.select("main li strong")]


def test_the_newest_come_first_page_by_page_and_none_is_lost(trail):
    trail.open("/audit-trail")
    seen = subjects(trail)
    while older := trail.page.select_one("a[rel=next]"):
        trail.open(older["href"])
        seen += subjects(trail)
    assert len(seen) == len(set(seen)) + 39  # Meera's forty are told apart by their time alone
    assert len(seen) == 120
    assert seen[0] == "Added the teacher teacher 119"


@pytest.mark.parametrize("typed", ["lecture+12", "Lecture+12"])
def test_a_lecture_shows_all_that_happened_in_it(trail, office, typed):
    with office.toolbox.sessions.begin() as session:
        for number, about in ((12, "Algebra"), (12, "15203A0042"), (120, "Algebra")):
            lecture, student = Lecture(id=number, subject="Algebra"), Student(id=1, roll_id=about)
            audit.record_in_lecture(
                session,
                office.toolbox,
                office.actor,
                "change mark",
                lecture,
                student=None if about == "Algebra" else student,
            )
    trail.open(f"/audit-trail?subject={typed}")
    told = sorted(subject[subject.index("lecture") :] for subject in subjects(trail))
    assert told == ["lecture 12: 15203A0042", "lecture 12: Algebra"]


def test_a_page_says_what_was_and_what_became(trail):
    trail.open("/audit-trail?subject=15203A0042")
    told = " ".join(trail.told().split())
    assert "name: Mira → Meera" in told
    assert "e-mail: m@home.in" in told
    assert "classes: A, B → A" in told
    assert "Sat 10 Jan 2026, 13:57" in told


def test_moments_and_days_are_told_as_people_say_them(desk, office):
    entry = AuditEntry(
        at=NOON,
        site="classroom",
        actor=ADMIN_EMAIL,
        address="192.0.2.7",
        action="open lecture",
        subject="lecture 7: Algebra",
        after={
            "starts_at": "2026-01-10T06:30:00.354047+00:00",
            "lecture": "Algebra, 2026-01-10T07:30:00+00:00",
            "first": "2026-02-01",
            "2026-03-04": "Holi",
        },
    )
    with office.toolbox.sessions.begin() as session:
        session.add(entry)
    desk.open("/audit-trail?action=open+lecture")
    told = " ".join(desk.told().split())
    assert "starts at: Sat 10 Jan 2026, 12:00" in told
    assert "lecture: Algebra, Sat 10 Jan 2026, 13:00" in told
    assert "first day: Sun 01 Feb 2026" in told
    assert "Wed 04 Mar 2026: Holi" in told


@pytest.mark.parametrize(
    ("query", "count"),
    [
        ("action=change+student", 40),
        ("actor=asha%40school.example&action=change+student", 20),
        ("actor=ASHA%40school.example&action=change+student", 20),
        ("subject=15203A0042", 40),
        ("subject=15203A004", 0),
        ("since=2026-01-10&until=2026-01-10&action=change+student", 40),
        ("since=2026-01-11", 0),
        ("until=2026-01-09", 0),
        ("action=%27+OR+1%3D1+--", 0),
    ],
)
def test_filters_narrow(trail, query, count):
    trail.open(f"/audit-trail?{query}")
    assert len(subjects(trail)) == count


def test_who_types_half_an_address_is_told_to_type_it_whole(trail):
    trail.open("/audit-trail?actor=asha")
    said = "No matches. An e-mail address, roll id or other subject must be typed whole. Show all"
    assert said in " ".join(trail.told().split())
    trail.open("/audit-trail?since=2026-01-11")
    assert "typed whole" not in trail.told()


@pytest.mark.parametrize(
    ("query", "name", "typed"),
    [
        ("since=yesterday&actor=asha", "since", "yesterday"),
        ("until=9999-12-31", "until", "31 Dec 9999"),
        ("since=1999-01-01", "since", "1 Jan 1999"),
    ],
)
def test_what_is_no_date_is_told_at_its_field_and_stays_there(trail, query, name, typed):
    page = trail.open(f"/audit-trail?{query}")
    assert trail.status == 200
    assert page.find(id=name)["value"] == typed
    assert "Please give a date like 23 Nov 2026." in trail.error_at(name)
    assert subjects(trail) == []


@pytest.mark.parametrize("after", ["x", "2026-01-01~1", "~"])
def test_what_is_no_place_in_the_trail_is_told_in_a_sentence(trail, after):
    trail.open(f"/audit-trail?after={after}")
    assert trail.status == 400
    assert "This address is not whole. Please begin with the newest entries." in trail.told()


def test_the_nights_work_is_one_line_to_unfold(trail, office):
    with office.toolbox.sessions.begin() as session:
        session.add_all(
            AuditEntry(
                at=NOON + timedelta(days=1, minutes=number),
                site="worker",
                actor="worker",
                address="",
                action=action,
                subject=f"15203A00{number}",
                before=None,
                after={"check-ins": 7, "letters": 0},
            )
            for number, action in enumerate(("renew face model", "renew face model", "delete the old"))
        )
    page = trail.open("/audit-trail")
    first = page.select_one("main li")
    assert first.summary.get_text(" ", strip=True).startswith("The night's work: 3 entries")
    told = " ".join(first.get_text(" ", strip=True).split())
    assert "Retrained the face of 15203A001" in told
    assert "check-ins: 7" in told
    assert "letters" not in told  # of which there were none
    assert len(page.select("main li details")) == 1


def test_devices_are_called_what_people_call_them(desk):
    desk.client.environ_base |= {
        "HTTP_USER_AGENT": "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) "
        "Chrome/141.0.0.0 Safari/537.36"
    }
    token = desk.page.select_one("meta[name=csrf-token]")["content"]
    desk.client.post("/sign-out", base_url=SITE, data={"csrf_token": token}, headers={"Referer": SITE + "/"})
    desk.open("/sign-in")
    desk.fill("Sign in", email=ADMIN_EMAIL, password=ADMIN_PASSWORD)
    desk.open("/audit-trail?action=sign+in")
    assert "device: Chrome on Windows" in " ".join(desk.page.select_one("main li").get_text().split())


def test_the_workbook_holds_what_was_asked_for_as_text(trail, office):
    with office.toolbox.sessions.begin() as session:
        entry = session.query(AuditEntry).filter_by(subject="15203A0042").first()
        entry.after = {"name": '=HYPERLINK("http://evil.example")'}
        entry.actor = "=1+1"
    token = trail.open("/audit-trail").select_one("[name=csrf_token]")["value"]
    answer = trail.client.post(
        "/audit-trail/export",
        base_url=SITE,
        data={"csrf_token": token, "action": "change student"},
        headers={"Referer": SITE + "/"},
    )
    sheet = openpyxl.load_workbook(BytesIO(answer.data)).active
    rows = list(sheet.iter_rows(values_only=True))
    assert len(rows) == 41
    assert rows[1][5] == "15203A0042"
    assert rows[1][0] == "2026-01-10 13:57:00"
    assert {cell.data_type for row in sheet.iter_rows() for cell in row if cell.value} == {"s"}
    trail.open("/audit-trail")
    assert subjects(trail)[0] == "Exported the audit trail as a workbook"
    assert "action: Changed the student …" in " ".join(trail.told().split())


def test_taking_the_trail_away_asks_for_the_password_again(trail):
    trail.open("/audit-trail")
    with trail.client.session_transaction(base_url=SITE) as session:
        session["fs_paa"] -= 6 * 60
    trail.fill("Download these as Excel")
    assert trail.path == "/password-again"


def test_sign_ins_slowed_tries_and_changed_passwords_stand_in_it(desk, stranger, office):
    desk.open("/password")
    desk.fill(
        "Save the password",
        password="seven green boats sing",
        new_password="four quiet yellow trams",
        new_password_confirm="four quiet yellow trams",
    )
    other = type(desk)(stranger.client.application)
    other.open("/sign-in")
    for _ in range(6):
        other.fill("Sign in", email=ADMIN_EMAIL, password="hunter2 in the wrong field")
    for _ in range(6):
        other.fill("Sign in", email="my secret password", password="x")
    desk.open("/audit-trail")
    entries = subjects(desk)
    assert f"Signed in as {ADMIN_EMAIL}" in entries
    assert f"Changed the password of {ADMIN_EMAIL}" in entries
    assert f"Slowed down wrong passwords for {ADMIN_EMAIL}" in entries
    assert "Slowed down wrong passwords for an unknown address" in entries
    assert "secret" not in desk.told()
    assert "hunter2" not in desk.told()


def test_a_sign_out_stands_in_it_with_its_device_and_address(desk, stranger, office):
    other = type(desk)(stranger.client.application)
    other.client.environ_base |= {"HTTP_USER_AGENT": "the staff room's computer", "REMOTE_ADDR": "192.0.2.44"}
    other.open("/sign-in")
    other.fill("Sign in", email=ADMIN_EMAIL, password=ADMIN_PASSWORD)
    token = other.page.select_one("meta[name=csrf-token]")["content"]
    other.client.post("/sign-out", base_url=SITE, data={"csrf_token": token}, headers={"Referer": SITE + "/"})
    desk.open("/audit-trail?action=sign+out")
    told = desk.page.select_one("main li").get_text(" ", strip=True)
    assert told.startswith(f"Signed out as {ADMIN_EMAIL}")
    assert "office · from 192.0.2.44" in told
    assert "the staff room's computer" in told


def test_words_of_the_program_are_said_in_the_readers_language_and_found_by_them(desk, office):
    entries = {
        "refuse check-in": ({"reason": "called_the_teacher"}, None),
        "close lecture": (None, {"became absent": 2}),
        "train spoof check": (None, {"phones": 7}),
    }
    with office.toolbox.sessions.begin() as session:
        session.query(AuditEntry).delete()
        for action, (before, after) in entries.items():
            audit.record_in_lecture(
                session,
                office.toolbox,
                office.actor,
                action,
                Lecture(id=12, subject="Algebra"),
                before=before,
                after=after,
            )
    desk.open("/audit-trail")
    told = " ".join(desk.told().split())
    assert "reason: Called the teacher" in told
    assert "became absent: 2" in told
    assert "Phones, with or without a face: 7" in told
    desk.ask("/language", language="hi")
    desk.open("/audit-trail?subject=व्याख्यान+12")
    assert len(subjects(desk)) == 3
    told = " ".join(desk.told().split())
    for english in ("Called", "became", "lecture", "Phones"):
        assert english not in told
