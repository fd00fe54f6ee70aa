"""The classroom: lectures, the kiosk, attendance."""

from flask import Flask

from shared.domain.attendance import LectureState, lecture_state
from shared.persistence.tables import Lecture, Teacher
from shared.settings import Settings
from shared.toolbox import Toolbox
from shared.web import status_words
from shared.web.site import SiteDescription, build_site, prepare
from teacher_site import (
    attendance,
    commands,
    covers,
    families,
    family_mail,
    kiosk,
    lectures,
    live,
    moodle,
    plan,
    sheets,
    term_sheet,
    totals,
)

PAGES = (
    *(lectures, attendance, covers, families, family_mail, kiosk, live, moodle, plan, sheets),
    *(term_sheet, totals),
)


def create_app(settings: Settings | None = None, toolbox: Toolbox | None = None) -> Flask:
    """Build the teacher site; without arguments from the environment."""
    settings, toolbox = prepare(settings, toolbox)
    description = SiteDescription(
        name="classroom",
        title="Attendance",
        address=settings.teacher_site_url,
        secret_key=settings.teacher_secret_key,
        account=Teacher,
        navigation=(
            ("lectures.today", "Today"),
            ("lectures.show_list", "Lectures"),
            ("plan.show", "My plan"),
            ("attendance.report", "Report"),
            ("totals.show", "Totals"),
        ),
        home="lectures.today",
        open_endpoints=kiosk.OPEN_TO_THE_PASS | plan.OPEN | families.OPEN,
    )
    app = build_site(
        description,
        import_name=__name__,
        settings=settings,
        toolbox=toolbox,
        pages=[page.pages for page in PAGES],
        commands=commands.commands,
        gate=kiosk.keep_to_the_kiosk,
    )

    status_words.install(app)

    @app.template_filter("state")
    def state(lecture: Lecture) -> LectureState:
        return lecture_state(
            now=toolbox.now(),
            starts_at=lecture.starts_at,
            ends_at=lecture.ends_at,
            closed_at=lecture.closed_at,
        )

    return app
