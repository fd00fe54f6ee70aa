"""Measures the timetable of a big school: `make bench-reports` runs it after the reports.

200 classes with 30 lectures a week, planned for 40 weeks as two terms of 120,000 lectures each, on a private
MariaDB: how long a term takes to be looked at and brought in, and the teacher's start page above it all.
"""

import sys
import tempfile
import time
from datetime import time as clock_time
from datetime import timedelta
from pathlib import Path
from statistics import median, quantiles

from benchmarks.reports import settings_of
from shared.persistence import jobs
from shared.persistence.database import migrate
from shared.persistence.jobs import JobKind
from shared.persistence.tables import SchoolClass, Teacher
from shared.security.passwords import hash_password
from shared.services.audit import Actor
from shared.services.timetable.plan_import import PlanReview, import_plan, review_upload
from shared.services.timetable.reading import Span
from shared.toolbox import Toolbox
from teacher_site import create_app
from tests.support.servers import MariaDB
from tests.teacher_site.conftest import Phone

CLASSES, WEEKS_A_TERM, TERMS = 200, 20, 2
DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday")
HOURS = [clock_time(hour, 30) for hour in (8, 9, 11, 13, 14)]
IMPORT_S, PAGE_S, TRIES = 10.0, 0.2, 60
PASSWORD = "the password of the bench, 4 you"  # noqa: S105
OFFICE = Actor(site="command", email="bench")


def main() -> int:
    """Plan, measure, print; 1 where a limit is passed."""
    with tempfile.TemporaryDirectory() as folder:
        server = MariaDB(Path(folder) / "mariadb")
        server.start()
        try:
            url = server.create("school")
            migrate(url)
            toolbox = Toolbox(settings_of(url, Path(folder)))
            _add_school(toolbox)
            failures = sum(_plan_term(toolbox, number) for number in range(TERMS)) + _time_start_page(toolbox)
            toolbox.engine.dispose()
            return 1 if failures else 0
        finally:
            server.stop()


def _add_school(toolbox: Toolbox) -> None:
    """Add the classes, each with a teacher of its own; all have one password, for hashing takes a while."""
    password = hash_password(PASSWORD, salt=toolbox.settings.password_salt)
    with toolbox.sessions.begin() as session:
        for number in range(CLASSES):
            session.add(SchoolClass(class_code=f"C{number:03}", name="", active=True))
            session.add(
                Teacher(
                    name=f"Teacher {number:03}",
                    email=f"teacher{number:03}@school.example",
                    password=password,
                    must_change_password=False,
                    active=True,
                    fs_uniquifier=f"teacher {number}",
                    created_at=toolbox.now(),
                )
            )


def _plan_term(toolbox: Toolbox, term: int) -> int:
    rows = ["Class,Subject,Teacher,Room,Day,Begins,Ends"]
    rows += [
        f"C{number:03},Subject {at},teacher{number:03}@school.example,{number},{day},{begins:%H:%M},"
        for number in range(CLASSES)
        for day in DAYS
        for at, begins in enumerate(HOURS)
    ]
    begins_on = toolbox.settings.clock.day_of(toolbox.now()) + timedelta(days=1 + term * 7 * WEEKS_A_TERM)
    span = Span(begins_on, begins_on + timedelta(days=7 * WEEKS_A_TERM - 1))
    content, began, own = "\n".join(rows).encode(), time.monotonic(), time.process_time()
    found = review_upload(toolbox, OFFICE, file_name="plan.csv", content=content, span=span, only_add=True)
    looked = time.monotonic() - began
    look_own, own = time.process_time() - own, time.process_time()
    brought_in = _bring_in(toolbox, found)
    import_own = time.process_time() - own
    count = len(found.changes.added) if found.changes else 0
    print(f"term {term + 1}: {count:,} lectures")
    print(f"  looked at in  {looked:5.1f} s  own work {look_own:5.1f} s")
    print(
        f"  brought in in {brought_in:5.1f} s  own work {import_own:5.1f} s  limit {IMPORT_S:.0f} s",
        flush=True,
    )
    return int(brought_in > IMPORT_S)


def _bring_in(toolbox: Toolbox, found: PlanReview) -> float:
    if found.draft_id is None or found.changes is None:
        raise RuntimeError(f"the plan was refused: {found.problems[:3]}")
    with toolbox.sessions.begin() as session:
        total = found.changes.total
        job = jobs.add(session, JobKind.IMPORT_TIMETABLE, found.draft_id, total=total, now=toolbox.now())
    began = time.monotonic()
    import_plan(toolbox, job.id, found.draft_id)
    return time.monotonic() - began


def _time_start_page(toolbox: Toolbox) -> int:
    phone = Phone(create_app(toolbox=toolbox))
    phone.sign_in(PASSWORD, "teacher007@school.example")
    taken = []
    for _ in range(TRIES):
        began = time.monotonic()
        if phone.get("/").status_code != 200:
            raise RuntimeError("the start page failed")
        taken.append(time.monotonic() - began)
    p95 = quantiles(taken, n=20)[-1]
    print(f"start page                     median {median(taken):6.3f}  p95 {p95:6.3f}  limit {PAGE_S}")
    return int(p95 > PAGE_S)


if __name__ == "__main__":
    sys.exit(main())
