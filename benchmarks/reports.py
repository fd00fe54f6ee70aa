"""Measures reports, totals and downloads over a big school: `make bench-reports`.

5,000 students, 200 classes and 1,000,000 marks on a private MariaDB, plus one class of 200 students with 120
lectures for the downloads. One teacher holds them all, which is worse than any school's timetable.
Prints, for each page, the median and the 95th percentile in seconds by the clock, and the median of this
process's own work without the database's and other programs'; fails where the clock passed a limit.
"""

import base64
import io
import random
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from statistics import median, quantiles

import MySQLdb
import openpyxl

from shared.persistence.database import migrate
from shared.persistence.tables import Teacher
from shared.services.accounts.lifecycle import create_teacher
from shared.services.audit import Actor
from shared.settings import Settings, read_settings
from shared.toolbox import Toolbox
from teacher_site import create_app
from tests.support.school import TEACHER_EMAIL
from tests.support.servers import MariaDB
from tests.teacher_site.conftest import Phone

CLASSES, LECTURES = 200, 200
BIG_CLASS, BIG_LECTURES = 201, 120
PAGE_S, DOWNLOAD_S = 1.0, 3.0
PAGE_TRIES, DOWNLOAD_TRIES = 60, 8

# Lecture 7042 is the one that class 7 had 42 days ago.
_FILL = """
INSERT INTO school_class (id, class_code, name, active) SELECT seq, CONCAT('C', seq), '', 1 FROM seq_1_to_201;
INSERT INTO teaching (teacher_id, class_id) SELECT (SELECT id FROM teacher), id FROM school_class;
INSERT INTO student (class_id, roll_id, name, language, active, erasure_key)
  SELECT c.id, CONCAT('R', LPAD(n.seq, 5, '0')), CONCAT('Student ', n.seq), 'en', 1, SHA2(UUID(), 256)
  FROM school_class c JOIN seq_1_to_200 n ON n.seq <= IF(c.id = 201, 200, 25);
INSERT INTO lecture (id, subject, teacher_id, starts_at, ends_at, closed_at, opening_key)
  SELECT c.id * 1000 + n.seq, CONCAT('Subject ', n.seq % 5), (SELECT id FROM teacher),
    UTC_TIMESTAMP(6) - INTERVAL n.seq DAY, UTC_TIMESTAMP(6) - INTERVAL n.seq * 24 - 1 HOUR,
    UTC_TIMESTAMP(6) - INTERVAL n.seq * 24 - 1 HOUR, SHA2(CONCAT(c.id, ' ', n.seq), 256)
  FROM school_class c JOIN seq_1_to_200 n ON n.seq <= IF(c.id = 201, 120, 200);
INSERT INTO lecture_class (lecture_id, class_id) SELECT id, id DIV 1000 FROM lecture;
INSERT INTO mark (lecture_id, student_id, class_id, status, source, marked_at, note)
  SELECT l.id, s.id, s.class_id,
    ELT(GREATEST(1, (l.id * 7 + s.id * 13) % 10 - 5), 'present', 'late', 'excused', 'absent'),
    'face', l.starts_at, ''
  FROM lecture l JOIN student s ON s.class_id = l.id DIV 1000;
ANALYZE TABLE mark, lecture, lecture_class, student
"""


def main() -> int:
    """Fill, measure, print; 1 where a limit is passed."""
    with tempfile.TemporaryDirectory() as folder:
        server = MariaDB(Path(folder) / "mariadb")
        server.start()
        try:
            return _measure(server, Path(folder))
        finally:
            server.stop()


def _measure(server: MariaDB, folder: Path) -> int:
    url = server.create("school")
    migrate(url)
    toolbox = Toolbox(settings_of(url, folder))
    password = create_teacher(toolbox, Actor(site="command", email="bench"), email=TEACHER_EMAIL, name="Asha")
    with toolbox.sessions.begin() as session:
        session.query(Teacher).update({"must_change_password": False})
    began = time.monotonic()
    connection = MySQLdb.connect(host="127.0.0.1", port=server.port, user="root", database="school")
    for statement in _FILL.split(";"):
        connection.cursor().execute(statement)
    connection.commit()
    connection.close()
    print(f"filled in {time.monotonic() - began:.0f} s")
    phone = Phone(create_app(toolbox=toolbox))
    phone.sign_in(password)
    failures = 0
    for name, limit, tries, address in _pages(toolbox):
        taken = [_seconds(phone, address) for _ in range(tries)]
        clock, own = [each[0] for each in taken], [each[1] for each in taken]
        p95 = quantiles(clock, n=20)[-1]
        failures += p95 > limit
        figures = (
            f"median {median(clock):6.3f}  p95 {p95:6.3f}  limit {limit:.0f}  own work {median(own):6.3f}"
        )
        print(f"{name:30} {figures}  ({tries} tries)", flush=True)
    toolbox.engine.dispose()
    return 1 if failures else 0


def settings_of(url: str, folder: Path) -> Settings:
    return read_settings(
        {
            "DATABASE_URL": url,
            "INSTANCE_DIR": str(folder),
            "ADMIN_SECRET_KEY": "the office's secret of the bench " * 2,
            "TEACHER_SECRET_KEY": "the classroom's secret of the bench " * 2,
            "PASSWORD_SALT": "the salt of the bench, for nothing else",
            "FACE_KEYS": "1:" + base64.b64encode(bytes(32)).decode(),
        }
    )


def _pages(toolbox: Toolbox) -> Iterator[tuple[str, float, int, Callable[[], str]]]:
    """Yield name, limit, tries, and what gives an address; each try asks for another class and day."""
    chance = random.Random(7)  # noqa: S311 the same pages each time, nothing secret
    today = toolbox.settings.clock.day_of(toolbox.now())

    def some_class() -> int:
        return chance.randint(1, CLASSES)

    def report() -> str:
        number, days = some_class(), chance.randint(1, LECTURES)
        on = today - timedelta(days=days)
        return f"/report?class_id={number}&on={on}&lecture_id={number * 1000 + days}"

    def big_sheet() -> str:
        return f"/lectures/{BIG_CLASS * 1000 + chance.randint(1, BIG_LECTURES)}"

    month = today - timedelta(days=30)
    yield "today", PAGE_S, PAGE_TRIES, lambda: "/"
    yield "lectures, any page", PAGE_S, PAGE_TRIES, lambda: f"/lectures?page={chance.randint(1, 1600)}"
    yield "lectures of a class", PAGE_S, PAGE_TRIES, lambda: f"/lectures?class_id={some_class()}"
    yield "report", PAGE_S, PAGE_TRIES, report
    yield "totals, 25 students x 200", PAGE_S, PAGE_TRIES, lambda: f"/totals?class_id={some_class()}"
    yield "totals of a month", PAGE_S, PAGE_TRIES, lambda: f"/totals?class_id={some_class()}&since={month}"
    yield "totals, 200 students x 120", PAGE_S, PAGE_TRIES, lambda: f"/totals?class_id={BIG_CLASS}"
    yield "lecture of 200 students", PAGE_S, PAGE_TRIES, big_sheet
    yield "sheet of 200 students, .xlsx", DOWNLOAD_S, DOWNLOAD_TRIES, lambda: big_sheet() + "/sheet.xlsx"
    term = f"/classes/{BIG_CLASS}/term-sheet"
    yield "term 200 x 120, .xlsx", DOWNLOAD_S, DOWNLOAD_TRIES, lambda: f"{term}.xlsx"
    yield "review of the term 200 x 120", DOWNLOAD_S, DOWNLOAD_TRIES, lambda: term
    yield "totals 200 x 120, .xlsx", DOWNLOAD_S, DOWNLOAD_TRIES, lambda: f"/totals.xlsx?class_id={BIG_CLASS}"


def _seconds(phone: Phone, address: Callable[[], str]) -> tuple[float, float]:
    """Time it by the clock, and by this process's processor time; a term's sheet is sent back edited."""
    path = address()
    sheet = _edited(phone.get(f"{path}.xlsx").data) if path.endswith("/term-sheet") else None
    clock, own = time.monotonic(), time.process_time()
    answer = phone.post(path, {"sheet": (io.BytesIO(sheet), "term.xlsx")}) if sheet else phone.get(path)
    taken = time.monotonic() - clock, time.process_time() - own
    if answer.status_code != 200:
        raise RuntimeError(f"{path} answered {answer.status_code}")
    return taken


def _edited(content: bytes) -> bytes:
    """Return the term with one mark in fifty changed."""
    book = openpyxl.load_workbook(io.BytesIO(content))
    cells = [cell for row in book["Term"].iter_rows(min_row=3, min_col=4) for cell in row]
    for cell in cells[::50]:
        cell.value = "E" if cell.value != "E" else "A"
    saved = io.BytesIO()
    book.save(saved)
    return saved.getvalue()


if __name__ == "__main__":
    sys.exit(main())
